"""Rounds that mathematics knows: more of them without a repeat than any search finds.

A design is a list of rounds of numbered points, in which no two points share a group twice. Members take its
points by chance, drawn from who met in their first round, so that each later round recognises the design from
the past introductions alone and nothing need be remembered.

odd rosters   A trio and pairs, n - 4 rounds, which is the most: a starter over the integers modulo n - 4, and
              four fixed points. The trio is {3, -3, 1}, the pairs {x, -x} from 4 on; 0, -1, 2, -2 are with
              the fixed points. The differences 6, 4, 2 and 2x are all different; turning it gives the rounds.
groups        Resolvable transversal designs over Z_g, over GF(2^e), and for g = 12 by a difference matrix
              over Z_2 x Z_6: k classes of g points, g rounds; then the same inside the classes. 16 by 4 is an
              affine plane.
trios         Resolvable triple systems (Kirkman's, and nearly) from a base round over Z_q x {0, 1} and one or
              two fixed points, turned q times.

Sizes in between are had by leaving points out. Known designs: Colbourn and Dinitz, Handbook of Combinatorial
Designs, 2nd ed. (2007). The starter, the matrix and the base rounds were worked out here; tests check each.
"""

from functools import lru_cache
from hashlib import sha256
from typing import Final

import numpy as np

from bot.matching.problem import EITHER, IntArray, Problem
from bot.matching.rules import rules
from bot.matching.tickets import Tickets

Group = tuple[int, ...]
Rounds = list[list[Group]]

_MOST: Final = 501
"""With more members hardly any season comes near the end of who has not met."""
_CHOICE: Final = 64
"""Rounds of a design among which the best is chosen."""
_SHARE: Final = 0.75
_SMALL: Final = 64
_SHARE_BEYOND: Final = 0.9
"""A design is of use from this share of the rounds there could be: search reaches 0.7, beyond _SMALL 0.8."""

_SEVEN: Final = "012 34 56|146 03 25|045 13 26"
_NINE: Final = (
    "012 34 56 78|368 07 15 24|035 17 28 46|457 08 16 23|267 04 13 58|148 06 25 37"  # each point in two trios
)
_TWELVE: Final = (
    ((0, 0), (0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 5)),
    ((1, 1), (1, 5), (0, 4), (1, 0), (0, 3), (0, 0), (0, 2), (1, 4), (0, 1), (1, 3), (1, 2), (0, 5)),
    ((0, 3), (1, 3), (1, 2), (1, 1), (0, 2), (0, 0), (0, 5), (1, 0), (1, 4), (0, 4), (0, 1), (1, 5)),
)
"""Three rows over Z_2 x Z_6: the differences of any two, and each row, hold every element once."""

_BASE_TRIOS: Final = {
    15: "14,0,10 4,12,9 6,5,3 1,8,7 13,11,2",
    24: "23,2,11 22,1,20 18,4,17 19,21,14 9,16,6 8,7,13 10,3,5 12,15,0",
    27: "26,12,23 3,6,13 0,17,19 9,1,7 10,25,11 18,5,21 22,14,15 2,20,24 8,16,4",
    36: "35,4,23 34,9,31 27,12,20 32,19,16 0,24,18 2,13,15 28,26,25 17,3,29 33,5,10 7,14,6 8,11,21 30,22,1",
    39: "38,12,34 10,16,7 8,22,19 31,15,36 3,1,30 2,27,20 0,5,28 13,9,26 23,25,29 37,18,17 21,14,6 "
    "4,11,35 32,33,24",
    48: "47,2,35 46,18,44 26,37,6 45,23,28 39,17,12 10,3,22 15,29,16 4,32,34 30,38,9 0,25,13 "
    "33,42,1 43,40,24 20,14,5 7,41,31 27,11,8 19,21,36",
    51: "50,18,49 11,38,6 39,30,26 25,3,4 35,12,0 36,19,47 9,45,48 29,46,13 28,15,33 43,37,44 "
    "24,7,22 23,20,32 21,10,17 40,42,16 2,27,8 1,41,31 5,14,34",
    60: "59,3,38 58,8,50 44,34,17 37,51,49 4,29,36 41,0,7 42,48,18 11,5,10 20,57,24 45,26,46 "
    "25,12,40 53,56,1 19,22,2 28,35,14 43,32,21 55,30,39 13,31,15 47,9,52 54,33,23 6,16,27",
    63: "62,22,43 56,38,7 0,9,32 3,26,33 35,29,46 15,44,10 23,39,13 57,59,16 48,34,12 18,58,51 "
    "17,61,6 19,20,1 21,24,28 36,25,8 37,41,31 2,60,4 52,40,55 11,5,50 27,47,42 53,45,54 "
    "30,14,49",
}
"""By number of points: a base round over Z_q x {0, 1}; the second level from q on, the fixed points last."""


def rounds_left(problem: Problem, tickets: Tickets) -> Rounds:
    """Some rounds of a design that were not held yet, for a stable roster whose past rounds are rounds of it.

    None where no design is known, nor before the first round, which may be any. O(past introductions).
    """
    n, size = problem.members, problem.size
    if n > _MOST or not len(problem.met) or len(problem.forbidden) or (problem.format != EITHER).any():
        return []
    if not rules(problem).allow(tuple(range(n))):
        return []
    rounds = design(n, size) or []
    ends = np.sort(problem.met[:, :2], axis=1)
    single = len(np.unique(ends @ np.array([n, 1]))) == len(ends) and (problem.met[:, 2] == 1).all()
    each = sum(len(group) * (len(group) - 1) // 2 for group in rounds[0]) if rounds else 0
    if not rounds or not single or len(ends) % each or len(ends) >= each * len(rounds):
        return []
    oldest = np.argsort(-problem.met_age, kind="stable")[:each]
    point = _points(_groups(n, ends[oldest]), rounds[0])
    if point is None:
        return []
    held = _where(n, size)[point[ends[:, 0]], point[ends[:, 1]]]
    counts = np.bincount(held[held >= 0], minlength=len(rounds))
    if counts.sum() < len(ends) or not np.isin(counts, (0, each)).all():
        return []
    left = np.nonzero(counts == 0)[0]
    member = np.argsort(point).tolist()
    return [
        [tuple(member[x] for x in group) for group in rounds[at]]
        for at in left[tickets.order(len(left))[:_CHOICE]].tolist()
    ]


@lru_cache(maxsize=8)
def design(n: int, size: int) -> Rounds | None:
    """Rounds of n points in groups of `size`, no two in one group twice; None where no good one is known.

    For size 2 and n odd: one trio in each. Otherwise groups have `size` points or one fewer.
    """
    if size == 2:
        return _odd(n) if n % 2 else None
    whole = -(-n // size) * size
    rounds = _groups_of(whole, size)
    dropped = set(range(n, whole))
    kept = [
        [tuple(x for x in group if x < n) for group in one]
        for one in rounds
        if all(len(dropped & set(group)) <= 1 for group in one)
    ]
    share = _SHARE if n <= _SMALL else _SHARE_BEYOND
    return kept if kept and len(kept) >= share * ((n - 1) // (size - 1)) else None


@lru_cache(maxsize=8)
def _where(n: int, size: int) -> IntArray:
    """(n, n) in which round of the design two points meet, -1 for never."""
    where = np.full((n, n), -1, dtype=np.int64)
    for at, one in enumerate(design(n, size) or []):
        for group in one:
            where[np.ix_(group, group)] = at
    np.fill_diagonal(where, -1)
    return where


def _groups(n: int, pairs: IntArray) -> list[Group]:
    """The members of one past round, in groups; of no use where the pairs were not of one round."""
    company: list[set[int]] = [{member} for member in range(n)]
    for i, j in pairs.tolist():
        company[i].add(j)
        company[j].add(i)
    return sorted({tuple(sorted(group)) for group in company})


def _points(first: list[Group], base: list[Group]) -> IntArray | None:
    """(n,) the point of each member: chance, but always the same for the same first round."""
    if sorted(map(len, first)) != sorted(map(len, base)) or sum(map(len, first)) != sum(map(len, base)):
        return None
    tickets = Tickets(sha256(repr(first).encode()).digest(), "points")
    drawn = sorted((first[at] for at in tickets.order(len(first))), key=len)
    point = np.full(sum(map(len, first)), -1, dtype=np.int64)
    for group, seats in zip(drawn, sorted(base, key=len), strict=True):
        for at, seat in zip(tickets.order(len(group)), seats, strict=True):
            point[group[at]] = seat
    return point if (point >= 0).all() else None


def _odd(n: int) -> Rounds | None:
    if n in (7, 9):
        rows = (_SEVEN if n == 7 else _NINE).split("|")
        return [[tuple(map(int, group)) for group in row.split()] for row in rows]
    if n < 11:
        return None
    m = n - 4
    base: list[Group] = [(3, m - 3, 1), *((x, m - x) for x in range(4, (m + 1) // 2))]
    base += zip((0, m - 1, 2, m - 2), range(m, n), strict=True)
    return _turned(base, m, 1)


def _groups_of(n: int, size: int) -> Rounds:
    """Rounds of n points, a multiple of `size`."""
    if size == 3 and n in _BASE_TRIOS:
        base = [tuple(map(int, group.split(","))) for group in _BASE_TRIOS[n].split()]
        return _turned(base, (n - 1) // 2, 2)
    g = n // size
    rounds = _transversal(g, size)
    if g % size == 0:
        inner = _groups_of(g, size) or [[tuple(range(at, at + size)) for at in range(0, g, size)]]
        rounds = rounds + [
            [tuple(g * i + x for x in group) for i in range(size) for group in one] for one in inner
        ]
    return rounds


def _turned(base: list[Group], q: int, levels: int) -> Rounds:
    """A base round over Z_q x levels and fixed points, turned q times."""
    return [
        [tuple(x if x >= q * levels else x // q * q + (x + turn) % q for x in group) for group in base]
        for turn in range(q)
    ]


def _transversal(g: int, k: int) -> Rounds:
    """The g rounds of k classes of g points: class i holds i*g to i*g+g-1; a group, one of each class."""
    if all(g % divisor for divisor in range(2, k)):
        return [[tuple(g * i + (turn * i + b) % g for i in range(k)) for b in range(g)] for turn in range(g)]
    if g >= k and g & (g - 1) == 0:
        return [
            [tuple(g * i + (_times(turn, i, g) ^ b) for i in range(k)) for b in range(g)] for turn in range(g)
        ]
    if g == 12 and k <= 4:
        rows = (((0, 0),) * g, *_TWELVE)
        return [
            [
                tuple(g * i + (u + b // 6) % 2 * 6 + (v + b) % 6 for i, (u, v) in enumerate(column))
                for b in range(g)
            ]
            for column in (tuple(row[turn] for row in rows[:k]) for turn in range(g))
        ]
    return []


def _times(a: int, b: int, g: int) -> int:
    """The product in the field of g = 2^e elements."""
    modulus = {
        4: 0b111,
        8: 0b1011,
        16: 0b10011,
        32: 0b100101,
        64: 0b1000011,
        128: 0b10000011,
        256: 0b100011011,
    }
    product = 0
    while b:
        product ^= a if b & 1 else 0
        b >>= 1
        a <<= 1
        a ^= modulus[g] if a & g else 0
    return product
