"""Pairs, and one trio for an odd number: exact up to some hundreds of members, nearly always to 3,000."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.matching.blossom import NOBODY, Mates, all_pairs, blossom, core_pairs, in_a_triangle, least, perfect
from bot.matching.costs import NOISE_BITS, Table, repeated
from bot.matching.problem import BoolArray
from bot.matching.trios import Group, join, repeats_in, search

_CORE_FROM: Final = 64
"""From here on a core graph is tried before the whole graph, and kept if it attains the lower bound."""
_WHOLE_TO: Final = 320
"""Up to here the whole graph is solved where the core does not attain the bound: 0.1 to 0.15 s at 300."""
_FREE_PAIRS: Final = 50_000
"""Pairs of strangers up to which their maximum matching is worth its time; with more, nobody repeats."""
_LOOKED_AT: Final = 40
"""Groups whose members' pairs are all added to the core: more of them, and it is no core any longer."""
_PARTNERS: Final = (16, 40, 80)


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
    whole = np.zeros(m, dtype=np.bool_)
    if m > _CORE_FROM:
        for partners in _PARTNERS:
            mates = blossom(table, core_pairs(table, partners, whole), thirds=thirds, ranked=ranked)
            tried = _finish(table, mates, thirds, exact=False)
            good = tried.fewest == tried.repeats and not _needless(tried, m)
            stalled = found is not None and _worth(tried) >= _worth(found)
            found = tried if found is None or _worth(tried) <= _worth(found) else found
            if good and (m > _WHOLE_TO or _attains(table, mates)):
                return tried
            if m <= _WHOLE_TO or stalled:
                break
            whole |= _unhappy(table, tried)
    if found is not None and m > _WHOLE_TO:
        return found
    pairs = all_pairs(table)
    tried = _finish(table, blossom(table, pairs, thirds=thirds, ranked=ranked), thirds, exact=True)
    if tried.fewest is None and _worth(tried)[0] and thirds.any():
        # Perhaps no trio helps those alone; without any, blossom's answer is exact.
        none = np.zeros_like(thirds)
        bare = _finish(table, blossom(table, pairs, thirds=none, ranked=ranked), none, exact=True)
        if _worth(bare) <= _worth(tried):
            return bare
    return tried


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
    free = np.argwhere(np.triu(table.allowed & ~repeated(table.key)))
    if len(free) <= _FREE_PAIRS:
        matched = int((perfect(m, free, np.zeros((1, len(free)), dtype=np.int64)) != NOBODY).sum())
        bound = max(bound, (m - alone - trios - matched) // 2)
    return bound


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


def _unhappy(table: Table, tried: Paired) -> BoolArray:
    """Some of those alone, in a needless trio or in a repeat: all their pairs are looked at next time."""
    marked = np.zeros(len(table.members), dtype=np.bool_)
    unhappy = [group for group in tried.groups if len(group) != 2 or repeats_in(table, [group])]
    for group in unhappy[-_LOOKED_AT:]:
        marked[list(group)] = True
    return marked
