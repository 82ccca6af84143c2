"""The real memory for tests: repeatable ids, and no waiting for the disk."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from storage.database import OpenStorage, opened
from storage.ids import numbered
from storage.upgrade import upgrade


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
