"""One process at a time on one SQLite file. The system lets go of the lock when its holder dies."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bot.errors import StorageError

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


@dataclass(frozen=True, kw_only=True, slots=True)
class Lock:
    file: IO[bytes]

    def release(self) -> None:
        # The file itself stays: were it removed, two could each lock one of the same name.
        self.file.close()


def lock_beside(database: Path) -> Lock:
    """Hold the database, or raise StorageError when another process does."""
    path = database.with_name(f"{database.name}.lock")
    try:
        file = path.open("ab")
    except OSError as error:
        raise StorageError(f"{path} cannot be written: check the rights on its folder.") from error
    try:
        if sys.platform == "win32":
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.close()
        raise StorageError(
            f"Another Voisin is running on {database}: stop it first. "
            "For several processes at once, use PostgreSQL."
        ) from error
    return Lock(file=file)
