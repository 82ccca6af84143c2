"""How well two members know each other, against the formula written out by hand."""

from math import exp, isnan, log2, nan, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.matching import tie_strength

events = st.lists(
    st.tuples(
        st.integers(0, 6),
        st.integers(0, 6),
        st.sampled_from(["reply", "mention", "topic", "reaction", "space", "introduced"]),
        st.one_of(st.just(nan), st.floats(0, 1000)),
        st.sampled_from([*range(2, 61), 200, 201]),
    ).filter(lambda event: event[0] != event[1]),
    max_size=30,
)


@given(events)
def test_strength_follows_the_formula(given_events: list[tuple[int, int, str, float, int]]) -> None:
    weights = {"reply": 1.0, "mention": 1.5, "reaction": 0.3, "introduced": 0.0}
    one_way: dict[tuple[int, int], float] = {}
    shared: dict[tuple[int, int], float] = {}
    pairs = sorted({(min(a, b), max(a, b)) for a, b, *_ in given_events})
    for a, b, kind, age, people in given_events:
        fresh = 1.0 if isnan(age) else 2 ** (-age / 60)
        if kind == "topic":
            pair = (min(a, b), max(a, b))
            shared[pair] = shared.get(pair, 0) + (fresh / (people - 1) if people <= 50 else 0)
        elif kind == "space":
            pair = (min(a, b), max(a, b))
            shared[pair] = shared.get(pair, 0) + (0.05 * fresh / log2(people) if people <= 200 else 0)
        else:
            one_way[a, b] = one_way.get((a, b), 0) + weights[kind] * fresh

    columns = [list(column) for column in zip(*given_events, strict=True)] or [[], [], [], [], []]
    found, strength = tie_strength(*columns)

    assert [tuple(pair) for pair in found.tolist()] == pairs
    for (a, b), value in zip(pairs, strength.tolist(), strict=True):
        there, back = one_way.get((a, b), 0.0), one_way.get((b, a), 0.0)
        total = there + back + 2 * sqrt(there * back) + shared.get((a, b), 0.0)
        assert value == pytest.approx(1 - exp(-total / 3), abs=1e-12)
        assert 0 <= value < 1


def test_what_goes_both_ways_counts_more_than_twice_one_way() -> None:
    _, one_way = tie_strength([0, 0], [1, 1], ["reply"] * 2, [0, 0], [2, 2])
    _, both = tie_strength([0, 1], [1, 0], ["reply"] * 2, [0, 0], [2, 2])

    assert both[0] > one_way[0]


def test_a_tie_that_is_not_dated_does_not_decay_and_a_half_life_halves() -> None:
    _, strength = tie_strength([0, 1, 2], [3, 3, 3], ["reply"] * 3, [nan, 0, 60], [2, 2, 2])

    summed = -3 * np.log1p(-strength)
    assert summed.tolist() == pytest.approx([1, 1, 0.5])


def test_a_tie_of_no_strength_is_a_tie_all_the_same() -> None:
    pairs, strength = tie_strength([1, 0], [0, 2], ["topic", "introduced"], [0, 0], [51, 2])

    assert pairs.tolist() == [[0, 1], [0, 2]]
    assert strength.tolist() == [0, 0]


@pytest.mark.parametrize(
    "event, words",
    [
        ((0, 1, "wave", 0, 2), "not 'wave'"),
        ((0, 0, "reply", 0, 2), "with themselves"),
        ((-1, 0, "reply", 0, 2), "numbered from 0"),
        ((0, 1, "reply", -1, 2), "0 days or more"),
        ((0, 1, "reply", 0, 1), "At least two people"),
    ],
)
def test_what_cannot_be_an_event_is_refused(event: tuple[int, int, str, float, int], words: str) -> None:
    source, target, kind, age, people = event

    with pytest.raises(ValueError, match=words):
        tie_strength([source], [target], [kind], [age], [people])
