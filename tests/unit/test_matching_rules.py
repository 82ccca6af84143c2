"""What a convener made hard: other teams, an hour that all of a group share."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching import match, problem
from bot.matching.rules import hour_bits, in_a_line
from tests.matching_check import an_hour, check

AROUND_THE_WORLD = [(offset % 24, (offset + 12) % 24) for offset in range(0, 24, 8)]
"""Three waking windows of twelve hours: any two share four, all three none."""

waking = st.tuples(st.integers(0, 95), st.integers(0, 95)).map(lambda ends: (ends[0] / 4, ends[1] / 4))


@given(members=st.lists(waking, min_size=1, max_size=8), data=st.data())
def test_bits_meet_where_all_are_awake_for_a_whole_hour(
    members: list[tuple[float, float]], data: st.DataObject
) -> None:
    state = problem(len(members), waking=members, hours_hard=True)
    group = tuple(sorted(data.draw(st.sets(st.integers(0, len(members) - 1), min_size=1))))

    bits = hour_bits(state.waking)[list(group)]

    assert bool(np.bitwise_and.reduce(bits)) == an_hour(state, group)


@given(members=st.lists(waking, min_size=1, max_size=9))
def test_on_the_line_hours_that_meet_two_by_two_meet_all_together(members: list[tuple[float, float]]) -> None:
    hours = hour_bits(np.array(members))

    line = in_a_line(hours)

    assert ((line & ~hours) == 0).all()
    for size in (3, 4):
        for group in combinations(line.tolist(), size):
            if all(a & b for a, b in combinations(group, 2)):
                assert np.bitwise_and.reduce(np.array(group, dtype=np.uint64))


def test_where_nobody_is_awake_at_some_hour_the_line_loses_nothing() -> None:
    hours = hour_bits(np.array([(6, 18), (7, 19), (13, 1), (16, 4)]))

    assert (in_a_line(hours) == hours).all()


def test_two_of_a_team_are_introduced_unless_the_convener_says_never() -> None:
    soft = problem(2, team=[1, 1])
    hard = problem(2, team=[1, 1], team_hard=True)

    assert match(soft, seed=b"").groups == ((0, 1),)
    assert match(hard, seed=b"").alone == (0, 1)


def test_without_a_common_hour_two_are_introduced_unless_the_convener_says_never() -> None:
    soft = problem(2, waking=[(0, 8), (12, 20)])
    hard = problem(2, waking=[(0, 8), (12, 20)], hours_hard=True)

    assert match(soft, seed=b"").groups == ((0, 1),)
    assert match(hard, seed=b"").alone == (0, 1)


def test_who_said_no_hours_and_no_team_may_meet_anyone() -> None:
    nan = float("nan")
    state = problem(
        4,
        team=[0, 0, -1, -1],
        waking=[(0, 8), (12, 20), (nan, nan), (nan, nan)],
        team_hard=True,
        hours_hard=True,
    )

    assert match(state, seed=b"").alone == ()


@pytest.mark.parametrize("size", [2, 3])
def test_three_who_share_hours_only_two_by_two_are_no_trio(size: int) -> None:
    state = problem(3, size=size, waking=AROUND_THE_WORLD, hours_hard=True)

    matching = match(state, seed=b"")

    assert [len(group) for group in matching.groups] == [2]
    assert len(matching.alone) == 1


@pytest.mark.parametrize("members", [15, 65, 401])
def test_the_trio_of_an_odd_number_shares_an_hour(members: int) -> None:
    state = problem(
        members, waking=[AROUND_THE_WORLD[at % 3] for at in range(members)], hours_hard=True, met=[(0, 1, 1)]
    )

    for seed in range(5):
        matching = match(state, seed=bytes([seed]))

        check(state, matching)
        assert matching.alone == ()


@pytest.mark.parametrize("members", [9, 40, 300])
@pytest.mark.parametrize("size", [3, 4, 8])
def test_every_group_shares_an_hour_at_every_size(members: int, size: int) -> None:
    windows = [(at % 24, (at + 12) % 24) for at in range(24)]
    state = problem(
        members,
        size=size,
        waking=[windows[at * 7 % 24] for at in range(members)],
        team=[at % 9 for at in range(members)],
        team_hard=members > 9,
        hours_hard=True,
    )

    matching = match(state, seed=b"hours")

    check(state, matching)
    assert len(matching.alone) <= (0 if members > 9 else 1)


@pytest.mark.parametrize("members", [30, 3_300])
def test_teams_are_kept_apart_in_pairs_at_every_size(members: int) -> None:
    state = problem(members, team=[at % 3 for at in range(members)], team_hard=True)

    matching = match(state, seed=b"teams")

    check(state, matching)
    assert matching.alone == ()


@settings(max_examples=30)
@given(members=st.integers(2, 40), seed=st.binary(max_size=4), size=st.sampled_from((2, 3, 5)))
def test_rules_hold_together_with_wishes_for_a_format(members: int, seed: bytes, size: int) -> None:
    state = problem(
        members,
        size=size,
        waking=[AROUND_THE_WORLD[at % 3] for at in range(members)],
        team=[at % 5 for at in range(members)],
        format=[(0, 2, 3)[at % 3] for at in range(members)],
        team_hard=True,
        hours_hard=True,
    )

    check(state, match(state, seed=seed))


@pytest.mark.parametrize("larger, smaller, rounds", [(5, 4, 40), (30, 29, 30), (12, 4, 27)])
def test_where_teams_leave_some_alone_they_take_turns(larger: int, smaller: int, rounds: int) -> None:
    members = larger + smaller
    left_out, alone = [0] * members, set[int]()

    for turn in range(rounds):
        before, matching = (
            alone,
            match(
                problem(
                    members,
                    team=[0] * larger + [1] * smaller,
                    team_hard=True,
                    first=[member in alone for member in range(members)],
                    left_out=left_out,
                ),
                seed=bytes([turn]),
            ),
        )
        alone = set(matching.alone)
        for member in alone:
            left_out[member] += 1
        assert len(alone) == larger - smaller
        # Of twelve beside four, eight are left each time: some of them must be again.
        assert not turn or len(alone & before) == max(0, 2 * (larger - smaller) - larger)

    assert max(left_out[:larger]) - min(left_out[:larger]) <= 1
    if (larger, smaller) == (5, 4):
        assert left_out == [8, 8, 8, 8, 8, 0, 0, 0, 0]


@pytest.mark.parametrize("members", [4, 40, 400, 3_400])
def test_a_tie_that_has_faded_away_is_a_tie_all_the_same(members: int) -> None:
    half = members // 2
    faded = [(at, at + half) for at in range(half)]
    state = problem(members, ties=faded, strength=[0.0] * half, team=[at % half for at in range(members)])

    matching = match(state, seed=b"faded")

    assert not set(matching.groups) & set(faded)
