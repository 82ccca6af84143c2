"""How far apart strangers are: who has somebody in common, and what that decides."""

from collections import defaultdict
from dataclasses import fields, replace
from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.matching import Problem, explain, match, pack, problem, unpack
from bot.matching.distance import BlockDistance, unwanted, unwanted_groups
from bot.matching.problem import ANY_DISTANCE, FAR, NEAR, among
from tests.matching_check import check

Circles = dict[int, set[int]]


@st.composite
def acquainted(draw: st.DrawFn) -> tuple[Problem, Circles]:
    """A round in which a distance is asked for, and whom everyone knows by a plain account of it."""
    members = draw(st.integers(2, 24))
    everyone = list(combinations(range(members), 2))
    ties = draw(st.lists(st.sampled_from(everyone), unique=True))
    strength = draw(st.lists(st.sampled_from((0.0, 0.01, 1.0)), min_size=len(ties), max_size=len(ties)))
    # People outside the round have whatever numbers they have.
    beyond = st.integers(members, members + 4) | st.just(2**53)
    knows = draw(st.lists(st.tuples(st.integers(0, members - 1), beyond), max_size=12))
    circles: Circles = defaultdict(set)
    for (one, other), strong in zip(ties, strength, strict=True):
        if strong > 0:
            circles[one].add(other)
            circles[other].add(one)
    for one, person in knows:
        circles[one].add(person)
    for member in range(members):
        circles[member].add(member)
    state = problem(
        members, ties=ties, strength=strength, knows=knows, distance=draw(st.sampled_from((FAR, NEAR)))
    )
    return state, circles


@settings(max_examples=80)
@given(drawn=acquainted(), seed=st.randoms(use_true_random=False), length=st.integers(1, 9))
def test_two_steps_are_counted_alike_in_tables_blocks_and_groups(
    drawn: tuple[Problem, Circles], seed: object, length: int
) -> None:
    state, circles = drawn
    members = range(state.members)
    common = np.array([[bool(circles[a] & circles[b]) for b in members] for a in members])
    wrong = common if state.distance == FAR else ~common
    order = np.array(seed.sample(members, len(members)), dtype=np.int64)  # type: ignore[attr-defined]  # a Random
    blocks = order[: len(order) // length * length].reshape(-1, length)
    half = np.sort(order[: len(order) // 2])
    groups = [tuple(block) for block in blocks.tolist()]

    assert (unwanted(state, order) == wrong[np.ix_(order, order)]).all()
    assert (unwanted(among(state, half), np.arange(len(half))) == wrong[np.ix_(half, half)]).all()
    assert unwanted_groups(state, groups).tolist() == [
        any(wrong[pair] for pair in combinations(group, 2)) for group in groups
    ]
    if len(blocks):
        inside = BlockDistance(state, blocks).unwanted(0, len(blocks))
        expected = wrong[blocks[:, :, None], blocks[:, None, :]]
        expected[:, np.arange(length), np.arange(length)] = False
        assert (inside == expected).all()


def worlds(members: int, worlds: int, **values: object) -> Problem:
    """Strangers each of whom knows the head of their own world, who is not in the round."""
    return problem(
        members,
        knows=[(member, members + member % worlds) for member in range(members)],
        **values,  # type: ignore[arg-type]  # each test names arguments of problem()
    )


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("members", [12, 60, 61, 330, 700, 3_600])
def test_far_crosses_worlds_and_near_stays_in_one_at_every_size(members: int, size: int) -> None:
    for distance, crossing in ((FAR, 1.0), (NEAR, 0.0)):
        state = worlds(members, 4, size=size, distance=distance)

        found = match(state, seed=b"worlds")

        check(state, found)
        pairs = [pair for group in found.groups for pair in combinations(group, 2)]
        crossed = sum(a % 4 != b % 4 for a, b in pairs) / len(pairs)
        # One group may have to mix where numbers do not divide.
        assert abs(crossed - crossing) <= 4 / len(pairs)
        assert not found.alone


def test_without_the_wish_nothing_is_held_and_nothing_changes() -> None:
    for members, size in product((12, 61, 700, 3_200), (2, 4)):
        plain = problem(members, size=size, ties=[(a, (a + 5) % members) for a in range(members)])
        state = replace(worlds(members, 4, size=size), ties=plain.ties, strength=plain.strength)

        assert state.knows.shape == (0, 2)
        assert match(state, seed=b"off") == match(plain, seed=b"off")


@pytest.mark.parametrize("distance", [FAR, NEAR])
def test_distance_gives_way_to_everything_above_it(distance: int) -> None:
    # 0 and 1 are of one world, and so are 2 and 3; whom the wish would have together know each other.
    wished = [(0, 2), (1, 3), (0, 3), (1, 2)] if distance == FAR else [(0, 1), (2, 3)]
    worlds_of = [(0, 4), (1, 4), (2, 5), (3, 5)]
    met = problem(4, met=[(a, b, 1) for a, b in wished], knows=worlds_of, distance=distance)
    tied = problem(4, ties=wished, strength=[0.0] * len(wished), knows=worlds_of, distance=distance)

    for state in (met, tied):
        groups = match(state, seed=b"above").groups
        assert not set(groups) & set(wished)


def test_an_introduction_by_itself_makes_nobody_an_acquaintance() -> None:
    state = problem(4, met=[(0, 1, 1), (1, 2, 1)], distance=FAR)

    assert not unwanted_groups(state, [(0, 2)]).any()


def test_a_hub_is_no_third_where_others_have_more_to_choose_from() -> None:
    # Member 0 has somebody in common with all but two of the others, who have nobody.
    shared = [(one, 1_000 + member) for member in range(3, 101) for one in (0, member)]
    state = problem(101, knows=shared, distance=FAR)

    for turn in range(8):
        found = match(state, seed=b"third %d" % turn)
        assert not unwanted_groups(state, list(found.groups)).any()


def test_it_is_replayed_from_its_record_and_records_of_before_are_too() -> None:
    state = worlds(31, 3, distance=FAR, ties=[(0, 4), (1, 5)])

    again, names = unpack(pack(state, [f"m{place}" for place in range(31)]))

    assert len(names) == 31
    for field in fields(Problem):
        assert np.array_equal(getattr(again, field.name), getattr(state, field.name), equal_nan=True)
    assert match(again, seed=b"s") == match(state, seed=b"s")


def test_a_record_says_nothing_of_what_nobody_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    written: dict[str, object] = {}
    monkeypatch.setattr(np, "savez_compressed", lambda room, **arrays: written.update(arrays))

    pack(worlds(3, 2), "abc")

    assert not {"distance", "knows"} & set(written)


def test_why_says_whether_there_is_somebody_in_common_where_it_was_asked() -> None:
    ties = [(0, 1), (1, 2), (0, 3)]

    state = problem(5, ties=ties, distance=FAR)

    assert explain(problem(5, ties=ties), (0, 2)).in_common is None
    assert explain(state, (0, 2)).in_common is True
    assert explain(state, (0, 4)).in_common is False
    # To know each other is not to have somebody in common.
    assert explain(state, (0, 1)).in_common is False
    assert explain(state, (0, 2, 4)).in_common is True


@pytest.mark.parametrize(
    "values, told",
    [
        ({"distance": 3}, "A distance is"),
        ({"distance": float("nan")}, "whole numbers"),
        ({"distance": [1, 2]}, "shape"),
        ({"distance": FAR, "knows": [(4, 0)]}, "outside 0..3"),
        ({"distance": FAR, "knows": [(0, -1)]}, "below 0"),
        ({"distance": FAR, "knows": [(0, 2**60)]}, "whole numbers"),
        ({"distance": ANY_DISTANCE, "knows": [(0, float("nan"))]}, "whole numbers"),
    ],
)
def test_what_is_no_distance_is_refused_in_a_sentence(values: dict[str, object], told: str) -> None:
    with pytest.raises(ValueError, match=told):
        problem(4, **values)  # type: ignore[arg-type]  # wrong on purpose
