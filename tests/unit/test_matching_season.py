"""A season: as many rounds without a repeat as there can be, whatever chance and ties say."""

from dataclasses import replace
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching import match, problem
from bot.matching.colouring import classes
from bot.matching.designs import design, rounds_left
from bot.matching.tickets import Tickets
from tests.matching_check import Group, Played, inside, play


def strangers_across(members: int) -> list[tuple[int, int]]:
    """Ties inside two halves: whoever follows them alone ends up with two odd cliques."""
    half = members // 2
    return [*combinations(range(half), 2), *combinations(range(half, members), 2)]


def free_rounds(played: list[Played]) -> int:
    return sum(one.matching.repeats == 0 for one in played)


@pytest.mark.parametrize("members", [4, 6, 8, 10, 12, 14, 22, 34])
def test_an_even_roster_meets_everyone_before_anyone_meets_again(members: int) -> None:
    played = play(members, members - 1, number=members)

    assert free_rounds(played) == members - 1


@pytest.mark.parametrize("members", [6, 10, 14, 30])
def test_ties_are_last_in_the_season_and_do_not_shorten_it(members: int) -> None:
    ties = strangers_across(members)

    played = play(members, members - 1, ties=ties, strength=[0.5] * len(ties))

    assert free_rounds(played) == members - 1
    early = [
        pair for one in played[: members // 4] for group in one.matching.groups for pair in inside(group)
    ]
    assert not set(early) & {frozenset(pair) for pair in ties}


@pytest.mark.parametrize("members, cycles", [(6, 6), (10, 3), (16, 2)])
def test_every_pair_meets_as_often_as_every_other_and_not_soon_again(members: int, cycles: int) -> None:
    played = play(members, cycles * (members - 1))

    rounds: dict[frozenset[int], list[int]] = {}
    for turn, one in enumerate(played):
        for group in one.matching.groups:
            rounds.setdefault(frozenset(group), []).append(turn)
    assert len(rounds) == members * (members - 1) // 2
    assert {len(turns) for turns in rounds.values()} == {cycles}
    gaps = [after - before for turns in rounds.values() for before, after in pairwise(turns)]
    assert min(gaps) >= members // 3


@pytest.mark.parametrize(
    "members, forbidden, rounds",
    [
        (10, [(0, 1)], 8),
        (20, [(0, 1), (0, 2), (3, 4)], 17),
        (20, [(a, b) for a, b in combinations(range(20), 2) if a % 5 == b % 5], 16),
        (24, [(a, b) for a, b in combinations(range(24), 2) if a % 8 == b % 8], 21),
        (30, [(a, b) for a, b in combinations(range(30), 2) if a % 6 == b % 6], 25),
    ],
)
def test_hard_rules_take_no_more_rounds_than_they_must(
    members: int, forbidden: list[Group], rounds: int
) -> None:
    played = play(members, rounds, forbidden=forbidden)

    assert free_rounds(played) == rounds


@settings(max_examples=60)
@given(half=st.integers(2, 9), rounds=st.integers(1, 8), seed=st.integers(0, 2**32))
def test_a_colouring_holds_every_pair_once_and_no_member_twice(half: int, rounds: int, seed: int) -> None:
    members = 2 * half
    near = np.zeros((members, members), dtype=np.bool_)
    chance = np.random.default_rng(seed)
    for _ in range(min(rounds, members - 1)):
        order = chance.permutation(members)
        near[order[::2], order[1::2]] = near[order[1::2], order[::2]] = True

    found = classes(near, int(near.sum(axis=1).max()) + 1, work=1_000_000)

    assert found is not None
    pairs = [pair for group in found for pair in group]
    assert sorted(pairs) == [tuple(pair) for pair in np.argwhere(np.triu(near)).tolist()]
    for group in found:
        assert len({end for pair in group for end in pair}) == 2 * len(group)


def test_what_cannot_be_coloured_is_given_up_in_time() -> None:
    triangles = np.zeros((6, 6), dtype=np.bool_)
    for a, b in [*combinations(range(3), 2), *combinations(range(3, 6), 2)]:
        triangles[a, b] = triangles[b, a] = True

    assert classes(triangles, 2, work=10_000) is None
    assert classes(triangles, 1, work=10_000) is None


def test_the_round_to_fall_back_upon_is_found_again_whatever_the_seed() -> None:
    state = play(14, 9, ties=strangers_across(14))[-1].problem

    answers = {match(state, seed=b"%d" % number).repeats for number in range(8)}

    assert answers == {0}


@pytest.mark.parametrize(
    "members, rounds", [(5, 1), (7, 3), (9, 6), (11, 7), (13, 9), (15, 11), (21, 17), (31, 27), (51, 47)]
)
def test_an_odd_roster_goes_through_all_rounds_there_are_and_shares_the_third_place(
    members: int, rounds: int
) -> None:
    played = play(members, members, number=members)

    assert free_rounds(played[:rounds]) == rounds
    turns = [trio_turns(played, member) for member in range(members)]
    assert max(turns) - min(turns) <= 2


@pytest.mark.parametrize("members", [5, 7, 9, 11])
def test_the_third_place_is_shared_evenly_for_years(members: int) -> None:
    played = play(members, 6 * members)

    turns = [trio_turns(played, member) for member in range(members)]
    assert max(turns) - min(turns) <= 2


def trio_turns(played: list[Played], member: int) -> int:
    return sum(len(group) == 3 and member in group for one in played for group in one.matching.groups)


@pytest.mark.parametrize(
    "members, size, rounds",
    [
        (9, 3, 4),
        (10, 3, 4),
        (15, 3, 7),
        (24, 3, 11),
        (48, 3, 23),
        (50, 3, 24),
        (16, 4, 5),
        (32, 4, 9),
        (48, 4, 13),
        (50, 4, 13),
        (25, 5, 6),
    ],
)
def test_groups_go_through_the_rounds_of_a_design(members: int, size: int, rounds: int) -> None:
    played = play(members, rounds, size=size)

    assert free_rounds(played) == rounds


@pytest.mark.parametrize("size", range(2, 9))
def test_no_two_points_of_a_design_share_a_group_twice(size: int) -> None:
    sizes = {size, size - 1} if size > 2 else {2, 3}
    for members in range(size, 66):
        pairs = []
        for one in design(members, size) or []:
            assert sorted(point for group in one for point in group) == list(range(members))
            assert {len(group) for group in one} <= sizes
            pairs += [pair for group in one for pair in inside(group)]
        assert len(pairs) == len(set(pairs))


def test_a_design_goes_on_only_where_it_costs_no_stranger_and_the_roster_is_stable() -> None:
    held = play(15, 4)
    state = held[-1].problem
    others = [pair for pair in combinations(range(15), 2) if set(pair) & {0, 1}]

    assert rounds_left(state, Tickets(b"", ""))
    assert rounds_left(replace(state, met=state.met[1:], met_age=state.met_age[1:]), Tickets(b"", "")) == []
    known = problem(15, met=state.met, met_age=state.met_age, ties=others)
    assert len(inside_of(match(known, seed=b"x").groups) & {frozenset(pair) for pair in others}) <= 3


def inside_of(groups: tuple[Group, ...]) -> set[frozenset[int]]:
    return {pair for group in groups for pair in inside(group)}


def test_the_design_is_drawn_anew_for_every_community() -> None:
    second = {play(11, 2, number=number)[1].matching.groups for number in range(6)}

    assert len(second) == 6
