from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.domain.community import Community
from storage.database import OpenStorage, opened
from storage.ids import numbered
from storage.upgrade import upgrade
from tests.contract.village import settle
from tests.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    """A database with the newest schema, to be copied."""
    name = postgres_server.create()
    upgrade(postgres_server.url(name))
    return name


@pytest.fixture(params=["sqlite", "memory", "postgresql"])
async def memory(request: pytest.FixtureRequest) -> AsyncIterator[OpenStorage]:
    """Every implementation of the memory, empty."""
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


@pytest.fixture
async def community(memory: OpenStorage) -> Community:
    return await settle(memory)
