"""Health as others see it: `/readyz`, `/metrics` and `voisin status`, while the database comes and goes."""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientSession
from prometheus_client.parser import text_string_to_metric_families

from tests.acceptance.typed import typed, typed_apart
from tests.loopback.slack_server import Slack, listening
from tests.postgres import PostgresServer
from tests.processes import PATIENCE, Life, Village, all_joined, run_now, settled
from tests.wire import Wire, wire


@asynccontextmanager
async def _ready(life: Life, session: ClientSession, status: int) -> AsyncIterator[str]:
    """What ``/readyz`` says, once it has this status."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with session.get(f"{life.address}/readyz") as answer:
                if answer.status == status:
                    yield await answer.text()
                    return
            await asyncio.sleep(0.05)


async def _figures(life: Life, session: ClientSession) -> dict[str, float]:
    async with session.get(f"{life.address}/metrics") as answer:
        text = await answer.text()
    return {
        " ".join([sample.name, *(value for _, value in sorted(sample.labels.items()))]): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def _sent(life: Life, session: ClientSession, count: int) -> dict[str, float]:
    """The figures, once so many sends were counted: a batch is counted when all of it has been answered."""
    told: dict[str, float] = {}
    async with asyncio.timeout(PATIENCE):
        while told.get("voisin_sends_total sent slack", 0) < count:
            told = await _figures(life, session)
    return told


@pytest.fixture
async def wired(postgres_server: PostgresServer) -> AsyncIterator[Wire]:
    # Not pytest's own folder: its path is long for a socket.
    with tempfile.TemporaryDirectory(prefix="voisin-wire-") as folder:
        async with wire(postgres_server.folder, Path(folder)) as made:
            yield made


async def test_a_database_that_goes_away_is_told_and_when_it_is_back_all_goes_on(
    postgres_server: PostgresServer, postgres_template: str, tmp_path: Path, wired: Wire
) -> None:
    name = postgres_server.create(template=postgres_template)
    names = ("ada", "ben", "cleo", "dan")
    async with listening(Slack()) as slack, ClientSession() as session:
        village = await settled(slack, url=wired.url(name), folder=tmp_path, names=names)
        async with village.life() as life:
            await all_joined(village, life, session, *names)
            async with _ready(life, session, 200) as before:
                pass
            await wired.cut()
            async with _ready(life, session, 503) as during:
                figures = await _figures(life, session)
            await wired.mend()
            async with _ready(life, session, 200) as after:
                pass
            await run_now(village, life, session, "ada")
            await village.until_introduced(2)
            told = await _sent(life, session, 2)
            status = await life.end()
    postgres_server.drop(name)

    assert (before, after, status) == ("ready\n", "ready\n", 0)
    assert "database" in during
    assert figures["voisin_beat_failures_total"] >= 1
    assert told["voisin_database_up"] == 1
    assert told["voisin_sends_total sent slack"] >= 2
    assert "Traceback" not in life.said


async def test_the_status_is_that_of_the_database_and_of_the_process(
    postgres_server: PostgresServer, postgres_template: str, tmp_path: Path
) -> None:
    name = postgres_server.create(template=postgres_template)
    async with listening(Slack()) as slack, ClientSession() as session:
        village = await settled(slack, url=postgres_server.url(name), folder=tmp_path, names=("ada", "ben"))
        async with village.life() as life:
            await all_joined(village, life, session, "ada", "ben")
            async with _ready(life, session, 200):
                pass
            port = life.address.rpartition(":")[2]
            told = await asyncio.to_thread(_status, village, port, tmp_path)
    postgres_server.drop(name)

    assert told["database"]["up"] is True
    assert told["database"]["communities"] == 1
    assert told["database"]["rounds_late"] == 0
    assert told["process"]["ready"] is True
    assert told["process"]["beats"] >= 1


def _status(village: Village, port: str, folder: Path) -> Any:
    settings = dict(village.environment()) | {"VOISIN_WEB_PORT": port}
    ours = {key: value for key, value in settings.items() if key.startswith("VOISIN_")}
    said = typed_apart("status", "--json", folder=folder, **ours)
    assert said.status == 0, said.err
    return json.loads(said.out)


def test_without_a_process_the_status_is_that_of_the_database(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOISIN_DATABASE_URL", f"sqlite:///{sqlite_file}")
    monkeypatch.setenv("VOISIN_WEB_PORT", "1")

    said = typed(capsys, "status")
    told = json.loads(typed(capsys, "status", "--json").out)

    assert said.status == 0
    assert "none answers" in said.out
    assert "nothing waits" in said.out
    assert told["database"]["deliveries"]["queued"] == 0
    assert told["process"] is None
