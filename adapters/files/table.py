"""A CSV file with named columns, read whole: every complaint names the file, the line and the remedy."""

import csv
import difflib
import io
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import BadInput

LARGEST = 256 * 1024 * 1024
"""Bytes. A roster of a million members is a tenth of it."""

LONGEST_CELL = 1_000
"""Characters. Nothing that a roster or a tie may say is longer."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

YEARS = range(1990, 2200)
"""Outside of these, a date is a slip."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Line:
    """One line of a table."""

    place: str
    """``roster.csv, line 7``."""
    cells: Mapping[str, str]

    def get(self, column: str) -> str:
        """The cell, without the space around it; empty where the table has no such column."""
        return self.cells.get(column, "")

    def moment(self, column: str) -> datetime | None:
        """A date or a moment in ISO 8601, UTC where it does not say; None where the cell is empty."""
        text = self.get(column)
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise self.bad(f"{text[:40]!r} is no date: write {column} like 2026-11-24T10:00Z.") from None
        if moment.year not in YEARS:
            raise self.bad(f"{text[:40]!r} cannot be meant: correct {column}.")
        return moment

    def bad(self, words: str) -> BadInput:
        """A complaint about this line."""
        return BadInput(f"{self.place}: {words}")


def lines(path: Path, *, required: Collection[str], optional: Collection[str]) -> Iterator[Line]:
    """Every line of a table. Raises BadInput, before the first one where the whole file is no such table."""
    rows = _rows(path)
    place, header = next(rows, (f"{path.name}, line 1", []))
    columns = [cell.strip().lower() for cell in header]
    _check_columns(columns, place, required, optional)
    for place, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(columns):
            raise BadInput(
                f"{place}: {len(row)} cells where the first line names {len(columns)} columns: "
                "put quotes around a cell that has a comma in it."
            )
        cells = {column: cell.strip() for column, cell in zip(columns, row, strict=True)}
        line = Line(place=place, cells=cells)
        for column, cell in cells.items():
            if len(cell) > LONGEST_CELL:
                raise line.bad(f"{column} has {len(cell)} characters: shorten it to {LONGEST_CELL} at most.")
            if _CONTROL.search(cell):
                raise line.bad(f"{column} holds a line break or another control character: take it out.")
        yield line


def _rows(path: Path) -> Iterator[tuple[str, list[str]]]:
    # Strict: an open quote at the end of the file is an error, not one long cell.
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    start = 1
    try:
        for row in reader:
            yield f"{path.name}, line {start}", row
            start = reader.line_num + 1
    except csv.Error as error:
        if "field limit" in str(error):
            raise BadInput(
                f"{path.name}, line {start}: a cell is longer than {csv.field_size_limit():,} characters: "
                f"shorten it to {LONGEST_CELL:,} at most."
            ) from None
        raise BadInput(
            f"{path.name}, line {start}: this is not CSV ({error}): "
            "part the cells by commas, and close every quote."
        ) from None


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise BadInput(f"There is no file {path}: check its name.") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise BadInput(f"{path} cannot be read ({reason}): name a CSV file.") from error
    if len(content) > LARGEST:
        raise BadInput(f"{path} is larger than {LARGEST // 1024**2} MB: name the right file, or split it.")
    try:
        # Spreadsheets put a byte-order mark in front.
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise BadInput(
            f"{path.name}, line {line}: this is not UTF-8: save the file again as “CSV UTF-8”."
        ) from None


def _check_columns(
    columns: Sequence[str], place: str, required: Collection[str], optional: Collection[str]
) -> None:
    if len(columns) == 1 and ";" in columns[0]:
        raise BadInput(f"{place}: the cells are parted by semicolons: save the file with commas.")
    known = [*required, *optional]
    absent = [column for column in required if column not in columns]
    if absent:
        raise BadInput(
            f"{place}: the column {absent[0]!r} is missing: the first line names the columns, "
            f"and {' and '.join(required)} must be among them."
        )
    for column in columns:
        if columns.count(column) > 1:
            raise BadInput(f"{place}: the column {column[:40]!r} is there twice: take one out.")
        near = difflib.get_close_matches(column, known, n=1, cutoff=0.8)
        # A column of another name is somebody else's; one that is nearly ours would be lost without a word.
        if column not in known and near:
            raise BadInput(f"{place}: the column {column[:40]!r} is not known: did you mean {near[0]}?")
