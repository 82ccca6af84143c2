"""What Voisin asks of a server is what it uses, and what it lacks is said."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import discord
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from adapters import discord as edge
from adapters.discord.client import intents
from adapters.discord.permissions import NEEDED, in_channel, in_server, missing, needed
from bot.cli.app import app
from bot.domain.community import Community, Space
from bot.domain.ids import ExternalId
from bot.settings import DiscordSettings
from tests.adapters.guilds import TUESDAY, Life, Lives, found, introductions
from tests.loopback.discord_people import EVERYBODY, MANAGE_THREADS, PRIVATE_THREADS, VIEW
from tests.loopback.discord_server import TOKEN, Discord, listening

ME = ExternalId("7")


@pytest.fixture
async def lives(sqlite_file: Path) -> AsyncIterator[Lives]:
    """A Discord on 127.0.0.1 that is held to what was asked of it at the end, and an empty database."""
    async with listening(Discord(speed=50.0)) as server:
        yield Lives(discord=server, file=sqlite_file)


def test_the_link_asks_for_the_permissions_in_use_and_no_more() -> None:
    asked = parse_qs(urlsplit(edge.invite(123)).query)

    assert int(asked["permissions"][0]) == needed().value
    assert set(asked["scope"][0].split()) == {"bot", "applications.commands"}
    assert sorted(NEEDED) == [
        "create_private_threads",
        "manage_threads",
        "send_messages",
        "send_messages_in_threads",
        "view_channel",
    ]


async def test_every_permission_of_the_link_is_used_and_with_no_other_everything_works(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben", "cleo", "dan")
    # Here nobody may do anything but by a role of theirs: Voisin has what its link asks for, and that alone.
    guild.everybody = 0
    for user in guild.members.values():
        if not user.bot:
            guild.rights[user.id] = EVERYBODY
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben", "cleo", "dan")
        guild.user("ben").closed = True
        for week in range(3):
            await life.move_to(TUESDAY + timedelta(days=7 * week))

        assert guild.rights_of(lives.discord.bot.id) == needed().value
        assert discord.Permissions(lives.discord.used) == needed()
        assert [call for call in lives.discord.calls if call.code in (50001, 50013)] == []
        assert len(introductions(lives.discord)) == 4 * 3


def test_neither_words_nor_history_nor_presence_are_asked_for() -> None:
    rights, heard = needed(), intents(members=True, ties=True)

    assert not rights.read_message_history
    assert not rights.administrator
    assert not heard.message_content
    assert not heard.presences
    assert intents(members=False, ties=False) == discord.Intents(guilds=True)


def test_the_command_line_prints_the_link_of_the_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOISIN_DISCORD_TOKEN", "MTIzNDU2Nzg5MDEyMzQ1Njc4.x.y")

    printed = CliRunner().invoke(app, ["discord", "invite"])

    assert printed.stdout.strip() == edge.invite(123456789012345678)


def test_without_a_token_the_command_line_asks_for_the_application() -> None:
    from_option = CliRunner().invoke(app, ["discord", "invite", "--app", "42"])
    without = CliRunner().invoke(app, ["discord", "invite"])

    assert from_option.stdout.strip() == edge.invite(42)
    assert "Application ID" in str(without.exception)


def _guild(**rights: int) -> dict[str, object]:
    roles = [{"id": "1", "permissions": str(rights.pop("everyone", 0))}]
    return {
        "id": "1",
        "owner_id": "9",
        "roles": roles + [{"id": id.strip("r"), "permissions": str(bits)} for id, bits in rights.items()],
    }


def _channel(*overwrites: tuple[str, int, int]) -> dict[str, object]:
    return {
        "permission_overwrites": [
            {"id": id, "allow": str(allow), "deny": str(deny)} for id, allow, deny in overwrites
        ]
    }


def test_an_owner_and_an_administrator_may_do_everything() -> None:
    administrator = discord.Permissions.administrator.flag

    assert missing(in_server(_guild(), [], ExternalId("9"))) == []
    assert missing(in_channel(_guild(r5=administrator), _channel(("1", 0, VIEW)), ["5"], ME)) == []


def test_a_person_s_own_overwrite_goes_before_a_role_s_and_that_before_everybody_s() -> None:
    guild = _guild(everyone=EVERYBODY, r5=0)

    closed = in_channel(guild, _channel(("1", 0, VIEW)), ["5"], ME)
    opened = in_channel(guild, _channel(("1", 0, VIEW), ("5", VIEW, 0)), ["5"], ME)
    shut_out = in_channel(guild, _channel(("5", VIEW, 0), ("7", 0, VIEW)), ["5"], ME)

    assert not closed & VIEW
    assert opened & VIEW
    assert not shut_out & VIEW


async def _doctor(life: Life, community: Community, space: Space, **chosen: object) -> list[str]:
    settings = DiscordSettings.model_validate({"enabled": True, "token": SecretStr(TOKEN), **chosen})
    return await edge.granted(
        settings, spaces=[(community, space)], clock=life.clock, base_url=life.discord.api
    )


async def test_the_doctor_says_channel_by_channel_what_is_missing(lives: Lives) -> None:
    guild = found(lives.discord, "Atelier", "ada", "ben")
    async with lives.life() as life:
        await life.ready(guild, "ada", "ben")
        community = await life.community(guild)
        async with life.storage.open_work(community.id) as work:
            found_space = await work.spaces.find(ExternalId(guild.text.id))
        assert found_space is not None
        well = await _doctor(life, community, found_space)
        guild.rights[lives.discord.bot.id] &= ~(PRIVATE_THREADS | MANAGE_THREADS)
        lacking = await _doctor(life, community, found_space)
        intent = await _doctor(life, community, found_space, members=True)
        guild.channels.pop(guild.text.id)
        gone = await _doctor(life, community, found_space)

    assert well == []
    assert len(lacking) == 2
    assert all(sentence.startswith("Atelier, #atelier: Voisin has not ") for sentence in lacking)
    assert any("Server Members Intent" in sentence for sentence in intent)
    assert len(gone) == 1
    assert "the channel is gone" in gone[0]
