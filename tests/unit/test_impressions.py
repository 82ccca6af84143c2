"""The community's own figure: of many, and never one's own."""

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.impression import ENOUGH, Degree, Findings, calibration

LITTLE, SOME, MUCH = Degree
PAIRS = list(product(Degree, Degree))


def test_seven_members_are_too_few_and_eight_are_enough() -> None:
    times = {(SOME, MUCH): 40}

    assert calibration(Findings(people=ENOUGH - 1, times=times)) is None
    assert calibration(Findings(people=ENOUGH, times=times)) == 9


def test_nothing_is_known_where_nobody_answered() -> None:
    assert calibration(Findings(people=0, times={})) is None


def test_finding_as_much_as_one_expected_counts_as_found() -> None:
    times = {(LITTLE, LITTLE): 3, (LITTLE, MUCH): 3, (MUCH, SOME): 4}

    assert calibration(Findings(people=10, times=times)) == 6


@given(st.dictionaries(st.sampled_from(PAIRS), st.integers(min_value=1, max_value=500), min_size=1))
def test_it_is_never_all_or_none_so_that_nobodys_answer_can_be_told(
    times: dict[tuple[Degree, Degree], int],
) -> None:
    figure = calibration(Findings(people=ENOUGH, times=times))

    assert figure is not None
    assert 1 <= figure <= 9
