"""No faster than Discord allows, whatever its headers say."""

import asyncio
from datetime import UTC, datetime

import pytest

from adapters.clock import MovableClock
from adapters.discord.limits import INVALID, WITHIN, Heard, Lane, Pacer, Window, heard
from bot.errors import TryLater

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
FAST = 100_000.0
"""A minute of Discord's passes in less than a thousandth of a second."""


def _said(left: int, *, limit: int = 5, seconds: float = 5.0) -> Heard:
    return Heard(bucket="b", limit=limit, left=left, seconds=seconds)


def _headers(left: int, *, limit: int = 5, seconds: float = 5.0) -> dict[str, str]:
    return {
        "X-RateLimit-Bucket": "b",
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(left),
        "X-RateLimit-Reset-After": str(seconds),
    }


def test_the_first_request_goes_alone_and_asks_for_those_that_follow() -> None:
    lane = Lane()

    lane.begin(0.0)
    before = lane.wait(0.0)
    lane.end(0.1, _said(4))

    assert before > 0
    assert lane.wait(0.1) == 0


def test_an_empty_bucket_waits_until_it_is_full_again() -> None:
    lane = Lane()
    lane.begin(0.0)
    lane.end(0.0, _said(0, seconds=5.0))

    assert lane.wait(1.0) == 4.0
    assert lane.wait(5.0) == 0


def test_what_is_under_way_may_not_be_counted_yet() -> None:
    lane = Lane(5)
    for _ in range(4):
        lane.begin(0.0)
    lane.end(0.1, _said(4))

    lane.begin(0.1)

    assert lane.wait(0.1) > 0


def test_a_request_without_an_answer_is_given_back() -> None:
    lane = Lane()

    lane.begin(0.0)
    lane.end(20.0, None)

    assert lane.wait(20.0) == 0


def test_three_refusals_in_a_row_close_a_bucket() -> None:
    lane = Lane(5)

    for _ in range(3):
        lane.refused(0.0)

    assert lane.wait(1.0) > 500


def test_no_second_sees_more_than_the_limit() -> None:
    window = Window(2)

    for _ in range(2):
        window.begin()
        window.end(0.0)

    assert window.wait(0.5) == 0.5
    assert window.wait(1.0) == 0


@pytest.mark.parametrize(
    "headers", [{}, {"X-RateLimit-Bucket": "b"}, {**_headers(1), "X-RateLimit-Limit": "many"}]
)
def test_headers_that_say_nothing_are_nothing(headers: dict[str, str]) -> None:
    assert heard(headers) is None


async def test_routes_that_share_a_bucket_are_counted_together() -> None:
    pacer = Pacer(MovableClock(NOW), speed=1.0)
    async with pacer.turn("GET a", "1", patience=0) as turn:
        turn.answered(200, _headers(0))
    async with pacer.turn("GET b", "2", patience=0) as turn:
        turn.answered(200, _headers(4))

    with pytest.raises(TryLater):
        async with pacer.turn("GET b", "1", patience=1.0):
            pytest.fail("The bucket of the other route was empty.")


async def test_one_channel_does_not_wait_for_another() -> None:
    pacer = Pacer(MovableClock(NOW))
    async with pacer.turn("POST m", "1", patience=0) as turn:
        turn.answered(200, _headers(0))

    async with pacer.turn("POST m", "2", patience=0) as turn:
        turn.answered(200, _headers(4))


async def test_what_is_known_of_a_bucket_holds_for_the_next_channel() -> None:
    pacer = Pacer(MovableClock(NOW))
    async with pacer.turn("POST m", "1", patience=0) as turn:
        turn.answered(200, _headers(4))

    async with (
        pacer.turn("POST m", "2", patience=0),
        pacer.turn("POST m", "2", patience=0),
        pacer.turn("POST m", "2", patience=0),
    ):
        pass


async def test_who_asks_first_in_two_channels_at_once_is_counted_in_both() -> None:
    pacer = Pacer(MovableClock(NOW))
    async with pacer.turn("POST m", "1", patience=0) as one, pacer.turn("POST m", "2", patience=0):
        one.answered(200, _headers(4))

        with pytest.raises(TryLater):
            async with pacer.turn("POST m", "2", patience=0):
                pytest.fail("What is left there is not known yet.")


async def test_fifty_a_second_hold_for_the_whole_bot() -> None:
    pacer = Pacer(MovableClock(NOW), requests=50)
    for channel in range(50):
        async with pacer.turn("POST m", str(channel), patience=0) as turn:
            turn.answered(200, _headers(4))

    with pytest.raises(TryLater):
        async with pacer.turn("POST m", "51", patience=0.0):
            pytest.fail("That was one too many.")


async def test_who_waits_goes_on_as_soon_as_there_is_room() -> None:
    pacer = Pacer(MovableClock(NOW), speed=FAST)

    async def ask() -> None:
        async with pacer.turn("POST m", "1", patience=1e12) as turn:
            turn.answered(200, _headers(0, limit=1, seconds=5.0 / FAST))

    await asyncio.gather(*(ask() for _ in range(20)))


async def test_who_is_ahead_goes_first_and_may_wait_the_longest() -> None:
    pacer = Pacer(MovableClock(NOW), requests=1, speed=FAST)
    served: list[str] = []

    async def ask(who: str, *, patience: float, ahead: float = 0.0) -> None:
        async with pacer.turn("POST m", who, patience=patience, ahead=ahead) as turn:
            served.append(who)
            turn.answered(200, _headers(4))

    async with pacer.turn("POST m", "0", patience=1e9):
        waiting = [
            asyncio.create_task(ask("new", patience=1e9)),
            asyncio.create_task(ask("begun", patience=2e9, ahead=1.5e9)),
        ]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)

    assert served == ["begun", "new"]


async def test_a_global_limit_stops_everything_and_another_one_its_bucket() -> None:
    pacer = Pacer(MovableClock(NOW))
    one = pacer.shut("POST m", "1", seconds=9.0, everywhere=False)
    async with pacer.turn("POST m", "2", patience=0):
        pass
    pacer.shut("POST m", "1", seconds=3.0, everywhere=True)

    assert (one.at - NOW).total_seconds() == 9.0
    with pytest.raises(TryLater):
        async with pacer.turn("GET g", "2", patience=1.0):
            pytest.fail("Everything was to wait.")


async def test_far_from_being_banned_everything_stops() -> None:
    pacer = Pacer(MovableClock(NOW), requests=INVALID * 2)
    for channel in range(INVALID):
        async with pacer.turn("POST m", str(channel), patience=0) as turn:
            turn.answered(403, {})

    with pytest.raises(TryLater) as stopped:
        async with pacer.turn("POST m", "another", patience=1.0):
            pytest.fail("It went on.")

    assert 0 < (stopped.value.at - NOW).total_seconds() <= WITHIN


async def test_a_shared_limit_is_not_counted_against_us() -> None:
    pacer = Pacer(MovableClock(NOW), requests=INVALID * 2)
    for channel in range(INVALID):
        async with pacer.turn("POST m", str(channel), patience=0) as turn:
            turn.answered(429, {"X-RateLimit-Scope": "shared"})

    async with pacer.turn("POST m", "another", patience=0):
        pass


async def test_how_much_of_the_limit_is_used_is_told_and_each_time_it_was_passed() -> None:
    pacer = Pacer(MovableClock(NOW), requests=4)
    async with pacer.turn("GET /x", "1", patience=0):
        during = pacer.limits()
    pacer.shut("GET /x", "1", seconds=1, everywhere=False)

    [limit] = during
    assert (limit.share, limit.refused) == (0.25, 0)
    assert pacer.limits()[0].refused == 1
