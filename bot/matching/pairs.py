"""Pairs, and one trio for an odd number: exact up to some hundreds of members, nearly always to 3,000."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from bot.matching.blossom import NOBODY, Mates, all_pairs, blossom, core_pairs, in_a_triangle, least, perfect
from bot.matching.cardinality import largest
from bot.matching.costs import NOISE_BITS, Table, levels, repeated
from bot.matching.problem import BoolArray, IntArray
from bot.matching.trios import Group, join, repeats_in, search

_CORE_FROM: Final = 64
"""From here on a core graph is tried before the whole graph, and kept if it attains the lower bound."""
_WHOLE_TO: Final = 320
"""Up to here the whole graph is solved where the core does not attain the bound: 0.1 to 0.15 s at 300."""
_LOOKED_AT: Final = 40
"""Groups whose members' pairs are all added to the core: more of them, and it is no core any longer."""
_LEFT: Final = 300
"""Members left without a stranger among whom all pairs are added too."""
_TRIOS_TRIED: Final = 32
"""Trios of strangers up to which each is tried for a proof."""
_PARTNERS: Final = (16, 16, 40)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Paired:
    """Groups in the table's labels; single members are alone."""

    groups: list[Group]
    repeats: int
    fewest: int | None


def pair(table: Table) -> Paired:
    """As few alone as the hard rules allow, then the fewest repeats, then strangers (costs.py)."""
    thirds = in_a_triangle(table)
    found = _solve(table, thirds, ranked=False)
    if _worth(found)[0] and table.rank.any():
        return _solve(table, thirds, ranked=True)
    return found


def _solve(table: Table, thirds: BoolArray, *, ranked: bool) -> Paired:
    m = len(table.members)
    found: Paired | None = None
    if m > _CORE_FROM:
        also = np.zeros((m, m), dtype=np.bool_)
        for partners in _PARTNERS:
            mates = blossom(table, core_pairs(table, partners, also), thirds=thirds, ranked=ranked)
            tried = _finish(table, mates, thirds, exact=False)
            good = tried.fewest == tried.repeats and not _needless(tried, m)
            stalled = found is not None and _worth(tried) >= _worth(found)
            found = tried if found is None or _worth(tried) <= _worth(found) else found
            if good and (m > _WHOLE_TO or _attains(table, mates)):
                return tried
            if m <= _WHOLE_TO or stalled:
                break
            also |= _worth_a_look(table, tried.groups)
    if found is not None and m > _WHOLE_TO:
        return found if found.fewest == found.repeats else _with_strangers(table, found)
    pairs = all_pairs(table)
    tried = _finish(table, blossom(table, pairs, thirds=thirds, ranked=ranked), thirds, exact=True)
    if tried.fewest is None and _worth(tried)[0] and thirds.any():
        # Perhaps no trio helps those alone; without any, blossom's answer is exact.
        none = np.zeros_like(thirds)
        bare = _finish(table, blossom(table, pairs, thirds=none, ranked=ranked), none, exact=True)
        if _worth(bare) <= _worth(tried):
            return bare
    return tried


def _with_strangers(table: Table, found: Paired) -> Paired:
    """The same with another trio, where strangers make one that saves a repeat."""
    alone, trios, _ = _worth(found)
    trio = _trio_of_strangers(table, *_strangers(table, found.groups)) if trios == 1 and not alone else None
    groups = _around(table, trio, found.groups) if trio else found.groups
    repeats = repeats_in(table, groups)
    if repeats >= found.repeats:
        return found
    return Paired(
        groups=groups, repeats=repeats, fewest=repeats if repeats <= _unavoidable(table, groups) else None
    )


def _worth_a_look(table: Table, groups: list[Group]) -> BoolArray:
    """(m, m) pairs for the next core: as many strangers at once as there can be, those whom that leaves
    over, and all pairs of some who are alone, in a needless trio or in a repeat.
    """
    near = np.zeros(table.key.shape, dtype=np.bool_)
    if repeats_in(table, groups):
        mate, _ = _strangers(table, groups)
        one = np.nonzero(mate != NOBODY)[0]
        near[one, mate[one]] = True
        left = np.nonzero(mate == NOBODY)[0][:_LEFT]
        near[np.ix_(left, left)] = True
    unhappy = [group for group in groups if len(group) != 2 or repeats_in(table, [group])]
    for group in unhappy[-_LOOKED_AT:]:
        near[list(group)] = True
    return near


def _strangers(table: Table, groups: list[Group]) -> tuple[IntArray, IntArray]:
    """(m,) mates in a maximum matching of strangers, begun with those in `groups`; (m,) odd parts."""
    start = np.full(len(table.members), NOBODY, dtype=np.int64)
    near = table.allowed & ~repeated(table.key)
    for group in groups:
        free = [pair for pair in combinations(group, 2) if near[pair]]
        for a, b in free[:1]:
            start[a], start[b] = b, a
    return largest(near, start)


def _finish(table: Table, mates: Mates, thirds: BoolArray, *, exact: bool) -> Paired:
    """Let those left over join a pair; say what is proved about repeats."""
    groups = join(table, mates, thirds)
    repeats, relaxed = repeats_in(table, groups), _mate_repeats(table, mates)
    trios = sum(len(group) == 3 for group in groups)
    alone = sum(len(group) == 1 for group in groups)
    if exact and repeats > relaxed and trios == 1 and not alone and repeats > _unavoidable(table, groups):
        groups, bound = search(table, groups, thirds, bound=relaxed)
        repeats = repeats_in(table, groups)
        return Paired(groups=groups, repeats=repeats, fewest=repeats if bound == repeats else None)
    # With someone alone, or with several trios, a matching without trios bounds nothing: `_solve` sees to it.
    known = (
        exact
        and repeats <= relaxed
        and (trios == 0 or (trios == 1 and not alone))
        and (alone == 0 or not thirds.any())
    )
    bound = 0 if repeats == 0 else relaxed if known else _unavoidable(table, groups)
    proved = repeats <= bound
    return Paired(groups=groups, repeats=repeats, fewest=repeats if proved else None)


def _unavoidable(table: Table, groups: list[Group]) -> int:
    """A lower bound on the repeats of all groupings with as many alone, and as many trios, as `groups`.

    Twice: every group without a repeat holds a pair of strangers, so that there are no more such groups
    than pairs in a maximum matching of strangers; and whoever has met all they may meet repeats, in a pair
    for two of them, in a trio of one, two or three such for 2, 3 and 3 repeats.
    """
    m = len(table.members)
    trios = sum(len(group) == 3 for group in groups)
    alone = sum(len(group) == 1 for group in groups)
    stuck = int(repeated(least(table) << NOISE_BITS).sum())
    bound = max(0, (stuck - alone + 1) // 2)
    if trios == 1 and not alone:
        costs = ((0, 0), (1, 2), (2, 3), (3, 3))
        possible = [(s, cost) for s, cost in costs if s <= stuck and 3 - s <= m - stuck]
        bound = max(bound, min(cost + (stuck - s + 1) // 2 for s, cost in possible))
    mate, part = _strangers(table, groups)
    matched = int((mate != NOBODY).sum())
    by_pairs = (m - alone - trios - matched) // 2
    if by_pairs >= bound and trios == 1 and not alone:
        by_pairs += _trio_of_strangers(table, mate, part) == ()
    return max(bound, by_pairs)


def _trio_of_strangers(table: Table, mate: IntArray, part: IntArray) -> Group | None:
    """A trio of strangers that costs no pair of strangers elsewhere: () for a proof that there is none.

    `mate` is a maximum matching of strangers, of v pairs. In a grouping with one trio there are at most v
    groups with a pair of strangers, and as few repeats as that allows only if the trio is all strangers
    and v - 1 pairs of them are to be had among the others; then each of the three can be left over, and they
    are of one odd part. None where too many trios were tried in vain.
    """
    near = table.allowed & ~repeated(table.key)
    wanted = int((mate != NOBODY).sum()) - 2
    for count, trio in enumerate(_triangles(near & (part[:, None] == part) & (part != NOBODY))):
        if count == _TRIOS_TRIED:
            return None
        without, start = near.copy(), mate.copy()
        without[list(trio)] = without[:, list(trio)] = False
        gone = [int(mate[x]) for x in trio if mate[x] != NOBODY]
        start[[*trio, *gone]] = NOBODY
        if int((largest(without, start)[0] != NOBODY).sum()) >= wanted:
            return trio
    return ()


def _around(table: Table, trio: Group, groups: list[Group]) -> list[Group]:
    """The best with this trio; the same groups where some would be left over."""
    m = len(table.members)
    pairs = core_pairs(table, _PARTNERS[0], _worth_a_look(table, groups))
    pairs = pairs[~np.isin(pairs, trio).any(axis=1)]
    mate = perfect(m, pairs, levels(table.key[pairs[:, 0], pairs[:, 1]]))
    if (mate != NOBODY).sum() < m - len(trio):
        return groups
    return [trio, *((u, int(mate[u])) for u in range(m) if u < mate[u])]


def _triangles(near: BoolArray) -> Iterator[Group]:
    for a in range(len(near)):
        others = np.nonzero(near[a, a + 1 :])[0] + a + 1
        for b, c in np.argwhere(np.triu(near[np.ix_(others, others)])).tolist():
            yield a, int(others[b]), int(others[c])


def _attains(table: Table, mates: Mates) -> bool:
    """Whether each member has their cheapest partner, chance aside: then nothing can be better."""
    matched = np.nonzero(mates.mate != NOBODY)[0]
    if len(matched) < len(table.members) - len(table.members) % 2:
        return False
    given = table.key[matched, mates.mate[matched]] >> NOISE_BITS
    return bool((given == least(table)[matched]).all())


def _mate_repeats(table: Table, mates: Mates) -> int:
    matched = np.nonzero(mates.mate > np.arange(len(mates.mate)))[0]
    return int(repeated(table.key[matched, mates.mate[matched]]).sum())


def _needless(tried: Paired, m: int) -> bool:
    alone, trios, _ = _worth(tried)
    return alone > 0 or trios > m % 2


def _worth(tried: Paired) -> tuple[int, int, int]:
    return (
        sum(len(group) == 1 for group in tried.groups),
        sum(len(group) == 3 for group in tried.groups),
        tried.repeats,
    )
