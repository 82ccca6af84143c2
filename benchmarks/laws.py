"""The laws of a matching on trial: rounds with every rule, each judged by an independent checker."""

from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from bot.matching import Problem, match, problem
from bot.matching.problem import ROLES
from tests.matching_check import barred, check

MOST = 26


def broken(rounds: int, *, first: int = 0, seed: int = 1) -> int:
    """How many of so many random rounds broke a law: sizes, hard rules, everyone once, none alone in vain.

    Each round has chance of its own, so that those from `first` on are the same however many go before.
    """
    wrong = 0
    for number in range(first, first + rounds):
        state = anything(np.random.default_rng([seed, number]))
        try:
            found = match(state, seed=b"%d" % number)
            check(state, found)
        except AssertionError:
            wrong += 1
            continue
        # In larger groups the day is cut open: an hour across the cut counts as none.
        if state.hours_hard and state.size > 2:
            continue
        apart = barred(state)
        wrong += any(frozenset(pair) not in apart for pair in combinations(found.alone, 2))
    return wrong


def anything(chance: np.random.Generator) -> Problem:
    """A state of up to MOST members in which anything may be, the rare as often as the common."""
    members = int(chance.integers(0, MOST + 1))
    everyone = np.array(list(combinations(range(members), 2)), dtype=np.int64).reshape(-1, 2)

    def some() -> NDArray[np.int64]:
        chosen = chance.random(len(everyone)) < chance.choice((0.0, 0.1, 0.4, 0.9, 1.0))
        return np.asarray(everyone[chosen], dtype=np.int64)

    met, ties = some(), some()
    topics = np.stack([np.arange(members).repeat(2), chance.integers(0, 4, 2 * members)], axis=1)
    return problem(
        members,
        size=int(chance.choice((2, 2, 2, 3, 4, 5, 6, 7, 8))),
        forbidden=some(),
        speaks=chance.choice((0, 1, 2, 3, 4), members).tolist() if chance.random() < 0.5 else None,
        met=np.column_stack([met, chance.integers(1, 5, len(met))]),
        met_age=chance.random(len(met)) * 3000,
        ties=ties,
        strength=chance.random(len(ties)),
        team=chance.integers(-1, 3, members),
        waking=chance.random((members, 2)) * 24,
        first=chance.random(members) < 0.2,
        left_out=chance.integers(0, 6, members),
        trios=chance.integers(0, 6, members),
        format=chance.choice((0, 2, 3), members) if chance.random() < 0.5 else None,
        role=chance.choice(ROLES, members) if chance.random() < 0.5 else None,
        offers=topics[chance.random(len(topics)) < 0.5],
        wants=topics[chance.random(len(topics)) < 0.5],
        worth=chance.random(4),
        distance=int(chance.integers(0, 3)) if chance.random() < 0.5 else 0,
        # Some know people outside the round, most of whom nobody else in it knows.
        knows=np.stack([topics[:, 0], members + chance.integers(0, 3 * MOST, len(topics))], axis=1),
        team_hard=chance.random() < 0.2,
        # The checker looks at every quarter of an hour, which takes its time.
        hours_hard=chance.random() < 0.1,
    )
