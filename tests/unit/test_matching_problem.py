"""What a round may depend on, and what is refused in a sentence."""

from typing import Any

import numpy as np
import pytest

from bot.matching import problem


@pytest.mark.parametrize(
    "given, words",
    [
        ({"members": -1}, "cannot have -1 members"),
        ({"size": 1}, "2 to 8 members, not 1"),
        ({"size": 9}, "2 to 8 members, not 9"),
        ({"forbidden": [(0, 4)]}, "outside 0..3"),
        ({"forbidden": [(-1, 0)]}, "outside 0..3"),
        ({"ties": [(2, 2)]}, "with themselves"),
        ({"ties": [(0, 1, 2)]}, "shape any x 2, not 1 x 3"),
        ({"ties": [(0, 1)], "strength": [float("nan")]}, "never NaN"),
        ({"ties": [(0, 1)], "strength": [1.5]}, "between 0 and 1"),
        ({"ties": [(0, 1)], "strength": [0.1, 0.2]}, "shape 1, not 2"),
        ({"met": [(0, 1, 0)]}, "at least once"),
        ({"met": [(0, 1.5, 1)]}, "whole numbers"),
        ({"met": [(0, 1, 1)], "met_age": [-1]}, "0 or more"),
        ({"met": [(0, 1, 1)], "met_age": [float("nan")]}, "never NaN"),
        ({"team": [0, 1]}, "shape 4, not 2"),
        ({"team": [0, 1, -2, 0]}, "-1 for none"),
        ({"waking": [(8, 25)] * 4}, "between 0 and 24"),
        ({"waking": [(8, float("nan"))] * 4}, "both a start and an end"),
        ({"left_out": [0, 0, 0, -1]}, "0 or more"),
        ({"left_out": [0, 0, 0, float("inf")]}, "whole numbers"),
        ({"format": [0, 1, 2, 3]}, "either"),
        ({"speaks": [1, 2]}, "shape 4, not 2"),
        ({"speaks": [1, 2, -4, 0]}, "one bit for each language"),
        ({"speaks": [1.0, 2.0, 0.0, 0.0]}, "one bit for each language"),
        ({"forbidden": [(0, 10**30)]}, "whole numbers"),
        ({"forbidden": [(0, "one")]}, "`forbidden` holds numbers only"),
        ({"ties": [(0, 1), (2,)]}, "rows of one length"),
        ({"team": [2**62, 2**62, 0, 0]}, "at most"),
        ({"forbidden": [(0, 2**53)]}, "outside 0..3"),
        ({"strength": [-0.1], "ties": [(0, 1)]}, "between 0 and 1"),
        ({"role": [0, 1, 2, 5]}, "greeter"),
        ({"offers": [(4, 0)], "worth": [1]}, "outside 0..3"),
        ({"wants": [(0, 1)], "worth": [1]}, "a topic outside 0..0"),
        ({"wants": [(0, 0)], "worth": [float("nan")]}, "never NaN"),
        ({"wants": [(0, 0)], "worth": [-1]}, "between 0 and 1"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        problem(**{"members": 4} | given)

    assert str(refused.value).endswith(".")


def test_the_smallest_call_needs_only_a_number() -> None:
    state = problem(3)

    assert state.size == 2
    assert state.met.shape == (0, 3)
    assert state.team.tolist() == [-1, -1, -1]
    assert np.isnan(state.waking).all()


def test_a_problem_neither_changes_nor_shares_what_it_was_given() -> None:
    team = np.array([0, 1, 2])
    state = problem(3, team=team)

    team[0] = 9

    assert state.team[0] == 0
    with pytest.raises(ValueError, match="read-only"):
        state.team[0] = 5
