"""Rounds on Discord, from the first yes to the outcome, through real sockets."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.adapters.guilds import TUESDAY, Lives, found, introductions, threads
from tests.loopback.discord_server import Discord, listening


@pytest.fixture
async def lives(sqlite_file: Path) -> AsyncIterator[Lives]:
    """A Discord on 127.0.0.1 that is held to what was asked of it at the end, and an empty database."""
    async with listening(Discord(speed=50.0)) as discord:
        yield Lives(discord=discord, file=sqlite_file)


async def test_a_round_goes_from_the_first_yes_to_the_outcome(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        ada, ben = life.hand(guild, "ada"), life.hand(guild, "ben")

        await life.move_to(TUESDAY)
        to_ada = lives.discord.messages(ada.user)[-1]
        to_ben = lives.discord.messages(ben.user)[-1]
        await life.move_to(TUESDAY + timedelta(days=7, hours=-1))
        asked = lives.discord.messages(ada.user)[-1]
        thanked = await ada.asks_by(asked, "met")

        [thread] = guild.threads
        assert thread.name in {"Ada · Ben", "Ben · Ada"}
        assert set(thread.members) >= {ada.user.id, ben.user.id}
        assert to_ada.links == [f"https://discord.com/channels/{guild.id}/{thread.id}"]
        assert to_ben.links == to_ada.links
        assert "**Ben**" in to_ada.shown
        assert len(introductions(lives.discord)) == 2
        assert thanked.only == ada.user.id


async def test_direct_messages_are_opened_inside_a_click_and_nowhere_else(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        lives.discord.time_passes()
        before = list(lives.discord.opened)
        await life.move_to(TUESDAY + timedelta(days=14))

        assert sorted(before) == sorted({user.id for user in guild.members.values() if not user.bot})
        assert lives.discord.opened == before


async def test_the_first_admin_who_comes_by_is_told_how_to_begin(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.hand(guild, "ben").asks("help")
        await life.hand(guild, "ada").asks("help")
        await life.move_to(life.clock.now() + timedelta(minutes=5))

        [told] = lives.discord.messages(guild.user("ada"))
        assert "/voisin" in told.shown
        assert lives.discord.messages(guild.user("ben")) == []


async def test_who_takes_no_direct_messages_is_mentioned_in_the_thread(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    guild.user("ben").closed = True
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        await life.move_to(TUESDAY)

        [thread] = guild.threads
        [in_thread] = [post for post in introductions(lives.discord) if post.channel == thread.id]
        assert in_thread.pinged == (guild.user("ben").id,)
        assert len(lives.discord.messages(guild.user("ben"))) == 0
        assert len(introductions(lives.discord)) == 2


async def test_threads_of_the_last_round_are_put_away_before_new_ones_are_made(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben", "cleo", "dan")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben", "cleo", "dan")
        await life.move_to(TUESDAY)
        first = {each.id for each in guild.active_threads}
        await life.move_to(TUESDAY + timedelta(days=7))

        assert len(first) == 2
        assert len(threads(guild)) == 2
        assert first & {each.id for each in guild.active_threads} == set()
