"""The shortest road through Slack, over real sockets: set up, join, be introduced, answer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr

from adapters.clock import MovableClock
from adapters.slack.manifest import scopes
from bot.cli.assembly import Running, running
from bot.domain.member import TieKind
from bot.errors import BadSetting
from bot.settings import DatabaseSettings, SandboxSettings, Settings, SlackSettings, WebSettings
from tests.loopback.slack_hands import Hand, OneSocket
from tests.loopback.slack_people import Post, Room, Workspace, found
from tests.loopback.slack_server import Slack, listening

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Road:
    """A workspace, Voisin in it, and the clock."""

    slack: Slack
    workspace: Workspace
    all_of_it: Running
    clock: MovableClock
    room: Room

    def hand(self, name: str) -> Hand:
        user = next(user for user in self.workspace.users.values() if user.name.lower() == name)
        return Hand(slack=self.slack, workspace=self.workspace, user=user, road=OneSocket(slack=self.slack))

    def shared_with(self, name: str) -> list[Post]:
        """What came to someone in a conversation with others."""
        posts = self.workspace.together(self.hand(name).user)
        return [post for post in posts if self.workspace.rooms[post.channel].kind == "mpim"]

    async def pass_by(self, time: timedelta) -> None:
        self.clock.move_to(self.clock.now() + time)
        await self.all_of_it.heartbeat.tick()


@asynccontextmanager
async def on_the_road(file: Path, *, reactions: bool = False) -> AsyncIterator[Road]:
    slack = Slack()
    workspace = slack.add(found("T1", "ada", "ben", "cleo"))
    room = next(room for room in workspace.rooms.values() if room.kind == "channel")
    async with listening(slack):
        settings = Settings(
            database=DatabaseSettings(url=f"sqlite:///{file}"),
            web=WebSettings(port=0),
            sandbox=SandboxSettings(enabled=False),
            slack=SlackSettings(
                enabled=True,
                reactions=reactions,
                bot_token=SecretStr(slack.install(workspace, scopes=set(scopes(reactions=reactions)))),
                app_token=SecretStr(slack.app_token),
            ),
        )
        clock = MovableClock(MONDAY)
        async with running(settings, clock=clock, slack_api=slack.api) as all_of_it:
            yield Road(slack=slack, workspace=workspace, all_of_it=all_of_it, clock=clock, room=room)


@pytest.fixture
async def road(sqlite_file: Path) -> AsyncIterator[Road]:
    async with on_the_road(sqlite_file) as road:
        yield road


async def test_three_say_yes_are_introduced_in_one_conversation_and_answer(road: Road) -> None:
    ada = road.hand("ada")
    form = await ada.opens("setup", road.room)
    await ada.fills(form)
    await road.all_of_it.heartbeat.tick()
    for name in ("ada", "ben", "cleo"):
        said = await road.hand(name).asks("join" if name != "ben" else "participer", road.room)
        assert road.room.name in said.shown or road.room.id in said.shown

    await road.pass_by(timedelta(days=1, hours=2))

    seen = {name: road.shared_with(name) for name in ("ada", "ben", "cleo")}
    assert [len(posts) for posts in seen.values()] == [1, 1, 1]
    [post] = seen["ada"]
    assert all(f"<@{user.id}>" in post.shown for user in (road.hand(n).user for n in seen))
    answer = await road.hand("ben").asks_by(post, "phrase")
    assert answer.only == road.hand("ben").user.id
    assert not road.slack.called("conversations.history")


async def test_the_home_tab_is_the_members_panel(road: Road) -> None:
    view = await road.hand("ben").looks_home()

    assert view["type"] == "home"
    assert "Hello Ben!" in str(view["blocks"])


async def test_a_file_of_ones_own_data_comes_into_ones_own_conversation(road: Road) -> None:
    ada = road.hand("ada")
    await ada.fills(await ada.opens("setup", road.room))
    await ada.asks("join", road.room)

    await ada.asks("export-me")

    done = await road.slack.until(
        lambda: next((post for post in road.workspace.posts if post.file), None), what="file"
    )
    assert b"Ada" in (done.file or b"") or b"ada" in (done.file or b"")


@pytest.mark.parametrize("asked, wanted", [(True, True), (True, False), (False, False)])
async def test_who_reacted_to_whom_is_a_tie_where_a_convener_wants_it_and_both_are_known(
    sqlite_file: Path, asked: bool, wanted: bool
) -> None:
    async with on_the_road(sqlite_file, reactions=asked) as road:
        ada, ben, cleo = road.hand("ada"), road.hand("ben"), road.hand("cleo")
        await ada.fills(await ada.opens("setup", road.room))
        await ben.asks("join", road.room)
        form = await ada.opens("ties", road.room)
        if wanted:
            await ada.fills(form, sources="reactions")

        for source, target in ((ada, ben), (ada, ben), (ben, ben), (ada, cleo)):
            await source.happens(
                {
                    "type": "reaction_added",
                    "user": source.user.id,
                    "item_user": target.user.id,
                    "reaction": "wave",
                    "item": {"type": "message", "channel": road.room.id, "ts": "1700000000.000100"},
                    "event_ts": "1700000000.000200",
                }
            )

        ties = await told(road)
    assert ("reactions" in str(form)) is asked
    assert ties == ([("Ada", "Ben", TieKind.REACTION)] if wanted else [])


@pytest.mark.parametrize(
    "who, whose, heard", [("ben", "bot", True), ("ben", "", True), ("ada", "bot", False)]
)
async def test_a_reaction_to_what_somebody_shared_is_an_answer_to_it(
    sqlite_file: Path, who: str, whose: str, heard: bool
) -> None:
    async with on_the_road(sqlite_file, reactions=True) as road:
        ada = road.hand("ada")
        await ada.fills(await ada.opens("setup", road.room))
        await ada.asks("join", road.room)
        form = await ada.opens("learning", road.room)
        await ada.fills(form, text="My bowline slips.", visibility="community")
        await road.pass_by(timedelta(minutes=1))
        [post] = [each for each in road.workspace.posts if "bowline" in each.shown and each.only is None]

        await road.hand(who).happens(
            {
                "type": "reaction_added",
                "user": road.hand(who).user.id,
                **({"item_user": road.workspace.bot.id} if whose else {}),
                "reaction": "wave",
                "item": {"type": "message", "channel": post.channel, "ts": post.ts},
                "event_ts": "1700000000.000200",
            }
        )

        community = (await road.all_of_it.storage.communities.all())[0]
        async with road.all_of_it.storage.open_work(community.id) as work:
            [reflection] = await work.reflections.since(MONDAY - timedelta(days=1))
        assert (reflection.heard_at is not None) is heard
        assert await told(road) == []


async def test_small_channels_that_people_share_are_ties_where_a_convener_wants_it(road: Road) -> None:
    workspace, ada = road.workspace, road.hand("ada")
    people = {name: road.hand(name).user for name in ("ada", "ben", "cleo")}
    workspace.channel("kitchen", people["ada"], people["ben"], workspace.bot)
    workspace.channel("secret", people["ada"], people["cleo"], kind="group")
    workspace.channel("crowd", people["ben"], people["cleo"], *(workspace.user(f"n{n}") for n in range(20)))
    await ada.fills(await ada.opens("setup", road.room))
    for name in people:
        await road.hand(name).asks("join", road.room)
    assert road.all_of_it.slack is not None

    await road.all_of_it.slack.look_around()
    before = await told(road)
    await ada.fills(await ada.opens("ties", road.room), sources="channels")
    await road.all_of_it.slack.look_around()
    after = await told(road)
    road.slack.fail("conversations.members", error="fetch_members_failed")
    await road.all_of_it.slack.look_around()

    assert before == []
    assert [{source, target} for source, target, _ in after] == [{"Ada", "Ben"}]
    assert await told(road) == after


async def told(road: Road) -> list[tuple[str, str, TieKind]]:
    """Every tie, by names."""
    [community] = await road.all_of_it.storage.communities.all()
    async with road.all_of_it.storage.open_work(community.id) as work:
        people = {member.id: member.name for member in await work.members.all()}
        return [(people[tie.source], people[tie.target], tie.kind) for tie in await work.ties.all()]


async def test_a_token_that_opens_nothing_is_named_with_its_remedy(sqlite_file: Path) -> None:
    async with listening(Slack()) as slack:
        settings = Settings(
            database=DatabaseSettings(url=f"sqlite:///{sqlite_file}"),
            web=WebSettings(port=0),
            sandbox=SandboxSettings(enabled=False),
            slack=SlackSettings(enabled=True, bot_token=SecretStr("xoxb-0"), app_token=SecretStr("xapp-0")),
        )
        with pytest.raises(BadSetting, match="VOISIN_SLACK_BOT_TOKEN"):
            async with running(settings, clock=MovableClock(MONDAY), slack_api=slack.api):
                raise AssertionError("It must not run.")


async def test_many_workspaces_need_a_key_to_keep_their_tokens_with(sqlite_file: Path) -> None:
    settings = Settings(
        database=DatabaseSettings(url=f"sqlite:///{sqlite_file}"),
        web=WebSettings(port=0),
        sandbox=SandboxSettings(enabled=False),
        slack=SlackSettings(
            enabled=True,
            url="https://voisin.example",
            client_id="1",
            client_secret=SecretStr("2"),
            signing_secret=SecretStr("3"),
        ),
    )

    with pytest.raises(BadSetting, match="VOISIN_DATABASE_KEY"):
        async with running(settings, clock=MovableClock(MONDAY)):
            raise AssertionError("It must not run.")
