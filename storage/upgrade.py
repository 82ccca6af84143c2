"""Which version of the schema a database has, and how it gets the newest."""

from datetime import datetime
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect

from bot.errors import FromTheFuture, NeedsUpgrade, StorageError
from storage.copies import BEFORE, copy, make_private
from storage.engines import Address, address, synchronous
from storage.errors import translated

MIGRATIONS = Path(__file__).parent / "migrations"


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
        make_private(where.file)
    with translated(), synchronous(where).connect() as connection:
        found = _current(connection)
        _refuse_strange(connection, found, versions)
        if found == newest(versions):
            return
        connection.rollback()
        if where.file is not None and found is not None:
            copy(where.file, where.file.with_name(f"{where.file.name}{BEFORE}{newest(versions)}"))
        config = _config(versions)
        config.attributes["connection"] = connection
        with connection.begin():
            command.upgrade(config, "head")


def age_out(where: Address, *, before: datetime) -> int:
    """Remove the copies of upgrades and restores from before a moment: they hold what was erased since."""
    if where.file is None:
        return 0
    copies = where.file.parent.glob(f"{where.file.name}{BEFORE}*")
    old = [each for each in copies if each.stat().st_mtime < before.timestamp()]
    for each in old:
        each.unlink(missing_ok=True)
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


def known(where: Address, *, versions: Path = MIGRATIONS / "versions") -> None:
    """Raise FromTheFuture or StorageError for a database that this Voisin cannot bring up to date."""
    with translated(), synchronous(where).connect() as connection:
        found = _current(connection)
        if found is None:
            raise StorageError(f"{where.file or 'The database'} is no database of Voisin's.")
        _refuse_strange(connection, found, versions)


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
