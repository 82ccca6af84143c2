"""No faster than Discord allows: one count for the whole bot, and its buckets as its own headers tell them.

A request counts from the moment it was answered, so however long it travelled, no window of Discord's sees
more than the limit.
"""

import asyncio
import math
from bisect import bisect
from collections import Counter, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from bot.errors import TryLater
from bot.ports import Clock, Limit

ANSWERED = 1.0
"""Seconds until one looks again whether a request that stands in the way was answered."""

SECOND = 1.0

INVALID, WITHIN = 1_000, 600.0
"""Refused requests in seconds at which everything stops: a tenth of what Discord bans an address for."""

IN_A_ROW, REST = 3, 600.0
"""Refusals in one bucket that close it, and for how long: no retry storm."""

LANES = 20_000
"""Above this, those that have nothing to remember are let go."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What an answer says of its bucket."""

    bucket: str
    limit: int
    left: int
    seconds: float
    """Until the bucket is full again."""


def heard(headers: Mapping[str, str]) -> Heard | None:
    """The rate limit headers of an answer; None: the route has no bucket."""
    try:
        return Heard(
            bucket=headers["X-RateLimit-Bucket"],
            limit=int(headers["X-RateLimit-Limit"]),
            left=int(headers["X-RateLimit-Remaining"]),
            seconds=float(headers["X-RateLimit-Reset-After"]),
        )
    except (KeyError, ValueError):
        return None


class Lane:
    """One bucket of one channel, server or of the bot: what is left of it, and until when it is closed."""

    def __init__(self, limit: float = 1) -> None:
        """``limit`` is 1 until Discord says otherwise: the first request asks for all that follow."""
        self._limit = limit
        self._window = 0.0
        """Seconds from a full bucket to a full bucket, as far as has been seen."""
        self._left = limit
        self._under_way = 0
        self._full_at: float | None = None
        self._shut_until = 0.0
        self._refusals = 0

    def wait(self, now: float) -> float:
        """Seconds until another request may begin; 0: now."""
        self._refill(now)
        shut = max(self._shut_until - now, 0.0)
        if self._left > 0:
            return shut
        return max(shut, self._full_at - now if self._full_at is not None else ANSWERED)

    def begin(self, now: float) -> None:
        self._refill(now)
        self._left -= 1
        self._under_way += 1

    def end(self, now: float, said: Heard | None, *, speed: float = 1.0) -> None:
        """Answered, with what was said of the bucket; None: it has none, or nothing was said."""
        self._under_way -= 1
        if said is None:
            if self._full_at is None:
                self._left = max(self._limit - self._under_way, 0)
            return
        # What is under way may not be counted in what is said to be left.
        left = max(said.left - self._under_way, 0)
        same = self._full_at is not None and self._limit == said.limit
        self._left = min(self._left, left) if same else left
        self._limit = said.limit
        self._window = max(self._window, said.seconds * speed)
        self._full_at = max(self._full_at or 0.0, now + said.seconds * speed)

    def unlimited(self) -> None:
        """Discord answered and named no bucket."""
        self._limit = self._left = math.inf

    def shut(self, *, until: float) -> None:
        self._shut_until = max(self._shut_until, until)

    def refused(self, now: float) -> None:
        """403: a wall is not run against."""
        self._refusals += 1
        if self._refusals >= IN_A_ROW:
            self._refusals = 0
            self.shut(until=now + REST)

    def granted(self) -> None:
        self._refusals = 0

    def behind(self, ahead: int) -> float:
        """Seconds more for whoever has so many before them."""
        return ahead // self._limit * self._window if self._limit < math.inf else 0.0

    def idle(self, now: float) -> bool:
        """Nothing to remember."""
        return not self._under_way and self.wait(now) == 0 and self._full_at is None

    def _refill(self, now: float) -> None:
        if self._full_at is not None and now >= self._full_at:
            self._full_at = None
            self._left = self._limit - self._under_way


class Window:
    """So many requests in any second."""

    def __init__(self, requests: int) -> None:
        self._requests = requests
        self._under_way = 0
        self._answered: deque[float] = deque()

    def wait(self, now: float) -> float:
        while self._answered and self._answered[0] <= now - SECOND:
            self._answered.popleft()
        if self._under_way + len(self._answered) < self._requests:
            return 0.0
        return self._answered[0] + SECOND - now if self._answered else ANSWERED

    def share(self, now: float) -> float:
        """How much of it is used."""
        self.wait(now)
        return (self._under_way + len(self._answered)) / self._requests

    def begin(self) -> None:
        self._under_way += 1

    def end(self, now: float) -> None:
        self._under_way -= 1
        self._answered.append(now)


class Turn:
    """One request on its way; what became of it is said before it ends."""

    def __init__(self, pacer: "Pacer", lane: Lane, route: str, major: str) -> None:
        self._pacer = pacer
        self._lane = lane
        self._route = route
        self._major = major
        self.said: Heard | None = None

    def answered(self, status: int, headers: Mapping[str, str]) -> None:
        """What Discord answered with."""
        self.said = heard(headers)
        if self.said is not None:
            self._pacer.learn(self._route, self._major, self._lane, self.said)
        elif "X-RateLimit-Scope" not in headers:
            self._lane.unlimited()
        self._pacer.judge(self._lane, status, shared=headers.get("X-RateLimit-Scope") == "shared")


@dataclass(kw_only=True, eq=False, slots=True)
class Waiting:
    """A request in the line: whoever has the least patience is first."""

    route: str
    major: str
    latest: float
    ahead: float
    came: int
    granted: asyncio.Future[Lane]

    @property
    def place(self) -> tuple[float, int]:
        return self.latest - self.ahead, self.came


class Pacer:
    """Every request of the bot passes here; answers to clicks do not, since Discord does not count them."""

    def __init__(self, clock: Clock, *, requests: int = 50, speed: float = 1.0) -> None:
        self._clock = clock
        self._speed = speed
        self._requests = requests
        self._window = Window(requests)
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._buckets: dict[str, str] = {}
        self._limits: dict[str, int] = {}
        self._invalid: deque[float] = deque()
        self._refused = 0
        self._shut_until = 0.0
        self._line: list[Waiting] = []
        self._came = 0
        self._alarm: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def turn(
        self, route: str, major: str, *, patience: float, ahead: float = 0.0
    ) -> AsyncIterator[Turn]:
        """Wait for one's turn, ``patience`` seconds at most, and as if it were ``ahead`` seconds less. Raises
        TryLater: when to come back.
        """
        lane = await self._wait(route, major, patience=patience, ahead=ahead)
        turn = Turn(self, lane, route, major)
        try:
            yield turn
        finally:
            self._end(lane, turn.said)

    def learn(self, route: str, major: str, lane: Lane, said: Heard) -> None:
        """Several routes may share a bucket."""
        if self._buckets.get(route) != said.bucket:
            self._buckets[route] = said.bucket
            # Who asked first elsewhere, before the name of the bucket was known, counts under it too.
            for (name, where), first in list(self._lanes.items()):
                if name == route:
                    self._lanes.setdefault((said.bucket, where), first)
        self._limits[said.bucket] = said.limit
        self._lanes.setdefault((said.bucket, major), lane)

    def judge(self, lane: Lane, status: int, *, shared: bool) -> None:
        """Count what Discord counts against the address: 401, 403 and 429, but for a shared limit."""
        now = self._now()
        if status in (401, 403) or (status == 429 and not shared):
            self._invalid.append(now)
        if status == 403:
            lane.refused(now)
        elif status < 400:
            lane.granted()

    def shut(self, route: str, major: str, *, seconds: float, everywhere: bool) -> TryLater:
        """Discord said 429: this bucket waits, or everything does."""
        self._refused += 1
        until = self._now() + seconds * self._speed
        if everywhere:
            self._shut_until = max(self._shut_until, until)
        else:
            self._lane(route, major).shut(until=until)
        return self._later(seconds)

    def limits(self) -> Sequence[Limit]:
        """That of the whole bot: how much of it is used, and how often Discord said 429."""
        used = self._window.share(self._now())
        return [Limit(method="everything", share=used, refused=self._refused)]

    # ── The line ────────────────────────────────────────────────────────────────────────────────────

    async def _wait(self, route: str, major: str, *, patience: float, ahead: float) -> Lane:
        now = self._now()
        self._came += 1
        waiting = Waiting(
            route=route,
            major=major,
            latest=now + patience,
            ahead=ahead,
            came=self._came,
            granted=asyncio.get_running_loop().create_future(),
        )
        place = bisect(self._line, waiting.place, key=lambda each: each.place)
        # Whoever would wait in vain is told at once when to come back.
        expected = place / self._requests
        if expected > patience:
            raise self._later(expected / self._speed)
        self._line.insert(place, waiting)
        self._serve()
        try:
            return await waiting.granted
        except asyncio.CancelledError:
            if waiting.granted.done() and not waiting.granted.cancelled():
                self._end(waiting.granted.result(), None)
            elif waiting in self._line:
                self._line.remove(waiting)
            raise

    def _serve(self) -> None:
        """Let through whoever may go now, and look again when the next one may."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        now = self._now()
        closed: dict[Lane, float] = {}
        ahead: Counter[Lane] = Counter()
        line: list[Waiting] = []
        soonest = math.inf
        for waiting in self._line:
            if waiting.granted.done():
                continue
            lane = self._lane(waiting.route, waiting.major)
            everything = max(self._window.wait(now), self._shut_until - now, self._banned(now))
            wait = closed[lane] if lane in closed else lane.wait(now)
            if wait <= 0 and everything <= 0:
                lane.begin(now)
                self._window.begin()
                waiting.granted.set_result(lane)
                continue
            if wait > 0:
                closed[lane] = wait
            expected = max(wait + lane.behind(ahead[lane]), everything)
            if now + expected > waiting.latest:
                waiting.granted.set_exception(self._later(expected / self._speed))
                continue
            ahead[lane] += 1
            line.append(waiting)
            soonest = min(soonest, max(wait, everything))
        self._line = line
        if line:
            pause = soonest / self._speed
            self._alarm = asyncio.get_running_loop().call_later(pause, self._serve)

    def _end(self, lane: Lane, said: Heard | None) -> None:
        now = self._now()
        self._window.end(now)
        lane.end(now, said, speed=self._speed)
        self._serve()

    def _banned(self, now: float) -> float:
        """Seconds until fewer refusals lie behind us than would be dangerous."""
        while self._invalid and self._invalid[0] <= now - WITHIN:
            self._invalid.popleft()
        return self._invalid[0] + WITHIN - now if len(self._invalid) >= INVALID else 0.0

    def _lane(self, route: str, major: str) -> Lane:
        bucket = self._buckets.get(route, route)
        lane = self._lanes.get((bucket, major))
        if lane is None:
            if len(self._lanes) >= LANES:
                now = self._now()
                self._lanes = {key: kept for key, kept in self._lanes.items() if not kept.idle(now)}
            lane = self._lanes[bucket, major] = Lane(self._limits.get(bucket, 1))
        return lane

    def _later(self, seconds: float) -> TryLater:
        """In so many seconds of ours."""
        return TryLater(self._clock.now() + timedelta(seconds=seconds))

    def _now(self) -> float:
        """Seconds that cannot go back, as fast as Discord's own."""
        return asyncio.get_running_loop().time() * self._speed


def major(*parts: str | int | None) -> str:
    """What a bucket is counted for: a channel, a server, a webhook."""
    return "+".join(str(part) for part in parts if part is not None)
