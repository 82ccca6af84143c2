"""Why these members, and why nobody for one of them: the facts that `why` puts into words."""

from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations, permutations

import numpy as np

from bot.matching.problem import (
    ANY_DISTANCE,
    GREETER,
    NEWCOMER,
    NO_TEAM,
    SPENT_GREETER,
    BitArray,
    BoolArray,
    IntArray,
    Matching,
    Problem,
)
from bot.matching.rules import SLOTS_PER_DAY, hour_bits, speechless, waking_slots


@dataclass(frozen=True, kw_only=True, slots=True)
class Help:
    """One can help with what another learns."""

    helper: int
    learner: int
    topics: tuple[int, ...]
    """Those that met, the most telling first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Why:
    """What speaks for a group, and against it. Nothing here lets anyone guess a keep-apart wish."""

    met_before: int
    """Times any two of them were introduced before; for a pair, how often."""
    last_met: float | None
    """Days since the latest of these introductions; None without any."""
    unavoidable: bool | None
    """Whether it is proved that no matching of this round had fewer repeats; None where they never met."""
    ties: int
    """Pairs among them with any tie ever recorded, introductions included; 0: all are strangers."""
    strongest: float
    """How well the two who know each other best do so today, 0..1."""
    hours_in_common: float | None
    """Hours of the day in which all of them are awake; None unless all windows are known."""
    languages: int
    """A bit for each language that all speak who said which they do; 0 unless at least two did."""
    different_team: bool
    """Whether all are known to be of different teams."""
    in_common: bool | None
    """Whether two of them have an acquaintance in common; None where no distance was asked for."""
    helps: tuple[Help, ...]
    greeters: tuple[int, ...]
    """Who of them volunteered to welcome newcomers, where one is among them."""


class WhyNot(StrEnum):
    """Why a member has nobody. Wishes to be kept apart are left out of account: they read like chance."""

    NOBODY = "nobody"
    """Nobody else took part."""
    LANGUAGE = "language"
    """All others said what they speak, and it is nothing that this member speaks."""
    TEAM = "team"
    """All others are of their team, and the convener wants other teams."""
    HOUR = "hour"
    """Nobody is awake for an hour when they are, and the convener wants one."""
    RULES = "rules"
    """One of these for each of the others."""
    CHANCE = "chance"
    """The draw did not come out even."""


def explain(problem: Problem, group: tuple[int, ...], *, matching: Matching | None = None) -> Why:
    """The facts about a group of this round, and of what `matching` proves of it. O(ties + introductions)."""
    if len(set(group)) != len(group) or not all(0 <= member < problem.members for member in group):
        raise ValueError(f"The group {group} is not made of different members of this round.")
    met, tied = _within(problem.met, group), _within(problem.ties, group)
    past: dict[tuple[int, int], int] = {}
    for i, j, times in problem.met[met].tolist():
        pair = (min(i, j), max(i, j))
        past[pair] = max(times, past.get(pair, 0))
    known = {(min(i, j), max(i, j)) for i, j in problem.ties[tied].tolist()} | set(past)
    some = list(group)
    waking, team, role = problem.waking[some], problem.team[some], problem.role[some].tolist()
    awake = waking_slots(waking).all(axis=0).sum() * 24 / SLOTS_PER_DAY
    return Why(
        met_before=sum(past.values()),
        last_met=float(problem.met_age[met].min()) if past else None,
        unavoidable=_proved(matching) if past else None,
        ties=len(known),
        strongest=float(problem.strength[tied].max(initial=0.0)),
        hours_in_common=None if np.isnan(waking).any() else float(awake),
        languages=_spoken(problem.speaks[some]),
        different_team=all(a != b and NO_TEAM not in (a, b) for a, b in combinations(team.tolist(), 2)),
        in_common=_in_common(problem, group),
        helps=_helps(problem, group),
        greeters=tuple(
            member
            for member, its in zip(group, role, strict=True)
            if its in (GREETER, SPENT_GREETER) and NEWCOMER in role
        ),
    )


def explain_alone(problem: Problem, member: int) -> WhyNot:
    """Why this member has nobody: the rules that part them from everyone else, and otherwise chance. O(n)."""
    if not 0 <= member < problem.members:
        raise ValueError(f"There is no member {member} in this round.")
    others = np.delete(np.arange(problem.members), member)
    if not len(others):
        return WhyNot.NOBODY
    parted = {
        WhyNot.LANGUAGE: speechless(problem.speaks[member], problem.speaks[others]),
        WhyNot.TEAM: _same_team(problem, member, others),
        WhyNot.HOUR: _no_hour(problem, member, others),
    }
    for reason, by_it in parted.items():
        if by_it.all():
            return reason
    return WhyNot.RULES if np.logical_or.reduce([*parted.values()]).all() else WhyNot.CHANCE


def _proved(matching: Matching | None) -> bool:
    return matching is not None and matching.fewest_repeats == matching.repeats


def _spoken(speaks: BitArray) -> int:
    said = speaks[speaks != 0]
    return int(np.bitwise_and.reduce(said)) if len(said) > 1 else 0


def _in_common(problem: Problem, group: tuple[int, ...]) -> bool | None:
    if problem.distance == ANY_DISTANCE:
        return None
    knows = [set(problem.knows[problem.knows[:, 0] == member, 1].tolist()) for member in group]
    return any((one & other) - set(group) for one, other in combinations(knows, 2))


def _helps(problem: Problem, group: tuple[int, ...]) -> tuple[Help, ...]:
    offers, wants = (
        {member: set(pairs[pairs[:, 0] == member, 1].tolist()) for member in group}
        for pairs in (problem.offers, problem.wants)
    )
    return tuple(
        Help(
            helper=helper,
            learner=learner,
            topics=tuple(sorted(shared, key=lambda topic: (-float(problem.worth[topic]), topic))),
        )
        for helper, learner in permutations(group, 2)
        if (shared := offers[helper] & wants[learner])
    )


def _same_team(problem: Problem, member: int, others: IntArray) -> BoolArray:
    team = problem.team[member]
    hard = problem.team_hard and team != NO_TEAM
    return np.asarray(hard & (problem.team[others] == team), dtype=np.bool_)


def _no_hour(problem: Problem, member: int, others: IntArray) -> BoolArray:
    if not problem.hours_hard:
        return np.zeros(len(others), dtype=np.bool_)
    hours = hour_bits(problem.waking)
    return np.asarray(hours[others] & hours[member] == 0, dtype=np.bool_)


def _within(pairs: IntArray, group: tuple[int, ...]) -> IntArray:
    inside = np.isin(pairs[:, :2], group).all(axis=1)
    return np.nonzero(inside)[0].astype(np.int64)
