"""People come, go, move and change their standing on Slack: Voisin keeps up, and nobody is told why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from bot.domain.community import Language
from bot.domain.ids import ExternalId
from bot.domain.member import Member, Standing
from tests.loopback.slack_conformance import shape
from tests.loopback.slack_faults import How
from tests.loopback.slack_hands import Heard
from tests.loopback.slack_house import TUESDAY, House, Houses, first_channel, introductions, ready
from tests.loopback.slack_people import Json, User, Workspace, found


async def member(house: House, workspace: Workspace, name: str) -> Member:
    community = await house.community(workspace)
    assert community is not None
    async with house.storage.open_work(community.id) as work:
        known = await work.members.find(ExternalId(f"U{workspace.id}{name.upper()}"))
    assert known is not None
    return known


async def standing(house: House, workspace: Workspace, name: str) -> Standing:
    known = await member(house, workspace, name)
    async with house.storage.open_work(known.community_id) as work:
        [yes] = await work.participations.of_member(known.id)
    return yes.standing


def filled(name: str, workspace: Workspace, app_id: str, event: Json) -> Json:
    """A payload of the shape that Slack publishes, with ids of this workspace in it."""
    whole = shape(f"events/{name}")
    whole["event"] = _over(whole["event"], event)
    return whole | {
        "type": "event_callback",
        "team_id": workspace.id,
        "enterprise_id": workspace.enterprise,
        "api_app_id": app_id,
        "event_id": f"Ev{name}",
        "authorizations": [],
    }


def _over(sample: Mapping[str, object], said: Json) -> Json:
    return {
        key: _over(value, said[key])
        if isinstance(value, dict) and isinstance(said.get(key), dict)
        else said.get(key, value)
        for key, value in sample.items()
    }


@dataclass(kw_only=True)
class Told:
    """Brings events of the published shape, and keeps what was answered."""

    house: House
    workspace: Workspace
    heard: list[Heard] = field(default_factory=list)

    async def event(self, name: str, **event: object) -> None:
        said = filled(name, self.workspace, self.house.slack.app_id, event)
        self.heard.append(await self.house.road.bring("events_api", said))
        assert self.heard[-1].status == 200


def user(one: User, **about: object) -> Json:
    return one.described(with_locale=True) | about


async def test_who_leaves_the_channel_leaves_the_program_and_hears_nothing_of_it(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben", "cleo")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben", "cleo")
        room, cleo = first_channel(workspace), house.hand(workspace, "cleo")
        before = len(workspace.together(cleo.user))

        for _ in range(2):
            await Told(house=house, workspace=workspace).event(
                "MemberLeftChannelPayload", user=cleo.user.id, channel=room.id, team=workspace.id
            )
        after = await standing(house, workspace, "cleo")
        await house.move_to(TUESDAY)

        assert after is Standing.LEFT
        assert await standing(house, workspace, "ben") is Standing.ACTIVE
        assert len(workspace.together(cleo.user)) == before
        assert len(introductions(workspace)) == 1


async def test_who_leaves_another_channel_leaves_nothing(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    elsewhere = workspace.channel("elsewhere", *workspace.users.values())
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        told = Told(house=house, workspace=workspace)

        await told.event("MemberLeftChannelPayload", user="UT1BEN", channel=elsewhere.id)
        await told.event("MemberLeftChannelPayload", user="UNOBODY", channel=first_channel(workspace).id)
        await told.event("MemberJoinedChannelPayload", user="UT1BEN", channel=elsewhere.id)
        await told.event("MemberJoinedChannelPayload", user="UNOBODY", channel=elsewhere.id)

        assert await standing(house, workspace, "ben") is Standing.ACTIVE


async def test_an_account_that_is_closed_is_noticed_at_once_and_its_neighbour_gets_another(
    houses: Houses,
) -> None:
    workspace = found("T1", "ada", "ben", "cleo", "dan")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben", "cleo", "dan")
        dan = workspace.users["UT1DAN"]
        dan.deleted = True

        await Told(house=house, workspace=workspace).event("UserChangePayload", user=user(dan))
        noticed = await standing(house, workspace, "dan")
        await house.move_to(TUESDAY)

        assert noticed is Standing.LEFT
        [trio] = introductions(workspace)
        assert all(f"<@UT1{name}>" in trio.shown for name in ("ADA", "BEN", "CLEO"))


async def test_who_moves_is_written_to_at_their_new_hours_and_in_their_new_language(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        ben = workspace.users["UT1BEN"]
        ben.zone, ben.locale, ben.name = "America/New_York", "fr-FR", "Benoît"

        await Told(house=house, workspace=workspace).event("UserChangePayload", user=user(ben))
        moved = await member(house, workspace, "ben")
        await house.move_to(TUESDAY)
        early = introductions(workspace)
        await house.move_to(TUESDAY + timedelta(hours=5))

        assert (moved.zone, moved.language, moved.name) == ("America/New_York", Language.FRENCH, "Benoît")
        assert early == []
        assert len(introductions(workspace)) == 1


async def test_what_a_member_chose_themselves_stands(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        ben = house.hand(workspace, "ben")
        await ben.fills(await ben.opens("me"), zone="Asia/Tokyo", language="fr")
        ben.user.zone = "America/New_York"

        await Told(house=house, workspace=workspace).event("UserChangePayload", user=user(ben.user))

        stayed = await member(house, workspace, "ben")
        assert (stayed.zone, stayed.language) == ("Asia/Tokyo", Language.FRENCH)


async def test_a_convener_who_becomes_a_guest_looks_after_nothing_any_more(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        ada, ben = house.hand(workspace, "ada"), house.hand(workspace, "ben")
        await ada.asks(f"convener add <@{ben.user.id}|ben>", first_channel(workspace))
        ben.user.guest = True

        await Told(house=house, workspace=workspace).event("UserChangePayload", user=user(ben.user))

        known = await member(house, workspace, "ben")
        async with house.storage.open_work(known.community_id) as work:
            [program] = await work.programs.all()
            assert known.id not in await work.programs.conveners(program.id)
        assert await standing(house, workspace, "ben") is Standing.ACTIVE


async def test_of_a_new_account_nothing_is_written_down(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada")
        zoe = workspace.user("zoe")

        await Told(house=house, workspace=workspace).event("TeamJoinPayload", user=user(zoe))

        community = await house.community(workspace)
        assert community is not None
        async with house.storage.open_work(community.id) as work:
            assert await work.members.find(ExternalId(zoe.id)) is None


async def test_a_stranger_of_another_organization_joins_by_the_button_and_convenes_nothing(
    houses: Houses,
) -> None:
    workspace = found("T1", "ada", "ben")
    stranger = workspace.user("sam", zone=None, locale=None, stranger=True)
    stranger.team = "T9"
    first_channel(workspace).members.append(stranger.id)
    first_channel(workspace).shared = True
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada")
        await house.heart.tick()
        invitation = next(post for post in workspace.posts if post.only is None)
        sam = house.hand(workspace, "sam")

        joined = await sam.asks_by(invitation, "join")
        named = await house.hand(workspace, "ada").asks(
            f"convener add <@{stranger.id}|sam>", first_channel(workspace)
        )
        await house.move_to(TUESDAY)

        known = await member(house, workspace, "sam")
        assert "Welcome" in joined.text
        assert "guest" in named.text.lower()
        assert known.zone is None
        [introduction] = introductions(workspace)
        assert f"<@{stranger.id}>" in introduction.shown


@pytest.mark.parametrize("name", ["ChannelArchivePayload", "ChannelDeletedPayload"])
async def test_a_channel_that_is_archived_or_deleted_lets_its_program_rest(houses: Houses, name: str) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")

        await Told(house=house, workspace=workspace).event(name, channel=first_channel(workspace).id)
        await house.move_to(TUESDAY)

        assert introductions(workspace) == []
        said = workspace.together(workspace.users["UT1ADA"])
        assert sum("can no longer write" in post.text for post in said) == 1


async def test_a_channel_that_went_while_nobody_listened_lets_its_program_rest(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        del workspace.rooms[first_channel(workspace).id]

        await house.move_to(TUESDAY)

        assert introductions(workspace) == []
        said = workspace.together(workspace.users["UT1ADA"])
        assert sum("can no longer write" in post.text for post in said) == 1


async def test_who_is_there_is_known_where_slack_does_not_say_in_time_who_they_are(
    houses: Houses, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.slack.roster.FRESH", 0.0)
    monkeypatch.setattr("adapters.slack.roster.TOLD_WITHIN", 0.1)
    workspace = found("T1", "ada", "ben", "cleo")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben", "cleo")
        cleo = house.hand(workspace, "cleo").user
        first_channel(workspace).members.remove(cleo.id)
        held = houses.slack.fail("users.info", how=How.HOLD)

        await house.move_to(TUESDAY)
        held.let_go.set()

        assert held.struck.is_set()
        [post] = introductions(workspace)
        assert cleo.id not in workspace.rooms[post.channel].members


async def test_a_channel_that_is_renamed_is_called_by_its_new_name(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        room = first_channel(workspace)

        await Told(house=house, workspace=workspace).event(
            "ChannelRenamePayload", channel={"id": room.id, "name": "fabrique", "is_channel": True}
        )

        community = await house.community(workspace)
        assert community is not None
        async with house.storage.open_work(community.id) as work:
            space = await work.spaces.find(ExternalId(room.id))
        assert space is not None
        assert space.name == "fabrique"


async def test_every_payload_that_slack_publishes_is_taken_as_it_is(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    ada = workspace.users["UT1ADA"]
    room = first_channel(workspace).id
    samples: Mapping[str, Json] = {
        "AppHomeOpenedPayload": {"user": ada.id, "tab": "home", "channel": "D1"},
        "ReactionAddedPayload": {"user": ada.id, "item_user": "UT1BEN"},
        "MemberJoinedChannelPayload": {"user": ada.id, "channel": room},
        "TeamJoinPayload": {"user": user(ada)},
        "UserChangePayload": {"user": user(ada)},
        "TokensRevokedPayload": {"tokens": {"oauth": ["UT1BEN"], "bot": []}},
        "ChannelRenamePayload": {"channel": {"id": room, "name": "atelier"}},
        "AppUninstalledPayload": {},
    }
    async with houses.life(workspace) as house:
        await ready(house, workspace, "ada", "ben")
        told = Told(house=house, workspace=workspace)

        for name, event in samples.items():
            await told.event(name, **event)

        assert [heard.status for heard in told.heard] == [200] * len(samples)
        assert await house.storage.installations.all("slack") == []
