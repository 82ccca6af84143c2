"""A handful of members: the best of all groupings, and each of the best equally likely.

Dynamic programming over subsets: best(S) is the least over the groups that hold the lowest member of S.
It also counts how many groupings attain it, so that one can be drawn uniformly.
At most 2^m subsets times the allowed groups of one member: 30 ms for 12 members in pairs.

While people come, go and skip, what is as good today is not as good for later: pairs of strangers are spent
first where both have many left (`_scarcity`), which lowers the repeats of 10 members by a hundredth. Where
everyone has as many left, as on a stable roster, it says nothing.
"""

from functools import lru_cache
from itertools import combinations
from typing import Final

import numpy as np

from bot.matching.costs import FORBIDDEN, NOISE, REPEAT, TIERS, Table, another_size, levels, repeated
from bot.matching.problem import IntArray
from bot.matching.tickets import Tickets

MOST_PAIRED: Final = 12
MOST_GROUPED: Final = 10

_SHARED: Final = 27_720
"""A multiple of all whole numbers to 12: shares of it are whole numbers as well."""

_ALONE, _RANK, _SIZE = range(3)
"""Above the tiers of costs: members alone, how much that matters, squares of the distance from the size."""

Cost = tuple[int, ...]


def fits(table: Table) -> bool:
    """Whether there are few enough members for this method."""
    return len(table.members) <= (MOST_PAIRED if table.size == 2 else MOST_GROUPED)


def best(table: Table, tickets: Tickets) -> tuple[list[tuple[int, ...]], int]:
    """A grouping drawn uniformly from the best ones (singles are those alone), and its repeats,
    which are the fewest of all groupings with as few alone, and sizes as near to the wish.
    """
    groups = _groups(table)
    ceiling = np.sum([np.max([cost for _, cost in of], axis=0, initial=0) for of in groups], axis=0)
    units = _units(ceiling)
    subsets = _Subsets(
        [[(mask, sum(c * u for c, u in zip(cost, units, strict=True))) for mask, cost in of] for of in groups]
    )
    everyone = (1 << len(table.members)) - 1
    cost, _ = subsets.least(everyone)
    repeats = cost // units[3 + REPEAT] % (units[2 + REPEAT] // units[3 + REPEAT])
    return subsets.draw(everyone, tickets), repeats


class _Subsets:
    """The least cost of grouping a set of members (a bit mask), and in how many ways."""

    def __init__(self, groups: list[list[tuple[int, int]]]) -> None:
        self._groups = groups
        self._known: dict[int, tuple[int, int]] = {0: (0, 1)}

    def least(self, mask: int) -> tuple[int, int]:
        found = self._known.get(mask)
        if found is not None:
            return found
        cost, ways = -1, 0
        for group, price in self._groups[_lowest(mask)]:
            if group & mask == group:
                rest, count = self.least(mask ^ group)
                if cost < 0 or price + rest < cost:
                    cost, ways = price + rest, count
                elif price + rest == cost:
                    ways += count
        self._known[mask] = cost, ways
        return cost, ways

    def draw(self, mask: int, tickets: Tickets) -> list[tuple[int, ...]]:
        """One of the best groupings, each as likely as the others."""
        chosen: list[tuple[int, ...]] = []
        cost, ways = self.least(mask)
        drawn = tickets.below(ways) if ways > 1 else 0
        while mask:
            for group, price in self._groups[_lowest(mask)]:
                if group & mask != group:
                    continue
                rest, count = self.least(mask ^ group)
                if price + rest == cost and drawn < count:
                    chosen.append(tuple(i for i in range(group.bit_length()) if group >> i & 1))
                    mask, cost = mask ^ group, rest
                    break
                drawn -= count if price + rest == cost else 0
        return chosen


def _groups(table: Table) -> list[list[tuple[int, Cost]]]:
    """By lowest member: the allowed groups, as bit masks, with their costs in tiers."""
    m, size = len(table.members), table.size
    scarcity = _scarcity(table)
    found: list[list[tuple[int, Cost]]] = [[] for _ in range(m)]
    for count in range(1, min(3 if size == 2 else size, m) + 1):
        groups = _all_groups(m, count)
        costs = np.zeros((_SIZE + 1 + TIERS, len(groups)), dtype=np.int64)
        tiers = costs[_SIZE + 1 :]
        allowed = np.ones(len(groups), dtype=np.bool_)
        for a, b in combinations(range(count), 2):
            keys = table.key[groups[:, a], groups[:, b]]
            allowed &= keys < FORBIDDEN
            keyed = levels(keys)
            # In place of the noise, which equals do not need here: they are counted.
            keyed[NOISE] = scarcity[groups[:, a], groups[:, b]]
            tiers += keyed
        allowed &= table.share_an_hour(*groups.T)
        if count == 1:
            costs[_ALONE], costs[_RANK] = 1, table.rank
        else:
            costs[_SIZE] = (size - count) ** 2
        if 1 < count != size:
            tiers[another_size(size)] = table.discomfort[groups].sum(axis=1)
        masks = (1 << groups).sum(axis=1)
        for at in np.nonzero(allowed)[0].tolist():
            found[int(groups[at, 0])].append((int(masks[at]), tuple(costs[:, at].tolist())))
    return found


def _scarcity(table: Table) -> IntArray:
    """(m, m) for pairs of strangers, what they take from later rounds: one over how many strangers the one
    has left, times one over how many the other has. O(m^2).
    """
    if table.size != 2:
        return np.zeros(table.key.shape, dtype=np.int64)
    strangers = table.allowed & ~repeated(table.key)
    share = _SHARED // np.maximum(strangers.sum(axis=1), 1)
    return np.where(strangers, share[:, None] * share, 0)


@lru_cache(maxsize=64)
def _all_groups(m: int, count: int) -> IntArray:
    """(g, count) every choice of `count` of m members, in order."""
    return np.array(list(combinations(range(m), count)), dtype=np.int64).reshape(-1, count)


def _units(ceiling: IntArray) -> list[int]:
    units = [1] * (3 + TIERS)
    for tier in range(len(units) - 2, -1, -1):
        units[tier] = units[tier + 1] * (int(ceiling[tier + 1]) + 1)
    return units


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1
