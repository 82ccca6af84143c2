"""What is asked of Slack is what is used, and everything that is sent is of the shape that Slack takes."""

from collections.abc import Mapping
from datetime import timedelta
from typing import cast

import pytest

from adapters.slack import manifest
from tests.loopback import slack_payloads as payloads
from tests.loopback.slack_conformance import manifest_problems
from tests.loopback.slack_house import TUESDAY, Houses, first_channel, introductions, ready
from tests.loopback.slack_people import found
from tests.loopback.slack_server import Slack
from tests.required import shared

OUTSIDE = {"response_url", "apps.connections.open"}
"""No methods of the bot's: an address of its own, and one for the token of the app."""


async def _everything(houses: Houses, road: str) -> Slack:
    """A life in which Voisin does all that it can do."""
    workspace = found("T1", "ada", "ben", "cleo")
    quiet = workspace.channel("quiet", *workspace.users.values(), kind="group")
    quiet.members.remove(workspace.bot.id)
    first_channel(workspace).members.remove(workspace.bot.id)
    async with houses.life(workspace, road=road) as house:
        ada, ben = house.hand(workspace, "ada"), house.hand(workspace, "ben")
        await ready(house, workspace, "ada", "ben")
        await ada.asks("help", quiet)
        await ada.asks("preview", first_channel(workspace))
        await ada.fills(await ada.opens("ties", first_channel(workspace)), sources="channels")
        await house.platform.look_around()
        await ada.types("export-me")
        await houses.slack.until(
            lambda: [post for post in workspace.posts if post.file], what="file with Ada's data"
        )
        home = await ben.looks_home()
        for verb in ("me", "why"):
            action = next((one for one in _actions(home) if one.partition(":")[0] == verb), "me:")
            await ben.presses_at(home, action)
        await ben.presses_at(ben.forms[-1] | {"type": "modal"}, "privacy:")
        await ben.happens(payloads.user_change(ben.user))
        await house.move_to(TUESDAY)
        [introduction] = introductions(workspace)
        await ada.asks_by(introduction, "phrase")
        await house.move_to(TUESDAY + timedelta(days=8))
        workspace.users["UT1BEN"].deleted = True
        await house.move_to(TUESDAY + timedelta(days=15))
    return houses.slack


def _actions(view: Mapping[str, object]) -> list[str]:
    blocks = cast("list[dict[str, list[dict[str, str]]]]", view["blocks"])
    return [element["action_id"] for block in blocks for element in block.get("elements", [])]


@pytest.mark.parametrize("road", ["socket", "http"])
async def test_every_call_is_covered_by_a_permission_and_no_permission_is_without_a_use(
    houses: Houses, road: str
) -> None:
    shared("conformance/check_slack.py")

    slack = await _everything(houses, road)

    called = {call.method for call in slack.calls} - OUTSIDE
    url = "" if road == "socket" else "https://voisin.example.org"
    assert slack.checked
    assert slack.problems == []
    for reactions in (False, True):
        assert manifest_problems(manifest(url=url, reactions=reactions), called) == []
    assert [call for call in slack.calls if call.error == "missing_scope"] == []


async def test_no_method_that_could_read_what_people_write_is_ever_called(houses: Houses) -> None:
    slack = await _everything(houses, "http")

    reading = [
        call.method
        for call in slack.calls
        if any(word in call.method for word in ("history", "replies", "search", "lookupByEmail"))
    ]
    assert reading == []
