import asyncio
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from bot.errors import FromTheFuture, NeedsUpgrade, StorageError
from storage.database import open_storage, opened
from storage.engines import address, synchronous
from storage.ids import numbered
from storage.tables import metadata
from storage.upgrade import MIGRATIONS, bring_up, check, current, newest, upgrade
from tests.contract.village import settle
from tests.postgres import PostgresServer

NEXT = '''
"""A later one, for the tests."""

import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"


def upgrade() -> None:
    with op.batch_alter_table("communities") as communities:
        communities.add_column(sa.Column("motto", sa.Text()))
    {then}
'''


def _later(tmp_path: Path, *, then: str = "pass") -> Path:
    """Folder of migrations that has one more."""
    versions = tmp_path / "versions"
    versions.mkdir()
    for path in (MIGRATIONS / "versions").glob("*.py"):
        (versions / path.name).write_text(path.read_text())
    (versions / "9999_later.py").write_text(NEXT.format(before=newest(), then=then))
    return versions


def _stamp(url: str, revision: str) -> None:
    with synchronous(address(url)).begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :revision"), {"revision": revision})


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a database with nothing in it, not even a schema."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'new.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    name = server.create()
    yield server.url(name)
    server.drop(name)


def test_an_upgrade_brings_an_empty_database_to_the_newest_schema(empty_url: str) -> None:
    before = current(empty_url)

    upgrade(empty_url)
    upgrade(empty_url)

    assert before is None
    assert current(empty_url) == newest()


def test_the_migrations_lead_to_the_tables_as_they_are(empty_url: str) -> None:
    upgrade(empty_url)

    with synchronous(address(empty_url)).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})
        drift = compare_metadata(context, metadata)

    assert drift == []


def test_an_upgrade_keeps_what_is_there(empty_url: str, tmp_path: Path) -> None:
    upgrade(empty_url)

    async def fill() -> None:
        async with opened(empty_url, ids=numbered()) as storage:
            await settle(storage)

    asyncio.run(fill())

    bring_up(address(empty_url), versions=_later(tmp_path))

    with synchronous(address(empty_url)).connect() as connection:
        assert connection.execute(text("SELECT name, motto FROM communities")).all() == [("Le Jardin", None)]


def test_an_upgrade_that_fails_half_way_changes_nothing(empty_url: str, tmp_path: Path) -> None:
    upgrade(empty_url)
    versions = _later(tmp_path, then='op.execute("INSERT INTO nowhere VALUES (1)")')

    with pytest.raises(StorageError):
        bring_up(address(empty_url), versions=versions)

    assert current(empty_url) == newest()
    with synchronous(address(empty_url)).connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == newest()
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_a_file_is_copied_beside_itself_before_it_is_upgraded(tmp_path: Path, sqlite_file: Path) -> None:
    url = f"sqlite:///{sqlite_file}"

    bring_up(address(url), versions=_later(tmp_path))

    copy = sqlite_file.with_name(f"{sqlite_file.name}.before-9999")
    assert current(f"sqlite:///{copy}") == newest()
    assert copy.stat().st_mode & 0o077 == 0
    assert current(url) == "9999"


def test_a_database_from_the_future_is_refused(empty_url: str) -> None:
    upgrade(empty_url)
    _stamp(empty_url, "fffe")

    with pytest.raises(FromTheFuture, match="newer Voisin"):
        upgrade(empty_url)
    with pytest.raises(FromTheFuture, match="newer Voisin"):
        asyncio.run(_open(empty_url))

    assert current(empty_url) == "fffe"


def test_postgresql_is_not_upgraded_by_itself(postgres_url: str, tmp_path: Path) -> None:
    with pytest.raises(NeedsUpgrade, match="voisin db upgrade"):
        asyncio.run(_open(postgres_url))

    assert current(postgres_url) is None
    upgrade(postgres_url)
    asyncio.run(_open(postgres_url))
    with pytest.raises(NeedsUpgrade, match="older Voisin"):
        check(address(postgres_url), versions=_later(tmp_path))


def test_a_database_of_something_else_is_refused(empty_url: str) -> None:
    with synchronous(address(empty_url)).begin() as connection:
        connection.execute(text("CREATE TABLE recipes (name TEXT)"))

    with pytest.raises(StorageError, match="something else"):
        upgrade(empty_url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("Dear diary, " * 200)

    with pytest.raises(StorageError, match="not a database"):
        asyncio.run(_open(f"sqlite:///{file}"))

    assert file.read_text() == "Dear diary, " * 200


@pytest.mark.parametrize(
    "url, sentence",
    [
        ("sqlite:////nowhere/at/all/voisin.db", "folder exists"),
        ("mysql://me@here/voisin", "not in mysql"),
        ("voisin.db", "write it like"),
        ("postgresql://nobody@127.0.0.1:1/voisin", "cannot be reached"),
    ],
)
def test_an_address_that_leads_nowhere_is_a_sentence(url: str, sentence: str) -> None:
    with pytest.raises(StorageError, match=sentence):
        asyncio.run(_open(url))


def test_a_new_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    file = tmp_path / "voisin.db"

    asyncio.run(_open(f"sqlite:///{file}"))

    assert file.stat().st_mode & 0o077 == 0


async def test_a_second_process_on_one_file_is_refused(sqlite_file: Path) -> None:
    url = f"sqlite:///{sqlite_file}"
    first = await open_storage(url, exclusive=True)

    with pytest.raises(StorageError, match="Another Voisin is running"):
        await open_storage(url, exclusive=True)
    async with opened(url) as looking:
        assert await looking.communities.all() == []
    await first.close()

    async with opened(url, exclusive=True) as second:
        assert await second.communities.all() == []


async def test_a_process_that_was_killed_holds_nothing(sqlite_file: Path) -> None:
    program = (
        "import asyncio, os, signal, sys\n"
        "from storage.database import open_storage\n"
        "async def main():\n"
        "    storage = await open_storage(sys.argv[1], exclusive=True)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "asyncio.run(main())\n"
    )
    url = f"sqlite:///{sqlite_file}"

    killed = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", program, url], cwd=Path(__file__).parents[2], check=False
    )

    assert killed.returncode == -9
    async with opened(url, exclusive=True) as storage:
        assert await storage.communities.all() == []


async def test_a_failed_opening_lets_go_of_the_lock(sqlite_file: Path) -> None:
    url = f"sqlite:///{sqlite_file}"
    _stamp(url, "fffe")

    for _ in range(2):
        with pytest.raises(FromTheFuture):
            await open_storage(url, exclusive=True)


async def test_two_memories_know_nothing_of_each_other() -> None:
    async with opened("sqlite://") as one, opened("sqlite://") as other:
        await settle(one)

        assert await other.communities.all() == []


def test_the_file_is_written_so_that_a_crash_loses_nothing(tmp_path: Path) -> None:
    file = tmp_path / "voisin.db"

    async def ask() -> dict[str, object]:
        async with opened(f"sqlite:///{file}") as storage, storage.engine.connect() as connection:
            return {
                pragma: (await connection.exec_driver_sql(f"PRAGMA {pragma}")).scalar()
                for pragma in ("journal_mode", "synchronous", "secure_delete", "foreign_keys")
            }

    full = 2
    assert asyncio.run(ask()) == {
        "journal_mode": "wal",
        "synchronous": full,
        "secure_delete": 1,
        "foreign_keys": 1,
    }
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def _open(url: str) -> None:
    async with opened(url):
        pass


async def test_copies_from_before_an_upgrade_age_out(sqlite_file: Path) -> None:
    old, fresh = (sqlite_file.with_name(f"{sqlite_file.name}.before-{name}") for name in ("0001", "0002"))
    for copy in (old, fresh):
        copy.write_bytes(b"what was erased since")
    long_ago = datetime(2026, 1, 1, tzinfo=UTC)
    os.utime(old, (long_ago.timestamp(), long_ago.timestamp()))

    async with opened(f"sqlite:///{sqlite_file}") as storage:
        removed = await storage.age_out(before=long_ago + timedelta(days=1))

    assert removed == 1
    assert not old.exists()
    assert fresh.exists()
