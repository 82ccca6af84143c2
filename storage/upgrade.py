"""Which version of the schema a database has, and how it gets the newest."""

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from bot.errors import FromTheFuture, NeedsUpgrade, StorageError
from storage.engines import Address, address, synchronous
from storage.errors import translated

MIGRATIONS = Path(__file__).parent / "migrations"

COPY = ".before-"
"""What stands between the name of a database and the revision for which it was copied."""


def current(url: str) -> str | None:
    """The revision that a database has; None: it is empty."""
    with translated(), synchronous(address(url)).connect() as connection:
        return _current(connection)


def newest(versions: Path = MIGRATIONS / "versions") -> str | None:
    """The revision that this Voisin needs."""
    return _scripts(versions).get_current_head()


def upgrade(url: str) -> None:
    """Bring a database to the newest revision, or raise FromTheFuture or StorageError and change nothing."""
    bring_up(address(url))


def bring_up(where: Address, *, versions: Path = MIGRATIONS / "versions") -> None:
    """The same for an address. A SQLite file that has something in it is copied beside itself first."""
    if where.file is not None:
        _make_private(where.file)
    with translated(), synchronous(where).connect() as connection:
        found = _current(connection)
        _refuse_strange(connection, found, versions)
        if found == newest(versions):
            return
        connection.rollback()
        if where.file is not None and found is not None:
            _copy(where.file, where.file.with_name(f"{where.file.name}{COPY}{newest(versions)}"))
        config = _config(versions)
        config.attributes["connection"] = connection
        with connection.begin():
            command.upgrade(config, "head")


def age_out(where: Address, *, before: datetime) -> int:
    """Remove the copies that upgrades made before a moment: they hold what has been erased since."""
    if where.file is None:
        return 0
    copies = where.file.parent.glob(f"{where.file.name}{COPY}*")
    old = [copy for copy in copies if copy.stat().st_mtime < before.timestamp()]
    for copy in old:
        copy.unlink(missing_ok=True)
    return len(old)


def check(where: Address, *, versions: Path = MIGRATIONS / "versions") -> None:
    """Raise NeedsUpgrade or FromTheFuture unless the database has the newest revision."""
    with translated(), synchronous(where).connect() as connection:
        found = _current(connection)
        _refuse_strange(connection, found, versions)
    if found != newest(versions):
        if found is None:
            raise NeedsUpgrade("The database is empty: type `voisin db upgrade` to make it ready.")
        raise NeedsUpgrade(
            "The database was written by an older Voisin: make a backup, then type `voisin db upgrade`."
        )


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _refuse_strange(connection: Connection, found: str | None, versions: Path) -> None:
    if found is None and inspect(connection).get_table_names():
        raise StorageError("The database belongs to something else: give Voisin one of its own.")
    if found is not None and found not in {script.revision for script in _scripts(versions).walk_revisions()}:
        raise FromTheFuture(
            f"The database was written by a newer Voisin (revision {found}): install that version or a later "
            "one, or put a backup of this version in its place. Nothing was changed."
        )


def _config(versions: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    return config


def _scripts(versions: Path) -> ScriptDirectory:
    return ScriptDirectory.from_config(_config(versions))


def _make_private(file: Path) -> None:
    """It will hold what members wish for in private: nobody else on this machine reads it."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except PermissionError:
        return  # What may be done with it is found out when it is opened.
    except OSError as error:
        raise StorageError(
            f"{file} cannot be opened: check that its folder exists and may be written to."
        ) from error


def _copy(file: Path, to: Path) -> None:
    _make_private(to)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)
