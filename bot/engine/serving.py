"""Communities that are being sent to: none waits for another, and the longest queue is never left dry."""

import asyncio
from collections.abc import Callable, Collection, Coroutine
from dataclasses import dataclass

from bot.domain.ids import CommunityId


@dataclass(kw_only=True, slots=True)
class Batch:
    """What one community was given at once: when, and how much of it the platform has not answered yet."""

    community: CommunityId
    since: float
    left: int
    platform: str = ""
    """Empty until it has been looked up: it may be any."""


class Serving:
    """Batches under way. ``slow`` is how many seconds after which one counts as paced by its platform, or
    stuck: others go on meanwhile; None: every batch is waited for.
    """

    def __init__(self, *, enough: int, slow: float | None, monotonic: Callable[[], float]) -> None:
        """``enough``: with so many deliveries in hand that are not slow, nothing more is taken up."""
        self._enough = enough
        self._slow = slow
        self._monotonic = monotonic
        self._under_way: dict[asyncio.Task[None], Batch] = {}

    def __bool__(self) -> bool:
        return bool(self._under_way)

    def begin(self, batch: Batch, doing: Coroutine[None, None, None]) -> None:
        self._under_way[asyncio.create_task(doing)] = batch

    @property
    def communities(self) -> Collection[CommunityId]:
        return {batch.community for batch in self._under_way.values()}

    def in_hand(self, community: CommunityId) -> int:
        """Deliveries of a community that its platform has not answered."""
        return sum(batch.left for batch in self._under_way.values() if batch.community == community)

    def on_its_way(self, platform: str) -> int:
        """The same of all communities of a platform."""
        return sum(batch.left for batch in self._under_way.values() if batch.platform in ("", platform))

    async def make_room(self) -> None:
        """Wait until more may be taken up. Raises what went wrong in a batch, when it has ended."""
        if self._slow is None:
            await self.ended()
            return
        await self._some(within=0.0)
        while (prompt := self._prompt()) and sum(batch.left for batch in prompt) > self._enough:
            oldest = min(batch.since for batch in prompt)
            await self._some(within=max(0.0, oldest + self._slow - self._monotonic()))

    async def one_ended(self) -> None:
        """Wait for whoever is ready first, no longer than a slow one deserves: it may have more to send."""
        await self._some(within=self._slow)

    async def ended(self) -> int:
        """Wait for all of them; returns how many there were."""
        many = len(self._under_way)
        if many:
            self._collect(await self._wait(None, asyncio.ALL_COMPLETED))
        return many

    async def abandon(self) -> None:
        """Leave what has no answer yet as it is: its lease runs out, and it is in doubt."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        self._under_way.clear()

    def _prompt(self) -> Collection[Batch]:
        if self._slow is None:
            return self._under_way.values()
        after = self._monotonic() - self._slow
        return [batch for batch in self._under_way.values() if batch.since > after]

    async def _some(self, *, within: float | None) -> None:
        if self._under_way:
            self._collect(await self._wait(within, asyncio.FIRST_COMPLETED))

    async def _wait(self, within: float | None, when: str) -> Collection[asyncio.Task[None]]:
        try:
            done, _ = await asyncio.wait(self._under_way, timeout=within, return_when=when)
        except asyncio.CancelledError:
            await self.abandon()
            raise
        return done

    def _collect(self, done: Collection[asyncio.Task[None]]) -> None:
        for task in done:
            del self._under_way[task]
        troubles = [trouble for task in done if (trouble := task.exception()) is not None]
        if troubles:
            raise troubles[0]
