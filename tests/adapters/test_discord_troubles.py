"""What goes wrong on Discord, and what becomes of it for those who wait for an introduction."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.adapters.guilds import TUESDAY, Lives, found, introductions, threads
from tests.loopback.discord_faults import How
from tests.loopback.discord_people import MANAGE_THREADS, PRIVATE_THREADS, Guild, User
from tests.loopback.discord_server import Discord, listening

THREADS = "/channels/{channel_id}/threads"
MESSAGES = "/channels/{channel_id}/messages"
BROUGHT = "/channels/{channel_id}/thread-members/{user_id}"
OPEN = "/users/@me/channels"
CHANNEL = "/channels/{channel_id}"

HOUR = timedelta(hours=1)
FOUR = ("ada", "ben", "cleo", "dan")


@pytest.fixture
async def lives(sqlite_file: Path) -> AsyncIterator[Lives]:
    """A Discord on 127.0.0.1 that is held to what was asked of it at the end, and an empty database."""
    async with listening(Discord(speed=50.0)) as discord:
        yield Lives(discord=discord, file=sqlite_file)


def _heard(lives: Lives, user: User) -> int:
    """Introductions that somebody saw and was called to."""
    return sum(
        1
        for post in introductions(lives.discord)
        if post in lives.discord.messages(user) or user.id in post.pinged
    )


def _each_heard(lives: Lives, guild: Guild) -> dict[str, int]:
    return {user.name: _heard(lives, user) for user in guild.members.values() if not user.bot}


async def test_a_thread_whose_making_was_not_answered_is_found_and_not_made_twice(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        lives.discord.fail("POST", THREADS, How.RESET_AFTER)
        await life.move_to(TUESDAY + HOUR)

        assert len(guild.threads) == 1
        assert _each_heard(lives, guild) == {"Ada": 1, "Ben": 1}


async def test_a_message_whose_answer_was_lost_stands_there_once(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        lives.discord.fail("POST", MESSAGES, How.RESET_AFTER, saying="known:")
        await life.move_to(TUESDAY + HOUR)

        assert _each_heard(lives, guild) == {"Ada": 1, "Ben": 1}


async def test_when_direct_messages_open_too_fast_no_more_are_opened_and_threads_do(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", *FOUR)
    async with lives.life() as life:
        lives.discord.fail("POST", OPEN, How.ERROR, code=40003)
        await life.ready(guild, *FOUR)
        await life.move_to(TUESDAY + HOUR)

        assert len(lives.discord.called("POST", OPEN)) == 1
        assert lives.discord.opened == []
        assert _each_heard(lives, guild) == dict.fromkeys(("Ada", "Ben", "Cleo", "Dan"), 1)
        assert all(post.pinged for post in introductions(lives.discord))


async def test_a_server_that_is_full_of_threads_gets_its_introductions_later(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", *FOUR)
    async with lives.life() as life:
        await life.ready(guild, *FOUR)
        lives.discord.fail("POST", THREADS, How.ERROR, code=160006)
        await life.move_to(TUESDAY + 2 * HOUR)

        assert _each_heard(lives, guild) == dict.fromkeys(("Ada", "Ben", "Cleo", "Dan"), 1)


async def test_near_the_limit_a_round_comes_in_waves(lives: Lives) -> None:
    people = [f"member{n}" for n in range(24)]
    guild = found(lives.discord, "Atelier", *people)
    async with lives.life(active_threads=10) as life:
        await life.ready(guild, *people)
        most = 0
        for quarter in range(32):
            await life.move_to(TUESDAY + quarter * HOUR / 4)
            most = max(most, len(guild.active_threads))

        assert most <= 10
        assert set(_each_heard(lives, guild).values()) == {1}


async def test_each_conversation_of_the_last_round_is_put_away_and_none_is_twice(lives: Lives) -> None:
    people = [f"member{n}" for n in range(24)]
    guild = found(lives.discord, "Atelier", *people)
    async with lives.life() as life:
        await life.ready(guild, *people)
        await life.move_to(TUESDAY + HOUR)
        first = {thread.id for thread in guild.active_threads}
        await life.move_to(TUESDAY + timedelta(days=7, hours=1))

        put_away = [call.path.split("/")[-1] for call in lives.discord.called("PATCH", CHANNEL)]
        assert len(first) == 12
        assert sorted(put_away) == sorted(first)


async def test_who_left_the_server_is_not_introduced_and_the_other_is_told(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        ada = guild.user("ada")
        lives.discord.depart(guild, guild.user("ben"))
        before = len(lives.discord.messages(ada))
        await life.move_to(TUESDAY + HOUR)

        assert introductions(lives.discord) == []
        assert len(lives.discord.messages(ada)) > before


async def test_who_goes_between_the_round_and_the_message_is_parted_from(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        lives.discord.fail("PUT", BROUGHT, How.ERROR, code=10007, at=guild.user("ben").id)
        await life.move_to(TUESDAY + HOUR)

        assert introductions(lives.discord) == []


async def test_removed_in_the_middle_everything_waits_for_a_return(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        lives.discord.remove(guild)
        await life.move_to(TUESDAY + HOUR)
        nothing = introductions(lives.discord)
        lives.discord.invite(guild)
        await lives.discord.until(lambda: lives.discord.gateway.live, what="line")
        await life.move_to(TUESDAY + 3 * HOUR)

        assert nothing == []
        assert set(_each_heard(lives, guild).values()) <= {0, 1}


async def test_a_permission_that_was_taken_away_is_told_to_the_convener(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", *FOUR)
    async with lives.life() as life:
        await life.ready(guild, *FOUR)
        guild.rights[lives.discord.bot.id] &= ~PRIVATE_THREADS
        await life.move_to(TUESDAY + 2 * HOUR)

        told = [post.shown for post in lives.discord.messages(guild.user("ada"))]
        assert any("permission" in words or "atelier" in words.lower() for words in told[1:])
        assert lives.discord.meter.invalid < 50


async def test_a_channel_that_is_deleted_lets_its_program_rest(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        lives.discord.room(guild, "other")
        lives.discord.shut(guild, guild.text.id)
        await life.move_to(TUESDAY + HOUR)

        assert introductions(lives.discord) == []
        assert len(lives.discord.messages(guild.user("ada"))) >= 1


async def test_a_channel_that_went_while_nobody_listened_lets_its_program_rest(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
    lives.discord.shut(guild, guild.text.id)

    async with lives.life() as life:
        await life.move_to(TUESDAY + HOUR)

        assert introductions(lives.discord) == []
        told = [post.shown for post in lives.discord.messages(guild.user("ada"))]
        assert sum("can no longer write" in words for words in told) == 1


async def test_without_manage_threads_introductions_still_go_out(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben", "cleo", "dan")
    async with lives.life() as life:
        await life.ready(guild, *FOUR)
        await life.move_to(TUESDAY)
        guild.rights[lives.discord.bot.id] &= ~MANAGE_THREADS
        await life.move_to(TUESDAY + timedelta(days=7, hours=1))

        assert set(_each_heard(lives, guild).values()) == {2}


async def test_limits_are_kept_without_a_single_429(lives: Lives) -> None:
    people = [f"member{n}" for n in range(40)]
    guild = found(lives.discord, "Atelier", *people)
    async with lives.life() as life:
        await life.ready(guild, *people)
        await life.move_to(TUESDAY + 2 * HOUR)

        assert len(threads(guild)) == 20
        assert [call for call in lives.discord.calls if call.status == 429] == []


async def test_a_429_that_comes_all_the_same_delays_and_loses_nothing(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", *FOUR)
    async with lives.life() as life:
        await life.ready(guild, *FOUR)
        for scope in ("user", "shared", "global"):
            lives.discord.fail("POST", THREADS, How.LIMITED, scope=scope, retry_after=2.0)
        await life.move_to(TUESDAY + 2 * HOUR)

        assert _each_heard(lives, guild) == dict.fromkeys(("Ada", "Ben", "Cleo", "Dan"), 1)
        assert lives.discord.meter.invalid <= 2


async def test_who_prefers_the_thread_is_called_there(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        ben = life.hand(guild, "ben")
        first = await ben.opens("me")
        saved = await ben.answered(await ben.fills(first, learning="bread"))
        second = await ben.shown_form(await ben.presses(saved, saved.button("page")))
        await ben.answered(await ben.fills(second, room="shared"))
        await life.move_to(TUESDAY)

        [thread] = guild.threads
        [there] = [post for post in introductions(lives.discord) if post.channel == thread.id]
        assert there.pinged == (ben.user.id,)
        assert _each_heard(lives, guild) == {"Ada": 1, "Ben": 1}
        assert "bread" in there.shown


async def test_a_button_from_before_a_restart_works(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        await life.move_to(TUESDAY)
    async with lives.life() as life:
        ada = life.hand(guild, "ada")
        [introduction] = [
            post for post in introductions(lives.discord) if post in lives.discord.messages(ada.user)
        ]
        answer = await ada.asks_by(introduction, "known")

    assert answer.only == ada.user.id
