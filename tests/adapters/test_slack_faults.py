"""Slack answers with an error, late, by half, or not at all; and hears an error from us."""

from datetime import timedelta

import pytest

from storage.database import OpenStorage
from storage.engines import BARE
from tests.loopback.slack_faults import How
from tests.loopback.slack_house import TUESDAY, House, Houses, first_channel, introductions, ready
from tests.loopback.slack_people import Workspace, found

AN_INTRODUCTION = "known:"
HOUR = timedelta(hours=1)


def asked(workspace: Workspace) -> int:
    """How often anybody was asked whether an interrupted message had arrived."""
    return sum(any(action.startswith("show:") for action in post.buttons) for post in workspace.posts)


async def two_before_their_round(house: House, workspace: Workspace) -> None:
    await ready(house, workspace, "ada", "ben")
    await house.move_to(TUESDAY - timedelta(minutes=1))


@pytest.mark.parametrize("status", [500, 502, 503, 504])
async def test_row_21_a_server_error_before_anything_was_done_is_a_doubt(houses: Houses, status: int) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await two_before_their_round(house, workspace)
        houses.slack.fail("chat.postMessage", How.STATUS, status=status, saying=AN_INTRODUCTION)

        await house.move_to(TUESDAY + HOUR)
        question = workspace.together(workspace.users["UT1ADA"])[-1]
        shown = await house.hand(workspace, "ada").asks_by(question, "show")

        assert asked(workspace) == 2
        assert [post for post in introductions(workspace) if post.only is None] == []
        assert "UT1BEN" in shown.shown


@pytest.mark.parametrize("how", [How.HALF_AFTER, How.RESET], ids=str)
async def test_row_25_half_an_answer_or_none_is_a_doubt_and_no_crash(houses: Houses, how: How) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await two_before_their_round(house, workspace)
        houses.slack.fail("chat.postMessage", how, saying=AN_INTRODUCTION)

        await house.move_to(TUESDAY + HOUR)

        assert asked(workspace) == 2
        assert len(introductions(workspace)) == (1 if how is How.HALF_AFTER else 0)


async def test_row_24_an_answer_that_comes_too_late_is_a_doubt_and_never_a_second_message(
    houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.slack.ANSWERS_WITHIN", 1.0)
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await two_before_their_round(house, workspace)
        late = houses.slack.fail("chat.postMessage", How.HOLD, saying=AN_INTRODUCTION)

        await house.move_to(TUESDAY + HOUR)
        late.let_go.set()
        await house.move_to(TUESDAY + timedelta(hours=3))

        assert asked(workspace) == 2
        assert len(introductions(workspace)) == 1


async def test_row_39_what_could_not_be_kept_is_not_acknowledged_and_slack_tells_it_again(
    houses: Houses,
) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await two_before_their_round(house, workspace)
        ben = house.hand(workspace, "ben")
        await _pragma(house.storage, "query_only = ON")

        refused = await ben.types("leave", first_channel(workspace))
        await _pragma(house.storage, "query_only = OFF")
        again = await ben.types("leave", first_channel(workspace))
        await house.move_to(TUESDAY + HOUR)

        assert (refused.status, again.status) == (500, 200)
        assert introductions(workspace) == []


async def _pragma(storage: OpenStorage, pragma: str) -> None:
    async with storage.engine.execution_options(**BARE).connect() as connection:
        await connection.exec_driver_sql(f"PRAGMA {pragma}")
