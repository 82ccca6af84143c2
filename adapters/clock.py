"""Time: the clock of the machine, one that can be moved by hand, and the house's own hours."""

import asyncio
from collections.abc import Awaitable, Callable
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
        self._now = start.astimezone(UTC)
        self._beat = beat
        self._bell = asyncio.Event()

    def now(self) -> datetime:
        return self._now

    def move_to(self, moment: datetime) -> None:
        """Move on to a moment; never back."""
        self._now = max(self._now, moment.astimezone(UTC))
        self.ring()

    async def rest(self, *, until: datetime | None) -> None:  # noqa: ARG002  it stands still: nothing comes
        await _rung(self._bell, self._beat)

    def ring(self) -> None:
        self._bell.set()


async def _rung(bell: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(bell.wait(), seconds)
    except TimeoutError:
        return
    finally:
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
