"""The real memory for tests: repeatable ids, and no waiting for the disk."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import OpenStorage, opened
from storage.ids import numbered
from storage.upgrade import upgrade
from tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the newest schema and nothing in it, to be copied."""
    file = tmp_path_factory.mktemp("storages") / "empty.db"
    upgrade(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_file(empty_file: Path, tmp_path: Path) -> Path:
    """An empty SQLite database of the test's own."""
    return Path(shutil.copy(empty_file, tmp_path / "voisin.db"))


@pytest.fixture
async def storage(sqlite_file: Path) -> AsyncIterator[OpenStorage]:
    """The memory in a file of the test's own; ids are 0000000000000001 and so on."""
    async with opened(f"sqlite:///{sqlite_file}", ids=numbered(), durable=False) as storage:
        yield storage


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """A database with the newest schema, to be copied."""
    name = postgres_server.create()
    upgrade(postgres_server.url(name))
    return name


@pytest.fixture(params=["sqlite", "memory", "postgresql"])
async def memory(request: pytest.FixtureRequest) -> AsyncIterator[OpenStorage]:
    """Every implementation of the memory, empty; ids are repeatable."""
    server: PostgresServer | None = None
    name = ""
    match request.param:
        case "sqlite":
            file: Path = request.getfixturevalue("sqlite_file")
            url = f"sqlite:///{file}"
        case "memory":
            url = "sqlite://"
        case _:
            template: str = request.getfixturevalue("postgres_template")
            server = request.getfixturevalue("postgres_server")
            name = server.create(template=template)
            url = server.url(name)
    async with opened(url, ids=numbered(), durable=False) as storage:
        yield storage
    if server is not None:
        server.drop(name)
