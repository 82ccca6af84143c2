"""Twelve rounds in communities that exist, and rounds of every size that a machine can be given."""

import csv
from itertools import combinations
from math import nan
from time import process_time

import pytest

from bot.matching import match, problem, tie_strength
from tests.matching_check import check
from tests.required import shared


@pytest.mark.parametrize("name", ["email-eu-core", "slack-racket"])
@pytest.mark.parametrize("size", [2, 4])
def test_twelve_rounds_introduce_strangers_only_and_nobody_twice(name: str, size: int) -> None:
    with shared(f"data/{name}-roster.csv").open(newline="") as file:
        roster = list(csv.DictReader(file))
    with shared(f"data/{name}-ties.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    number = {row["member"]: at for at, row in enumerate(roster)}
    teams = sorted({row.get("team", "") for row in roster} - {""})
    ties, strength = tie_strength(
        [number[row["from"]] for row in rows],
        [number[row["to"]] for row in rows],
        [row["kind"] for row in rows],
        [nan] * len(rows),
        [int(row["people"]) for row in rows],
    )
    tied = {tuple(pair) for pair in ties.tolist()}
    met: dict[tuple[int, int], int] = {}
    trios = [0] * len(roster)
    pairs = acquainted = 0
    seconds = []

    for turn in range(12):
        state = problem(
            len(roster),
            size=size,
            met=[(a, b, 1) for a, b in met],
            met_age=[7.0 * (turn - when) for when in met.values()],
            ties=ties,
            strength=strength,
            team=[teams.index(row["team"]) if row.get("team") else -1 for row in roster],
            trios=trios,
        )
        started = process_time()
        matching = match(state, seed=b"round %d" % turn)
        seconds.append(process_time() - started)
        check(state, matching)
        assert matching.alone == ()
        assert matching.repeats == 0
        for group in matching.groups:
            for pair in combinations(group, 2):
                met[pair] = turn
                pairs += 1
                acquainted += pair in tied
            for member in group:
                trios[member] += len(group) != size

    assert acquainted < 0.001 * pairs
    assert min(seconds) < 3


@pytest.mark.parametrize("size", [2, 3, 8])
def test_thousands_are_matched_in_blocks(size: int) -> None:
    members = 5_003
    met = [(a, (a + step) % members, 1) for a in range(members) for step in range(1, 20)]
    state = problem(
        members,
        size=size,
        met=met,
        ties=[(a, (a + 40) % members) for a in range(members)],
        forbidden=[(a, (a + 50) % members) for a in range(members)],
    )

    matching = match(state, seed=b"thousands")

    check(state, matching)
    assert matching.alone == ()
    assert matching.repeats == 0
    assert len(matching.groups) == (members // 2 if size == 2 else -(-members // size))
