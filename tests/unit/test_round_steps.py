from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.cadence import Wall
from bot.domain.ids import CommunityId, ProgramId, RoundId
from bot.domain.round import IntroductionState as State
from bot.domain.round import Lateness, Outcome, Round, RoundState, lateness, settled
from bot.domain.steps import ask_at, next_state, nudge_at, wakes_at

OPENS = datetime(2026, 11, 24, 9, tzinfo=UTC)
A_ROUND = Round(
    id=RoundId("r"),
    community_id=CommunityId("c"),
    program_id=ProgramId("p"),
    wall=Wall("2026-11-24T10:00"),
    number=1,
    state=RoundState.INTRODUCED,
    opens_at=OPENS,
    closes_at=OPENS + timedelta(days=7),
    wake_at=None,
    seed=b"",
)


def test_the_question_comes_the_evening_before_the_end() -> None:
    asked = ask_at(A_ROUND, zone="Europe/Paris")

    assert asked == datetime(2026, 11, 30, 17, tzinfo=UTC)


def test_the_nudge_comes_a_day_after_the_opening() -> None:
    assert nudge_at(A_ROUND) == OPENS + timedelta(days=1)


@pytest.mark.parametrize("days", [1, 2, 3, 7, 14, 28])
def test_the_steps_of_a_round_keep_their_order_whatever_its_length(days: int) -> None:
    round = replace(A_ROUND, closes_at=OPENS + timedelta(days=days))
    moments = [OPENS]

    while round.state is not RoundState.CLOSED:
        due = wakes_at(round, zone="Pacific/Auckland")
        assert due is not None
        moments.append(due)
        state = next_state(round)
        assert state is not None
        round = replace(round, state=state)

    assert moments == sorted(moments)
    assert moments[-1] == round.closes_at
    assert wakes_at(round, zone="Pacific/Auckland") is None


@pytest.mark.parametrize(
    "hours,judged",
    [
        (0, Lateness.IN_TIME),
        (42, Lateness.IN_TIME),
        (43, Lateness.SHORTENED),
        (84, Lateness.SHORTENED),
        (85, Lateness.TOO_LATE),
        (400, Lateness.TOO_LATE),
    ],
)
def test_a_late_round_is_shortened_after_a_quarter_and_cancelled_after_the_middle(
    hours: int, judged: Lateness
) -> None:
    now = OPENS + timedelta(hours=hours)

    assert lateness(now=now, opens_at=OPENS, closes_at=A_ROUND.closes_at) is judged


@pytest.mark.parametrize(
    "answers,state",
    [
        ([], None),
        ([Outcome.COULD_NOT], State.COULD_NOT),
        ([Outcome.NOT_YET, Outcome.COULD_NOT], State.NOT_YET),
        ([Outcome.COULD_NOT, Outcome.NOT_YET, Outcome.MET], State.MET),
    ],
)
def test_one_met_counts_for_all(answers: list[Outcome], state: State | None) -> None:
    assert settled(answers) is state
