"""How far apart two strangers are: whether there is somebody whom both know.

Moderately weak ties, of a few acquaintances in common, opened the most doors (Rajkumar et al., Science 377,
2022), and three steps reach parts of a community that never meet: which of the two is better is a convener's
to say. Nothing here holds a matrix of everyone: paths of two steps are looked for among the members of one
table, or inside blocks, as a product of sparse matrices of members and those whom they know.
"""

from itertools import combinations
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from bot.matching.problem import ANY_DISTANCE, FAR, BoolArray, IntArray, Problem
from bot.matching.tickets import in_order

_HUB: Final = 16
"""Who is known to more than one in so many is faster as a column of a dense matrix: there 3,000 x 3,000 cost
half a millisecond, and the square of their acquaintances as much."""
_COLUMNS: Final = 1_024
"""Dense columns at once: 12 MB at 3,000 members."""


def unwanted(problem: Problem, order: IntArray) -> BoolArray:
    """(m, m) which pairs of these members are not at the distance that is asked for.

    O(m^2) and, for each person, the square of how many of these know them: 1 s at worst for 3,000 members.
    """
    m = len(order)
    start, many = _circles(problem, order)
    row = np.repeat(np.arange(m), many)
    _, column = np.unique(problem.knows[_spans(start, many), 1], return_inverse=True)
    column = column.reshape(-1)
    known_to = np.bincount(column, minlength=1)
    hub = known_to * _HUB > m
    common = _product(row, column, m, keep=~hub).toarray()
    number = np.cumsum(hub) - 1
    dense = hub[column]
    row, column = row[dense], number[column[dense]]
    for first in range(0, int(hub.sum()), _COLUMNS):
        some = (column >= first) & (column < first + _COLUMNS)
        circle = np.zeros((m, _COLUMNS), dtype=np.float32)
        circle[row[some], column[some] - first] = 1.0
        common |= circle @ circle.T > 0
    return _unlike(problem, common)


def unwanted_groups(problem: Problem, groups: list[tuple[int, ...]]) -> BoolArray:
    """(g,) whether two of a group are not at the distance that is asked for. O(whom they know)."""
    wrong = np.zeros(len(groups), dtype=np.bool_)
    if problem.distance == ANY_DISTANCE:
        return wrong
    two = [(at, *pair) for at, group in enumerate(groups) for pair in combinations(group, 2)]
    at, one, other = np.array(two, dtype=np.int64).reshape(-1, 3).T
    span = _span(problem)
    keys = []
    for end in (one, other):
        start, many = _circles(problem, end)
        pair = np.repeat(np.arange(len(end)), many)
        keys.append(pair * span + problem.knows[_spans(start, many), 1])
    key = np.sort(np.concatenate(keys))
    common = np.zeros(len(at), dtype=np.bool_)
    common[key[1:][key[1:] == key[:-1]] // span] = True
    wrong[at[_unlike(problem, common)]] = True
    return wrong


class BlockDistance:
    """The same inside blocks of members, some blocks at a time. O(whom these members know)."""

    def __init__(self, problem: Problem, blocks: IntArray) -> None:
        self._problem = problem
        self._blocks = blocks
        self._people = _span(problem)

    def unwanted(self, start: int, count: int) -> BoolArray:
        """(count, length, length) which pairs of some blocks are not at that distance; never oneself."""
        some = self._blocks[start : start + count]
        length = some.shape[1]
        first, many = _circles(self._problem, some.ravel())
        row = np.repeat(np.arange(some.size), many)
        # Each block has columns of its own: the product has entries within blocks only.
        key = row // length * self._people + self._problem.knows[_spans(first, many), 1]
        order = in_order(key)
        row, key = row[order], key[order]
        column = np.cumsum(np.diff(key, prepend=-1) > 0) - 1
        found = _product(row, column, some.size, keep=np.bincount(column, minlength=1) > 1).tocoo()
        one, other = found.coords
        common = np.zeros((count, length, length), dtype=np.bool_)
        common[one // length, one % length, other % length] = True
        diagonal = np.arange(length)
        common = _unlike(self._problem, common)
        common[:, diagonal, diagonal] = False
        return common


def _product(row: IntArray, column: IntArray, m: int, *, keep: BoolArray) -> csr_array:
    """(m, m) who has a person in common: `row` knows `column`, of those that `keep` says."""
    some = keep[column]
    shape = (m, len(keep))
    knows = csr_array((np.ones(int(some.sum()), dtype=np.bool_), (row[some], column[some])), shape=shape)
    return knows @ knows.T


def _circles(problem: Problem, members: IntArray) -> tuple[IntArray, IntArray]:
    """Where in `knows` the rows of each of these begin, and how many they are."""
    first = np.searchsorted(problem.knows[:, 0], members, side="left")
    return first, np.searchsorted(problem.knows[:, 0], members, side="right") - first


def _spans(start: IntArray, many: IntArray) -> IntArray:
    """The whole numbers from each start on, so many of them, in one row."""
    return np.asarray(np.arange(many.sum()) + np.repeat(start - (np.cumsum(many) - many), many))


def _span(problem: Problem) -> int:
    return int(problem.knows[:, 1].max(initial=0)) + 1


def _unlike(problem: Problem, common: NDArray[np.bool_]) -> BoolArray:
    return common if problem.distance == FAR else ~common
