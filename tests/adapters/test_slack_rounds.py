"""Rounds on Slack, from the first yes to the outcome, through real sockets by both roads."""

import asyncio
from datetime import timedelta

import pytest

from bot.domain.ids import ExternalId
from tests.loopback import slack_payloads as payloads
from tests.loopback.slack_faults import How
from tests.loopback.slack_house import TUESDAY, Houses, first_channel, introductions, ready
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


async def test_two_workspaces_at_once_survive_a_death_between_the_post_and_its_answer(houses: Houses) -> None:
    one, other = found("T1", "ada", "ben", "cleo", "dan"), found("T2", "lea", "tom", "zoe", "max")
    people = [(one, ("ada", "ben", "cleo", "dan")), (other, ("lea", "tom", "zoe", "max"))]
    async with houses.life(one, other, lease=timedelta(0)) as house:
        for workspace, names in people:
            await ready(house, workspace, *names)
        await house.move_to(TUESDAY - timedelta(minutes=1))
        fault = houses.slack.fail("chat.postMessage", How.HOLD, team="T1", saying="known:")
        house.clock.move_to(TUESDAY)
        delivering = asyncio.create_task(house.heart.tick())
        await fault.struck.wait()
        delivering.cancel()
        await asyncio.gather(delivering, return_exceptions=True)

    async with houses.life(one, other) as house:
        await house.move_to(TUESDAY + timedelta(days=7, hours=-1))
        for workspace, names in people:
            for name in names:
                hand = house.hand(workspace, name)
                question = next(
                    post
                    for post in reversed(workspace.together(hand.user))
                    if any(action[:4] == "met:" for action in post.buttons)
                )
                assert (await hand.asks_by(question, "met")).only == hand.user.id

        for workspace, names in people:
            for name in names:
                seen = workspace.together(workspace.users[f"U{workspace.id}{name.upper()}"])
                introduced = [post for post in introductions(workspace) if post in seen]
                doubts = [post for post in seen if any(action[:5] == "show:" for action in post.buttons)]
                assert len(introduced) <= 1, name
                assert len(introduced) + len(doubts) >= 1, name
        assert len({frozenset(one.rooms[post.channel].members) for post in introductions(one)}) == len(
            introductions(one)
        )


async def test_a_person_reads_french_where_slack_says_so_and_types_it(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    workspace.users["UT1BEN"].locale = "fr-FR"
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada")
        ben = house.hand(workspace, "ben")

        answer = await ben.asks("participer", first_channel(workspace))
        await house.move_to(TUESDAY)

        [introduction] = introductions(workspace)
        assert "Bienvenue" in answer.text
        assert "voici" in introduction.text
        assert "meet" in introduction.text


async def test_a_message_to_each_comes_into_their_own_conversations_and_opens_none_with_others(
    houses: Houses,
) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        ben = house.hand(workspace, "ben")
        await ben.fills(await ben.opens("me"), room="own")

        await house.move_to(TUESDAY)

        made = introductions(workspace)
        assert len(made) == 2
        assert {workspace.rooms[post.channel].kind for post in made} == {"im"}
        assert [post for post in made if post in workspace.together(ben.user)] != []
        assert not [room for room in workspace.rooms.values() if room.kind == "mpim"]


async def test_the_home_tab_is_the_member_s_panel(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")

        home = await house.hand(workspace, "ben").looks_home()

        assert home["type"] == "home"
        assert "Here is where you stand" in str(home["blocks"])
        assert first_channel(workspace).id in str(home["blocks"])


async def test_the_home_tab_shows_conveners_how_the_program_is_and_lets_them_hold_it(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben", "cleo")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben", "cleo")
        ada, ben = house.hand(workspace, "ada"), house.hand(workspace, "ben")
        await ben.asks("skip", first_channel(workspace))
        await house.hand(workspace, "cleo").asks("pause", first_channel(workspace))

        before, member = str(await ada.looks_home()), str(await ben.looks_home())
        home = await ada.looks_home()
        hold = next(
            element["action_id"]
            for block in home["blocks"]
            for element in block.get("elements", [])
            if element["action_id"].startswith("hold:")
        )
        await ada.presses_at(home, hold)
        after = await house.slack.until(
            lambda: text if "restart:" in (text := str(workspace.homes[ada.user.id])) else None,
            what="Home tab",
        )

        assert "What you look after" in before
        assert "Taking part: 2. Of these, sitting out next time: 1. Away: 1." in before
        assert "What you look after" not in member
        assert "introductions are paused" in after


async def test_a_click_of_one_changes_nothing_of_what_the_other_sees(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        await house.move_to(TUESDAY)
        [introduction] = introductions(workspace)
        before = introduction.shown

        answer = await house.hand(workspace, "ada").asks_by(introduction, "phrase")

        assert answer not in workspace.seen(workspace.users["UT1BEN"])
        assert introductions(workspace) == [introduction]
        assert introduction.shown == before


async def test_what_is_waiting_goes_out_when_voisin_comes_back_by_socket(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace, road="socket") as house:
        await ready(house, workspace, "ada", "ben")
    houses.clock.move_to(TUESDAY + timedelta(hours=1))

    async with houses.life(workspace, road="socket") as house:
        await house.heart.tick()

        assert len(introductions(workspace)) == 1


@pytest.mark.parametrize("road", ["socket", "http"])
async def test_voisin_alone_shows_the_panel(houses: Houses, road: str) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace, road=road) as house:
        answer = await house.hand(workspace, "ben").asks("")

        assert "Here is where you stand" in answer.shown


async def test_a_conversation_of_those_introduced_is_no_channel_and_its_buttons_ask_nothing(
    houses: Houses,
) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        await house.move_to(TUESDAY)
        [introduction] = introductions(workspace)
        room, ada = workspace.rooms[introduction.channel], house.hand(workspace, "ada")

        await ada.asks_by(introduction, "expect")
        asked = house.slack.called("conversations.info")
        refused = await ada.asks("setup", room)

        assert asked == []
        assert "Type this command in the channel" in refused.text
        assert len(ada.forms) == 2  # Its own, and what became of it.


async def test_a_private_channel_is_set_up_by_its_name(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    quiet = workspace.channel("quiet", *workspace.users.values(), kind="group")
    async with houses.life(workspace) as house:
        ada = house.hand(workspace, "ada")

        await ada.fills(await ada.opens("setup", quiet))

        community = await house.community(workspace)
        assert community is not None
        async with house.storage.open_work(community.id) as work:
            space = await work.spaces.find(ExternalId(quiet.id))
        assert space is not None
        assert space.name == "quiet"


async def test_the_form_of_someone_from_another_organization_comes_back_to_where_it_was_opened(
    houses: Houses,
) -> None:
    workspace = found("T1", "ada", "ben")
    guest = workspace.user("eve", stranger=True)
    guest.team = "T9"
    first_channel(workspace).members.append(guest.id)
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada")
        eve = house.hand(workspace, "eve")
        await house.heart.tick()
        invitation = next(post for post in workspace.posts if "join" in str(post.buttons))
        panel = await eve.asks_by(invitation, "join")
        await eve.presses(panel, panel.button("me"))
        said = payloads.submission(
            workspace,
            house.slack.app_id,
            user=eve.user,
            view=eve.forms[-1] | {"app_installed_team_id": workspace.id},
            values={"learning": "weaving"},
            trigger="1.2.3",
        )

        # Around the form, Slack speaks of their own workspace.
        theirs = {"team": {"id": "T9"}, "enterprise": {"id": "E9", "name": "Elsewhere"}}
        heard = await house.road.bring("interactive", said | theirs)

        community = await house.community(workspace)
        assert community is not None
        async with house.storage.open_work(community.id) as work:
            member = await work.members.find(ExternalId(eve.user.id))
        assert heard.body["response_action"] == "update"
        assert member is not None
        assert member.learning == "weaving"
