"""Groups of three to eight."""

from itertools import combinations

import pytest

from bot.matching import match, problem
from tests.matching_check import check, inside, pairs_of


@pytest.mark.parametrize(
    "members, size, sizes",
    [
        (4, 3, [2, 2]),
        (10, 3, [2, 2, 3, 3]),
        (50, 3, [2] + [3] * 16),
        (50, 4, [3, 3] + [4] * 11),
        (5, 4, [2, 3]),
        (7, 8, [7]),
        (9, 8, [4, 5]),
        (11, 8, [5, 6]),
        (17, 8, [5, 6, 6]),
        (200, 5, [5] * 40),
    ],
)
def test_groups_have_the_size_asked_for_or_less_and_never_more(
    members: int, size: int, sizes: list[int]
) -> None:
    state = problem(members, size=size)

    matching = match(state, seed=b"sizes")

    check(state, matching)
    assert sorted(len(group) for group in matching.groups) == sizes
    assert matching.alone == ()


@pytest.mark.parametrize("members, size, at_least", [(10, 3, 4), (48, 3, 18), (48, 4, 9), (50, 3, 18)])
def test_many_rounds_pass_before_anyone_meets_again(members: int, size: int, at_least: int) -> None:
    times: dict[tuple[int, int], int] = {}
    age: dict[tuple[int, int], float] = {}
    free = 0
    for turn in range(members):
        state = problem(
            members,
            size=size,
            met=[(a, b, count) for (a, b), count in times.items()],
            met_age=[7.0 * (turn - age[pair]) for pair in times],
        )
        matching = match(state, seed=b"rounds %d" % turn)
        check(state, matching)
        if matching.repeats:
            break
        free += 1
        for pair in (pair for group in matching.groups for pair in combinations(group, 2)):
            times[pair], age[pair] = times.get(pair, 0) + 1, turn

    assert free >= at_least


@pytest.mark.parametrize("size", [3, 4, 8])
def test_forbidden_pairs_of_three_camps_are_kept_and_everyone_is_placed(size: int) -> None:
    camp = [member % 3 for member in range(72)]
    state = problem(
        72, size=size, forbidden=[(a, b) for a, b in combinations(range(72), 2) if camp[a] != camp[b]]
    )

    matching = match(state, seed=b"camps")

    check(state, matching)
    assert matching.alone == ()


def test_strangers_fill_the_groups_where_there_are_enough() -> None:
    block = [member // 10 for member in range(100)]
    state = problem(
        100, size=4, ties=[(a, b) for a, b in combinations(range(100), 2) if block[a] == block[b]]
    )

    matching = match(state, seed=b"strangers")

    assert not any(inside(group) & pairs_of(state, "ties") for group in matching.groups)


@pytest.mark.parametrize("size", [3, 8])
def test_two_teams_that_must_mix_are_all_pairs_in_groups_of_any_size(size: int) -> None:
    state = problem(231, size=size, team=[member % 2 for member in range(231)], team_hard=True)

    matching = match(state, seed=b"mixed")

    check(state, matching)
    assert len(matching.groups) == 115


def test_those_left_alone_last_time_are_placed_first_in_groups_too() -> None:
    # One centre and thirty who may meet nobody else: two at most can be placed.
    apart = list(combinations(range(1, 31), 2))
    for came_first in (5, 17, 30):
        state = problem(31, size=3, forbidden=apart, first=[member == came_first for member in range(31)])

        matching = match(state, seed=b"first")

        check(state, matching)
        assert (0, came_first) in matching.groups


def test_a_wish_for_a_pair_is_granted_among_groups_of_four() -> None:
    state = problem(40, size=4, format=[2] * 4 + [0] * 36)

    matching = match(state, seed=b"pairs")

    check(state, matching)
    assert {member for group in matching.groups if len(group) == 2 for member in group} == {0, 1, 2, 3}
