"""Twelve rounds in communities that exist, and rounds of every size that a machine can be given."""

import csv
from itertools import combinations
from math import nan

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
        matching = match(state, seed=b"round %d" % turn)
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


@pytest.mark.parametrize("size", [2, 3, 8])
def test_thousands_are_matched_in_blocks_with_every_rule(size: int) -> None:
    members = 5_003
    met = [(a, (a + step) % members, 1) for a in range(members) for step in range(1, 20)]
    state = problem(
        members,
        size=size,
        met=met,
        ties=[(a, (a + 40) % members) for a in range(members)],
        forbidden=[(a, (a + 50) % members) for a in range(members)],
        # Two languages that a tenth speak both of, a third one of few, and some who said nothing.
        speaks=[(1, 1, 1, 1, 3, 2, 2, 2, 0, 6)[a % 10] if a % 97 else 8 for a in range(members)],
        team=[a // 12 for a in range(members)],
        waking=[(a % 9, a % 9 + 12) for a in range(members)],
    )

    matching = match(state, seed=b"thousands")

    check(state, matching)
    assert matching.alone == ()
    assert matching.repeats == 0
    assert len(matching.groups) == (members // 2 if size == 2 else -(-members // size))


@pytest.mark.parametrize("size", [2, 4])
def test_wishes_for_a_format_among_thousands_are_granted_in_blocks(size: int) -> None:
    members = 6_001
    met = [(a, (a + step) % members, 1) for a in range(members) for step in range(1, 10)]
    apart = [(a, (a + 50) % members) for a in range(members)]
    wishes = [(2, 0, 3, 0, 0, 0, 0, 0, 0, 0)[a % 10] for a in range(members)]
    state = problem(members, size=size, met=met, forbidden=apart, format=wishes)

    matching = match(state, seed=b"wishes")

    check(state, matching)
    assert (matching.alone, matching.repeats) == ((), 0)
    given = {member: len(group) for group in matching.groups for member in group}
    assert all(given[member] == wish for member, wish in enumerate(wishes) if wish == 2)
    assert sum(given[member] == wish for member, wish in enumerate(wishes) if wish) >= 1_199


@pytest.mark.parametrize("size", [2, 3])
def test_camps_among_thousands_never_mix(size: int) -> None:
    members = 3_600
    # Six camps by keep-apart within blocks of sixty, and languages that nobody shares with the next.
    forbidden = [
        (at + a, at + b) for at in range(0, members, 60) for a, b in combinations(range(60), 2) if (a - b) % 6
    ]
    state = problem(
        members, size=size, forbidden=forbidden, speaks=[1 << (member // 400) for member in range(members)]
    )

    matching = match(state, seed=b"camps")

    check(state, matching)
    assert len(matching.alone) == 0


def test_a_star_of_thousands_ends() -> None:
    members = 3_200
    speaks = [3] + [1 << (member % 32) for member in range(1, members)]
    forbidden = [(a, b) for a in range(1, members) for b in range(a + 32, min(a + 400, members), 32)]
    state = problem(members, speaks=speaks, forbidden=forbidden)

    matching = match(state, seed=b"star")

    check(state, matching)


def test_a_team_of_most_leaves_only_those_alone_who_have_nobody_left() -> None:
    members = 3_300
    state = problem(members, team=[int(at % 10 < 4) for at in range(members)], team_hard=True)

    matching = match(state, seed=b"most")

    check(state, matching)
    # Four of ten can have two of the larger team each, but pairs are what was asked for: trios take some in.
    assert len(matching.alone) <= members // 5


@pytest.mark.parametrize("size", [3, 4, 8])
def test_every_group_of_thousands_shares_an_hour(size: int) -> None:
    members = 4_000
    state = problem(
        members,
        size=size,
        waking=[(at * 7 % 24, (at * 7 + 12) % 24) for at in range(members)],
        team=[at % 9 for at in range(members)],
        team_hard=True,
        hours_hard=True,
    )

    matching = match(state, seed=b"hours")

    check(state, matching)
    assert matching.alone == ()
