"""Someone left over joins a pair: the third wheel of an odd number, or one whom the hard rules left alone."""

from collections import deque
from itertools import pairwise
from typing import Final

import numpy as np

from bot.matching.blossom import NOBODY, Mates, all_pairs, perfect
from bot.matching.costs import FORBIDDEN, REPEAT, THIRD, TIERS, Table, levels, repeated
from bot.matching.problem import BoolArray, IntArray

Group = tuple[int, ...]

_SEARCHED: Final = 101
"""Up to this many members every third wheel is tried where a repeat may be avoidable."""

_GLIMPSES: Final = 8
"""Above, so many: one of them nearly always needs no repeat."""

_EFFORT: Final = 1_000_000
"""Matchings tried with two members of the trio given, times the square of the members: half a second."""


def repeats_in(table: Table, groups: list[Group]) -> int:
    """Pairs inside the groups that were introduced before."""
    pairs = [(a, b) for group in groups for x, a in enumerate(group) for b in group[x + 1 :]]
    if not pairs:
        return 0
    i, j = np.array(pairs).T
    return int(repeated(table.key[i, j]).sum())


def worth(table: Table, groups: list[Group]) -> tuple[int, ...]:
    """What groups cost, the most important first: alone, rank of those, trios, then each tier."""
    pairs = [(a, b) for group in groups for x, a in enumerate(group) for b in group[x + 1 :]]
    i, j = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    tiers = levels(table.key[i, j]).sum(axis=1)
    trios = [group for group in groups if len(group) == 3]
    alone = [group[0] for group in groups if len(group) == 1]
    tiers[THIRD] = sum(int(table.discomfort[list(trio)].sum()) for trio in trios)
    return (len(alone), int(table.rank[alone].sum()), len(trios), *(int(tier) for tier in tiers))


def join(table: Table, mates: Mates, thirds: BoolArray) -> list[Group]:
    """Groups of two, three where someone left over could join, and one for those who could not.

    Whoever fits no pair takes another's place along an alternating path, so that the other may join one.
    The most important to place comes first. O(m^2) for each one left over.
    """
    mate = mates.mate.copy()
    third = np.full(len(mate), NOBODY, dtype=np.int64)
    left = [int(u) for u in np.nonzero(mate == NOBODY)[0]]
    left.sort(key=lambda u: -int(table.rank[u]))
    alone: list[Group] = [(u,) for u in left if not _place(table, u, mate, third, thirds)]
    pairs = [(u, int(mate[u])) for u in range(len(mate)) if mate[u] > u]
    joined = [tuple(sorted((u, v, int(third[u])))) if third[u] != NOBODY else (u, v) for u, v in pairs]
    return joined + alone


def _place(table: Table, u: int, mate: IntArray, third: IntArray, thirds: BoolArray) -> bool:
    came: dict[int, int] = {u: NOBODY}
    waiting = deque([u])
    seen = np.zeros(len(mate), dtype=np.bool_)
    while waiting:
        v = waiting.popleft()
        path = _path(v, came)
        pair = _cheapest_pair(table, v, mate, third, path) if thirds[v] else None
        if pair is not None:
            # Each on the path gives their mate to the one before and moves on.
            for free, after in pairwise(path):
                partner = int(mate[after])
                mate[free], mate[partner] = partner, free
            mate[v] = NOBODY
            third[pair[0]] = third[pair[1]] = v
            return True
        near = np.nonzero((table.key[v] < FORBIDDEN) & (mate != NOBODY) & (third == NOBODY) & ~seen)[0]
        for x in near[np.argsort(table.key[v, near], kind="stable")].tolist():
            after = int(mate[x])
            if after not in came and x not in came and not seen[x]:
                seen[x] = True
                came[after] = v
                waiting.append(after)
    return False


def _path(v: int, came: dict[int, int]) -> list[int]:
    path = [v]
    while came[path[-1]] != NOBODY:
        path.append(came[path[-1]])
    return path[::-1]


def _cheapest_pair(
    table: Table, v: int, mate: IntArray, third: IntArray, path: list[int]
) -> tuple[int, int] | None:
    """The pair, off the path, that v may join at the least cost; None where there is none."""
    moving = np.zeros(len(mate), dtype=np.bool_)
    moving[path] = True
    moving[mate[path[1:]]] = True
    a = np.nonzero((mate > np.arange(len(mate))) & (third == NOBODY) & ~moving)[0]
    a = a[(table.key[v, a] < FORBIDDEN) & (table.key[v, mate[a]] < FORBIDDEN)]
    a = a[table.share_an_hour(v, a, mate[a])]
    if not len(a):
        return None
    b = mate[a]
    tiers = levels(table.key[v, a]) + levels(table.key[v, b])
    tiers[THIRD] = table.discomfort[a] + table.discomfort[b]
    chosen = np.lexsort(tiers[::-1])[0]
    return int(a[chosen]), int(b[chosen])


def search(table: Table, groups: list[Group], thirds: BoolArray, *, bound: int) -> tuple[list[Group], int]:
    """The trio of an odd number with the fewest repeats, starting from `groups`: them, and a lower bound.

    A trio is one member w and two others: with w doubled, a perfect matching gives each half a partner.
    That forgets only the pair of these two, hence bounds the repeats with w in the trio from below. Where
    the bound leaves room, w is merged with each possible partner in turn, which is exact.
    """
    best = worth(table, groups)
    bounds: dict[int, int] = {}
    able = np.nonzero(thirds)[0].tolist()
    whole = len(table.members) <= _SEARCHED
    for w in able if whole else able[:_GLIMPSES]:
        found = _with_twin(table, w)
        if found is None:
            continue
        other, bounds[w] = found
        if len(other[0]) == 3:
            groups, best = _better(table, groups, best, other)
        if best[3 + REPEAT] == bound:
            return groups, bound
    if not whole:
        return groups, bound
    left = sorted(bounds, key=lambda w: bounds[w])
    tries = _EFFORT // len(table.members) ** 2
    while left and tries > 0 and bounds[left[0]] < best[3 + REPEAT]:
        w = left.pop(0)
        # Whoever was third in vain need not be tried as company.
        company = [a for a in np.nonzero(table.key[w] < FORBIDDEN)[0].tolist() if a in left]
        if len(company) > tries:
            left.insert(0, w)
        for a in company[:tries]:
            merged = _with_merged(table, w, a)
            if merged is not None:
                groups, best = _better(table, groups, best, merged)
            if best[3 + REPEAT] <= bounds[w]:
                break
        tries -= len(company)
    return groups, min([best[3 + REPEAT], *(bounds[w] for w in left)])


def _with_twin(table: Table, w: int) -> tuple[list[Group], int] | None:
    """The best with w in the trio, were the pair of the two others free: groups, and repeats without it.

    The first group is the trio, or only w's pair where the two others may not meet.
    """
    m = len(table.members)
    pairs = all_pairs(table)
    near = np.nonzero(table.key[w] < FORBIDDEN)[0]
    keys = np.concatenate([table.key[pairs[:, 0], pairs[:, 1]], table.key[w, near]])
    twin = np.stack([near, np.full(len(near), m)], axis=1)
    found = perfect(m + 1, np.concatenate([pairs, twin]), levels(keys))
    if (found == NOBODY).any():
        return None
    a, b = int(found[w]), int(found[m])
    others = _pairs_without(w, found[:m])
    bound = repeats_in(table, [(w, a), (w, b), *others])
    first: Group = (w, a, b) if table.key[a, b] < FORBIDDEN and table.share_an_hour(w, a, b) else (w, a)
    return [first, *others], bound


def _with_merged(table: Table, w: int, a: int) -> list[Group] | None:
    """The best with w and a in the trio: the two are one vertex, which costs a third what both would."""
    m = len(table.members)
    keep = np.setdiff1d(np.arange(m), [w, a])
    among = all_pairs(table)
    among = among[~np.isin(among, (w, a)).any(axis=1)]
    thirds = keep[(table.key[w, keep] < FORBIDDEN) & (table.key[a, keep] < FORBIDDEN)]
    thirds = thirds[table.share_an_hour(w, a, thirds)]
    joint = levels(table.key[w, thirds]) + levels(table.key[a, thirds])
    joint[THIRD] = table.discomfort[thirds]
    pairs = np.concatenate([among, np.stack([thirds, np.full(len(thirds), w)], axis=1)])
    # Vertex w stands for both; a stays, and may only be matched with a vertex of its own.
    pairs = np.concatenate([pairs, [[a, m]]])
    tiers = np.concatenate(
        [levels(table.key[among[:, 0], among[:, 1]]), joint, np.zeros((TIERS, 1), dtype=np.int64)], axis=1
    )
    found = perfect(m + 1, pairs, tiers)
    if (found == NOBODY).any():
        return None
    others = _pairs_without(w, found[:m])
    return [(w, a, int(found[w])), *others]


def _pairs_without(w: int, mate: IntArray) -> list[Group]:
    m = len(mate)
    return [(i, int(mate[i])) for i in range(m) if i < mate[i] < m and w not in (i, mate[i])]


def _better(
    table: Table, groups: list[Group], chosen: tuple[int, ...], other: list[Group]
) -> tuple[list[Group], tuple[int, ...]]:
    cost = worth(table, other)
    return ([tuple(sorted(group)) for group in other], cost) if cost < chosen else (groups, chosen)
