"""Soft preferences: what makes a good pair among those that are equal in all that matters more.

Each is a whole number of units. What weighs most is an hour in common, without which nobody can talk; then a
newcomer's welcome, another team, and someone who can help with what the other learns.
"""

from typing import Final

import numpy as np
from scipy.sparse import csr_array

from bot.matching.problem import NO_ROLE, NO_TEAM, FloatArray, IntArray, Problem
from bot.matching.rules import SLOTS_PER_DAY, waking_slots, windows
from bot.matching.tickets import in_order

MOST: Final = 511
"""No pair costs more: the sum of the dearest of each."""

_HOURS_ENOUGH: Final = 3.0
_HOUR_MISSING: Final = 40
"""Three common hours are enough to talk; each that is missing costs this."""
_SAME_TEAM: Final = 80
_HELP: Final = 40
"""For each of the two: whether the other can help with what they learn."""

WELCOME: Final = np.array(
    # nothing, newcomer, veteran, greeter, greeter who has welcomed enough
    [
        [0, 40, 0, 0, 0],
        [40, 130, 20, 0, 60],
        [0, 20, 0, 0, 0],
        [0, 0, 0, 40, 0],
        [0, 60, 0, 0, 0],
    ],
    dtype=np.int64,
)
"""By role, where newcomers take part. A greeter spares 40; among several of both, each newcomer beyond the
first costs 90 and two greeters together 40, more than is spared: nobody is given two newcomers by this."""


def units(problem: Problem, order: IntArray) -> IntArray:
    """(m, m) what each pair of these members costs. O(m^2) and the pairs that can help each other."""
    cost = np.zeros((len(order), len(order)), dtype=np.int64)
    team, role = problem.team[order], problem.role[order]
    if (team != NO_TEAM).any():
        cost += _SAME_TEAM * ((team[:, None] == team) & (team != NO_TEAM))
    if not np.isnan(problem.waking[order]).all():
        different, which = windows(problem.waking[order])
        cost += hours_missing(different).astype(np.int64)[which[:, None], which]
    if (role != NO_ROLE).any():
        cost += WELCOME[role[:, None], role]
    helped = helping(problem, order)
    if helped is not None:
        spared = np.rint(_HELP * helped).astype(np.int64)
        cost += 2 * _HELP - spared - spared.T
    return cost


def hours_missing(waking: FloatArray) -> FloatArray:
    """(u, u) what too few common hours cost between waking windows (u, 2)."""
    awake = waking_slots(waking).astype(np.float32)
    missing = _HOURS_ENOUGH - (awake @ awake.T) * (24 / SLOTS_PER_DAY)
    return np.asarray(np.rint(_HOUR_MISSING * np.clip(missing, 0, None)), dtype=np.float64)


def same_team(one: IntArray, other: IntArray) -> FloatArray:
    """What a team in common costs, where both have one; arrays that broadcast."""
    return np.asarray(((one == other) & (one != NO_TEAM)) * float(_SAME_TEAM), dtype=np.float64)


def helping(problem: Problem, order: IntArray) -> FloatArray | None:
    """(m, m) how well each row can help each column with what they learn, 0..1; None where nobody can."""
    if not len(problem.offers) or not len(problem.wants):
        return None
    place = np.full(problem.members, -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    offers, wants = _inside(problem.offers, place), _inside(problem.wants, place)
    if not len(offers) or not len(wants):
        return None
    shape = (len(order), len(problem.worth))
    can = csr_array((np.ones(len(offers)), (place[offers[:, 0]], offers[:, 1])), shape=shape)
    worth = problem.worth[wants[:, 1]]
    learns = csr_array((worth, (place[wants[:, 0]], wants[:, 1])), shape=shape)
    found = (can @ learns.T).toarray()
    np.fill_diagonal(found, 0.0)
    return np.asarray(np.minimum(found, 1.0), dtype=np.float64)


class BlockHelp:
    """Who can help whom inside blocks of members: nothing is held for pairs that no block holds."""

    def __init__(self, problem: Problem, blocks: IntArray) -> None:
        self._length = blocks.shape[1]
        self._topics = max(len(problem.worth), 1)
        self._worth = problem.worth
        place = np.full(problem.members, -1, dtype=np.int64)
        place[blocks.ravel()] = np.arange(blocks.size)
        self._offers, self._offer = self._sorted(_inside(problem.offers, place), place)
        self._wants, self._want = self._sorted(_inside(problem.wants, place), place)

    @property
    def any(self) -> bool:
        """Whether anyone can help anyone."""
        return bool(len(self._offers) and len(self._wants))

    def spared(self, start: int, count: int) -> FloatArray:
        """(count, length, length) what help spares each pair of some blocks, in units; both ways."""
        length, span = self._length, self._length * self._topics
        low, high = np.searchsorted(self._wants, (start * span, (start + count) * span))
        wants, learner = self._wants[low:high], self._want[low:high]
        first = np.searchsorted(self._offers, wants, side="left")
        many = np.searchsorted(self._offers, wants, side="right") - first
        # Each want beside every offer of its topic in its block.
        offset = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        helper = self._offer[np.repeat(first, many) + offset]
        learner = np.repeat(learner, many)
        worth = np.repeat(self._worth[wants % self._topics], many)
        found = np.zeros((count, length, length))
        np.add.at(found, (helper // length - start, helper % length, learner % length), worth)
        np.minimum(found, 1.0, out=found)
        diagonal = np.arange(length)
        found[:, diagonal, diagonal] = 0.0
        return np.asarray(_HELP * (found + found.transpose(0, 2, 1)))

    def _sorted(self, pairs: IntArray, place: IntArray) -> tuple[IntArray, IntArray]:
        """Keys of block and topic, sorted, and the seat of each."""
        seat = place[pairs[:, 0]]
        key = seat // self._length * self._length * self._topics + pairs[:, 1]
        order = in_order(key)
        return key[order], seat[order]


def _inside(pairs: IntArray, place: IntArray) -> IntArray:
    """The (member, topic) pairs of members who have a place."""
    return pairs[place[pairs[:, 0]] >= 0]
