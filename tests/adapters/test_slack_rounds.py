"""Rounds on Slack, from the first yes to the outcome, through real sockets by both roads."""

from datetime import timedelta

import pytest

from tests.loopback.slack_house import TUESDAY, Houses, introductions, ready
from tests.loopback.slack_people import found


@pytest.mark.parametrize("road", ["socket", "http"])
async def test_a_round_goes_from_the_first_yes_to_the_outcome(houses: Houses, road: str) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace, road=road) as house:
        await ready(house, workspace, "ada", "ben")
        ada, ben = house.hand(workspace, "ada"), house.hand(workspace, "ben")

        await house.move_to(TUESDAY)
        [introduction] = introductions(workspace)
        await house.move_to(TUESDAY + timedelta(days=7, hours=-1))
        asked = workspace.together(ada.user)[-1]
        thanked = await ada.asks_by(asked, "met")

        assert introduction in workspace.together(ada.user)
        assert introduction in workspace.together(ben.user)
        assert set(workspace.rooms[introduction.channel].members) == {
            workspace.bot.id,
            ada.user.id,
            ben.user.id,
        }
        assert thanked.only == ada.user.id
