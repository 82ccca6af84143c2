"""What follows from Discord's refusals, one by one, for the introduced and for the convener."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

from bot import commands
from bot.domain.ids import ExternalId
from bot.messages import Ask, Asker
from tests.adapters.guilds import TUESDAY, Life, Lives, found, introductions
from tests.loopback.discord_faults import How
from tests.loopback.discord_people import VIEW, Guild, Post
from tests.loopback.discord_server import Discord, listening

THREADS = "/channels/{channel_id}/threads"
MESSAGES = "/channels/{channel_id}/messages"
BROUGHT = "/channels/{channel_id}/thread-members/{user_id}"
CHANNEL = "/channels/{channel_id}"
MEMBER = "/guilds/{guild_id}/members/{user_id}"
FIRST_ANSWER = "/webhooks/{webhook_id}/{webhook_token}/messages/{message_id}"

BEFORE = TUESDAY - timedelta(minutes=1)
LATER = TUESDAY + timedelta(hours=2)


@pytest.fixture
async def lives(sqlite_file: Path) -> AsyncIterator[Lives]:
    """A Discord on 127.0.0.1 that is held to what was asked of it at the end, and an empty database."""
    async with listening(Discord(speed=50.0)) as discord:
        yield Lives(discord=discord, file=sqlite_file)


def introduced(discord: Discord, guild: Guild, name: str) -> list[Post]:
    """The introductions that somebody had in private, or was called to."""
    user = guild.user(name)
    return [
        post for post in introductions(discord) if post in discord.messages(user) or user.id in post.pinged
    ]


async def readied(life: Life, guild: Guild, *names: str) -> None:
    """A program, these people's yes, and a minute left before the round."""
    await life.ready(guild, *names)
    life.discord.time_passes()
    await life.move_to(BEFORE)


async def test_a_conversation_that_takes_no_more_people_leaves_nobody_without_a_word(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await readied(life, guild, "ada", "ben")
        heard = {name: len(lives.discord.messages(guild.user(name))) for name in ("ada", "ben")}
        lives.discord.fail("PUT", BROUGHT, code=30033, times=99)

        await life.move_to(LATER)

        for name, before in heard.items():
            assert len(lives.discord.messages(guild.user(name))) > before, name
        assert len(lives.discord.called("PUT", BROUGHT)) < 10


async def test_a_conversation_that_rests_is_woken_to_bring_somebody_in(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await readied(life, guild, "ada", "ben")
        lives.discord.fail("PUT", BROUGHT, code=50083)

        await life.move_to(LATER)

        assert [call.body for call in lives.discord.called("PATCH", CHANNEL)] == [{"archived": False}]
        assert [len(introduced(lives.discord, guild, name)) for name in ("ada", "ben")] == [1, 1]


async def test_a_conversation_that_was_put_away_meanwhile_is_woken_to_be_spoken_in(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await readied(life, guild, "ada", "ben")
        ben = guild.user("ben")
        ben.closed = True
        lives.discord.fail("POST", MESSAGES, code=50083, saying=f"'users': ['{ben.id}']")

        await life.move_to(LATER)

        assert [len(introduced(lives.discord, guild, name)) for name in ("ada", "ben")] == [1, 1]


@pytest.mark.parametrize("code", [50007, 50278])
async def test_who_takes_no_direct_message_is_called_in_the_conversation(lives: Lives, code: int) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await readied(life, guild, "ada", "ben")
        door = lives.discord.conversation(guild.user("ben").id).id
        lives.discord.fail("POST", MESSAGES, code=code, at=door, times=99)

        await life.move_to(LATER)

        [called] = [post for post in introductions(lives.discord) if post.pinged]
        assert called.pinged == (guild.user("ben").id,)
        assert len(introduced(lives.discord, guild, "ada")) == 1


async def test_who_no_longer_sees_the_channel_has_left_it_and_the_others_meet(lives: Lives) -> None:
    names = ("ada", "ben", "cleo", "dan")
    guild = found(lives.discord, "Atelier", *names)
    async with lives.life() as life:
        await readied(life, guild, *names)
        lives.discord.fail("GET", MEMBER, How.LIMITED, retry_after=3600.0)
        guild.text.overwrites[guild.user("dan").id] = (0, VIEW)

        await life.move_to(LATER)

        assert introduced(lives.discord, guild, "dan") == []
        for name in ("ada", "ben", "cleo"):
            assert introduced(lives.discord, guild, name), name
        assert not any("Dan" in post.shown for post in introductions(lives.discord))
        said = "\n".join(post.shown for post in lives.discord.posts)
        assert "does not see the channel" not in said


@pytest.mark.parametrize("code", [10003, 50001, 50013])
async def test_what_stands_in_the_way_of_a_conversation_is_told_and_not_run_against(
    lives: Lives, code: int
) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben", "cleo", "dan")
    async with lives.life() as life:
        await readied(life, guild, "ada", "ben", "cleo", "dan")
        heard = {name: len(lives.discord.messages(guild.user(name))) for name in ("ada", "ben")}
        lives.discord.fail("POST", THREADS, code=code, times=99)

        await life.move_to(LATER)

        for name, before in heard.items():
            assert len(lives.discord.messages(guild.user(name))) > before, name
        assert len(lives.discord.called("POST", THREADS)) < 10


@pytest.mark.parametrize("code", [10008, 10015, 50027])
async def test_an_answer_whose_place_is_gone_is_let_go_and_what_was_done_is_done(
    lives: Lives, code: int
) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        ada, ben = life.hand(guild, "ada"), life.hand(guild, "ben")
        await life.ready(guild, "ada", "ben")
        fault = lives.discord.fail("PATCH", FIRST_ANSWER, code=code)
        with patch("adapters.discord.listeners.SOON", 0.0):
            await ben.types("leave")
        await fault.struck.wait()
        await life.move_to(LATER)

        assert (await ada.asks("panel")).shown
        assert introductions(lives.discord) == []


async def test_people_who_cannot_be_asked_for_in_time_are_taken_to_be_there(lives: Lives) -> None:
    names = ("ada", "ben", "cleo", "dan")
    guild = found(lives.discord, "Atelier", *names)
    async with lives.life() as life:
        await readied(life, guild, *names)
        lives.discord.fail("GET", MEMBER, How.LIMITED, retry_after=3600.0)

        await life.move_to(LATER)

        assert [len(introduced(lives.discord, guild, name)) for name in names] == [1, 1, 1, 1]
        assert len(lives.discord.called("GET", MEMBER)) <= len(names)


async def test_in_a_server_of_more_than_a_hundred_who_left_is_found_before_the_round(lives: Lives) -> None:
    names = [f"m{number}" for number in range(124)]
    guild = found(lives.discord, "Atelier", *names)
    other = lives.discord.room(guild, "elsewhere")
    async with lives.life() as life:
        await life.ready(guild, "m0")
        await _joined(life, guild, *names)
        lives.discord.depart(guild, guild.user("m100"))
        await life.move_to(BEFORE)
        asked = len(lives.discord.called("GET", MEMBER))

        community = await life.community(guild)
        there = await life.platform.people(community.external_id, ExternalId(guild.text.id))
        nobody = await life.platform.people(community.external_id, ExternalId(other.id))

        expected = {user.id for user in guild.members.values() if not user.bot}
        assert {each.external_id for each in there} == expected
        assert len(lives.discord.called("GET", MEMBER)) - asked == len(names)
        assert nobody == []
        assert [call for call in lives.discord.calls if call.status == 429] == []


async def _joined(life: Life, guild: Guild, *names: str) -> None:
    """Their yes, without the click."""
    community = await life.community(guild)
    for name in names:
        asker = Asker(external_id=ExternalId(guild.user(name).id), name=name)
        space = ExternalId(guild.text.id)
        ask = Ask(community=community.id, asker=asker, now=life.clock.now(), space=space)
        await commands.run(life.storage.open_work, ask, "join", lambda _: None)
