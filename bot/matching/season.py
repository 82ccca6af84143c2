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
    where the roster was not stable: under churn it gains nothing. O(n^2) near the end of a season, else O(1).
    """
    n = problem.members
    if problem.size != 2 or n % 2 or n < 4:
        return None
    furthest = max(_ROUNDS_LOOKED_AT, 2 * _PAIRS_LOOKED_AT // n)
    if not rules(problem).any and len(problem.forbidden) + len(problem.met) < n * (n - 1 - furthest) // 2:
        return None
    times = _times(problem)
    apart = _apart(problem)
    if apart is not None:
        furthest = max(_ROUNDS_LOOKED_AT, 2 * _PAIRS_UNDER_RULES // n)
    may = ~np.eye(n, dtype=np.bool_) if apart is None else ~apart & ~np.eye(n, dtype=np.bool_)
    if not may.any():
        return None
    near = may & (times == times[may].min())
    if apart is not None:
        near |= apart
    degrees = near.sum(axis=1)
    rounds = int(degrees[0])
    if (degrees != rounds).any() or not 1 < rounds <= furthest or (apart is None and rounds > n // 2 + 2):
        return None
    if apart is None:
        return Lookahead(near=near, apart=None, rounds=rounds, reserve=0)
    fewest = int(apart.sum(axis=1).max())
    for reserve in (fewest, fewest + 1):
        # Vizing: the pairs that may not meet need as many rounds as one member has of them, or one more.
        if reserve < rounds and classes(near, rounds, work=_work(near), apart=apart, reserve=reserve):
            return Lookahead(near=near, apart=apart, rounds=rounds, reserve=reserve)
    return None


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
