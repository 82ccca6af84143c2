"""Time: the clock of the machine, one that can be moved by hand, and the house's own hours."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.cron import CronTrigger

BEAT = 1.0
"""Seconds of rest at most: losing a ring costs no more."""


class SystemClock:
    """The machine's clock. The rest is monotonic, so that a clock that jumps does not stop it."""

    def __init__(self, *, beat: float = BEAT) -> None:
        self._beat = beat
        self._bell = asyncio.Event()

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def rest(self, *, until: datetime | None) -> None:
        pause = self._beat
        if until is not None:
            pause = min(pause, max(0.0, (until - self.now()).total_seconds()))
        # Never quite nothing: what is due and cannot be done must not spin.
        await _rung(self._bell, max(pause, self._beat / 20))

    def ring(self) -> None:
        self._bell.set()


class MovableClock:
    """A clock that stands still until someone moves it: for the sandbox, and for tests."""

    def __init__(self, start: datetime, *, beat: float = BEAT) -> None:
        self._now = self._goal = start.astimezone(UTC)
        self._beat = beat
        self._bell = asyncio.Event()
        self._moved = asyncio.Condition()

    def now(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Move on to a moment at once; never back."""
        self._now = max(self._now, moment.astimezone(UTC))
        self.ring()

    async def pass_until(self, moment: datetime) -> None:
        """Let time pass, from one thing that is due to the next; returns when the moment has come.

        Whoever rests on this clock says when the next thing is due: somebody has to.
        """
        self._goal = max(self._goal, moment.astimezone(UTC))
        self.ring()
        async with self._moved:
            await self._moved.wait_for(lambda: self._now >= moment)

    async def rest(self, *, until: datetime | None) -> None:
        if self._now >= self._goal:
            await _rung(self._bell, self._beat)
            return
        if until is not None and self._now < until < self._goal:
            self._now = until
        else:
            # Nothing comes before; and what is due and could not be done does not stop time.
            self._now = self._goal
        async with self._moved:
            self._moved.notify_all()

    def ring(self) -> None:
        self._bell.set()


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        # Not wait_for: before Python 3.12 it may forget that it was cancelled.
        async with asyncio.timeout(seconds):
            await bell.wait()
    bell.clear()


class House:
    """The house's own hours: what is done once a day, whatever the rounds do."""

    def __init__(self) -> None:
        self._scheduler = AsyncIOScheduler(timezone=UTC)

    def start(self) -> None:
        """Begin; needs a running event loop."""
        self._scheduler.start()

    def stop(self) -> None:
        """Stop at once; what runs is not waited for."""
        self._scheduler.shutdown(wait=False)

    def every_day(self, name: str, do: Callable[[], Awaitable[object]], *, hour: int) -> None:
        """Do something once a day at this hour UTC; never twice side by side, once for what was missed."""
        self._scheduler.add_job(
            do,
            CronTrigger(hour=hour, timezone=UTC),
            id=name,
            replace_existing=True,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=int(timedelta(hours=20).total_seconds()),
        )
