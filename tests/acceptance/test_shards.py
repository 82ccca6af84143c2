"""`voisin run` several times on one PostgreSQL and one Discord: two hear some shards each, one sends."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.acceptance.typed import environment
from tests.born import Born, born
from tests.loopback.discord_hands import Hand
from tests.loopback.discord_house import INVITED
from tests.loopback.discord_people import Guild
from tests.loopback.discord_server import TOKEN, Discord, listening
from tests.postgres import PostgresServer
from tests.processes import ADDRESS, PATIENCE, noon

LAUNCH = """
import sys
from functools import partial
from adapters.discord import listeners
from bot.cli import assembly, running
from tests.loopback.discord_house import UNHURRIED
listeners.SOON = UNHURRIED
running.running = partial(assembly.running, discord_api=sys.argv.pop(1))
from bot.cli.app import main
main()
"""
"""`voisin`, on a Discord of another address."""

PEOPLE = ("ada", "ben")


@dataclass(frozen=True, kw_only=True)
class Region:
    """Four servers, one of each shard, and a database that knows none of them yet."""

    discord: Discord
    guilds: Sequence[Guild]
    url: str
    folder: Path

    @asynccontextmanager
    async def life(self, *words: str, shards: str = "") -> AsyncIterator[Born]:
        """`voisin run` with these words, until the block ends."""
        process = born(
            *(self.discord.api, "run", *words),
            folder=self.folder,
            environment=environment(
                VOISIN_DATABASE_URL=self.url,
                VOISIN_WEB_PORT="0",
                VOISIN_SANDBOX_ENABLED="false",
                VOISIN_DISCORD_ENABLED="true",
                VOISIN_DISCORD_TOKEN=TOKEN,
                VOISIN_DISCORD_SHARDS=shards,
                VOISIN_LOG_FORMAT="json",
            ),
            said=self.folder,
            code=LAUNCH,
        )
        try:
            async with asyncio.timeout(PATIENCE):
                while not ADDRESS.search(process.err.read_text()):
                    assert process.returncode is None, process.err.read_text()
                    await asyncio.sleep(0.02)
            yield process
        finally:
            process.kill()
            await process.wait()

    def hand(self, guild: Guild, name: str) -> Hand:
        """What this person does."""
        return Hand(discord=self.discord, guild=guild, user=guild.user(name))

    async def heard(self, *shards: int) -> None:
        """Wait until these are listened to."""
        await self.discord.until(
            lambda: (
                {number for each in self.discord.gateway.live for number in [each.shard[0]]} >= set(shards)
            ),
            what=f"listening to {shards}",
        )


@pytest.fixture
async def region(
    postgres_server: PostgresServer, postgres_template: str, tmp_path: Path
) -> AsyncIterator[Region]:
    database = postgres_server.create(template=postgres_template)
    async with listening(Discord(speed=10.0)) as discord:
        guilds = []
        for name in ("One", "Two", "Three", "Four"):
            guilds.append(discord.found(name, *PEOPLE, rights=INVITED))
            # Every id belongs to another shard than the one before: with this one the next server does.
            discord.id()
        yield Region(discord=discord, guilds=guilds, url=postgres_server.url(database), folder=tmp_path)
    postgres_server.drop(database)


async def _rounds(region: Region) -> None:
    """In each server somebody sets a program up, all say yes, and a round is asked for at once."""
    for guild in region.guilds:
        convener = region.hand(guild, "ada")
        form = await convener.opens("setup")
        await convener.answered(
            await convener.fills(form, rhythm="weekly", day="1", at="10:00", zone=noon(), size="2")
        )
        for name in PEOPLE:
            assert "Welcome" in (await region.hand(guild, name).asks("join")).shown
        await convener.asks("run-now")


def _introduced(region: Region, guild: Guild, name: str) -> int:
    return sum(
        any(action.startswith("known:") for action in post.buttons)
        for post in region.discord.messages(guild.user(name))
    )


async def test_shards_are_spread_over_processes_and_another_one_sends(region: Region) -> None:
    discord = region.discord
    async with (
        region.life("--role", "gateway", shards="0-1/4") as one,
        region.life("--role", "gateway", shards="2-3/4") as other,
        region.life("--role", "worker") as sender,
    ):
        await region.heard(0, 1, 2, 3)
        await _rounds(region)
        people = [(guild, name) for guild in region.guilds for name in PEOPLE]
        async with asyncio.timeout(PATIENCE):
            while not all(_introduced(region, *each) for each in people):  # noqa: ASYNC110 -- other processes tell nobody
                await asyncio.sleep(0.05)
        ended = []
        for process in (one, other, sender):
            process.send_signal(signal.SIGTERM)
            ended.append(await asyncio.wait_for(process.wait(), PATIENCE))

    assert ended == [0, 0, 0]
    assert sorted(discord.gateway.identified) == [(0, 4), (1, 4), (2, 4), (3, 4)]
    assert {_introduced(region, *each) for each in people} == {1}
    assert discord.registrations == 1
    assert [call for call in discord.calls if call.status == 429] == []


async def test_who_is_stopped_and_starts_again_hears_the_same_shards_and_tells_no_commands_again(
    region: Region,
) -> None:
    discord = region.discord
    async with region.life("--role", "gateway", shards="1/2"):
        async with region.life("--role", "gateway", shards="0/2") as first:
            await region.heard(0, 1)
            first.send_signal(signal.SIGTERM)
            await asyncio.wait_for(first.wait(), PATIENCE)
        async with region.life("--role", "gateway", shards="0/2"):
            await region.heard(0, 1)
            answers = [await region.hand(guild, "ben").asks("help") for guild in region.guilds]

    assert all("/voisin" in answer.shown for answer in answers)
    assert sorted(discord.gateway.identified) == [(0, 2), (0, 2), (1, 2)]
    assert discord.registrations == 1
