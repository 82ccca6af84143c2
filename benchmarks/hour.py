"""What one process does with a crowd of communities: its idle beats, the hour in which all are due, its share
of the deliveries. Begun by ``benchmarks.load``, so that the memory counted is its own.
"""

import asyncio
import json
import logging
import math
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog
from sqlalchemy import Select, func, select, update

from adapters.clock import MovableClock
from benchmarks.crowd import MONDAY, PLATFORM, TUESDAY
from benchmarks.world import memory
from bot.domain.delivery import DeliveryState
from bot.domain.ids import ExternalId
from bot.engine.heartbeat import Heartbeat
from bot.errors import Impossible
from bot.messages import Asker, Destination, Message, Person
from storage.database import OpenStorage, opened
from storage.tables import deliveries, programs, rounds

IDLE_BEATS: Final = 200
LEASE: Final = timedelta(seconds=60)
READY: Final = "ready"

QUEUED = select(func.count()).where(deliveries.c.state == DeliveryState.QUEUED)
SENT = select(func.count()).where(deliveries.c.state == DeliveryState.SENT)
ROUNDS = select(func.count()).select_from(rounds)


class Silent:
    """A platform that takes no time: what is measured is Voisin and its database."""

    name = PLATFORM
    remembers = timedelta(0)
    together = None
    aside = False

    async def send(
        self,
        community: ExternalId,  # noqa: ARG002 -- one is like the other here, and so on
        destination: Destination,  # noqa: ARG002
        message: Message,  # noqa: ARG002
        *,
        key: str,  # noqa: ARG002
    ) -> str:
        return "room"

    async def people(self, community: ExternalId, space: ExternalId) -> Sequence[Asker]:
        raise Impossible(f"Nobody says who is in {space} of {community}: everyone counts.")


def _heart(storage: OpenStorage, clock: MovableClock) -> Heartbeat:
    return Heartbeat(storage=storage, platforms={PLATFORM: Silent()}, clock=clock, lease=LEASE)


async def alone(url: str, seconds: float) -> dict[str, float]:
    """Start, rest, and live through the hour in which all are due; sends are counted for so many seconds."""
    clock = MovableClock(MONDAY, beat=0.001)
    async with opened(url) as storage:
        start = await _start(_heart(storage, clock))
        heart = _heart(storage, clock)
        idle = await _timed(lambda: _idle(heart, storage, clock))
        peer = await _timed(lambda: _each_asked(storage))
        clock.move_to(TUESDAY)
        began = time.perf_counter()
        await _all_opened(heart)
        opening = time.perf_counter() - began
        # In line, and not due: the beats in which much waits for its hour.
        clock_back = MovableClock(MONDAY)
        waiting = await _timed(lambda: _idle(_heart(storage, clock_back), storage, clock_back))
        due = await _count(storage, QUEUED)
        began = time.perf_counter()
        while time.perf_counter() - began < seconds and await heart.beat():
            pass
        sending, sent = time.perf_counter() - began, await _count(storage, SENT)
        return {
            "start_s": start,
            "idle_ms": statistics.median(idle),
            "idle_p99_ms": statistics.quantiles(idle, n=100, method="inclusive")[98],
            "idle_in_line_ms": statistics.median(waiting),
            "peer_idle_ms": statistics.median(peer),
            "rounds": await _count(storage, ROUNDS),
            "open_s": opening,
            "due": due,
            "sent": sent,
            "send_s": sending,
            "peak_mb": memory(reset=False) or math.nan,
        }


async def only_open(url: str) -> dict[str, float]:
    """The rounds of the hour, and nothing of what they bring."""
    async with opened(url) as storage:
        await _all_opened(_heart(storage, MovableClock(TUESDAY)))
        return {"due": await _count(storage, QUEUED)}


async def share(url: str) -> dict[str, float]:
    """One worker of several, from the word to begin until nothing is left that it could take."""
    async with opened(url) as storage:
        heart = _heart(storage, MovableClock(TUESDAY))
        await _told_to_begin(storage)
        began = time.monotonic()
        # Nothing for this one may mean that others hold it all at this moment.
        while await heart.beat() or await _count(storage, QUEUED):
            pass
        return {"began": began, "ended": time.monotonic(), "sent": await _count(storage, SENT)}


async def one_by_one(url: str) -> dict[str, float]:
    """A queue in a database as it is common: one job is taken, brought, and marked as done; then the next.

    It asks for no consent and looks for no words: what it brings is written already.
    """
    job, state = deliveries.c, DeliveryState
    first = (
        select(job.community_id, job.id, job.key)
        .where(job.state == state.QUEUED, job.due_at <= TUESDAY)
        .order_by(job.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    platform, sent = Silent(), 0
    words = Message(name="reply.hello", parts=())
    async with opened(url) as storage:
        await _told_to_begin(storage)
        began = time.monotonic()
        while True:
            async with storage.engine.begin() as connection:
                one = (await connection.execute(first)).one_or_none()
                if one is None:
                    return {"began": began, "ended": time.monotonic(), "sent": sent}
                job_of_it = update(deliveries).where(job.community_id == one.community_id, job.id == one.id)
                await connection.execute(job_of_it.values(state=state.SENDING))
            person = Person(external_id=ExternalId("U"))
            await platform.send(ExternalId(one.community_id), person, words, key=one.key)
            async with storage.engine.begin() as connection:
                await connection.execute(job_of_it.values(state=state.SENT))
            sent += 1


# ── Of use to all of them ───────────────────────────────────────────────────────────────────────────


async def _start(heart: Heartbeat) -> float:
    """Seconds from the word to begin until the first beat has looked at everything."""
    stop = asyncio.Event()
    began = time.perf_counter()
    running = asyncio.create_task(heart.run(stop))
    while not heart.pulse.seconds:  # noqa: ASYNC110 -- the heart tells nobody that it has beaten
        await asyncio.sleep(0.001)
    took = time.perf_counter() - began
    stop.set()
    await running
    return took


async def _all_opened(heart: Heartbeat) -> None:
    while await heart.step():
        pass


async def _timed(what: Callable[[], Awaitable[object]]) -> list[float]:
    """Milliseconds of each of many."""
    took = []
    for _ in range(IDLE_BEATS):
        began = time.perf_counter()
        await what()
        took.append((time.perf_counter() - began) * 1000)
    return took


async def _idle(heart: Heartbeat, storage: OpenStorage, clock: MovableClock) -> None:
    """The look at what comes next, and a beat in which nothing is due, as each second has them."""
    due = await storage.agenda.next_due()
    if due is not None and due <= clock.now():
        raise AssertionError("Something is due.")
    await heart.beat(idle=True)


async def _each_asked(storage: OpenStorage) -> None:
    """The common way: every program is looked at, whether its time has come."""
    async with storage.engine.connect() as connection:
        for program in await connection.execute(select(programs.c.id, programs.c.state, programs.c.next_at)):
            if program.next_at is not None and program.next_at <= MONDAY:
                raise AssertionError("Nothing is due yet.")


async def _told_to_begin(storage: OpenStorage) -> None:
    await storage.agenda.next_due()
    sys.stdout.write(f"{READY}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)


async def _count(storage: OpenStorage, statement: Select[int]) -> int:
    async with storage.engine.connect() as connection:
        found: int = (await connection.execute(statement)).scalar_one()
        return found


def main() -> None:
    """Which of them, on which database; figures as one line of JSON."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    what, url, *rest = sys.argv[1:]
    doing = {"open": only_open, "share": share, "one_by_one": one_by_one}.get(what)
    figures = asyncio.run(doing(url) if doing else alone(url, float(rest[0])))
    sys.stdout.write(f"{json.dumps(figures)}\n")


if __name__ == "__main__":
    main()
