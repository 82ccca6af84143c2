"""A folder or a zip of JSON files, read one at a time in memory: nothing is ever unpacked onto the disk."""

import json
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Protocol

from bot.errors import BadInput

MOST_FILES = 1_000_000
LARGEST_FILE = 256 * 1024 * 1024
"""Bytes of one file: a day of one channel, or the list of members, is far below."""

LARGEST_TOTAL = 16 * 1024 * 1024 * 1024
"""Bytes of all files together, counted as they come out: what a zip says of itself is not believed."""

DENSEST = 200
"""How often its zip the content may be as large: messages shrink to a tenth, bombs to a thousandth."""

FREE = 64 * 1024 * 1024
"""Bytes below which nobody asks how densely they were packed."""

_CHUNK = 1024 * 1024
_DRIVE = 2


class Archive(Protocol):
    """Named JSON files."""

    @property
    def names(self) -> tuple[str, ...]:
        """Their paths, parted by slashes, sorted."""
        ...

    def read(self, name: str) -> object:
        """What a file holds. Raises BadInput."""
        ...


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive at a path. Raises BadInput where it is none, or where a file of it lies outside."""
    if path.is_dir():
        yield _Folder(path)
        return
    try:
        with zipfile.ZipFile(path) as packed:
            yield _Zip(path, packed)
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}: check its name.") from None
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise BadInput(
            f"{path.name} is not a zip that can be read ({error}): download the export again."
        ) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadInput(f"{path} cannot be read ({reason}): name the export's zip or folder.") from error


class _Folder:
    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0
        found = []
        for file in path.rglob("*"):
            if file.is_symlink():
                raise BadInput(
                    f"{file} is a link, which may lead out of the export: name a folder without links."
                )
            if file.is_file():
                found.append(file.relative_to(path).as_posix())
            if len(found) > MOST_FILES:
                raise BadInput(f"{path} has more than {MOST_FILES:,} files: name the folder of one export.")
        self.names = tuple(sorted(found))

    def read(self, name: str) -> object:
        with (self._path / name).open("rb") as file:
            content = _bounded(file, name)
        self._read += len(content)
        if self._read > LARGEST_TOTAL:
            raise BadInput(
                f"{self._path} holds more than {LARGEST_TOTAL // 1024**3} GB: name one export's folder."
            )
        return _parsed(content, name)


class _Zip:
    def __init__(self, path: Path, packed: zipfile.ZipFile) -> None:
        self._path, self._packed = path, packed
        self._read = 0
        self._size = path.stat().st_size
        files = [info for info in packed.infolist() if not info.is_dir()]
        if len(files) > MOST_FILES:
            raise BadInput(
                f"{path.name} has more than {MOST_FILES:,} files: that is no export of one workspace."
            )
        for info in packed.infolist():
            self._check(info)
        self._entries = {info.filename: info for info in files}
        if len(self._entries) < len(files):
            raise BadInput(f"{path.name} holds two files of one name: download the export again.")
        self.names = tuple(sorted(self._entries))

    def read(self, name: str) -> object:
        parts = []
        size = 0
        with self._packed.open(self._entries[name]) as file:
            while chunk := file.read(_CHUNK):
                size += len(chunk)
                self._count(len(chunk))
                if size > LARGEST_FILE:
                    raise _too_large(name)
                parts.append(chunk)
        return _parsed(b"".join(parts), name)

    def _count(self, size: int) -> None:
        self._read += size
        if self._read > LARGEST_TOTAL or self._read > max(FREE, DENSEST * self._size):
            raise BadInput(
                f"{self._path.name} unpacks to far more than an export does "
                f"(over {self._read // 1024**2:,} MB from {max(1, self._size // 1024**2):,} MB): "
                "it was not read any further; download the export again."
            )

    def _check(self, info: zipfile.ZipInfo) -> None:
        # zipfile turns the names into something harmless; an export that needs it is not one.
        name = info.orig_filename
        place = PurePosixPath(name.replace("\\", "/"))
        outside = place.is_absolute() or ".." in place.parts or name[1:_DRIVE] == ":" or "\0" in name
        if outside or stat.S_ISLNK(info.external_attr >> 16):
            raise BadInput(
                f"{self._path.name}: {name[:80]!r} leads out of the export: "
                "this zip was not made by Slack; nothing was read."
            )
        if info.flag_bits & 1:
            raise BadInput(f"{self._path.name} is locked by a password: unpack it, and name the folder.")


def _bounded(file: IO[bytes], name: str) -> bytes:
    content = file.read(LARGEST_FILE + 1)
    if len(content) > LARGEST_FILE:
        raise _too_large(name)
    return content


def _too_large(name: str) -> BadInput:
    return BadInput(f"{name[:80]} is larger than {LARGEST_FILE // 1024**2} MB: that is no file of an export.")


def _parsed(content: bytes, name: str) -> object:
    try:
        parsed: object = json.loads(content)
    except UnicodeDecodeError:
        raise BadInput(f"{name[:80]} is not UTF-8: download the export again.") from None
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{name[:80]} is not JSON ({str(error)[:80]}): download the export again.") from None
    return parsed
