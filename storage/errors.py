"""One place that turns what a driver says into a sentence that an operator can act on."""

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import (
    SQLITE_BUSY,
    SQLITE_CANTOPEN,
    SQLITE_CONSTRAINT_FOREIGNKEY,
    SQLITE_CORRUPT,
    SQLITE_FULL,
    SQLITE_LOCKED,
    SQLITE_NOTADB,
    SQLITE_READONLY,
)
from sqlite3 import Error as SqliteError

from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.errors import AlreadyThere, FullDisk, StorageError, Unknown, VoisinError

FULL = (
    "There is no room left where the database lives: free some space. "
    "Nothing was half-written, and Voisin goes on by itself."
)
BUSY = "The database was busy for too long: another process may be holding it. What was due is tried again."
READ_ONLY = "The database cannot be written to: check the rights on its file and folder, or its user's."
BROKEN = (
    "The database file is damaged: stop Voisin, and put the latest backup in its place "
    "(`voisin db restore FILE`)."
)
NOT_A_DATABASE = "The file is not a database: check the address in the settings."
CANNOT_OPEN = "The database file cannot be opened: check that its folder exists and may be written to."
UNREACHABLE = "The database cannot be reached: check that it runs and that its address is right."
REFUSED = "The database refuses the user or the password: check its address in the settings."

OF_SQLITE: dict[int, tuple[type[StorageError], str]] = {
    SQLITE_FULL: (FullDisk, FULL),
    SQLITE_BUSY: (StorageError, BUSY),
    SQLITE_LOCKED: (StorageError, BUSY),
    SQLITE_READONLY: (StorageError, READ_ONLY),
    SQLITE_CORRUPT: (StorageError, BROKEN),
    SQLITE_NOTADB: (StorageError, NOT_A_DATABASE),
    SQLITE_CANTOPEN: (StorageError, CANNOT_OPEN),
}
LOW_BYTE = 0xFF
"""Of SQLite's codes: what it is; the other bytes say in which way."""

OF_POSTGRESQL: dict[str, tuple[type[StorageError], str]] = {
    "53100": (FullDisk, FULL),
    "25006": (StorageError, READ_ONLY),
    "42501": (StorageError, READ_ONLY),
    "40001": (StorageError, BUSY),
    "40P01": (StorageError, BUSY),
    "55P03": (StorageError, BUSY),
    "28000": (StorageError, REFUSED),
    "28P01": (StorageError, REFUSED),
    "3D000": (StorageError, "There is no database of this name: create it, or check its address."),
}
FOREIGN_KEY = "23503"


@contextmanager
def translated() -> Iterator[None]:
    """Let no error of a driver out: only ours, each with its sentence."""
    try:
        yield
    except PoolTimeout as error:
        raise StorageError(BUSY) from error
    except DBAPIError as error:
        raise _sentence(error, error.orig) from error
    except SqliteError as error:
        raise _sentence(error, error) from error
    except SQLAlchemyError as error:
        raise StorageError(f"The database cannot be used: {error}") from error
    except UnicodeEncodeError as error:
        raise StorageError("This text is not proper Unicode and cannot be kept.") from error


def _sentence(error: Exception, cause: BaseException | None) -> VoisinError:
    code: int = getattr(cause, "sqlite_errorcode", 0)
    state: str = getattr(cause, "sqlstate", None) or ""
    if code == SQLITE_CONSTRAINT_FOREIGNKEY or state == FOREIGN_KEY:
        return Unknown("Something that this refers to is not, or no longer, in this community.")
    if isinstance(error, IntegrityError):
        return AlreadyThere("This is there already, and there is never a second.")
    kind, sentence = OF_SQLITE.get(code & LOW_BYTE) or OF_POSTGRESQL.get(state) or _other(cause)
    return kind(sentence)


def _other(cause: BaseException | None) -> tuple[type[StorageError], str]:
    if (
        cause is not None
        and not getattr(cause, "sqlite_errorcode", 0)
        and not getattr(cause, "sqlstate", None)
    ):
        return StorageError, UNREACHABLE
    # The first line only: the others may quote what members wrote.
    return StorageError, f"The database cannot be used: {str(cause).partition(chr(10))[0]}"
