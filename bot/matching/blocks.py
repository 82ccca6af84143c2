"""Large communities: random blocks, each matched on its own; what went wrong is matched again together.

Two members meet only within a block, which costs nothing while everyone has many strangers left.
Memory is that of one block and the inputs; time is linear in the members.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np

from bot.matching.problem import BoolArray, IntArray, Problem
from bot.matching.tickets import Tickets

Group = tuple[int, ...]
Solve = Callable[[Problem, IntArray], list[Group]]
"""Groups (the caller's indices) of some members; single members are alone."""

ONE_BLOCK: Final = 3_000
"""Up to so many members are matched as one."""
_BLOCK: Final = 240
"""Members per block: a multiple of 2, 3, 4, 5, 6 and 8; blocks for groups of seven have 238."""
_AGAIN: Final = 900
"""Members matched again at once, at most half of them from groups that went wrong."""
_TURNS: Final = 6


def in_blocks(problem: Problem, tickets: Tickets, solve: Solve) -> list[Group]:
    """Groups of everyone, by `solve` on blocks and again on what went wrong."""
    order = tickets.order(problem.members)
    length = _BLOCK - _BLOCK % problem.size
    block = np.empty(problem.members, dtype=np.int64)
    block[order] = np.arange(problem.members) // length
    near = _kept(problem, block)
    groups = [group for at in range(0, len(order), length) for group in solve(near, order[at : at + length])]
    for _ in range(_TURNS):
        wrong, fine = _split(problem, groups)
        if not wrong:
            break
        wrong = [wrong[at] for at in tickets.order(len(wrong))]
        fine = [fine[at] for at in tickets.order(len(fine))]
        some = wrong[: _AGAIN // (2 * problem.size)]
        count = (_AGAIN - sum(map(len, some))) // problem.size
        again = some + fine[:count]
        tried = solve(problem, np.array([member for group in again for member in group], dtype=np.int64))
        if _badness(problem, tried) <= _badness(problem, again):
            groups = fine[count:] + wrong[len(some) :] + tried
    return groups


def group_numbers(members: int, groups: list[Group]) -> IntArray:
    """(members,) the number of each one's group, -1 for none."""
    number = np.full(members, -1, dtype=np.int64)
    for at, group in enumerate(groups):
        number[list(group)] = at
    return number


def together(number: IntArray, pairs: IntArray) -> BoolArray:
    """Which of the pairs share a group."""
    one = number[pairs[:, 0]]
    return np.asarray((one == number[pairs[:, 1]]) & (one >= 0), dtype=np.bool_)


def _kept(problem: Problem, block: IntArray) -> Problem:
    """The problem without the pairs that no block holds."""
    given = (problem.forbidden, problem.met, problem.ties)
    forbidden, met, ties = (together(block, pairs) for pairs in given)
    return replace(
        problem,
        forbidden=problem.forbidden[forbidden],
        met=problem.met[met],
        met_age=problem.met_age[met],
        ties=problem.ties[ties],
        strength=problem.strength[ties],
    )


def _split(problem: Problem, groups: list[Group]) -> tuple[list[Group], list[Group]]:
    """Groups that went wrong (someone alone, a repeat, a tie), and the others."""
    number = group_numbers(problem.members, groups)
    bad = np.array([len(group) == 1 for group in groups], dtype=np.bool_)
    for pairs in (problem.met, problem.ties):
        bad[number[pairs[together(number, pairs), 0]]] = True
    sides: tuple[list[Group], list[Group]] = ([], [])
    for group, wrong in zip(groups, bad.tolist(), strict=True):
        sides[0 if wrong else 1].append(group)
    return sides


def _badness(problem: Problem, groups: list[Group]) -> tuple[int, int, int]:
    number = group_numbers(problem.members, groups)
    return (
        sum(len(group) == 1 for group in groups),
        int(together(number, problem.met).sum()),
        int(together(number, problem.ties).sum()),
    )
