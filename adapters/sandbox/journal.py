"""A file of JSON lines that only grows; what was written is on the disk before anyone hears of it."""

import errno
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

from adapters.sandbox.render import Json
from bot.errors import BadInput, FullDisk, StorageError


class Journal:
    """One process at a time writes it. Without a path, nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._end = 0

    def open(self) -> Iterator[Mapping[str, Json]]:
        """Every line, oldest first; a last one that a crash tore is dropped.

        Raises BadInput when it is not a journal, StorageError when it cannot be written.
        """
        if self._path is None:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a+b")
        except OSError as error:
            raise StorageError(f"{self._path} cannot be written: {error.strerror}.") from error
        self._file.seek(0)
        for number, line in enumerate(self._file, start=1):
            if not line.endswith(b"\n"):
                break
            try:
                read = json.loads(line)
            except ValueError as error:
                raise BadInput(self.unlike(number)) from error
            if not isinstance(read, dict):
                raise BadInput(self.unlike(number))
            self._end += len(line)
            yield read
        self._file.truncate(self._end)

    def unlike(self, number: int) -> str:
        """The sentence for a line that no sandbox wrote."""
        return (
            f"{self._path} is not the ledger of a sandbox (line {number}): "
            "name another file, or move this one away to begin anew."
        )

    def write(self, line: Mapping[str, Json]) -> None:
        """One line, whole or not at all. Raises FullDisk or StorageError."""
        if self._file is None:
            return
        written = json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        try:
            self._file.write(written)
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            self._take_back()
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise FullDisk(f"There is no room left for {self._path}; nothing was said.") from error
            raise StorageError(f"{self._path} cannot be written: {error.strerror}.") from error
        self._end += len(written)

    def _take_back(self) -> None:
        # A buffered writer keeps what it could not write: a new one begins clean after the last whole line.
        if self._file is None or self._path is None:
            return
        descriptor = os.dup(self._file.fileno())
        os.ftruncate(descriptor, self._end)
        self._file = os.fdopen(descriptor, "a+b")

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
