"""No faster than Slack allows: its published limits, one count per workspace and method.

What Slack counts is calls within a minute. A call is counted here from the moment it was answered, so
however long it travelled, no minute of Slack's ever sees more than the limit.
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from bot.errors import TryLater
from bot.ports import Clock, Limit

IN_FLIGHT = 0.02
"""Seconds until one looks again whether a call has been answered."""

LANES = 20_000
"""Above this, those that have nothing to remember are let go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """So many calls in so long."""

    calls: int
    seconds: float = 60.0

    def shared(self, share: float) -> "Pace":
        """This process's part of it, where others have theirs."""
        calls = self.calls * share
        return Pace(calls=max(1, int(calls)), seconds=self.seconds * max(1.0, 1 / calls))


TIER_2, TIER_3, TIER_4 = Pace(calls=20), Pace(calls=50), Pace(calls=100)

PACES = {
    # Slack publishes one a second and channel, and "several hundred a minute" without saying how many.
    "chat.postMessage": Pace(calls=60),
    "conversations.info": TIER_3,
    "conversations.join": TIER_3,
    "conversations.list": TIER_2,
    "conversations.members": TIER_4,
    "conversations.open": TIER_3,
    "files.completeUploadExternal": TIER_4,
    "files.getUploadURLExternal": TIER_4,
    "users.info": TIER_4,
    "users.list": TIER_2,
    "views.open": TIER_4,
    "views.publish": TIER_4,
    "views.update": TIER_4,
}
SLOWEST = TIER_2
"""For methods that are not in the list."""

IN_ONE_CHANNEL = Pace(calls=1, seconds=1.0)


class Lane:
    """One count: calls on their way, calls of the last minute, and until when Slack said to wait."""

    def __init__(self, pace: Pace) -> None:
        self._calls = pace.calls
        self._seconds = pace.seconds
        self._under_way = 0
        self._answered: deque[float] = deque()
        self._shut_until = 0.0

    def wait(self, now: float) -> float:
        """Seconds until another call may begin; 0: now."""
        while self._answered and self._answered[0] <= now - self._seconds:
            self._answered.popleft()
        shut = max(self._shut_until - now, 0.0)
        if self._under_way + len(self._answered) < self._calls:
            return shut
        return max(shut, self._answered[0] + self._seconds - now if self._answered else IN_FLIGHT)

    def begin(self) -> None:
        """A call is on its way."""
        self._under_way += 1

    def end(self, now: float) -> None:
        """It was answered, or will never be."""
        self._under_way -= 1
        self._answered.append(now)

    def shut(self, *, until: float) -> None:
        """Slack says to wait."""
        self._shut_until = max(self._shut_until, until)

    def share(self, now: float) -> float:
        """How much of it is used."""
        self.wait(now)
        return (self._under_way + len(self._answered)) / self._calls

    @property
    def seconds(self) -> float:
        """How long a call counts."""
        return self._seconds

    def idle(self, now: float) -> bool:
        """Nothing to remember."""
        return not self._under_way and self.wait(now) == 0 and not self._answered


class Pacer:
    """Every call of the Web API passes here. One workspace never waits for another."""

    def __init__(self, clock: Clock, *, speed: float = 1.0, share: float = 1.0) -> None:
        self._clock = clock
        self._share = share
        self._speed = speed
        self._lanes: dict[tuple[str, ...], Lane] = {}
        self._refused: Counter[str] = Counter()

    @asynccontextmanager
    async def turn(
        self, workspace: str, method: str, *, channel: str | None = None, patience: float
    ) -> AsyncIterator[None]:
        """Wait for one's turn, ``patience`` seconds at most. Raises TryLater: when to come back."""
        lanes = [self._lane(workspace, method, pace=PACES.get(method, SLOWEST))]
        if channel is not None:
            lanes.append(self._lane(workspace, method, channel, pace=IN_ONE_CHANNEL))
        await self._wait(lanes, patience=patience)
        for lane in lanes:
            lane.begin()
        try:
            yield
        finally:
            now = self._now()
            for lane in lanes:
                lane.end(now)

    def shut(self, workspace: str, method: str, *, seconds: float) -> TryLater:
        """Slack said 429: this method waits in this workspace, and nothing else does."""
        self._refused[method] += 1
        until = self._now() + seconds
        self._lane(workspace, method, pace=PACES.get(method, SLOWEST)).shut(until=until)
        return TryLater(self._clock.now() + timedelta(seconds=seconds))

    def limits(self) -> Sequence[Limit]:
        """How much of each method's limit is used where it is used most, and how often Slack said 429."""
        now, shares = self._now(), dict.fromkeys(self._refused, 0.0)
        for name, lane in self._lanes.items():
            if len(name) == 2:  # A channel's own pace is no limit of the workspace.
                shares[name[1]] = max(shares.get(name[1], 0.0), lane.share(now))
        return [
            Limit(method=method, share=share, refused=self._refused[method])
            for method, share in sorted(shares.items())
        ]

    async def _wait(self, lanes: Sequence[Lane], *, patience: float) -> None:
        latest = self._now() + patience
        while wait := max(lane.wait(self._now()) for lane in lanes):
            if self._now() + wait > latest:
                raise TryLater(self._clock.now() + timedelta(seconds=wait))
            await asyncio.sleep(wait / self._speed)

    def _now(self) -> float:
        """Seconds that cannot go back, as fast as the platform's own."""
        return asyncio.get_running_loop().time() * self._speed

    def _lane(self, *name: str, pace: Pace) -> Lane:
        lane = self._lanes.get(name)
        if lane is None:
            if len(self._lanes) >= LANES:
                now = self._now()
                self._lanes = {key: lane for key, lane in self._lanes.items() if not lane.idle(now)}
            lane = self._lanes[name] = Lane(pace.shared(self._share))
        return lane
