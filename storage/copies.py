"""A SQLite database in files: whole or not, copied while it is in use, put back."""

import os
import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from bot.errors import BadInput, StorageError
from storage.engines import Address
from storage.errors import BROKEN, NOT_A_DATABASE, translated

BEFORE = ".before-"
"""What stands between the name of a database and what it was copied for."""

SIDES = ("-wal", "-shm")
"""Of the files that SQLite keeps beside a database."""

OTHER_TOOLS = (
    "`voisin db {what}` is for SQLite: PostgreSQL has pg_dump and pg_restore, and docs/operating.md says how."
)


def intact(file: Path, *, thorough: bool) -> None:
    """Have SQLite go through every page, and where ``thorough`` through every index. Raises StorageError."""
    pragma = "integrity_check" if thorough else "quick_check"
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            [(answer,)] = connection.execute(f"PRAGMA {pragma}(1)").fetchall()
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0)
        if code == sqlite3.SQLITE_NOTADB:
            raise StorageError(f"{file}: {NOT_A_DATABASE}") from error
        raise StorageError(f"{file} cannot be read ({error}). {BROKEN}") from error
    if answer != "ok":
        # Its first line says where; it names pages, never what stands in them.
        raise StorageError(f"{file} is damaged ({str(answer).splitlines()[-1]}). {BROKEN}")


def make_private(file: Path) -> None:
    """It will hold what members wish for in private: nobody else on this machine reads it."""
    try:
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
    except PermissionError:
        return  # What may be done with it is found out when it is opened.
    except OSError as error:
        raise StorageError(
            f"{file} cannot be opened: check that its folder exists and may be written to."
        ) from error


def copy(file: Path, to: Path) -> None:
    """As it is at one moment, though others write to it meanwhile."""
    make_private(to)
    with closing(sqlite3.connect(file)) as source, closing(sqlite3.connect(to)) as target:
        source.backup(target)


def back_up(where: Address, to: Path) -> None:
    """Copy a database to a new file, whole or not at all. Raises BadInput or StorageError."""
    if where.file is None:
        raise BadInput(OTHER_TOOLS.format(what="backup"))
    if not where.file.exists():
        raise BadInput("There is no database yet, and nothing to back up.")
    if to.exists():
        raise BadInput(f"{to} is there already: name a new file.")
    part = to.with_name(f"{to.name}.part")
    try:
        with translated():
            copy(where.file, part)
        intact(part, thorough=True)
        part.replace(to)
    finally:
        _remove(part, *_beside(part))


def put_back(where: Address, backup: Path, *, now: datetime) -> Path | None:
    """Put a backup in the place of a database that nobody has open; returns where the old one went.

    Raises BadInput or StorageError, and then the old one is still in its place.
    """
    if where.file is None:
        raise BadInput(OTHER_TOOLS.format(what="restore"))
    if not backup.is_file():
        raise BadInput(f"There is no file {backup}.")
    if where.file.exists() and backup.samefile(where.file):
        raise BadInput(f"{backup} is the database itself: name a backup of it.")
    intact(backup, thorough=True)
    part = where.file.with_name(f"{where.file.name}.part")
    kept = where.file.with_name(f"{where.file.name}{BEFORE}restore-{now:%Y%m%dT%H%M%S}")
    try:
        with translated():
            copy(backup, part)
        there = where.file.exists()
        if there:
            _set_aside(where.file, kept)
        # A log that belongs to another file would be played into this one.
        _remove(*_beside(where.file))
        part.replace(where.file)
    finally:
        _remove(part, *_beside(part))
    return kept if there else None


def _set_aside(file: Path, kept: Path) -> None:
    """What the log holds goes with it; of one that cannot be read, the bare file."""
    try:
        copy(file, kept)
    except sqlite3.Error:
        kept.write_bytes(file.read_bytes())


def _beside(file: Path) -> list[Path]:
    return [file.with_name(f"{file.name}{side}") for side in SIDES]


def _remove(*files: Path) -> None:
    for file in files:
        file.unlink(missing_ok=True)
