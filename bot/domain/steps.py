"""The steps of a round in time: introduce, nudge, offer slots halfway, ask, close."""

from datetime import datetime, time, timedelta

from bot.domain.cadence import zone_named
from bot.domain.round import IntroductionState, Round, RoundState

NUDGE_AFTER = timedelta(hours=24)
"""The opener is reminded in their first open hour after a day: 24 to 48 hours later."""

EVENING = time(18)
"""The closing question: the evening before the round ends, on the program's wall."""

CIRCLE_WAITS = timedelta(days=2)
"""How long an introduction waits for an hour that is open to all of them; then each gets it alone."""

WEEK = timedelta(days=7)

SILENT_ROUNDS = 3
"""After so many rounds without a sign of life, "rest or stay?" takes the place of the closing question."""

AFTERWARDS = timedelta(days=1)
"""How long after the end of a round its closing question, or an honest word about it, may still go out."""


def nudge_at(round: Round) -> datetime:
    """When openers who heard nothing are reminded; never after the closing question's turn."""
    return min(round.opens_at + NUDGE_AFTER, _middle(round))


def halfway_at(round: Round, *, zone: str) -> datetime:
    """When slots are offered: midway to the closing question, so that they can still be used."""
    return max(round.opens_at + (ask_at(round, zone=zone) - round.opens_at) / 2, nudge_at(round))


def digests_at(round: Round) -> tuple[datetime, ...]:
    """When the space reads what was released so far: each week of a round but the last, which has its end."""
    weeks = (round.closes_at - round.opens_at) // WEEK
    return tuple(
        at
        for week in range(1, weeks + 1)
        if (at := round.opens_at + week * WEEK) + WEEK / 2 <= round.closes_at
    )


def ask_at(round: Round, *, zone: str) -> datetime:
    """When each is asked how it went: the evening before the end, at the earliest in mid-round."""
    local = zone_named(zone)
    eve = round.closes_at.astimezone(local).date() - timedelta(days=1)
    return max(datetime.combine(eve, EVENING, local).astimezone(round.closes_at.tzinfo), _middle(round))


def next_state(round: Round) -> RoundState | None:
    """What a round under way becomes at its next step; None when it is over."""
    return {
        RoundState.INTRODUCED: RoundState.NUDGED,
        RoundState.NUDGED: RoundState.HALFWAY,
        RoundState.HALFWAY: RoundState.ASKED,
        RoundState.ASKED: RoundState.CLOSED,
    }.get(round.state)


def wakes_at(round: Round, *, zone: str) -> datetime | None:
    """When the step after the round's present state is due."""
    match round.state:
        case RoundState.INTRODUCED:
            return nudge_at(round)
        case RoundState.NUDGED:
            return halfway_at(round, zone=zone)
        case RoundState.HALFWAY:
            return ask_at(round, zone=zone)
        case RoundState.ASKED:
            return round.closes_at
        case _:
            return None


SECOND_CHANCE = timedelta(days=7)
"""After a *not yet*, an introduction has so much time beyond its round."""


def ends_at(round: Round, state: IntroductionState) -> datetime:
    """Until when an introduction can become a meeting."""
    return round.closes_at + (SECOND_CHANCE if state is IntroductionState.NOT_YET else timedelta())


def _middle(round: Round) -> datetime:
    return round.opens_at + (round.closes_at - round.opens_at) / 2
