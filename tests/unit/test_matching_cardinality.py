"""The largest number of strangers' pairs at once, and the proof that a repeat could not be avoided."""

from collections.abc import Callable
from itertools import combinations

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bot.matching import Problem, match, problem
from bot.matching.cardinality import largest
from tests.matching_check import check

NOBODY = -1


def graph(members: int, pairs: list[tuple[int, int]]) -> NDArray[np.bool_]:
    near = np.zeros((members, members), dtype=np.bool_)
    for a, b in pairs:
        near[a, b] = near[b, a] = True
    return near


def matched(near: NDArray[np.bool_]) -> int:
    """By another library."""
    return len(nx.max_weight_matching(nx.from_numpy_array(near), maxcardinality=True))


@st.composite
def graphs(draw: st.DrawFn) -> NDArray[np.bool_]:
    members = draw(st.integers(0, 13))
    everyone = list(combinations(range(members), 2))
    return graph(members, draw(st.lists(st.sampled_from(everyone), unique=True)) if everyone else [])


@settings(max_examples=120)
@given(near=graphs())
@example(near=graph(7, [(0, 1), (1, 2), (2, 0), (2, 3), (3, 4), (4, 5), (5, 6), (6, 4)]))
def test_a_matching_is_as_large_as_another_library_finds(near: NDArray[np.bool_]) -> None:
    mate, _ = largest(near, np.full(len(near), NOBODY))

    for v in np.nonzero(mate != NOBODY)[0]:
        assert mate[mate[v]] == v
        assert near[v, mate[v]]
    assert (mate != NOBODY).sum() == 2 * matched(near)


@settings(max_examples=60)
@given(near=graphs())
def test_those_of_an_odd_part_are_those_whom_some_largest_matching_leaves_over(
    near: NDArray[np.bool_],
) -> None:
    _, part = largest(near, np.full(len(near), NOBODY))

    spared = [v for v in range(len(near)) if matched(np.delete(np.delete(near, v, 0), v, 1)) == matched(near)]
    assert np.nonzero(part != NOBODY)[0].tolist() == spared


def strangers(members: int, pairs: NDArray[np.bool_]) -> Problem:
    """Everyone has met but these."""
    met = np.argwhere(np.triu(~(pairs | pairs.T), 1))
    return problem(members, met=np.column_stack([met, np.ones(len(met), dtype=np.int64)]))


def hubs(members: int) -> NDArray[np.bool_]:
    """A third are strangers to all, the others only to those."""
    near = np.zeros((members, members), dtype=np.bool_)
    near[: members // 3] = True
    return near


def late(members: int) -> NDArray[np.bool_]:
    """Four rounds of strangers are left."""
    near = np.zeros((members, members), dtype=np.bool_)
    chance = np.random.default_rng(members)
    for _ in range(4):
        order = chance.permutation(members)[: members // 2 * 2]
        near[order[::2], order[1::2]] = True
    return near


def camps(members: int) -> NDArray[np.bool_]:
    """Two camps, of which the first is odd: whoever is of another camp has been met."""
    camp = np.arange(members) < members // 4 * 2 + 1
    return np.asarray(camp[:, None] == camp, dtype=np.bool_)


@pytest.mark.parametrize(
    "members, pairs, repeats",
    [
        (400, hubs, 67),
        (401, hubs, 68),
        (400, late, 0),
        (401, late, 0),
        (400, camps, 1),
        (401, camps, 0),
    ],
)
def test_past_some_hundreds_the_fewest_repeats_are_found_and_proved(
    members: int, pairs: Callable[[int], NDArray[np.bool_]], repeats: int
) -> None:
    state = strangers(members, pairs(members))

    matching = match(state, seed=b"proof")

    check(state, matching)
    assert matching.repeats == matching.fewest_repeats == repeats
