"""Slack's limits are kept, by each workspace for itself, and nobody waits longer than they said."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.clock import MovableClock
from adapters.slack.limits import PACES, Lane, Pace, Pacer
from bot.errors import TryLater

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def pacer() -> Pacer:
    return Pacer(MovableClock(NOW))


def _answered(lane: Lane, at: float) -> None:
    lane.begin()
    lane.end(at)


def test_no_minute_sees_more_calls_than_the_limit_counted_from_their_answers() -> None:
    lane = Lane(Pace(calls=3))
    for at in (0.0, 10.0, 20.0):
        assert lane.wait(at) == 0
        _answered(lane, at)

    assert lane.wait(20.0) == 40.0
    assert lane.wait(59.0) == 1.0
    assert lane.wait(60.0) == 0


def test_calls_under_way_count_too() -> None:
    lane = Lane(Pace(calls=1))
    lane.begin()

    assert 0 < lane.wait(0.0) < 1
    lane.end(5.0)
    assert lane.wait(5.0) == 60.0


def test_what_slack_says_of_waiting_holds_even_with_room_left() -> None:
    lane = Lane(Pace(calls=100))

    lane.shut(until=30.0)
    lane.shut(until=10.0)

    assert lane.wait(0.0) == 30.0
    assert lane.wait(30.0) == 0


async def test_whoever_would_wait_too_long_is_told_when_to_come_back(pacer: Pacer) -> None:
    for _ in range(PACES["users.list"].calls):
        async with pacer.turn("T1", "users.list", patience=0):
            pass

    with pytest.raises(TryLater) as told:
        async with pacer.turn("T1", "users.list", patience=1):
            pass

    assert timedelta(seconds=55) < told.value.at - NOW <= timedelta(seconds=60)


async def test_a_full_workspace_and_a_full_method_hold_up_no_other(pacer: Pacer) -> None:
    for _ in range(PACES["users.list"].calls):
        async with pacer.turn("T1", "users.list", patience=0):
            pass

    async with pacer.turn("T2", "users.list", patience=0):
        pass
    async with pacer.turn("T1", "users.info", patience=0):
        pass


async def test_a_429_shuts_that_method_in_that_workspace_alone(pacer: Pacer) -> None:
    later = pacer.shut("T1", "chat.postMessage", seconds=3600)

    assert later.at == NOW + timedelta(hours=1)
    with pytest.raises(TryLater):
        async with pacer.turn("T1", "chat.postMessage", patience=1):
            pass
    async with pacer.turn("T2", "chat.postMessage", patience=0):
        pass
    async with pacer.turn("T1", "conversations.open", patience=0):
        pass


async def test_one_channel_gets_one_message_a_second_and_another_need_not_wait() -> None:
    pacer = Pacer(MovableClock(NOW))
    async with pacer.turn("T1", "chat.postMessage", channel="C1", patience=0):
        pass

    async with pacer.turn("T1", "chat.postMessage", channel="C2", patience=0):
        pass
    with pytest.raises(TryLater):
        async with pacer.turn("T1", "chat.postMessage", channel="C1", patience=0.5):
            pass


async def test_those_who_wait_together_all_get_their_turn_and_the_limit_holds() -> None:
    pacer = Pacer(MovableClock(NOW), speed=600)  # a minute is a tenth of a second
    loop = asyncio.get_running_loop()
    answered: list[float] = []

    async def call() -> None:
        async with pacer.turn("T1", "users.list", patience=300):
            answered.append(loop.time())

    await asyncio.gather(*(call() for _ in range(50)))

    limit = PACES["users.list"].calls
    assert len(answered) == 50
    assert all(later - earlier >= 0.1 for earlier, later in zip(answered, answered[limit:], strict=False))


async def test_a_call_that_fails_counts_like_any_other(pacer: Pacer) -> None:
    async def fail() -> None:
        async with pacer.turn("T1", "chat.postMessage", channel="C1", patience=0):
            raise OSError

    with pytest.raises(OSError):  # noqa: PT011 -- it is bare, as it was raised
        await fail()

    with pytest.raises(TryLater):
        async with pacer.turn("T1", "chat.postMessage", channel="C1", patience=0):
            pass


@pytest.mark.parametrize(
    "pace, share, calls, seconds",
    [
        (Pace(calls=60), 0.5, 30, 60.0),
        (Pace(calls=1, seconds=1.0), 0.5, 1, 2.0),
        (Pace(calls=20), 1.0, 20, 60.0),
    ],
)
def test_several_processes_share_a_limit_without_ever_passing_it_together(
    pace: Pace, share: float, calls: int, seconds: float
) -> None:
    shared = pace.shared(share)

    assert (shared.calls, shared.seconds) == (calls, seconds)
    assert shared.calls / shared.seconds <= share * pace.calls / pace.seconds


async def test_how_much_of_a_limit_is_used_is_told_where_it_is_used_most(pacer: Pacer) -> None:
    for _ in range(5):
        async with pacer.turn("T1", "users.list", patience=0):
            pass
    async with pacer.turn("T2", "users.list", patience=0):
        pass
    pacer.shut("T2", "users.info", seconds=1)

    told = {limit.method: (limit.share, limit.refused) for limit in pacer.limits()}

    assert told == {"users.info": (0.0, 1), "users.list": (0.25, 0)}
