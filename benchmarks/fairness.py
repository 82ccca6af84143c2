"""Chance on trial: whether equals are treated equally, over thousands of seeds."""

from collections import Counter
from collections.abc import Callable
from itertools import combinations

import numpy as np
from scipy.stats import chi2, chisquare

from bot.matching import Problem, match, problem

Figures = dict[str, float | int | None]


def pairings(state: Problem, seeds: int, outcomes: int) -> Figures:
    """How far the law over whole rounds is from the uniform one; `outcomes` are equally good.

    `variation` is half the sum of absolute differences, and `floor` what as many fair draws show by chance.
    """
    drawn = Counter(match(state, seed=b"%d" % seed).groups for seed in range(seeds))
    counts = np.array([*drawn.values(), *[0] * (outcomes - len(drawn))])
    fair = np.random.default_rng(1).multinomial(seeds, np.full(outcomes, 1 / outcomes), size=200)
    floor = np.abs(fair / seeds - 1 / outcomes).sum(axis=1).mean() / 2
    return {
        "seeds": seeds,
        "outcomes": outcomes,
        "p": float(chisquare(counts).pvalue),
        "variation": float(np.abs(counts / seeds - 1 / outcomes).sum() / 2),
        "floor": float(floor),
    }


def company(members: int, size: int, seeds: int) -> Figures:
    """Whom the first member meets where all are alike: everyone equally often?"""
    state = problem(members, size=size)
    met = _met(state, seeds, lambda group: 0 in group)
    counts = np.array([met[0, other] for other in range(1, members)])
    fair = 1 / len(counts)
    return {
        "seeds": seeds,
        "outcomes": len(counts),
        "p": float(chisquare(counts).pvalue),
        "variation": float(np.abs(counts / counts.sum() - fair).sum() / 2),
        "floor": None,
    }


def third_place(members: int, seeds: int) -> Figures:
    """Who is in the one trio of an odd roster where all are alike: everyone equally often?"""
    state = problem(members)
    drawn = Counter(
        member
        for seed in range(seeds)
        for group in match(state, seed=b"%d" % seed).groups
        if len(group) == 3
        for member in group
    )
    counts = np.array([drawn[member] for member in range(members)])
    return {
        "seeds": seeds,
        "outcomes": members,
        "p": float(chisquare(counts).pvalue),
        "variation": float(np.abs(counts / counts.sum() - 1 / members).sum() / 2),
        "floor": None,
    }


def relabelled(seeds: int) -> Figures:
    """Whether members renumbered meet by the same law: pair counts of one state and of its mirror image."""
    members = 14
    met = [(a, (a + step) % members, 1) for a in range(members) for step in (1, 4)]
    one = problem(members, met=met)
    other = problem(members, met=[(members - 1 - a, members - 1 - b, times) for a, b, times in met])
    here, there = _met(one, seeds, lambda _: True), _met(other, seeds, lambda _: True)
    keys = [key for key in combinations(range(members), 2) if here[key] or there[_mirrored(key, members)]]
    table = np.array([[here[key] for key in keys], [there[_mirrored(key, members)] for key in keys]])
    expected = np.broadcast_to(table.mean(axis=0), table.shape)
    statistic = float(((table - expected) ** 2 / expected).sum())
    return {
        "seeds": seeds,
        "outcomes": len(keys),
        "p": float(chi2.sf(statistic, len(keys))),
        "variation": float(np.abs(table[0] - table[1]).sum() / 2 / table[0].sum()),
        "floor": None,
    }


def trials(seeds: int) -> dict[str, Figures]:
    """Every trial, by name."""
    circle = [(a, b, 1) for a, b in combinations(range(8), 2) if (b - a) in (1, 4, 7)]
    return {
        "6 fresh": pairings(problem(6), seeds, 15),
        "8 fresh": pairings(problem(8), seeds, 105),
        "8 after three rounds": pairings(problem(8, met=circle), seeds, _best(problem(8, met=circle))),
        "9 in threes": pairings(problem(9, size=3), seeds, 280),
        "16, company": company(16, 2, seeds),
        "15, company": company(15, 2, seeds),
        "15, third place": third_place(15, seeds),
        "14 in fours, company": company(14, 4, seeds),
        "14 renumbered": relabelled(seeds),
    }


def _best(state: Problem) -> int:
    """How many ways there are to pair strangers only."""
    met = {frozenset(map(int, row[:2])) for row in state.met}

    def ways(left: tuple[int, ...]) -> int:
        if not left:
            return 1
        first, rest = left[0], left[1:]
        return sum(
            ways(tuple(member for member in rest if member != other))
            for other in rest
            if frozenset((first, other)) not in met
        )

    return ways(tuple(range(state.members)))


def _met(state: Problem, seeds: int, counts: Callable[[tuple[int, ...]], bool]) -> Counter[tuple[int, int]]:
    return Counter(
        pair
        for seed in range(seeds)
        for group in match(state, seed=b"%d" % seed).groups
        if counts(group)
        for pair in combinations(group, 2)
    )


def _mirrored(key: tuple[int, int], members: int) -> tuple[int, int]:
    return members - 1 - key[1], members - 1 - key[0]
