"""Why these members: the facts that `why` puts into words."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from bot.matching.costs import SLOTS_PER_DAY, waking_slots
from bot.matching.problem import NO_TEAM, IntArray, Problem


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """What speaks for a group, and against it. Nothing here lets anyone guess a keep-apart wish."""

    met_before: int
    """Times any two of them were introduced before; for a pair, how often."""
    ties: int
    """Pairs among them with any tie ever recorded, introductions included; 0: all are strangers."""
    strongest: float
    """How well the two who know each other best do so today, 0..1."""
    hours_in_common: float | None
    """Hours of the day in which all of them are awake; None unless all windows are known."""
    different_team: bool
    """Whether all are known to be of different teams."""


def explain(problem: Problem, group: tuple[int, ...]) -> Why:
    """The facts about a group of this round. O(ties + introductions)."""
    if len(set(group)) != len(group) or not all(0 <= member < problem.members for member in group):
        raise ValueError(f"The group {group} is not made of different members of this round.")
    met, tied = _within(problem.met, group), _within(problem.ties, group)
    past: dict[tuple[int, int], int] = {}
    for i, j, times in problem.met[met].tolist():
        pair = (min(i, j), max(i, j))
        past[pair] = max(times, past.get(pair, 0))
    known = {(min(i, j), max(i, j)) for i, j in problem.ties[tied].tolist()} | set(past)
    waking, team = problem.waking[list(group)], problem.team[list(group)]
    awake = waking_slots(waking).all(axis=0).sum() * 24 / SLOTS_PER_DAY
    return Why(
        met_before=sum(past.values()),
        ties=len(known),
        strongest=float(problem.strength[tied].max(initial=0.0)),
        hours_in_common=None if np.isnan(waking).any() else float(awake),
        different_team=all(a != b and NO_TEAM not in (a, b) for a, b in combinations(team.tolist(), 2)),
    )


def _within(pairs: IntArray, group: tuple[int, ...]) -> IntArray:
    inside = np.isin(pairs[:, :2], group).all(axis=1)
    return np.nonzero(inside)[0].astype(np.int64)
