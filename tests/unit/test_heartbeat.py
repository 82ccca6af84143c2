"""How the heartbeat goes on while its memory is away, and how it ends."""

import asyncio
from collections.abc import Sequence
from dataclasses import fields
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, Never

import pytest

from bot.engine.heartbeat import LONGEST_PAUSE, Heartbeat
from bot.errors import StorageError
from bot.ports import Storage

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


class Seconds:
    """A clock whose every rest takes a second."""

    def __init__(self, *, stop_at: float) -> None:
        self.passed = 0.0
        self.stop = asyncio.Event()
        self._stop_at = stop_at

    def now(self) -> datetime:
        return NOON

    async def rest(self, *, until: datetime | None) -> None:
        self.passed += 1
        if self.passed >= self._stop_at:
            self.stop.set()

    def ring(self) -> None:
        raise AssertionError("Nobody rings here.")


class Away:
    """A memory that cannot be reached; it notes when it was asked."""

    def __init__(self, clock: Seconds) -> None:
        self._clock = clock
        self.asked: list[float] = []

    async def all(self) -> Never:
        self.asked.append(self._clock.passed)
        raise StorageError("The database cannot be reached.")


class Quiet:
    """A memory in which nothing is due; it notes what it was asked, and can answer nothing else."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def all(self) -> Sequence[Never]:
        return ()

    async def next_due(self) -> None:
        self.asked.append("next due")

    async def lapsed(self) -> Sequence[Never]:
        self.asked.append("lapsed")
        return ()


async def _tries(chance: float) -> Sequence[float]:
    clock = Seconds(stop_at=100)
    away = Away(clock)
    # Nothing else is asked for: the beat ends there.
    parts: dict[str, Any] = {part.name: None for part in fields(Storage)} | {"communities": away}
    storage = Storage(**parts)
    heart = Heartbeat(
        storage=storage,
        platforms={},
        clock=clock,
        monotonic=lambda: clock.passed,
        chance=lambda: chance,
    )
    await heart.run(clock.stop)
    assert heart.pulse.failures == len(away.asked)
    return away.asked


async def test_while_the_memory_is_away_the_pauses_grow_up_to_a_limit() -> None:
    tries = await _tries(1.0)

    pauses = [after - before for before, after in pairwise(tries)]
    assert pauses[:5] == [1, 2, 4, 8, LONGEST_PAUSE]
    assert set(pauses[5:]) == {LONGEST_PAUSE}


@pytest.mark.parametrize("chance", [0.0, 0.5])
async def test_chance_brings_processes_apart_that_lost_it_at_the_same_moment(chance: float) -> None:
    late, early = await _tries(1.0), await _tries(chance)

    assert set(early[3:]) - set(late) != set()
    assert len(early) > len(late)


async def test_while_nothing_is_due_a_beat_asks_for_no_more_than_that() -> None:
    clock, quiet = Seconds(stop_at=3), Quiet()
    parts: dict[str, Any] = {part.name: quiet for part in fields(Storage)}
    heart = Heartbeat(storage=Storage(**parts), platforms={}, clock=clock)

    await heart.run(clock.stop)

    assert quiet.asked == ["next due", "lapsed"] * 3
    assert heart.pulse.beats == 3
