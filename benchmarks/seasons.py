"""Seasons: rounds that a roster remembers, until someone meets again, or while people come and go."""

import random
from collections import Counter
from collections.abc import Sequence
from itertools import combinations
from statistics import mean
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import Group, Met, Peer, pair
from bot.matching import Matching, Problem, match, problem

LEAVE, SKIP = 0.05, 0.2


class Stable:
    """A roster in which everyone is always there: what it remembers is a matrix, which 2,000 members need."""

    def __init__(
        self, members: int, size: int, seed: int, *, speaks: NDArray[np.int64] | None = None
    ) -> None:
        self.members, self.size, self.seed, self.speaks = members, size, seed, speaks
        self.times = np.zeros((members, members), dtype=np.int64)
        self.last = np.zeros((members, members), dtype=np.int64)
        self.trios = np.zeros(members, dtype=np.int64)
        self.turn = 0

    def next(self) -> Matching:
        """The next round."""
        return match(self.state(), seed=b"%d/%d" % (self.seed, self.turn))

    def state(self) -> Problem:
        """What the next round has to go by."""
        one, other = np.nonzero(np.triu(self.times))
        return problem(
            self.members,
            size=self.size,
            met=np.stack([one, other, self.times[one, other]], axis=1),
            met_age=7.0 * (self.turn - self.last[one, other]),
            trios=self.trios,
            speaks=self.speaks,
        )

    def hold(self, groups: Sequence[Group]) -> int:
        """Write a round down; how many pairs met again."""
        again = 0
        for group in groups:
            for a, b in combinations(sorted(group), 2):
                again += int(self.times[a, b] > 0)
                self.times[a, b] += 1
                self.last[a, b] = self.turn
            if len(group) != self.size:
                self.trios[list(group)] += 1
        self.turn += 1
        return again


def season(members: int, size: int, seed: int, *, most: int | None = None) -> int:
    """Our rounds until the first repeat, or `most`."""
    roster = Stable(members, size, seed)
    for turn in range(most or members):
        if roster.hold(roster.next().groups):
            return turn
    return most or members


def peer_season(members: int, size: int, peer: Peer, seed: int) -> int:
    """Another's rounds until the first repeat."""
    met: Met = Counter()
    by_chance = chance(seed)
    for turn in range(members):
        pairs = _pairs(peer(list(range(members)), size, met, by_chance))
        if any(key in met for key in pairs):
            return turn
        met.update(pairs)
    return members


def third_places(members: int, seed: int) -> int:
    """After as many rounds as members: how often one was in a trio more than another."""
    roster = Stable(members, 2, seed)
    for _ in range(members):
        roster.hold(roster.next().groups)
    return int(roster.trios.max() - roster.trios.min())


class Churned(NamedTuple):
    """What became of many rounds in which people come, go and skip."""

    repeats: float
    """Share of the pairs."""
    age: float
    """Rounds since the last time, on average over the repeats."""
    avoidable: int | None
    """Repeats beyond the fewest possible in each state."""


def churned(members: int, rounds: int, peer: Peer | None, seed: int, *, trios: bool = True) -> Churned:
    """A twentieth leaves and is replaced each round, and a fifth skips.

    Without `trios` the one too many of an odd number is left out, whoever costs the fewest repeats: they meet
    a chair, which nobody has met.
    """
    by_chance, who = chance(seed), chance(~seed)
    here, arrived = list(range(members)), members
    met: Met = Counter()
    last: dict[tuple[int, int], int] = {}
    third: Counter[int] = Counter()
    ages: list[int] = []
    pairs = avoidable = 0
    for turn in range(rounds):
        for at in range(members):
            if who.random() < LEAVE:
                here[at], arrived = arrived, arrived + 1
        present = sorted(member for member in here if who.random() >= SKIP)
        if len(present) < 2:
            continue
        if peer:
            groups = peer(present, 2, met, by_chance)
        else:
            groups, found = _ours(present, met, last, third, turn, b"%d/%d" % (seed, turn), trios=trios)
            avoidable += found.repeats - (found.fewest_repeats or 0)
        for key in _pairs(groups):
            if key in met:
                ages.append(turn - last[key])
            met[key] += 1
            last[key] = turn
            pairs += 1
        third.update(member for group in groups if len(group) == 3 for member in group)
    return Churned(len(ages) / pairs, mean(ages or [0]), None if peer else avoidable)


def _ours(
    present: Sequence[int],
    met: Met,
    last: dict[tuple[int, int], int],
    third: Counter[int],
    turn: int,
    seed: bytes,
    *,
    trios: bool,
) -> tuple[list[Group], Matching]:
    chairs = 0 if trios else len(present) % 2
    place = {member: at for at, member in enumerate(present)}
    known = [key for key in met if key[0] in place and key[1] in place]
    state = problem(
        len(present) + chairs,
        met=[(place[a], place[b], met[a, b]) for a, b in known],
        met_age=[7.0 * (turn - last[key]) for key in known],
        trios=[*(third[member] for member in present), *[0] * chairs],
    )
    found = match(state, seed=seed)
    seated = [tuple(present[at] for at in group if at < len(present)) for group in found.groups]
    return [group for group in seated if len(group) > 1], found


def limit(members: int, size: int) -> int:
    """No more rounds without a repeat can be held, by counting pairs; odd rosters of 5 and 7 hold 1 and 3."""
    if size > 2:
        count = -(-members // size)
        short = count * size - members
        each = (count - short) * size * (size - 1) // 2 + short * (size - 1) * (size - 2) // 2
        return members * (members - 1) // 2 // each
    if members % 2 == 0:
        return members - 1
    return {5: 1, 7: 3}.get(members, members * (members - 1) // (members + 3))


def chance(seed: int) -> random.Random:
    """Chance that comes again."""
    return random.Random(seed)  # noqa: S311  a benchmark wants chance that comes again


def _pairs(groups: Sequence[Group]) -> list[tuple[int, int]]:
    return [pair(a, b) for group in groups for a, b in combinations(group, 2)]


def finished(members: int, rounds_left: int, seed: int) -> int:
    """Of the last rounds of a season that a fixed template began: how many hold no repeat."""
    roster = Stable(members, 2, seed)
    order = list(range(members))
    chance(seed).shuffle(order)
    ring = members - 1
    for turn in range(ring - rounds_left):
        pairs = [(order[ring], order[turn])]
        pairs += [(order[(turn + x) % ring], order[(turn - x) % ring]) for x in range(1, members // 2)]
        roster.hold([pair(a, b) for a, b in pairs])
    return sum(roster.hold(roster.next().groups) == 0 for _ in range(rounds_left))
