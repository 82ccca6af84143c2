"""What can go wrong between Voisin and Discord, with the real library and real sockets."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.adapters.guilds import TUESDAY, Life, Lives, found, introductions
from tests.loopback.discord_faults import How
from tests.loopback.discord_people import PRIVATE_THREADS, SEND, VIEW, Guild, Post
from tests.loopback.discord_server import Discord, listening

POSTS = "/channels/{channel_id}/messages"
THREADS = "/channels/{channel_id}/threads"
PEOPLE = "/channels/{channel_id}/thread-members/{user_id}"

AN_INTRODUCTION = "known:"
"""Stands in the buttons of introductions only."""

BEFORE = TUESDAY - timedelta(minutes=1)
LATER = TUESDAY + timedelta(hours=2)


@pytest.fixture
async def lives(sqlite_file: Path) -> AsyncIterator[Lives]:
    """A Discord on 127.0.0.1 that is held to what was asked of it at the end, and an empty database."""
    async with listening(Discord(speed=50.0)) as discord:
        yield Lives(discord=discord, file=sqlite_file)


def introduced(discord: Discord, guild: Guild, name: str) -> list[Post]:
    """The introductions that somebody saw."""
    seen = discord.seen(guild.user(name))
    return [post for post in introductions(discord) if post in seen]


def asked(discord: Discord, guild: Guild, name: str) -> int:
    """How many times somebody was asked whether an interrupted message had arrived."""
    seen = discord.messages(guild.user(name))
    return sum(any(action[:5] == "show:" for action in post.buttons) for post in seen)


async def readied(life: Life, guild: Guild, *names: str) -> None:
    """A program, these people's yes, and a minute left before the round."""
    await life.ready(guild, *names)
    life.discord.time_passes()
    await life.move_to(BEFORE)


async def test_two_servers_live_from_join_to_outcome_through_a_resume_a_death_and_a_restart(
    lives: Lives,
) -> None:
    discord = lives.discord
    one, other = found(discord, "One", "ada", "ben", "cleo", "dan"), found(discord, "Two", "lea", "tom")
    people = [(one, ("ada", "ben", "cleo", "dan")), (other, ("lea", "tom"))]
    async with lives.life(lease=timedelta(0)) as life:
        for guild, names in people:
            await life.ready(guild, *names)
        discord.gateway.drop()
        await discord.until(lambda: discord.gateway.resumed, what="resume")
        await life.move_to(BEFORE)
        fault = discord.fail("POST", POSTS, How.HOLD, saying=AN_INTRODUCTION)
        life.clock.move_to(TUESDAY)
        delivering = asyncio.create_task(life.heart.tick())
        await fault.struck.wait()
        delivering.cancel()
        fault.let_go.set()
        await asyncio.gather(delivering, return_exceptions=True)

    async with lives.life(owner="two") as life:
        await life.move_to(TUESDAY + timedelta(days=7, hours=-1))

    async with lives.life(owner="three") as life:
        for guild, names in people:
            for name in names:
                hand = life.hand(guild, name)
                question = next(
                    post
                    for post in reversed(discord.messages(hand.user))
                    if any(action[:4] == "met:" for action in post.buttons)
                )
                assert (await hand.asks_by(question, "met")).only == hand.user.id

    for guild, names in people:
        for name in names:
            assert len(introduced(discord, guild, name)) <= 1, name
            assert len(introduced(discord, guild, name)) + asked(discord, guild, name) >= 1, name


async def test_a_round_goes_out_through_a_broken_gateway_and_clicks_work_after_it_is_resumed(
    lives: Lives,
) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await readied(life, guild, "ada", "ben")
        lives.discord.gateway.drop()
        await life.move_to(TUESDAY)
        await lives.discord.until(lambda: lives.discord.gateway.resumed, what="resume")

        [introduction] = introduced(lives.discord, guild, "ben")
        answer = await life.hand(guild, "ben").asks_by(introduction, "phrase")

        assert answer.shown


async def test_a_connection_that_is_dead_without_a_word_is_given_up_and_nothing_is_lost_or_done_twice(
    lives: Lives, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.client.SILENT", 0.4)
    lives.discord.gateway.beat = 50
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada")
        before = lives.discord.gateway.resumed
        ben = life.hand(guild, "ben")

        lives.discord.gateway.die()
        joined = await ben.asks("join")
        panel = await ben.asks("panel")

        assert lives.discord.gateway.resumed > before
        assert len(lives.discord.gateway.identified) == 1
        assert "Welcome" in joined.shown
        assert "Ben" in panel.shown
        assert len([post for post in lives.discord.posts if post.only == ben.user.id]) == 2


@pytest.mark.parametrize("how", [How.STATUS_AFTER, How.RESET_AFTER, How.GARBLED_AFTER], ids=str)
async def test_an_answer_that_was_lost_does_not_bring_the_message_twice(lives: Lives, how: How) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await readied(life, guild, "ada", "ben")
        lives.discord.fail("POST", POSTS, how, saying=AN_INTRODUCTION)

        await life.move_to(LATER)

        for name in ("ada", "ben"):
            assert len(introduced(lives.discord, guild, name)) == 1, name


@pytest.mark.parametrize("template", [THREADS, POSTS])
@pytest.mark.parametrize("scope", ["user", "global", "shared"])
async def test_a_429_is_waited_out(lives: Lives, template: str, scope: str) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await readied(life, guild, "ada", "ben")
        lives.discord.fail("POST", template, How.LIMITED, scope=scope, retry_after=5.0)

        await life.move_to(LATER)

        assert len(introduced(lives.discord, guild, "ada")) == 1
        assert len(introduced(lives.discord, guild, "ben")) == 1
        assert sum(call.status == 429 for call in lives.discord.calls) == 1


@pytest.mark.parametrize("code", [10007, 10013])
async def test_who_is_gone_when_they_are_brought_in_is_not_introduced(lives: Lives, code: int) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben", "cleo", "dan")
    async with lives.life() as life:
        await readied(life, guild, "ada", "ben", "cleo", "dan")
        lives.discord.fail("PUT", PEOPLE, code=code, at=guild.user("dan").id, times=9)

        await life.move_to(LATER)

        assert introduced(lives.discord, guild, "dan") == []
        for name in ("ada", "ben", "cleo"):
            assert introduced(lives.discord, guild, name), name


async def test_voisin_removed_in_the_middle_of_a_delivery_says_nothing_more(lives: Lives) -> None:
    discord = lives.discord
    guild = found(discord, "Atelier", "ada", "ben", "cleo", "dan")
    async with lives.life() as life:
        await readied(life, guild, "ada", "ben", "cleo", "dan")
        fault = discord.fail("POST", THREADS, How.HOLD)
        life.clock.move_to(TUESDAY)
        delivering = asyncio.create_task(life.heart.tick())
        await fault.struck.wait()

        discord.remove(guild)
        fault.let_go.set()
        await delivering
        before = len(discord.posts)
        await life.move_to(TUESDAY + timedelta(days=1))

        assert len(discord.posts) == before


@pytest.mark.parametrize(
    "taken", [PRIVATE_THREADS, VIEW, SEND], ids=["private threads", "view", "send messages"]
)
async def test_a_permission_that_is_taken_away_makes_no_storm_and_stops_nobody_else(
    lives: Lives, taken: int
) -> None:
    discord = lives.discord
    one, other = found(discord, "One", "ada", "ben"), found(discord, "Two", "lea", "tom")
    async with lives.life() as life:
        await life.ready(one, "ada", "ben")
        await life.ready(other, "lea", "tom")
        await life.move_to(BEFORE)
        one.text.overwrites[discord.bot.id] = (0, taken)

        await life.move_to(TUESDAY + timedelta(days=1))

        assert len(introduced(discord, other, "lea")) == 1
        assert discord.meter.invalid < 30


async def test_a_refused_direct_message_turns_into_a_call_in_the_thread(lives: Lives) -> None:
    discord = lives.discord
    guild = found(discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await readied(life, guild, "ada", "ben")
        guild.user("ben").closed = True

        await life.move_to(LATER)

        [thread] = guild.threads
        [called] = [post for post in introductions(discord) if post.channel == thread.id]
        assert called.pinged == (guild.user("ben").id,)
        assert (
            len([post for post in discord.messages(guild.user("ada")) if post in introductions(discord)]) == 1
        )


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param("{", id="half"),
        pytest.param("[]", id="a list"),
        pytest.param("null", id="null"),
        pytest.param('{"op": 0, "t": "INTERACTION_CREATE", "s": 99, "d": {}}', id="an empty interaction"),
        pytest.param('{"op": 0, "t": "GUILD_CREATE", "s": 100, "d": {"id": "x"}}', id="a bad server"),
        pytest.param(b"\x00\x01\x00\x00\xff\xff", id="no zlib"),
    ],
)
async def test_gateway_garbage_is_lived_through(
    lives: Lives, garbage: str | bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.gateway.AGAIN", 0.0)
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        before = lives.discord.gateway.live

        lives.discord.gateway.garble(garbage)
        await lives.discord.until(
            lambda: [each for each in lives.discord.gateway.live if each not in before], what="new session"
        )
        panel = await life.hand(guild, "ben").asks("panel")

        assert "Ben" in panel.shown


@pytest.mark.parametrize(
    "nothing", ['{"op": 0}', '{"op": 77, "d": {}}', '{"op": 0, "t": "NEWS", "s": 9, "d": 1}']
)
async def test_what_the_gateway_says_and_nobody_knows_is_passed_over(lives: Lives, nothing: str) -> None:
    guild = found(lives.discord, "Atelier", "ada")
    async with lives.life() as life:
        await life.ready(guild, "ada")

        lives.discord.gateway.garble(nothing)
        panel = await life.hand(guild, "ada").asks("panel")

        assert "Ada" in panel.shown
        assert len(lives.discord.gateway.identified) == 1


@pytest.mark.parametrize("code", [4000, 4007, 4009])
async def test_a_closed_gateway_is_opened_again(lives: Lives, code: int) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada")
        lives.discord.gateway.close(code)
        await lives.discord.until(lambda: not lives.discord.gateway.live, what="closing")

        panel = await life.hand(guild, "ada").asks("panel")

        assert "Ada" in panel.shown
