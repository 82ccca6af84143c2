"""Who listens to Discord, and what it is told: shards, leases, commands, intents."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import update

from adapters import discord as edge
from adapters.discord.gateway import pause
from bot import commands
from bot.errors import BadSetting
from bot.settings import DiscordSettings
from storage.columns import database_now
from storage.tables import posts
from tests.adapters.guilds import Life, Lives, found
from tests.loopback.discord_faults import How
from tests.loopback.discord_people import MANAGE_GUILD
from tests.loopback.discord_server import TOKEN, Discord, listening

FAST = 50.0
"""So much shorter are the pauses before one listens again."""


@pytest.fixture
async def lives(sqlite_file: Path) -> AsyncIterator[Lives]:
    """A Discord on 127.0.0.1 that is held to what was asked of it at the end, and an empty database."""
    async with listening(Discord(speed=FAST)) as discord:
        yield Lives(discord=discord, file=sqlite_file)


async def _another(life: Life, **chosen: object) -> edge.Discord:
    """A second process on the same database."""
    settings = DiscordSettings.model_validate({"enabled": True, "token": SecretStr(TOKEN), **chosen})
    return await edge.connect(
        settings, storage=life.storage, clock=life.clock, desk=commands, base_url=life.discord.api, speed=FAST
    )


async def test_of_two_processes_one_listens_and_the_other_takes_over(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    line = lives.discord.gateway
    async with lives.life() as life:
        second = await _another(life)
        await second.start()
        alone = len(line.identified)
        assert life.platform.gateway is not None
        await life.platform.gateway.stop()
        await lives.discord.until(lambda: len(line.identified) > alone, what="listening by the second")
        answer = await life.hand(guild, "ada").asks("help")
        await second.stop()

    assert alone == 1
    assert "/voisin" in answer.shown


async def test_who_fell_silent_loses_the_shards(lives: Lives) -> None:
    found(lives.discord, "Atelier", "ada")
    line = lives.discord.gateway
    async with lives.life() as life:
        async with life.storage.engine.begin() as connection:
            await connection.execute(update(posts).values(owner="a dead one", lease_until=database_now()))
        second = await _another(life)
        await second.start()
        await lives.discord.until(lambda: len(line.identified) == 2, what="listening by the second")
        await lives.discord.until(lambda: len(line.live) == 1, what="silence of the first")
        await second.stop()


async def test_each_process_listens_to_the_shards_that_it_was_given(lives: Lives) -> None:
    for name in ("One", "Two", "Three", "Four"):
        found(lives.discord, name, "ada")
    async with lives.life(shards="0-1/4") as life:
        other = await _another(life, shards="2-3/4")
        await other.start()
        listening_to = sorted(lives.discord.gateway.identified)
        heard = [
            guild
            for guild in lives.discord.guilds.values()
            if await life.storage.communities.find("discord", guild.id)  # type: ignore[arg-type]  # an id is an id
        ]
        await other.stop()

    assert listening_to == [(0, 4), (1, 4), (2, 4), (3, 4)]
    assert len(heard) == 4


async def test_commands_are_told_once_for_each_version(lives: Lives) -> None:
    async with lives.life():
        first = lives.discord.registrations
    async with lives.life():
        again = lives.discord.registrations

    assert (first, again) == (1, 1)


async def test_commands_that_discord_does_not_take_are_told_again_and_one_listens_meanwhile(
    lives: Lives, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.gateway.UNPUBLISHED", 0.0)
    guild = found(lives.discord, "Atelier", "ada")
    lives.discord.fail("PUT", "/applications/{application_id}/commands", How.STATUS, status=500, times=2)
    async with lives.life() as life:
        await lives.discord.until(lambda: lives.discord.commands, what="commands")
        answer = await life.hand(guild, "ada").asks("help")

    assert "/voisin" in answer.shown
    assert len(lives.discord.gateway.identified) == 1


async def test_where_discord_allows_no_more_beginnings_none_is_tried(
    lives: Lives, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adapters.discord.gateway.AT_START", 0.5)
    found(lives.discord, "Atelier", "ada")
    line = lives.discord.gateway
    line.starts = 0
    async with lives.life():
        before = len(line.identified)
        line.starts = 1
        await lives.discord.until(lambda: line.identified, what="beginning")

    assert before == 0


def test_a_gateway_that_never_tells_anything_is_opened_ever_more_rarely() -> None:
    assert [pause(failures) for failures in (0, 1, 2, 3, 9)] == [15.0, 15.0, 30.0, 60.0, 600.0]


async def test_commands_have_french_names_typed_options_and_permissions(lives: Lives) -> None:
    async with lives.life():
        everybody, conveners = sorted(lives.discord.commands, key=lambda each: len(str(each["name"])))

    below = {each["name"]: each for each in everybody["options"]}
    assert everybody["name"] == "voisin"
    assert conveners["name_localizations"]["fr"] == "voisin-animer"
    assert int(conveners["default_member_permissions"]) == MANAGE_GUILD
    assert below["join"]["name_localizations"]["fr"] == "participer"
    assert below["know"]["options"][0]["type"] == 6
    assert below["know"]["options"][0]["required"]
    assert below["pause"]["options"][0]["autocomplete"]


async def test_days_are_offered_while_one_types(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada")
    async with lives.life() as life:
        offered = await life.hand(guild, "ada").completes("pause", "until", "")

    assert len(offered) >= 5
    assert all(len(each["value"]) == len("2026-12-24") for each in offered)


@pytest.mark.parametrize("typed", ["day", "DAY", "2", " 2"])
async def test_days_are_found_however_they_are_typed(lives: Lives, typed: str) -> None:
    guild = found(lives.discord, "Atelier", "ada")
    async with lives.life() as life:
        offered = await life.hand(guild, "ada").completes("pause", "until", typed)
        first = offered[0]["name"].split()[0]
        named = await life.hand(guild, "ada").completes("pause", "until", first[:3].lower())

    assert len(offered) >= 5
    assert named


async def test_a_gateway_that_talks_nonsense_is_left_and_opened_again(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada")
    line = lives.discord.gateway
    async with lives.life() as life:
        line.garble("this is not JSON")
        line.garble(b"nor this")
        await lives.discord.until(lambda: len(line.identified) + line.resumed > 1, what="another connection")
        answer = await life.hand(guild, "ada").asks("help")

    assert "/voisin" in answer.shown


async def test_a_dropped_line_is_taken_up_again_and_nothing_is_missed(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada")
    async with lives.life() as life:
        lives.discord.gateway.drop()
        answer = await life.hand(guild, "ada").asks("help")

    assert "/voisin" in answer.shown
    assert lives.discord.gateway.resumed == 1


async def test_a_token_that_opens_nothing_is_told_at_the_start(lives: Lives) -> None:
    with pytest.raises(BadSetting, match="VOISIN_DISCORD_TOKEN"):
        async with lives.life(token=SecretStr("another.token.entirely")):
            pytest.fail("It began.")


async def test_an_intent_that_was_not_granted_is_told_at_the_start(lives: Lives) -> None:
    with pytest.raises(BadSetting, match="Server Members Intent"):
        async with lives.life(members=True):
            pytest.fail("It began.")
    lives.discord.problems.clear()


async def test_a_server_that_went_while_nobody_listened_is_noticed(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada")
    async with lives.life():
        pass
    del lives.discord.guilds[guild.id]
    async with lives.life() as life:
        installed = await life.storage.installations.all("discord")

    assert installed == []
