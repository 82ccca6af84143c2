"""The loopback Discord keeps its word to the real discord.py, and is as strict as Discord."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import discord
import pytest
from discord import app_commands, ui

from tests.loopback.discord_faults import How
from tests.loopback.discord_hands import Hand
from tests.loopback.discord_house import INVITED, aimed
from tests.loopback.discord_limits import GLOBAL, Meter
from tests.loopback.discord_people import DM, VOICE, Guild
from tests.loopback.discord_server import TOKEN, Discord, listening
from tests.required import shared


class Met(ui.DynamicItem[ui.Button[ui.View]], template=r"met:(?P<id>[a-z0-9]+)"):
    """A button that carries its state."""

    def __init__(self, id: str) -> None:
        super().__init__(ui.Button(label="We met", custom_id=f"met:{id}"))

    @classmethod
    async def from_custom_id(cls, interaction, item, match):  # type: ignore[no-untyped-def]  # theirs is generic in ways that say nothing here
        return cls(match["id"])

    async def callback(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message("Noted.", ephemeral=True)


class Telling(ui.Modal, title="About you"):
    """A form of one line."""

    line: ui.TextInput["Telling"] = ui.TextInput(label="Learning", custom_id="learning", required=False)

    async def on_submit(self, interaction: discord.Interaction) -> None:
        await interaction.response.send_message(f"Kept: {self.line.value}", ephemeral=True)


class Client(discord.AutoShardedClient):
    """A bot of a few commands."""

    def __init__(self, server: Discord, *, members: bool = False) -> None:
        intents = discord.Intents(
            guilds=True, members=members, messages=True, reactions=True, voice_states=True
        )
        super().__init__(intents=intents, max_messages=None, guild_ready_timeout=0.1)
        self.heard: list[str] = []
        self._stir = server.stir
        self.add_dynamic_items(Met)
        self.tree = app_commands.CommandTree(self)
        group = app_commands.Group(name="voisin", description="Voisin")

        @group.command(name="know", description="We know each other")
        async def know(interaction: discord.Interaction, person: discord.Member) -> None:
            await interaction.response.send_message(f"You know {person.display_name}.", ephemeral=True)

        @group.command(name="me", description="About you")
        async def me(interaction: discord.Interaction) -> None:
            await interaction.response.send_modal(Telling())

        @group.command(name="pause", description="Rest")
        async def pause(interaction: discord.Interaction, until: str) -> None:
            await interaction.response.defer(ephemeral=True)
            await interaction.followup.send(f"Until {until}.", ephemeral=True)

        @pause.autocomplete("until")
        async def days(interaction: discord.Interaction, text: str) -> list[app_commands.Choice[str]]:
            return [app_commands.Choice(name=f"{text}!", value=text)]

        self.tree.add_command(group)

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """The library would rest five seconds here."""

    async def on_socket_event_type(self, event: str) -> None:
        self.heard.append(event)
        self._stir()


@dataclass(kw_only=True)
class Bot:
    """A client at work."""

    discord: Discord
    client: Client
    guild: Guild

    def hand(self, name: str) -> Hand:
        return Hand(discord=self.discord, guild=self.guild, user=self.guild.user(name))

    async def heard(self, event: str, times: int = 1) -> None:
        await self.discord.until(lambda: self.client.heard.count(event) >= times, what=event)


@pytest.fixture
async def server() -> AsyncIterator[Discord]:
    async with listening(Discord()) as server:
        yield server


async def at_work(server: Discord, client: Client, guild: Guild) -> AsyncIterator[Bot]:
    with aimed(server):
        await client.login(TOKEN)
        await client.tree.sync()
        running = asyncio.create_task(client.connect())
        bot = Bot(discord=server, client=client, guild=guild)
        try:
            await bot.heard("GUILD_CREATE")
            yield bot
        finally:
            await client.close()
            with suppress(asyncio.CancelledError, discord.DiscordException):
                await running


@pytest.fixture
async def bot(server: Discord) -> AsyncIterator[Bot]:
    guild = server.found("One", "ada", "ben", rights=INVITED)
    async for each in at_work(server, Client(server), guild):
        yield each


# ── Interactions ────────────────────────────────────────────────────────────────────────────────────


async def test_a_command_with_a_person_is_answered_to_whoever_chose_it_alone(bot: Bot) -> None:
    ada, ben = bot.hand("ada"), bot.hand("ben")

    answer = await ada.asks("know", person=ben.user)

    assert answer.shown == "You know Ben."
    assert answer in ada.seen
    assert answer not in ben.seen


async def test_an_answer_that_was_put_off_takes_its_place_later(bot: Bot) -> None:
    done = await bot.hand("ada").types("pause", until="2026-12-01")

    answer = await bot.hand("ada").answered(done)

    assert done.response == 5
    assert answer.shown == "Until 2026-12-01."
    assert answer.only == bot.hand("ada").user.id


async def test_what_is_being_typed_is_completed(bot: Bot) -> None:
    offered = await bot.hand("ada").completes("pause", "until", "mon")

    assert [each["value"] for each in offered] == ["mon"]


async def test_a_form_opens_and_its_values_come_back(bot: Bot) -> None:
    ada = bot.hand("ada")
    form = await ada.opens("me")

    answer = await ada.answered(await ada.fills(form, learning="weaving"))

    assert answer.shown == "Kept: weaving"


async def test_a_button_from_before_works(bot: Bot) -> None:
    ada = bot.hand("ada")
    room = bot.client.get_channel(int(bot.guild.text.id))
    assert isinstance(room, discord.TextChannel)
    view = ui.View(timeout=None)
    view.add_item(Met("i1"))
    bot.client._connection._view_store._views.clear()
    await room.send("Did you meet?", view=view, nonce="1")
    [post] = bot.discord.of(bot.guild)

    answer = await ada.asks_by(post, "met")

    assert answer.shown == "Noted."


# ── Rooms ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_private_thread_is_seen_by_who_was_brought_in(bot: Bot) -> None:
    room = bot.client.get_channel(int(bot.guild.text.id))
    assert isinstance(room, discord.TextChannel)

    thread = await room.create_thread(name="Ada & Ben", invitable=False)
    await thread.add_user(discord.Object(int(bot.hand("ada").user.id)))
    await thread.send(f"<@{bot.hand('ben').user.id}>, hello.", nonce="1")
    await thread.edit(archived=True)

    [kept] = bot.guild.threads
    assert kept.archived
    assert not kept.invitable
    assert len(bot.hand("ada").seen) == len(bot.hand("ben").seen) == 1


async def test_the_same_nonce_is_the_same_message(bot: Bot) -> None:
    room = bot.client.get_channel(int(bot.guild.text.id))
    assert isinstance(room, discord.TextChannel)

    first = await room.send("Hello.", nonce="n1")
    again = await room.send("Hello.", nonce="n1")

    assert first.id == again.id
    assert len(bot.discord.of(bot.guild)) == 1


@pytest.mark.parametrize("closed,left,code", [(True, False, 50007), (False, True, 50278)])
async def test_who_takes_no_messages_is_said_by_its_code(
    bot: Bot, closed: bool, left: bool, code: int
) -> None:
    ben = bot.hand("ben").user
    bot.discord.clicking.add(ben.id)
    messages = await bot.client.create_dm(discord.Object(int(ben.id)))
    ben.closed = closed
    if left:
        bot.discord.depart(bot.guild, ben)

    with pytest.raises(discord.Forbidden) as refused:
        await messages.send("Hello.", nonce="1")

    assert refused.value.code == code
    assert bot.discord.direct[str(messages.id)].type == DM


async def test_direct_messages_opened_outside_a_click_are_held_against_the_bot(bot: Bot) -> None:
    await bot.client.create_dm(discord.Object(int(bot.hand("ben").user.id)))

    assert "outside a click" in bot.discord.problems.pop()


async def test_a_server_that_is_full_of_threads_takes_no_more(bot: Bot) -> None:
    bot.guild.thread_limit = 1
    room = bot.client.get_channel(int(bot.guild.text.id))
    assert isinstance(room, discord.TextChannel)
    first = await room.create_thread(name="one")

    with pytest.raises(discord.HTTPException) as refused:
        await room.create_thread(name="two")
    await first.edit(archived=True)
    await room.create_thread(name="two")

    assert refused.value.code == 160006


@pytest.mark.parametrize("denied,code", [(1 << 10, 50001), (1 << 36, 50013)])
async def test_what_the_bot_may_not_do_is_said_by_its_code(bot: Bot, denied: int, code: int) -> None:
    room = bot.client.get_channel(int(bot.guild.text.id))
    assert isinstance(room, discord.TextChannel)
    bot.guild.text.overwrites[bot.discord.bot.id] = (0, denied)

    with pytest.raises(discord.Forbidden) as refused:
        await room.create_thread(name="one")

    assert refused.value.code == code


# ── The gateway ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_connection_that_breaks_is_resumed_and_nothing_is_missed(bot: Bot) -> None:
    bot.discord.gateway.drop()
    await bot.discord.until(lambda: not bot.discord.gateway.live, what="broken connection")

    answer = await bot.hand("ada").asks("know", person=bot.hand("ben").user)

    assert answer.shown == "You know Ben."
    assert bot.discord.gateway.resumed == 1


async def test_a_session_that_is_over_begins_anew(bot: Bot) -> None:
    bot.discord.gateway.invalidate()

    await bot.heard("READY", times=2)

    assert len(bot.discord.gateway.identified) == 2


async def test_asked_to_come_again_it_resumes(bot: Bot) -> None:
    bot.discord.gateway.reconnect()

    await bot.heard("RESUMED")

    assert bot.discord.gateway.resumed == 1


async def test_events_of_rooms_and_people_come_to_who_asked_for_them(bot: Bot) -> None:
    ada, ben = bot.hand("ada"), bot.hand("ben")
    voice = bot.discord.room(bot.guild, "corner", VOICE)

    ada.says("Look, Ben", ben.user, to=ben.user)
    ada.reacts(ben.user)
    ada.enters(voice)
    ada.enters(None)
    bot.discord.shut(bot.guild, voice.id)
    bot.discord.depart(bot.guild, ben.user)
    bot.discord.remove(bot.guild)
    await bot.heard("GUILD_DELETE")

    heard = bot.client.heard
    assert heard.count("VOICE_STATE_UPDATE") == 2
    assert {"MESSAGE_CREATE", "MESSAGE_REACTION_ADD", "CHANNEL_DELETE"} <= set(heard)
    assert "GUILD_MEMBER_REMOVE" not in heard


async def test_with_the_members_intent_the_members_are_listed_and_followed(server: Discord) -> None:
    server.members_intent = True
    guild = server.found("One", "ada", "ben", rights=INVITED)
    async for bot in at_work(server, Client(server, members=True), guild):
        await bot.heard("GUILD_MEMBERS_CHUNK")
        server.depart(guild, guild.user("ben"))
        await bot.heard("GUILD_MEMBER_REMOVE")

        there = bot.client.get_guild(int(guild.id))
        assert there is not None
        assert {each.name for each in there.members} == {"voisin", "ada"}


async def test_an_intent_that_was_not_granted_is_refused(server: Discord) -> None:
    server.found("One", "ada", rights=INVITED)
    client = Client(server, members=True)
    with aimed(server):
        await client.login(TOKEN)
        with pytest.raises(discord.PrivilegedIntentsRequired):
            await client.connect()
        await client.close()

    assert "not granted" in server.problems.pop()


async def test_two_shards_have_a_server_each(server: Discord) -> None:
    server.gateway.shards = 2
    one = server.found("One", "ada", rights=INVITED)
    other = server.found("Two", "lea", rights=INVITED)
    async for bot in at_work(server, Client(server), one):
        await bot.heard("GUILD_CREATE", times=2)

        shards = {each.shard for each in server.gateway.live}
        homes = {each.id: each.shard_id for each in bot.client.guilds}
        assert shards == {(0, 2), (1, 2)}
        assert homes == {int(each.id): (int(each.id) >> 22) % 2 for each in (one, other)}
        assert set(homes.values()) == {0, 1}


# ── Limits and faults ───────────────────────────────────────────────────────────────────────────────


async def test_a_bucket_is_learnt_from_its_headers(bot: Bot) -> None:
    bot.discord.meter.buckets["GET", "/guilds/{guild_id}"] = (2, 0.05)

    for _ in range(5):
        await bot.client.fetch_guild(int(bot.guild.id))

    assert [call.status for call in bot.discord.called("GET", "/guilds/{guild_id}")] == [200] * 5


@pytest.mark.parametrize("scope", ["user", "global", "shared"])
async def test_a_429_is_waited_out_and_counted_unless_it_is_shared(bot: Bot, scope: str) -> None:
    before = bot.discord.meter.invalid
    bot.discord.fail("GET", "/guilds/{guild_id}", How.LIMITED, scope=scope, retry_after=0.01)

    await bot.client.fetch_guild(int(bot.guild.id))

    assert [call.status for call in bot.discord.called("GET", "/guilds/{guild_id}")] == [429, 200]
    assert bot.discord.meter.invalid - before == (0 if scope == "shared" else 1)


def test_fifty_a_second_and_no_more() -> None:
    moment = 0.0
    meter = Meter(now=lambda: moment, buckets={})

    at_once = [meter.ask("GET", f"/{number}", "", free=False).scope for number in range(GLOBAL + 1)]
    moment = 1.0
    later = meter.ask("GET", "/later", "", free=False).scope

    assert at_once == [""] * GLOBAL + ["global"]
    assert later == ""


async def test_requests_are_held_against_discord_s_own_description(bot: Bot) -> None:
    shared("conformance/check_discord.py")
    posts = discord.http.Route("POST", "/channels/{channel_id}/messages", channel_id=bot.guild.text.id)
    answer = discord.http.Route("POST", "/interactions/1/token/callback")

    with suppress(discord.HTTPException):
        await bot.client.http.request(posts, json={"content": "x" * 2_001, "nonce": "1"})
    with suppress(discord.HTTPException):
        await bot.client.http.request(answer, json={"type": "four"})

    assert any("content" in problem for problem in bot.discord.problems)
    assert any("callback" in problem for problem in bot.discord.problems)
    bot.discord.problems.clear()


async def test_a_request_that_discord_does_not_know_is_held_against_the_bot(bot: Bot) -> None:
    with suppress(discord.HTTPException):
        await bot.client.http.request(discord.http.Route("POST", "/channels/1/messages/2/3"), json={})

    assert bot.discord.problems
    bot.discord.problems.clear()
