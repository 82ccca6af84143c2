"""Voisin is taken out of a workspace, or whoever brought it leaves: everything rests, and may go on."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters import slack as edge
from adapters.clock import MovableClock
from adapters.web import Site
from bot import commands
from bot.domain.ids import ExternalId
from bot.errors import PlatformError
from bot.settings import SlackSettings
from storage.database import opened
from tests.loopback import slack_payloads as payloads
from tests.loopback.slack_faults import How
from tests.loopback.slack_hands import Hand, OneSocket
from tests.loopback.slack_house import (
    MONDAY,
    TUESDAY,
    House,
    Houses,
    beating,
    first_channel,
    granted,
    installation,
    introductions,
    place,
    ready,
)
from tests.loopback.slack_people import Workspace, found
from tests.loopback.slack_server import Slack, listening

WEEK = timedelta(days=7)


async def installed_again(house: House, workspace: Workspace) -> None:
    """As the page does it."""
    token = house.slack.install(workspace, scopes=granted())
    made = installation(house.slack, workspace, token, at=house.clock.now())
    await house.platform.homes.arrived(made)


async def calls(house: House) -> int:
    return len(house.slack.calls)


@pytest.mark.parametrize("error", ["account_inactive", "token_revoked"])
async def test_a_dead_token_is_an_uninstall_of_which_nobody_told(houses: Houses, error: str) -> None:
    workspace, other = found("T1", "ada", "ben"), found("T2", "lea", "tom")
    async with houses.life(workspace, other) as house:
        await ready(house, workspace, "ada", "ben")
        await ready(house, other, "lea", "tom")
        houses.slack.revoke(workspace, error=error)

        await house.move_to(TUESDAY)
        before = await calls(house)
        await house.move_to(TUESDAY + timedelta(hours=9))

        community = await house.community(workspace)
        assert community is not None
        assert community.away_since is not None
        assert await house.storage.installations.find("slack", place(workspace)) is None
        assert await calls(house) == before
        assert introductions(workspace) == []
        assert len(introductions(other)) == 1
        house.clock.move_to(TUESDAY + timedelta(days=31))
        await house.platform.farewell()
        assert await house.community(workspace) is None
        assert await house.community(other) is not None


async def test_a_token_that_is_shut_out_for_a_while_keeps_its_workspace(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        houses.slack.fail("conversations.members", error="org_login_required")

        await house.move_to(TUESDAY)

        community = await house.community(workspace)
        assert community is not None
        assert community.away_since is None
        assert await house.storage.installations.find("slack", place(workspace)) is not None


async def test_after_a_short_absence_the_round_goes_on(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        houses.slack.revoke(workspace)
        await house.move_to(TUESDAY + timedelta(hours=5))

        await installed_again(house, workspace)
        await house.move_to(TUESDAY + timedelta(hours=6))

        assert len(introductions(workspace)) == 1


async def test_after_a_long_absence_what_is_out_of_date_is_not_said(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        fault = houses.slack.fail("conversations.open", How.LIMITED, saying=",", retry_after=60)
        house.clock.move_to(TUESDAY)
        await house.heart.tick()
        assert fault.times == 0
        houses.slack.revoke(workspace)
        await house.move_to(TUESDAY + timedelta(hours=1))

        await house.move_to(TUESDAY + timedelta(days=6))
        await installed_again(house, workspace)
        await house.move_to(TUESDAY + timedelta(days=6, hours=1))

        assert introductions(workspace) == []
        for name in ("ada", "ben"):
            said = workspace.together(house.hand(workspace, name).user)
            assert sum("first" in post.text for post in said) == 1, [post.text for post in said]
        await house.move_to(TUESDAY + WEEK)
        assert len(introductions(workspace)) == 1


@pytest.mark.parametrize("installer", ["", "UT1ADA"])
async def test_with_socket_mode_too_an_installer_who_leaves_is_told_of_and_an_uninstall_remembered(
    sqlite_file: Path, installer: str
) -> None:
    workspace = found("T1", "ada", "ben", "cleo")
    async with listening(Slack()) as slack, opened(f"sqlite:///{sqlite_file}") as storage:
        slack.add(workspace)
        settings = SlackSettings(
            enabled=True,
            installer=installer,
            bot_token=SecretStr(slack.install(workspace, scopes=granted())),
            app_token=SecretStr(slack.app_token),
        )
        clock = MovableClock(MONDAY)
        platform = await edge.connect(
            settings,
            site=Site("127.0.0.1", 0),
            storage=storage,
            clock=clock,
            desk=commands,
            base_url=slack.api,
        )
        try:
            await platform.start()
            heart = beating(storage, platform, clock, lease=timedelta(seconds=60))
            await heart.tick()
            ada, ben = (
                Hand(slack=slack, workspace=workspace, user=user, road=OneSocket(slack=slack))
                for user in (workspace.users["UT1ADA"], workspace.users["UT1BEN"])
            )
            welcomed = len(workspace.together(ada.user))
            await ada.fills(await ada.opens("setup", first_channel(workspace)))
            await ada.asks(f"convener add <@{ben.user.id}|ben>", first_channel(workspace))
            ada.user.deleted = True
            await ada.happens(payloads.user_change(ada.user))
            await heart.tick()
            told = sum("installed me is leaving" in post.text for post in workspace.together(ben.user))
            slack.revoke(workspace)
            await OneSocket(slack=slack).bring(
                "events_api", payloads.event(workspace, slack.app_id, {"type": "app_uninstalled"})
            )
            gone = await storage.installations.gone("slack", before=MONDAY + timedelta(days=1))
            with pytest.raises(PlatformError):
                await platform.people(ExternalId("T1"), ExternalId(first_channel(workspace).id))
            clock.move_to(MONDAY + timedelta(days=31))
            await platform.farewell()

            assert (welcomed, told) == ((1, 1) if installer else (0, 0))
            assert gone == ["T1"]
            assert await storage.communities.all() == []
        finally:
            await platform.stop()


async def test_with_socket_mode_a_new_token_brings_everything_back(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace, road="socket") as house:
        await ready(house, workspace, "ada", "ben")
        houses.slack.revoke(workspace)
        await house.move_to(TUESDAY)

    async with houses.life(workspace, road="socket") as house:
        await house.move_to(TUESDAY + timedelta(hours=1))

        assert len(introductions(workspace)) == 1
        assert await house.storage.installations.gone("slack", before=TUESDAY + WEEK) == []
