"""The benchmark of many communities, in its short form: it runs, and everything due is sent."""

from pathlib import Path

import pytest

from benchmarks import crowd, hour


async def test_a_few_communities_live_through_their_hour_and_every_figure_is_told(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hour, "IDLE_BEATS", 3)
    url = f"sqlite:///{sqlite_file}"
    crowd.settle(url, many=3, members_each=4)

    figures = await hour.alone(url, seconds=60)

    assert (figures["rounds"], figures["due"]) == (3, 9)
    assert figures["sent"] == figures["due"]
    assert figures["idle_ms"] > 0
    assert figures["peak_mb"] > 0
