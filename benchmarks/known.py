"""Twelve rounds in a community that exists: who was introduced although they knew each other."""

import csv
from itertools import combinations
from math import nan
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from benchmarks.goals import dearer
from benchmarks.peers import pair
from bot.matching import Problem, match, problem, tie_strength
from bot.matching.problem import ANY_DISTANCE

ROUNDS = 12
ACQUAINTED = 0.05
"""The strength of a tie from which two are acquainted."""
COST = ("ties", "fewest", "strength", "exact")


def community(roster: Path, ties: Path, *, most: int | None = None) -> Problem:
    """Who is in the files (their columns as for imports), undated; or the `most` who have the most ties."""
    with roster.open(newline="", encoding="utf-8") as file:
        people = list(csv.DictReader(file))
    with ties.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    count = {row["member"]: 0 for row in people}
    for row in rows:
        count[row["from"]] += 1
        count[row["to"]] += 1
    people = sorted(people, key=lambda row: -count[row["member"]])[:most]
    number = {row["member"]: at for at, row in enumerate(people)}
    rows = [row for row in rows if row["from"] in number and row["to"] in number]
    pairs, strength = tie_strength(
        [number[row["from"]] for row in rows],
        [number[row["to"]] for row in rows],
        [row["kind"] for row in rows],
        [nan] * len(rows),
        [int(row["people"] or 2) for row in rows],
    )
    teams = sorted({row.get("team") or "" for row in people} - {""})
    team = [teams.index(row["team"]) if row.get("team") else -1 for row in people]
    return problem(len(people), ties=pairs, strength=strength, team=team)


def known(state: Problem, *, distance: int = ANY_DISTANCE) -> dict[str, float | int | None]:
    """Shares of all pairs introduced in twelve rounds; of random ones beside them.

    *Far*: three steps apart at least, by the ties of the files.
    """
    near, strong = _near(state), np.zeros((state.members, state.members), dtype=np.bool_)
    sure = state.ties[state.strength > ACQUAINTED]
    strong[sure[:, 0], sure[:, 1]] = strong[sure[:, 1], sure[:, 0]] = True
    held: list[tuple[int, int]] = []
    trios = np.zeros(state.members, dtype=np.int64)
    repeats = 0
    for turn in range(ROUNDS):
        found = match(
            problem(
                state.members,
                met=[(a, b, 1) for a, b in held],
                ties=state.ties,
                strength=state.strength,
                team=state.team,
                trios=trios,
                distance=distance,
            ),
            seed=b"%d" % turn,
        )
        repeats += found.repeats
        for group in found.groups:
            held += [pair(a, b) for a, b in combinations(group, 2)]
            trios[list(group)] += len(group) > 2
    chance = np.random.default_rng(1)
    random = [
        chance.permutation(state.members)[: state.members // 2 * 2].reshape(-1, 2) for _ in range(ROUNDS)
    ]
    ours, theirs = np.array(held), np.concatenate(random)
    return {
        "members": state.members,
        "pairs": len(held),
        "repeats": repeats,
        "acquainted": _share(strong, ours),
        "any tie": _share(near == 1, ours),
        "far": _share(near == 0, ours),
        "other team": _share(state.team[:, None] != state.team, ours) if (state.team >= 0).any() else None,
        "random acquainted": _share(strong, theirs),
        "random far": _share(near == 0, theirs),
        **(dict.fromkeys(COST) if state.members % 2 else _first_round(state)),
    }


def _first_round(state: Problem) -> dict[str, float | int | None]:
    """Of one round, beside an exact matching. Not as a ratio: the least there can be is often 0."""
    found = dearer(state)
    return {name: found[name] for name in COST}


def _near(state: Problem) -> NDArray[np.int64]:
    """(n, n) 1 for a tie, 2 for an acquaintance in common, 0 for those farther apart."""
    one, other = state.ties.T
    tied = csr_array((np.ones(len(one), dtype=np.int64), (one, other)), shape=(state.members,) * 2)
    tied = ((tied + tied.T) > 0).astype(np.int64)
    both = (tied @ tied).toarray() > 0
    return np.where(tied.toarray() > 0, 1, np.where(both, 2, 0))


def _share(of: NDArray[np.generic], pairs: NDArray[np.int64]) -> float:
    return float(of[pairs[:, 0], pairs[:, 1]].mean())
