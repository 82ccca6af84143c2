"""Rounds of a multitude: the same figures as of a few, without a database."""

from dataclasses import replace

import pytest

from bot.cli import multitude
from bot.cli.figures import Figures


def played(
    members: int, *, count: int = 3, size: int = 2, churn: float = 0.0, skip: float = 0.0, seed: int = 1
) -> list[Figures]:
    return list(multitude.rounds(members, count=count, size=size, churn=churn, skip=skip, seed=seed))


@pytest.mark.parametrize("size", [2, 3])
def test_everyone_meets_strangers_and_chance_repeats_at_last(size: int) -> None:
    told = played(60, count=12, size=size)

    assert all(one.introduced == 60 and one.unmatched == 0 for one in told)
    assert all(one.repeats == 0 and one.stranger_share == 1.0 for one in told)
    assert min(one.random_stranger_share or 0 for one in told) < 1.0


def test_a_repeat_is_counted_and_proved_where_it_can_be() -> None:
    told = played(4, count=5)

    assert [one.repeats for one in told] == [0, 0, 0, 2, 2]
    assert [one.avoidable_repeats for one in told] == [0] * 5
    assert told[3].stranger_share == 0.0


def test_who_skips_is_neither_introduced_nor_alone() -> None:
    told = played(40, skip=0.25)

    assert [one.introduced for one in told] == [30] * 3
    assert [one.unmatched for one in told] == [0] * 3


def test_newcomers_take_places_and_bring_no_past() -> None:
    stable, churned = played(10, count=20), played(10, count=20, churn=0.5)

    assert sum(one.repeats for one in churned) < sum(one.repeats for one in stable)


def test_an_odd_one_makes_a_trio_and_one_alone_stays_so() -> None:
    assert played(9, count=1)[0].trios == 1
    assert [one.unmatched for one in played(1, count=2)] == [1, 1]


def test_the_same_seed_plays_the_same_rounds() -> None:
    def bare(figures: list[Figures]) -> list[Figures]:
        return [replace(one, seconds=0.0, seconds_all=0.0) for one in figures]

    assert bare(played(50, skip=0.2, churn=0.1, seed=7)) == bare(played(50, skip=0.2, churn=0.1, seed=7))
