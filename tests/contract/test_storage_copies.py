"""Backups of a SQLite file: whole or not at all, and back in their place."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.errors import BadInput, StorageError
from storage.copies import back_up, intact, put_back
from storage.database import open_storage, opened
from storage.engines import address
from tests.contract.village import settle

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def torn(file: Path) -> None:
    """A page in the middle is no longer what it was."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 6000] = b"\xff" * 6000
    file.write_bytes(content)


def private(file: Path) -> bool:
    """Whether nobody but its owner reads it."""
    return file.stat().st_mode & 0o077 == 0


def put(file: Path, content: bytes) -> None:
    """As a killed process leaves it."""
    file.write_bytes(content)


def files(folder: Path) -> dict[str, bytes]:
    """What lies there now."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


async def _names(file: Path) -> list[str]:
    async with opened(f"sqlite:///{file}") as storage:
        return [community.name for community in await storage.communities.all()]


async def test_a_backup_has_all_that_was_committed_though_the_database_is_in_use(
    sqlite_file: Path, tmp_path: Path
) -> None:
    to = tmp_path / "backup.db"
    async with opened(f"sqlite:///{sqlite_file}") as storage:
        await settle(storage, "T1")
        back_up(address(f"sqlite:///{sqlite_file}"), to)
        await settle(storage, "T2")

    assert len(await _names(to)) == 1
    assert private(to)
    assert [name for name in files(tmp_path) if "part" in name] == []


def test_a_backup_never_writes_over_a_file(sqlite_file: Path, tmp_path: Path) -> None:
    to = tmp_path / "backup.db"
    to.write_text("mine")

    with pytest.raises(BadInput, match="is there already"):
        back_up(address(f"sqlite:///{sqlite_file}"), to)

    assert to.read_text() == "mine"


@pytest.mark.parametrize("url", ["postgresql:///voisin", "sqlite://", "sqlite:///none.db"])
def test_what_has_no_file_has_no_backup(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadInput):
        back_up(address(url), tmp_path / "backup.db")

    assert list(tmp_path.iterdir()) == []


def test_a_damaged_database_gives_no_backup_that_seems_whole(sqlite_file: Path, tmp_path: Path) -> None:
    torn(sqlite_file)

    with pytest.raises(StorageError, match="damaged"):
        back_up(address(f"sqlite:///{sqlite_file}"), tmp_path / "backup.db")

    assert not (tmp_path / "backup.db").exists()


async def test_a_backup_put_back_is_the_database_and_the_old_one_is_kept(
    sqlite_file: Path, tmp_path: Path
) -> None:
    where, to = address(f"sqlite:///{sqlite_file}"), tmp_path / "backup.db"
    async with opened(f"sqlite:///{sqlite_file}") as storage:
        await settle(storage, "T1")
    back_up(where, to)
    async with opened(f"sqlite:///{sqlite_file}") as storage:
        await settle(storage, "T2")

    kept = put_back(where, to, now=NOW)

    assert kept is not None
    assert (len(await _names(sqlite_file)), len(await _names(kept))) == (1, 2)


async def test_a_log_of_the_old_database_is_not_played_into_the_new_one(
    sqlite_file: Path, tmp_path: Path
) -> None:
    where, to = address(f"sqlite:///{sqlite_file}"), tmp_path / "backup.db"
    back_up(where, to)
    # Killed: what it wrote last stands in the log alone.
    storage = await open_storage(f"sqlite:///{sqlite_file}")
    await settle(storage, "T1")
    log = sqlite_file.with_name(f"{sqlite_file.name}-wal")
    left = files(sqlite_file.parent)[log.name]
    await storage.close()
    put(log, left)

    put_back(where, to, now=NOW)

    assert await _names(sqlite_file) == []


@pytest.mark.parametrize("content", [b"", b"a letter" * 1000])
def test_what_is_no_backup_is_refused_and_the_database_stays(
    sqlite_file: Path, tmp_path: Path, content: bytes
) -> None:
    backup, before = tmp_path / "backup.db", sqlite_file.read_bytes()
    backup.write_bytes(content)
    where = address(f"sqlite:///{sqlite_file}")
    if not content:
        backup.unlink()

    with pytest.raises((BadInput, StorageError)):
        put_back(where, backup, now=NOW)
    with pytest.raises(BadInput, match="the database itself"):
        put_back(where, sqlite_file, now=NOW)

    assert sqlite_file.read_bytes() == before


async def test_a_damaged_backup_is_refused_and_the_database_stays(sqlite_file: Path, tmp_path: Path) -> None:
    where, to = address(f"sqlite:///{sqlite_file}"), tmp_path / "backup.db"
    back_up(where, to)
    torn(to)

    with pytest.raises(StorageError, match=r"damaged|cannot be read"):
        put_back(where, to, now=NOW)

    assert await _names(sqlite_file) == []


@pytest.mark.parametrize("thorough", [True, False])
def test_a_torn_page_is_found(sqlite_file: Path, thorough: bool) -> None:
    intact(sqlite_file, thorough=thorough)
    torn(sqlite_file)

    with pytest.raises(StorageError, match="voisin db restore"):
        intact(sqlite_file, thorough=thorough)


async def test_a_damaged_database_is_not_run(sqlite_file: Path) -> None:
    torn(sqlite_file)
    before = files(sqlite_file.parent)

    with pytest.raises(StorageError, match="voisin db restore"):
        await open_storage(f"sqlite:///{sqlite_file}", exclusive=True)

    assert files(sqlite_file.parent) == before


def test_a_backup_can_be_read_by_sqlite_itself(sqlite_file: Path, tmp_path: Path) -> None:
    back_up(address(f"sqlite:///{sqlite_file}"), tmp_path / "backup.db")

    with closing(sqlite3.connect(tmp_path / "backup.db")) as connection:
        assert connection.execute("SELECT count(*) FROM communities").fetchone() == (0,)
