"""Answers to a person who asked for more than a line: panel, help, why, privacy, preview, refusals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from itertools import permutations

from bot.domain.community import Language, Space, TieSource
from bot.domain.ids import MemberId
from bot.domain.member import Member, Participation, Standing
from bot.domain.program import Program, ProgramState
from bot.domain.topics import common
from bot.matching import WhyNot
from bot.messages import Mention, Message, Paragraph, Part, Said, Span, Strong
from bot.wording.forms import SPOKEN
from bot.wording.introductions import View, called_by
from bot.wording.voice import (
    Tap,
    Value,
    day,
    joined,
    mention,
    message,
    moment,
    names,
    paragraphs,
    say,
    words,
)

TOPICS_TOLD = 3
"""Words in which two lines meet, when it is told why."""

Texts = Mapping[MemberId, Sequence[str]]
"""What members wrote, by who wrote it."""

NOTHING: Texts = {}

PREVIEWED = 20
"""Introductions that a preview lists: more would not be read."""


# ── The panel ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Enrolment:
    """A program and where a member stands in it; None: they never said yes."""

    program: Program
    space: Space
    participation: Participation | None


def panel(member: Member, *, enrolments: Sequence[Enrolment], zone: str) -> Message:
    """Show a member where they stand; ``zone`` is theirs, or the community's when they named none."""
    language = member.language
    takes_part = [each for each in enrolments if _takes_part(each)]
    said = [*paragraphs("panel", language, person=Said(text=called_by(member)))]
    for each in takes_part:
        said += _standing(each, language, zone)
    if not takes_part:
        said += paragraphs("panel.nowhere", language)
    for name, text in (("panel.learning", member.learning), ("panel.can_help", member.can_help)):
        if text:
            said += paragraphs(name, language, text=Said(text=text))
    if not (member.learning or member.can_help):
        said += paragraphs("panel.no_lines", language)
    said += paragraphs(
        "panel.settings", language, language=words(f"language.{language}", language), zone=zone
    )
    return message("panel", [Part(language=language, paragraphs=tuple(said))], taps=_panel_taps(enrolments))


def _takes_part(each: Enrolment) -> bool:
    return each.participation is not None and each.participation.standing is not Standing.LEFT


def _standing(each: Enrolment, language: Language, zone: str) -> Sequence[Paragraph]:
    yes, at = each.participation, each.program.next_at
    if yes is not None and yes.standing is Standing.PAUSED:
        if yes.paused_until is None:
            return paragraphs("panel.paused_open", language, space=each.space)
        return paragraphs(
            "panel.paused_until", language, space=each.space, day=day(yes.paused_until, language)
        )
    if at is None or each.program.state is not ProgramState.RUNNING:
        return paragraphs("panel.active_undated", language, space=each.space)
    name = "panel.skipping" if yes is not None and yes.skips_next else "panel.active"
    when = moment(at, zone=zone, language=language, with_time=True)
    return paragraphs(name, language, space=each.space, day=when)


def _panel_taps(enrolments: Sequence[Enrolment]) -> Sequence[Tap]:
    taken = [each for each in enrolments if _takes_part(each)]
    taps: list[Tap] = [("me", "")]
    # A button that could mean several programs would say so nowhere: then it is the command, in the space.
    if len(taken) == 1 and taken[0].participation is not None:
        yes, id = taken[0].participation, taken[0].program.id
        away = yes.standing is Standing.PAUSED
        verbs = ("resume",) if away else ("pause", "resume" if yes.skips_next else "skip")
        taps += [(verb, id) for verb in (*verbs, "leave")]
    if not taken and len(enrolments) == 1:
        taps.insert(0, ("join", enrolments[0].program.id))
    return [*taps, ("why", ""), ("privacy", ""), ("help", "")]


# ── What can be asked ───────────────────────────────────────────────────────────────────────────────


def command_name(name: str, language: Language) -> str:
    """What people type after /voisin."""
    return words(f"command.{name}", language)


def command_description(name: str, language: Language) -> str:
    """What it does, in a line."""
    return words(f"command.{name}.description", language)


def choice_name(choice: str, language: Language) -> str:
    """What people type for a choice of a command: add, remove."""
    return words(f"choice.{choice}", language)


def help(language: Language, *, commands: Sequence[str], conveners: Sequence[str] = ()) -> Message:  # noqa: A001 -- what people type
    """List commands (by their names in the table); those for conveners apart, none for anyone else."""
    said = [*paragraphs("help", language)]
    for name in commands:
        said += _command(name, language)
    if conveners:
        said += paragraphs("help.convener", language)
    for name in conveners:
        said += _command(name, language)
    return message("help", [Part(language=language, paragraphs=tuple(said))])


def _command(name: str, language: Language) -> Sequence[Paragraph]:
    typed = Strong(text=f"/voisin {command_name(name, language)}")
    return paragraphs(
        "help.command", language, command=typed, description=command_description(name, language)
    )


# ── Why, privacy, preview ───────────────────────────────────────────────────────────────────────────


def why(view: View, *, to: Member, wants: Texts = NOTHING, offers: Texts = NOTHING) -> Message:
    """Say in words why these people; from what is on record between them, and nothing else.

    ``wants`` and ``offers``: what they wrote of late of what they are after and what they know.
    """
    made, language = view.introduction, to.language
    said = [*paragraphs("why", language, people=names(view.others(to), language)), *_history(view, language)]
    if made.unavoidable and made.met_before:
        said += paragraphs("why.proved", language)
    greeter = view.members.get(made.greeter) if made.greeter else None
    if greeter is not None:
        said += (
            paragraphs("why.greeter_you", language)
            if greeter.id == to.id
            else paragraphs("why.greeter", language, greeter=mention(greeter))
        )
    said += _helps(view, to, language, wants=wants, offers=offers)
    said += _spoken(view, language)
    if made.hours is not None and (hours := round(made.hours)):
        said += paragraphs("why.hours", language, n=hours)
    if made.crosses_teams:
        said += paragraphs("why.teams", language)
    if made.in_common is not None:
        said += paragraphs("why.near" if made.in_common else "why.far", language)
    said += paragraphs("why.chance", language)
    return message("why", [Part(language=language, paragraphs=tuple(said))])


def _helps(view: View, to: Member, language: Language, *, wants: Texts, offers: Texts) -> list[Paragraph]:
    """Who can help whom with what they learn, the reader's own first; in the learner's words."""
    said: list[Paragraph] = []
    several = sorted(permutations(view.people, 2), key=lambda two: to.id not in (two[0].id, two[1].id))
    for helper, learner in several:
        learns = "\n".join([learner.learning, *wants.get(learner.id, ())])
        helps = "\n".join([helper.can_help, *offers.get(helper.id, ())])
        met = common(learns, helps)[:TOPICS_TOLD]
        if not met:
            continue
        topics = joined([Said(text=word) for word in met], language)
        if helper.id == to.id:
            said += paragraphs("why.you_help", language, learner=mention(learner), topics=topics)
        elif learner.id == to.id:
            said += paragraphs("why.helps_you", language, helper=mention(helper), topics=topics)
        else:
            said += paragraphs(
                "why.helps", language, helper=mention(helper), learner=mention(learner), topics=topics
            )
    return said


def _spoken(view: View, language: Language) -> Sequence[Paragraph]:
    """The languages that all of them speak, if all said which they do."""
    spoken = [person.languages for person in view.people]
    shared = [code for code in spoken[0] if all(code in codes for codes in spoken)]
    if not shared:
        return ()
    named = [words(f"language.{code}", language) if code in SPOKEN else code for code in shared]
    return paragraphs("why.languages", language, n=len(shared), languages=joined(named, language))


def alone(language: Language, why_not: WhyNot | None) -> Message:
    """Why a member had nobody the last time; a wish to be kept apart reads like chance."""
    told = why_not not in (None, WhyNot.CHANCE)
    return say(f"reply.alone_{why_not}" if told else "reply.alone_why", language)


def _history(view: View, language: Language) -> Sequence[Paragraph]:
    made = view.introduction
    if not made.met_before:
        return paragraphs("why.acquainted" if made.acquainted else "why.stranger", language)
    if len(made.members) > 2:
        return paragraphs("why.some_again", language)
    if made.last_met is None:
        return paragraphs("why.again_undated", language)
    last = day(made.last_met, language, with_year=made.last_met.year != view.closes_at.year)
    return paragraphs("why.again", language, n=made.met_before, day=last)


def privacy(language: Language, *, noted: Sequence[TieSource] = ()) -> Message:
    """Say what is kept, who sees it, what is never read, what conveners switched on, what erasing leaves."""
    said = [*paragraphs("privacy", language)]
    if noted:
        said += paragraphs("privacy.noted", language)
        said += [(f"– {words(f'source.{source}', language)}",) for source in noted]
    return message("privacy", [Part(language=language, paragraphs=tuple(said))], taps=(("me", ""),))


def ties_saved(language: Language, *, noted: Sequence[TieSource]) -> Message:
    """Tell a convener what is taken note of from now on."""
    if not noted:
        return say("reply.ties_none", language)
    each = joined([words(f"source.{source}", language) for source in noted], language)
    return say("reply.ties_saved", language, sources=each)


@dataclass(frozen=True, kw_only=True, slots=True)
class Previewed:
    """An introduction that the next round would make."""

    people: Sequence[Member]
    opener: Member
    repeat: bool


def preview(
    language: Language,
    *,
    space: Space,
    opens_at: datetime,
    zone: str,
    groups: Sequence[Previewed],
    alone: Sequence[Member],
    resting: int,
    sample: Message | None = None,
) -> Message:
    """Show a convener the next round before it is sent; ``sample`` is an introduction as its people get it."""
    opens = moment(opens_at, zone=zone, language=language, with_time=True)
    said = [*paragraphs("preview", language, space=space, day=opens)]
    for group in groups[:PREVIEWED]:
        name = "preview.repeat" if group.repeat else "preview.group"
        opener = Said(text=group.opener.name)
        said += paragraphs(name, language, people=_unrung(names(group.people, language)), opener=opener)
    if not groups:
        said += paragraphs("preview.none", language)
    if len(groups) > PREVIEWED:
        said += paragraphs("preview.more", language, n=len(groups) - PREVIEWED)
    if alone:
        said += paragraphs("preview.alone", language, people=_unrung(names(alone, language)))
    if resting:
        said += paragraphs("preview.resting", language, n=resting)
    if sample is None:
        return message("preview", [Part(language=language, paragraphs=tuple(said))])
    said += paragraphs("preview.sample", language)
    shown = [replace(part, paragraphs=tuple(map(_unrung, part.paragraphs))) for part in sample.parts]
    return message("preview", [Part(language=language, paragraphs=tuple(said)), *shown])


def _unrung(spans: Sequence[Span]) -> tuple[Span, ...]:
    """The same without mentions: a preview is the convener's alone, and rings at nobody's door."""
    return tuple(Said(text=span.name) if isinstance(span, Mention) else span for span in spans)


def blackouts(language: Language, *, dates: Sequence[tuple[date, date]]) -> Message:
    """List a program's days off, ranges with both ends included."""
    if not dates:
        return say("reply.blackouts_none", language)
    said = [*paragraphs("reply.blackouts", language)]
    for first, last in dates:
        values = {key: day(on, language, with_year=True) for key, on in (("first", first), ("last", last))}
        said += (
            ((values["first"],),) if first == last else paragraphs("reply.blackouts.days", language, **values)
        )
    return message("reply.blackouts", [Part(language=language, paragraphs=tuple(said))])


@dataclass(frozen=True, kw_only=True, slots=True)
class Welcoming:
    """A greeter, and how many newcomers they were introduced to in the last thirty days."""

    person: Member
    welcomed: int
    most: int


def greeters(language: Language, welcoming: Sequence[Welcoming]) -> Message:
    """List who welcomes newcomers, for a convener."""
    if not welcoming:
        return say("reply.greeters_none", language)
    said = [*paragraphs("reply.greeters", language)]
    for one in welcoming:
        said += paragraphs(
            "reply.greeters.one",
            language,
            person=Said(text=one.person.name),
            welcomed=str(one.welcomed),
            most=str(one.most),
        )
    return message("reply.greeters", [Part(language=language, paragraphs=tuple(said))])


# ── Refusals ────────────────────────────────────────────────────────────────────────────────────────


def refusal(language: Language, name: str, values: Mapping[str, str | int]) -> Message:
    """Say what cannot be done, and what can.

    A value that holds a person's words is shown as they wrote it. ``day`` may be a date (2026-11-26), ``field``
    the name of a form's field. A value that is empty leaves the sentence without it, called ``<name>_bare``.
    """
    given = {key: _told(key, value, language) for key, value in values.items() if value != ""}
    bare = "_bare" if len(given) < len(values) else ""
    return say(f"refusal.{name}{bare}", language, taps=(), **given)


def _told(key: str, value: str | int, language: Language) -> Value:
    if isinstance(value, int):
        return value
    if key == "day":
        try:
            return day(date.fromisoformat(value), language)
        except ValueError:
            return value
    if key == "field":
        return words(value if value.startswith("form.") else f"form.me.{value}", language)
    return Said(text=value)
