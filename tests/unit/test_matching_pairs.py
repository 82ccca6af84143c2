"""Pairs: strangers first, no avoidable repeat, a trio for an odd number, nobody left alone twice."""

from fractions import Fraction
from itertools import combinations

import pytest

from bot.matching import Problem, match, problem
from tests.matching_check import Group, best_score, check, inside, pairs_of, partitions, score


def seed(number: int) -> bytes:
    return b"round %d" % number


def after(history: list[tuple[Group, ...]]) -> tuple[list[tuple[int, int, int]], list[float]]:
    """Who met whom how often, and how many days ago, weekly rounds."""
    times: dict[tuple[int, int], int] = {}
    age: dict[tuple[int, int], float] = {}
    for weeks, groups in zip(range(len(history), 0, -1), history, strict=True):
        for pair in (pair for group in groups for pair in combinations(group, 2)):
            times[pair] = times.get(pair, 0) + 1
            age[pair] = 7.0 * weeks
    return [(a, b, count) for (a, b), count in times.items()], [age[pair] for pair in times]


def season(members: int, rounds: int, number: int = 0) -> list[tuple[Problem, tuple[Group, ...]]]:
    played: list[tuple[Problem, tuple[Group, ...]]] = []
    trios = [0] * members
    for turn in range(rounds):
        met, met_age = after([groups for _, groups in played])
        state = problem(members, met=met, met_age=met_age, trios=trios)
        matching = match(state, seed=seed(1000 * number + turn))
        check(state, matching)
        assert matching.alone == ()
        assert matching.fewest_repeats is None or matching.repeats == matching.fewest_repeats
        for group in matching.groups:
            for member in group:
                trios[member] += len(group) == 3
        played.append((state, matching.groups))
    return played


@pytest.mark.parametrize(
    "members, groups, alone",
    [(0, (), ()), (1, (), (0,)), (2, ((0, 1),), ()), (3, ((0, 1, 2),), ())],
)
def test_three_or_fewer_have_one_answer(
    members: int, groups: tuple[Group, ...], alone: tuple[int, ...]
) -> None:
    matching = match(problem(members), seed=seed(1))

    assert (matching.groups, matching.alone) == (groups, alone)
    assert (matching.repeats, matching.fewest_repeats) == (0, 0)


@pytest.mark.parametrize("members", [4, 5, 12, 13, 14, 64, 65, 66, 99, 300, 301, 302, 501])
def test_everyone_is_in_a_pair_but_for_one_trio(members: int) -> None:
    state = problem(members)

    matching = match(state, seed=seed(2))

    check(state, matching)
    assert matching.alone == ()
    assert sum(len(group) == 3 for group in matching.groups) == members % 2


@pytest.mark.parametrize("number", range(5))
def test_ten_people_repeat_only_when_there_is_no_other_way(number: int) -> None:
    played = season(10, 12, number)

    for state, groups in played:
        assert len(groups) == 5
        assert match(state, seed=b"another").repeats == best_repeats(state)


def best_repeats(state: Problem) -> int:
    """By trying all 945 ways to pair ten people."""
    met = pairs_of(state, "met")

    def fewest(left: tuple[int, ...]) -> int:
        if not left:
            return 0
        first, rest = left[0], left[1:]
        return min(
            (frozenset((first, other)) in met) + fewest(tuple(member for member in rest if member != other))
            for other in rest
        )

    return fewest(tuple(range(state.members)))


@pytest.mark.parametrize("members", [6, 7, 8])
def test_of_rounds_as_good_as_each_other_one_that_leaves_the_most_for_later_is_drawn(members: int) -> None:
    # Left to meet: one's neighbours on a ring, and a chord, whose two ends have three each.
    ring = {frozenset((a, (a + 1) % members)) for a in range(members)} | {frozenset((0, 3))}
    met = [(a, b, 1) for a, b in combinations(range(members), 2) if frozenset((a, b)) not in ring]
    state = problem(members, met=met)

    drawn = {match(state, seed=seed(number)).groups for number in range(30)}

    wanted = best_score(state)
    ways = [way for way in partitions(tuple(range(members)), 3, set()) if score(state, way) == wanted]
    least = min(spent(state, way) for way in ways)
    assert drawn == {way for way in ways if spent(state, way) == least}
    assert len(drawn) < len(ways)


def spent(state: Problem, groups: tuple[Group, ...]) -> Fraction:
    """Of each pair of strangers, the share of what the two have left, multiplied."""
    met = pairs_of(state, "met")
    left = [
        sum(frozenset((one, other)) not in met for other in range(state.members) if other != one)
        for one in range(state.members)
    ]
    strangers = [pair for group in groups for pair in inside(group) if pair not in met]
    return sum((Fraction(1, left[a] * left[b]) for a, b in map(sorted, strangers)), Fraction())


@pytest.mark.parametrize("members", [14, 15, 21, 30])
def test_no_repeat_of_a_season_could_have_been_avoided(members: int) -> None:
    played = season(members, members)

    assert all(match(state, seed=b"x").fewest_repeats is not None for state, _ in played)


def test_an_odd_roster_takes_turns_in_the_trio() -> None:
    played = season(9, 9)

    trios = [member for _, groups in played for group in groups if len(group) == 3 for member in group]
    turns = [trios.count(member) for member in range(9)]
    assert max(turns) - min(turns) <= 2


def test_when_all_have_met_the_pair_that_met_longest_ago_comes_first() -> None:
    everyone = list(combinations(range(20), 2))
    oldest = {(member, member + 10) for member in range(10)}
    state = problem(
        20,
        met=[(a, b, 1) for a, b in everyone],
        met_age=[700 if pair in oldest else 70 for pair in everyone],
    )

    matching = match(state, seed=seed(3))

    assert set(matching.groups) == oldest
    assert matching.repeats == matching.fewest_repeats == 10


def test_of_two_repeats_the_less_frequent_comes_first() -> None:
    state = problem(4, met=[(0, 1, 2), (2, 3, 2), (0, 2, 1), (1, 3, 1), (0, 3, 3), (1, 2, 3)])

    matching = match(state, seed=seed(4))

    assert matching.groups == ((0, 2), (1, 3))


def test_one_frequent_repeat_is_better_than_two_rare_ones() -> None:
    rare = [(0, 2, 1), (1, 3, 1), (0, 3, 1), (1, 2, 1)]
    state = problem(4, met=[(0, 1, 5), *rare])

    matching = match(state, seed=seed(4))

    assert matching.groups == ((0, 1), (2, 3))
    assert matching.repeats == 1


@pytest.mark.parametrize("members", [8, 40, 80])
def test_strangers_are_introduced_before_those_with_the_weakest_tie(members: int) -> None:
    half = members // 2
    friends = [*combinations(range(half), 2), *combinations(range(half, members), 2)]
    state = problem(members, ties=friends, strength=[0.0] * len(friends))

    matching = match(state, seed=seed(5))

    assert not any(inside(group) & pairs_of(state, "ties") for group in matching.groups)


def test_among_the_acquainted_the_weakest_ties_are_introduced() -> None:
    everyone = list(combinations(range(16), 2))
    weak = {(member, member + 1) for member in range(0, 16, 2)}
    state = problem(16, ties=everyone, strength=[0.2 if pair in weak else 0.3 for pair in everyone])

    matching = match(state, seed=seed(6))

    assert set(matching.groups) == weak


def test_another_team_and_common_hours_are_preferred_among_strangers() -> None:
    teams = problem(30, team=[member % 2 for member in range(30)])
    zones = problem(30, waking=[(6, 14) if member % 2 else (18, 2) for member in range(30)])

    across = match(teams, seed=seed(7))
    along = match(zones, seed=seed(7))

    assert all((a + b) % 2 == 1 for a, b in across.groups)
    # Fifteen and fifteen: in each zone one is left, and these two meet.
    assert sum((a + b) % 2 == 0 for a, b in along.groups) == 14


def test_a_star_leaves_all_but_a_trio_and_its_centre_alone() -> None:
    leaves = list(combinations(range(1, 20), 2))
    state = problem(20, forbidden=leaves)

    matching = match(state, seed=seed(8))

    check(state, matching)
    assert len(matching.groups) == 1
    assert 0 in matching.groups[0]
    assert len(matching.alone) == 18


def test_two_odd_cliques_that_may_not_meet_make_a_trio_each() -> None:
    state = problem(30, forbidden=[(a, b) for a in range(15) for b in range(15, 30)])

    matching = match(state, seed=seed(9))

    check(state, matching)
    assert matching.alone == ()
    assert sum(len(group) == 3 for group in matching.groups) == 2


@pytest.mark.parametrize("members", [9, 60])
def test_where_nobody_may_meet_everyone_is_alone(members: int) -> None:
    state = problem(members, forbidden=list(combinations(range(members), 2)))

    matching = match(state, seed=seed(10))

    assert matching.groups == ()
    assert matching.alone == tuple(range(members))


@pytest.mark.parametrize("many, few", [(5, 4), (30, 29), (9, 6)])
def test_nobody_is_left_alone_twice_running_and_all_take_turns(many: int, few: int) -> None:
    members = many + few
    same_team = [*combinations(range(many), 2), *combinations(range(many, members), 2)]
    left_out = [0] * members
    first: set[int] = set()
    for turn in range(2 * members):
        state = problem(
            members,
            forbidden=same_team,
            left_out=left_out,
            first=[member in first for member in range(members)],
        )
        matching = match(state, seed=seed(turn))
        check(state, matching)
        assert len(matching.alone) == many - few
        assert not first & set(matching.alone)
        first = set(matching.alone)
        for member in first:
            left_out[member] += 1

    assert max(left_out[:many]) - min(left_out[:many]) <= 1


def test_a_wish_for_trios_is_granted_while_it_costs_no_repeat() -> None:
    wish = [3] * 6 + [0] * 20
    fresh = problem(26, format=wish)
    everyone_met = problem(26, format=wish, met=[(a, b, 1) for a, b in combinations(range(6), 2)])

    granted = match(fresh, seed=seed(11))
    declined = match(everyone_met, seed=seed(11))

    check(fresh, granted)
    assert {member for group in granted.groups if len(group) == 3 for member in group} == set(range(6))
    assert declined.repeats == 0
    assert declined.alone == ()


def test_a_wish_for_a_pair_keeps_someone_out_of_the_trio() -> None:
    for members in (9, 41):
        state = problem(members, format=[2] * (members - 3) + [0] * 3)

        matching = match(state, seed=seed(12))

        assert (members - 3, members - 2, members - 1) in matching.groups


def test_a_wish_gives_way_before_anyone_is_alone() -> None:
    state = problem(2, format=[3, 3])

    matching = match(state, seed=seed(13))

    assert matching.groups == ((0, 1),)


def test_past_four_hundred_members_a_repeat_is_avoided_where_few_strangers_are_left() -> None:
    members = 400
    strangers = {(member, (member + 1) % members) for member in range(members)}
    strangers |= {(b, a) for a, b in strangers}
    met = [(a, b, 1) for a, b in combinations(range(members), 2) if (a, b) not in strangers]
    state = problem(members, met=met)

    matching = match(state, seed=seed(14))

    check(state, matching)
    assert matching.repeats == matching.fewest_repeats == 0
