"""A file of JSON lines that only grows; what was written is on the disk before anyone hears of it."""

import errno
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from adapters.sandbox.render import Json
from bot.errors import BadInput, FullDisk, StorageError

if sys.platform != "win32":
    import fcntl


PRIVATE = 0o600


class Journal:
    """One process at a time has it open. Without a path, nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: io.FileIO | None = None
        self._end = 0

    def open(self) -> Iterator[Mapping[str, Json]]:
        """Every line, oldest first; a last one that a crash tore is dropped.

        Raises BadInput when it is not a journal, StorageError when it cannot be written or another has it.
        """
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            # What people said to each other is nobody else's to read.
            self._file = io.FileIO(self._path, "a+", opener=partial(os.open, mode=PRIVATE))
            # On Windows the database's own lock has to do.
            if sys.platform != "win32":
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self.close()
            raise StorageError(f"{self._path} is in use: another Voisin runs; stop it first.") from error
        except OSError as error:
            raise StorageError(f"{self._path} cannot be written: {error.strerror}.") from error
        self._file.seek(0)
        for number, line in enumerate(io.BytesIO(self._file.readall()), start=1):
            if not line.endswith(b"\n"):
                break
            try:
                read = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise self.unlike(number) from error
            if not isinstance(read, dict):
                raise self.unlike(number)
            self._end += len(line)
            yield read

    def unlike(self, number: int) -> BadInput:
        """A line that no sandbox wrote: the file is let go as it was."""
        self.close()
        return BadInput(
            f"{self._path} is not the ledger of a sandbox (line {number}): "
            "name another file, or move this one away to begin anew."
        )

    def write(self, line: Mapping[str, Json]) -> None:
        """One line, whole or not at all. Raises FullDisk or StorageError."""
        if self._file is None:
            return
        written = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        try:
            # What a crash or a full disk left of an earlier line goes first.
            self._file.truncate(self._end)
            rest = memoryview(written)
            while rest:
                rest = rest[self._file.write(rest) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise FullDisk(f"There is no room left for {self._path}; nothing was said.") from error
            raise StorageError(f"{self._path} cannot be written: {error.strerror}.") from error
        self._end += len(written)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
