"""Keys that change, and secrets that nobody ever gets to see: canaries stand in for them."""

import asyncio
import base64
import secrets
import traceback
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import structlog
from sqlalchemy import create_engine, text

from adapters.clock import SystemClock
from bot import settings
from bot.cli import log
from bot.cli.assembly import running
from bot.domain.ids import ExternalId
from bot.errors import BadSetting, Impossible
from bot.messages import Destination, Message
from bot.ports import Installation
from bot.settings import LogSettings
from storage.database import OpenStorage, opened
from tests.acceptance.typed import typed
from tests.loopback.discord_server import Discord
from tests.loopback.discord_server import listening as listening_to_discord
from tests.loopback.slack_house import granted
from tests.loopback.slack_people import found
from tests.loopback.slack_server import Slack, listening
from tests.town import found as town_of

Capsys = pytest.CaptureFixture[str]

CANARY = "canary-in-the-mine"

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def _key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _installation(place: str = "T1", token: str = f"xoxb-{CANARY}") -> Installation:
    return Installation(
        platform="slack",
        external_id=ExternalId(place),
        name="Workspace",
        token=token,
        scopes=("chat:write",),
        bot=ExternalId("U-bot"),
        installer=None,
        at=datetime(2026, 11, 24, tzinfo=UTC),
    )


def _installed(url: str, key: str, *installations: Installation) -> None:
    async def install() -> None:
        async with opened(url, key=key) as storage:
            for each in installations:
                await storage.installations.save(each)

    asyncio.run(install())


def _tokens(url: str, key: str) -> list[str]:
    async def read() -> list[str]:
        async with opened(url, key=key) as storage:
            return [each.token for each in await storage.installations.all("slack")]

    return asyncio.run(read())


def _raw(file: Path) -> list[tuple[str, bytes]]:
    engine = create_engine(f"sqlite:///{file}")
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT external_id, token FROM installations ORDER BY 1")).all()
    engine.dispose()
    return [(place, token) for place, token in rows]


# ── Keys ──────────────────────────────────────────────────────────────────────────────────────────


def test_a_key_is_changed_without_a_token_being_lost(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    url, old, new = f"sqlite:///{sqlite_file}", _key(), _key()
    _installed(url, old, _installation("T1", "xoxb-1"), _installation("T2", "xoxb-2"))
    monkeypatch.setenv("VOISIN_DATABASE_URL", url)
    monkeypatch.setenv("VOISIN_DATABASE_KEY", f"{new},{old}")
    before = _tokens(url, f"{new},{old}")

    said = typed(capsys, "keys", "rotate")

    assert said.status == 0
    assert said.out.startswith("2 tokens are encrypted")
    assert before == _tokens(url, new) == ["xoxb-1", "xoxb-2"]
    assert old not in said.out + said.err
    assert new not in said.out + said.err


@pytest.mark.parametrize("words", [("keys", "rotate"), ("doctor",), ("run",)])
def test_a_wrong_key_is_refused_with_the_remedy_and_overwrites_nothing(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys, words: tuple[str, ...]
) -> None:
    url = f"sqlite:///{sqlite_file}"
    _installed(url, _key(), _installation())
    before = _raw(sqlite_file)
    for name, value in _on_slack(url, _key()).items():
        monkeypatch.setenv(name, value)

    said = typed(capsys, *words)
    structlog.reset_defaults()

    assert said.status == 1
    assert "put the key that it was written with back" in " ".join((said.out + said.err).split())
    assert "Traceback" not in said.err
    assert CANARY not in said.out + said.err
    assert _raw(sqlite_file) == before


def test_when_one_of_many_cannot_be_opened_none_is_written_anew(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    url, old, lost, new = f"sqlite:///{sqlite_file}", _key(), _key(), _key()
    _installed(url, old, _installation("T1"))
    _installed(url, f"{lost},{old}", _installation("T2"))
    before = _raw(sqlite_file)
    monkeypatch.setenv("VOISIN_DATABASE_URL", url)
    monkeypatch.setenv("VOISIN_DATABASE_KEY", f"{new},{old}")

    said = typed(capsys, "keys", "rotate")

    assert said.status == 1
    assert _raw(sqlite_file) == before


def test_a_token_copied_into_another_community_opens_nothing(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    url, key = f"sqlite:///{sqlite_file}", _key()
    _installed(url, key, _installation("T1"), _installation("T2"))
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE installations SET token = (SELECT token FROM installations WHERE external_id = 'T1')"
            )
        )
    engine.dispose()
    before = _raw(sqlite_file)
    monkeypatch.setenv("VOISIN_DATABASE_URL", url)
    monkeypatch.setenv("VOISIN_DATABASE_KEY", key)

    said = typed(capsys, "keys", "rotate")

    assert said.status == 1
    assert "cannot be decrypted" in said.err
    assert _raw(sqlite_file) == before


# ── Canaries ──────────────────────────────────────────────────────────────────────────────────────


def _on_slack(url: str, key: str) -> Mapping[str, str]:
    return {
        "VOISIN_DATABASE_URL": url,
        "VOISIN_DATABASE_KEY": key,
        "VOISIN_SANDBOX_ENABLED": "false",
        "VOISIN_SLACK_ENABLED": "true",
        "VOISIN_SLACK_URL": "https://voisin.example",
        "VOISIN_SLACK_CLIENT_ID": "1.2",
        "VOISIN_SLACK_CLIENT_SECRET": CANARY,
        "VOISIN_SLACK_SIGNING_SECRET": CANARY,
        "VOISIN_WEB_PORT": "0",
    }


def _planted() -> dict[str, str]:
    """A canary in every secret that there is."""
    return {
        settings.variable(section, key): CANARY
        for section, keys in settings.sections(secret=True).items()
        for key in keys
    }


UNREACHABLE = {"VOISIN_DATABASE_URL": f"postgresql://voisin:{CANARY}@127.0.0.1:1/voisin"}


@pytest.mark.parametrize(
    "words", ["run", "doctor", "status", "db current", "db upgrade", "db restored", "keys rotate"]
)
@pytest.mark.parametrize("broken", ["the database", "the key"])
def test_no_command_ever_shows_a_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: Capsys, tmp_path: Path, words: str, broken: str
) -> None:
    monkeypatch.chdir(tmp_path)
    told = _planted() | {"VOISIN_LOG_LEVEL": "debug", "VOISIN_WEB_PORT": "1"}
    if broken == "the database":
        told |= UNREACHABLE | {"VOISIN_DATABASE_KEY": _key()}
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    said = typed(capsys, *words.split())
    structlog.reset_defaults()

    assert CANARY not in said.out + said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize("wrong", ["bot_token", "app_token"])
async def test_a_token_that_slack_refuses_is_not_repeated(
    sqlite_file: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setattr("adapters.slack.LET_IN", 0.5)
    log.set_up(LogSettings(level="debug"))
    slack = Slack()
    workspace = slack.add(found("T1", "ada"))
    tokens = {"bot_token": slack.install(workspace, scopes=granted()), "app_token": slack.app_token}
    async with listening(slack):
        read = settings.Settings(
            database=settings.DatabaseSettings(url=f"sqlite:///{sqlite_file}"),
            web=settings.WebSettings(port=0),
            sandbox=settings.SandboxSettings(enabled=False),
            slack=settings.SlackSettings.model_validate({"enabled": True, **tokens, wrong: f"x-{CANARY}"}),
        )
        with pytest.raises(BadSetting) as refused:
            async with running(read, clock=SystemClock(), slack_api=slack.api):
                raise AssertionError("It must not run.")
    structlog.reset_defaults()

    said = capsys.readouterr()
    told = "".join(traceback.format_exception(refused.value))
    assert CANARY not in str(refused.value) + said.out + said.err
    assert CANARY not in told
    assert CANARY not in repr(read)


async def test_a_token_that_discord_refuses_is_not_repeated(sqlite_file: Path, capsys: Capsys) -> None:
    log.set_up(LogSettings(level="debug"))
    async with listening_to_discord(Discord()) as discord:
        read = settings.Settings(
            database=settings.DatabaseSettings(url=f"sqlite:///{sqlite_file}"),
            web=settings.WebSettings(port=0),
            sandbox=settings.SandboxSettings(enabled=False),
            discord=settings.DiscordSettings.model_validate({"enabled": True, "token": f"x.{CANARY}.y"}),
        )
        with pytest.raises(BadSetting) as refused:
            async with running(read, clock=SystemClock(), discord_api=discord.api):
                raise AssertionError("It must not run.")
    structlog.reset_defaults()

    said = capsys.readouterr()
    told = "".join(traceback.format_exception(refused.value))
    assert CANARY not in told + said.out + said.err + repr(read)


@pytest.mark.parametrize("form", ["json", "console"])
async def test_no_log_has_a_word_or_a_name_of_a_member(
    storage: OpenStorage, capsys: Capsys, form: str
) -> None:
    log.set_up(LogSettings.model_validate({"format": form, "level": "debug"}))
    town = await town_of(storage, "lea", "tom", "uma", "ben")
    town.people |= {name: replace(one, name=f"{CANARY} {name}") for name, one in town.people.items()}
    await town.set_up()
    await town.join("lea", "tom", "uma", "ben")
    for name in ("lea", "tom", "uma", "ben"):
        reply = await town.submit(town.people[name], "me:", learning=CANARY, can_help=CANARY, language="en")
        assert reply.message is not None, reply.errors
    troubles = [RuntimeError(CANARY), Impossible("no right to write there")]

    def fail(destination: Destination, message: Message, key: str) -> None:
        if message.name == "introduction" and troubles:
            raise troubles.pop()

    town.platform.before = fail
    await town.move_to(TUESDAY)
    for line in (f"avoid @{CANARY}", f"know @{CANARY}", CANARY):
        await town.type(town.people["lea"], line)
    await town.press(town.people["lea"], f"met:{CANARY}")
    structlog.reset_defaults()

    said = capsys.readouterr().err
    assert any(CANARY in one.message.plain for one in town.platform.seen)
    assert "round.opened" in said
    assert "delivery.defect" in said
    assert "RuntimeError" in said
    assert CANARY not in said
