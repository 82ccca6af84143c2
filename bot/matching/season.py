"""Looking ahead: a round may be drawn only if everyone can still meet everyone else without a repeat.

A stable even roster of n meets in n - 1 rounds, but a round that looks as good as any other can end it early:
drawn one by one, the last rounds may leave two odd groups of people who know only each other (Wallis, 1975:
rounds can get stuck at n/2). Hence a round is accepted only with a certificate: a colouring of the pairs left
over, each colour a round. While D >= 2 ceil(n/4) rounds are left there always is one (Csaba, Kühn, Lo, Osthus
and Treglown, arXiv 1401.4159), so that it need not be looked for.

Nothing is remembered from round to round: the certificate that the last round was accepted with is found
again, because the colouring of a graph depends on the graph alone. There is always a round to fall back on.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from bot.matching.colouring import Class, classes
from bot.matching.problem import BoolArray, IntArray, Problem
from bot.matching.rules import rules

Group = tuple[int, ...]

_PAIRS_LOOKED_AT: Final = 12_000
_ROUNDS_LOOKED_AT: Final = 24
"""How far is looked ahead: so many pairs, or so many rounds; 10 to 100 ms a colouring."""
_PAIRS_UNDER_RULES: Final = 3_000
"""Where some may not meet, colourings are harder to find, and not to find one takes all the work allowed."""
_WORK: Final = 20_000
_WORK_PER_PAIR: Final = 100


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Lookahead:
    """What a stable roster has left before someone must meet again."""

    near: BoolArray
    """(n, n) pairs that have met less often than others, and those that may not meet."""
    apart: BoolArray | None
    """(n, n) pairs that may not meet, None where there are none."""
    rounds: int
    """Rounds that `near` makes."""
    reserve: int
    """So many of them, the last, hold all pairs that may not meet."""

    def keeps(self, groups: list[Group]) -> bool:
        """Whether the rounds left after these groups are certain."""
        left = self.near.copy()
        for group in groups:
            if len(group) != 2 or not left[group] or (self.apart is not None and self.apart[group]):
                return False
            left[group] = left[group[::-1]] = False
        return self._classes(left, self.rounds - 1) is not None

    def rounds_left(self) -> list[list[Group]]:
        """Rounds that lead to all the others; none where no certificate was found."""
        found = self._classes(self.near, self.rounds) or []
        return [[*pairs] for pairs in found[: self.rounds - self.reserve]]

    def _classes(self, near: BoolArray, rounds: int) -> list[Class] | None:
        return classes(near, rounds, work=_work(near), apart=self.apart, reserve=self.reserve)


def lookahead(problem: Problem) -> Lookahead | None:
    """What a round of pairs has to leave possible; None where there is nothing to plan.

    That is so early in a season and in its last round, for larger groups and odd rosters (see `designs`), and
    where the roster was not stable: under churn it gains nothing. O(n^2) near the end of a season, before it
    O(1), under rules O(n + pairs).
    """
    n = problem.members
    if problem.size != 2 or n % 2 or n < 4 or _early(problem):
        return None
    times, apart = _times(problem), _apart(problem)
    may = ~np.eye(n, dtype=np.bool_) if apart is None else ~apart & ~np.eye(n, dtype=np.bool_)
    if not may.any():
        return None
    near = may & (times == times[may].min())
    left = near.sum(axis=1)
    if (left == left[0]).all():
        # As many for everyone, as with teams of one size: who may not meet is nobody's last resort.
        rounds = int(left[0])
        some = 1 < rounds <= min(_furthest(n), n // 2 + 2)
        return Lookahead(near=near, apart=None, rounds=rounds, reserve=0) if some else None
    return None if apart is None else _filled(near | apart, apart)


def _furthest(n: int) -> int:
    return max(_ROUNDS_LOOKED_AT, 2 * _PAIRS_LOOKED_AT // n)


def _early(problem: Problem) -> bool:
    """Whether it is certain, at little cost, that too many rounds are left to look at them."""
    n, hard = problem.members, rules(problem)
    if not hard.any:
        return len(problem.forbidden) + len(problem.met) < n * (n - 1 - _furthest(n)) // 2
    # Everyone would have as many left as the first member, of whom a count is quick.
    gone = int(hard.part(np.zeros(1, dtype=np.int64), np.arange(1, n)).sum())
    gone += int((problem.forbidden == 0).sum() + (problem.met[:, :2] == 0).sum())
    return n - 1 - gone > _furthest(n)


def _filled(near: BoolArray, apart: BoolArray) -> Lookahead | None:
    """The same where some have fewer left than others: those who may not meet fill up the last rounds."""
    left = near.sum(axis=1)
    rounds = int(left[0])
    most = max(_ROUNDS_LOOKED_AT, 2 * _PAIRS_UNDER_RULES // len(near))
    if (left != rounds).any() or not 1 < rounds <= most:
        return None
    # Vizing: the pairs that may not meet need as many rounds as one member has of them, or one more.
    for reserve in range(_fewest(apart), int(apart.sum(axis=1).max()) + 2):
        if reserve < rounds and classes(near, rounds, work=_work(near), apart=apart, reserve=reserve):
            return Lookahead(near=near, apart=apart, rounds=rounds, reserve=reserve)
    return None


def _fewest(apart: BoolArray) -> int:
    """So many rounds at least hold all pairs of `apart`: those of one member, and no more of a part in each
    than half of its members, rounded down.
    """
    _, part = connected_components(csr_array(apart.astype(np.int8)), directed=False)
    degrees = apart.sum(axis=1)
    most = np.maximum(np.bincount(part) // 2, 1)
    pairs = np.bincount(part, weights=degrees).astype(np.int64) // 2
    return int(max(degrees.max(), (-(-pairs // most)).max()))


def _work(near: BoolArray) -> int:
    return _WORK + _WORK_PER_PAIR * int(near.sum()) // 2


def _times(problem: Problem) -> IntArray:
    """(n, n) how often each pair was introduced."""
    times = np.zeros((problem.members, problem.members), dtype=np.int64)
    i, j, often = problem.met.T
    np.maximum.at(times, (i, j), often)
    return np.maximum(times, times.T)


def _apart(problem: Problem) -> BoolArray | None:
    """(n, n) the pairs that may not meet, None where all may."""
    apart = rules(problem).among(problem.members)
    i, j = problem.forbidden.T
    apart[i, j] = apart[j, i] = True
    return apart if apart.any() else None
