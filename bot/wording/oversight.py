"""How programs are, said to those who look after them. Figures only, and nobody's answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.community import Language, Space
from bot.domain.program import Program, ProgramState
from bot.messages import Message, Paragraph, Part
from bot.wording.voice import Tap, message, moment, paragraphs


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What became of a round; unknown is not no."""

    opens_at: datetime
    people: int
    introductions: int
    met: int
    unknown: int


@dataclass(frozen=True, kw_only=True, slots=True)
class State:
    """A program, and who takes part in it."""

    program: Program
    space: Space
    active: int
    paused: int
    resting: int
    """Of the active: not in the next round, by their own rhythm or wish."""
    last: Figures | None


def overview(language: Language, *, states: Sequence[State]) -> Message:
    """One after the other, with buttons where it is clear which one they are for."""
    said = [*paragraphs("overview" if states else "overview.none", language)]
    for state in states:
        said += _said(state, language)
    return message("overview", [Part(language=language, paragraphs=tuple(said))], taps=_taps(states))


def _said(state: State, language: Language) -> Sequence[Paragraph]:
    program, space, zone = state.program, state.space, state.program.cadence.zone
    if program.state is not ProgramState.RUNNING or program.next_at is None:
        said = [*paragraphs("overview.held", language, space=space)]
    else:
        day = moment(program.next_at, zone=zone, language=language, with_time=True)
        said = [*paragraphs("overview.next", language, space=space, day=day)]
    said += paragraphs(
        "overview.people", language, active=state.active, paused=state.paused, resting=state.resting
    )
    if state.last is None:
        return [*said, *paragraphs("overview.no_round", language)]
    return [
        *said,
        *paragraphs(
            "overview.last",
            language,
            day=moment(state.last.opens_at, zone=zone, language=language),
            people=state.last.people,
            introductions=state.last.introductions,
            met=state.last.met,
            unknown=state.last.unknown,
        ),
    ]


def _taps(states: Sequence[State]) -> Sequence[Tap]:
    if len(states) != 1:
        return ()
    [state] = states
    id = state.program.id
    running = state.program.state is ProgramState.RUNNING
    return [("preview", id), ("hold", id)] if running else [("restart", id)]
