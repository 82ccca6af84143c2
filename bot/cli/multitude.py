"""Rounds of a community too large for a throw-away database: the engine alone, over arrays.

Everyone is alike, as with any number of members. A season of introductions is remembered, which bounds the
memory.
"""

import itertools
import time as watch
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bot.cli.figures import Figures
from bot.domain.program import SEASON_ROUNDS
from bot.matching import match, problem
from bot.matching.problem import IntArray, Matching
from bot.matching.tickets import Tickets

STORED: Final = 20_000
"""Up to so many members rounds are played by the real actions, on a database that is thrown away."""
WEEK: Final = 7.0


@dataclass(slots=True)
class _Memory:
    """Who was introduced to whom, round by round, the latest last: keys lower * members + higher, sorted."""

    members: int
    rounds: deque[IntArray] = field(default_factory=lambda: deque(maxlen=SEASON_ROUNDS))

    def known(self, keys: IntArray) -> int:
        """How many of these pairs were introduced before."""
        known = np.zeros(len(keys), dtype=np.bool_)
        for held in self.rounds:
            place = np.searchsorted(held, keys)
            known |= held[np.minimum(place, len(held) - 1)] == keys if len(held) else False
        return int(known.sum())

    def forget(self, gone: IntArray) -> None:
        """Whoever leaves takes their introductions along: another member has their place."""
        if not len(gone):
            return
        out = np.zeros(self.members, dtype=np.bool_)
        out[gone] = True
        for at, held in enumerate(self.rounds):
            lower, higher = np.divmod(held, self.members)
            self.rounds[at] = held[~(out[lower] | out[higher])]

    def met(self, here: IntArray) -> tuple[IntArray, IntArray]:
        """(m, 3) pairs among `here`, by their places in it, and (m,) how many rounds ago."""
        place = np.full(self.members, -1, dtype=np.int64)
        place[here] = np.arange(len(here))
        rows, ages = [np.zeros((0, 3), dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        for ago, held in enumerate(reversed(self.rounds), 1):
            one, other = (place[ends] for ends in np.divmod(held, self.members))
            both = (one >= 0) & (other >= 0)
            rows.append(np.stack([one[both], other[both], np.ones(int(both.sum()), dtype=np.int64)], axis=1))
            ages.append(np.full(len(rows[-1]), ago))
        return np.concatenate(rows), np.concatenate(ages)


def rounds(
    members: int, *, count: int, size: int = 2, churn: float = 0.0, skip: float = 0.0, seed: int = 1
) -> Iterator[Figures]:
    """Play them one after the other: a weekly round of everyone who does not skip, beside chance."""
    own, chance = _Memory(members), _Memory(members)
    first = np.zeros(members, dtype=np.bool_)
    left_out, trios = np.zeros((2, members), dtype=np.int64)
    owed = {"churn": 0.0, "skip": 0.0}
    for turn in range(count):
        began = watch.perf_counter()
        tickets = Tickets(f"{seed}/{turn}".encode(), "simulation")
        gone = _draw(tickets, np.arange(members), owed, "churn", churn if turn else 0.0)
        for memory in (own, chance):
            memory.forget(gone)
        first[gone], left_out[gone], trios[gone] = False, 0, 0
        skipping = _draw(tickets, np.arange(members), owed, "skip", skip)
        here = np.delete(np.arange(members), skipping)
        met, ago = own.met(here)
        posed = problem(
            len(here),
            size=size,
            met=met,
            met_age=ago * WEEK,
            first=first[here],
            left_out=left_out[here],
            trios=trios[here],
        )
        del met, ago
        started = watch.perf_counter()
        matching = match(posed, seed=f"{seed}/{turn}".encode())
        seconds = watch.perf_counter() - started
        alone = here[list(matching.alone)]
        first[here] = False
        first[alone], left_out[alone] = True, left_out[alone] + 1
        other = [member for group in matching.groups if len(group) != size for member in group]
        trios[here[other]] += 1
        shuffled = here[tickets.order(len(here))]
        groups = _of_lengths(shuffled, [len(group) for group in matching.groups])
        pairs, random_pairs = _pairs(here, matching.groups, members), _pairs(None, groups, members)
        random_known = chance.known(random_pairs)
        own.rounds.append(pairs)
        chance.rounds.append(random_pairs)
        yield Figures(
            introduced=len(here) - len(alone),
            unmatched=len(alone),
            groups=len(matching.groups),
            trios=sum(len(group) != size for group in matching.groups),
            repeats=matching.repeats,
            avoidable_repeats=_avoidable(matching),
            stranger_share=_share(matching.repeats, len(pairs)),
            random_stranger_share=_share(random_known, len(random_pairs)),
            tie_mean=0.0 if len(pairs) else None,
            random_tie_mean=0.0 if len(pairs) else None,
            department_crossings=None,
            seconds=seconds,
            seconds_all=watch.perf_counter() - began,
        )


def _draw(tickets: Tickets, among: IntArray, owed: dict[str, float], what: str, share: float) -> IntArray:
    """So many of them; what a share of a person leaves over is owed to the next round."""
    owed[what] += share * len(among)
    count = int(owed[what])
    owed[what] -= count
    return among[tickets.order(len(among))[:count]] if count else among[:0]


def _of_lengths(people: IntArray, lengths: Sequence[int]) -> list[tuple[int, ...]]:
    ends = np.cumsum([0, *lengths]).tolist()
    flat = people.tolist()
    return [tuple(flat[start:end]) for start, end in itertools.pairwise(ends)]


def _pairs(here: IntArray | None, groups: Sequence[tuple[int, ...]], members: int) -> IntArray:
    """The keys of every two inside a group, sorted."""
    keys = [np.zeros(0, dtype=np.int64)]
    for length in sorted({len(group) for group in groups}):
        some = np.array([group for group in groups if len(group) == length], dtype=np.int64)
        some = some if here is None else here[some]
        for a in range(length):
            for b in range(a):
                one, other = some[:, a], some[:, b]
                keys.append(np.minimum(one, other) * members + np.maximum(one, other))
    return np.sort(np.concatenate(keys))


def _avoidable(matching: Matching) -> int | None:
    if not matching.repeats:
        return 0
    return None if matching.fewest_repeats is None else matching.repeats - matching.fewest_repeats


def _share(known: int, pairs: int) -> float | None:
    return 1 - known / pairs if pairs else None
