"""The long run with a thousand deaths, in its short form: the real program, killed at random instants."""

import pytest

from benchmarks.chaos import Plan, chaos


@pytest.mark.parametrize("kind, workers", [("sqlite", 1), ("postgresql", 3)])
async def test_whenever_it_is_killed_nothing_is_lost_and_nothing_is_said_twice(
    kind: str, workers: int
) -> None:
    plan = Plan(kills=6, workspaces=2, members=6, rounds=1, busiest=12, workers=workers)

    verdict = await chaos(kind, plan)

    assert (verdict.lost, verdict.twice, verdict.defects) == (0, 0, 0)
    assert verdict.kills == 6
    assert verdict.rounds == 2
