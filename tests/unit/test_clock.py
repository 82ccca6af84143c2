"""A clock that is moved by hand, and time that passes on it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from adapters.clock import MovableClock

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def worked(clock: MovableClock, due: Sequence[datetime], *, until: datetime) -> list[datetime]:
    """When somebody who rests on this clock did what was due, while time passed."""
    left, done = sorted(due), []

    async def work() -> None:
        while True:
            while left and left[0] <= clock.now():
                left.pop(0)
                done.append(clock.now())
            await clock.rest(until=left[0] if left else None)

    working = asyncio.create_task(work())
    await clock.pass_until(until)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    return done


async def test_time_passes_from_one_due_thing_to_the_next() -> None:
    clock = MovableClock(NOON)

    done = await worked(clock, [NOON + HOUR, NOON + 3 * HOUR, NOON + 30 * HOUR], until=NOON + 24 * HOUR)

    assert done == [NOON + HOUR, NOON + 3 * HOUR]
    assert clock.now() == NOON + 24 * HOUR


async def test_what_is_due_and_cannot_be_done_does_not_stop_time() -> None:
    clock = MovableClock(NOON)

    async def hopes() -> None:
        while True:
            await clock.rest(until=NOON - HOUR)

    hoping = asyncio.create_task(hopes())
    await clock.pass_until(NOON + HOUR)
    hoping.cancel()

    assert clock.now() == NOON + HOUR


async def test_a_clock_that_nobody_moves_stands_still() -> None:
    clock = MovableClock(NOON, beat=0.001)

    await clock.rest(until=NOON + HOUR)

    assert clock.now() == NOON
