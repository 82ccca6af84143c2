"""Ties: who had to do with whom, and when. Columns ``from``, ``to``, ``kind``; then ``at``, ``people``."""

import difflib
from pathlib import Path

from adapters.files.table import Line, lines
from bot.actions.bring_in import TieLine
from bot.domain.ids import ExternalId
from bot.domain.member import TieKind

KINDS = tuple(kind for kind in TieKind if kind is not TieKind.KNOWN)
"""That they know someone is for members to say."""

MOST_PEOPLE = 1_000_000


def read_ties(path: Path) -> tuple[TieLine, ...]:
    """Every tie in the file, in its order. Raises BadInput, which names the line and the remedy."""
    return tuple(
        _tie(line) for line in lines(path, required=("from", "to", "kind"), optional=("at", "people"))
    )


def _tie(line: Line) -> TieLine:
    for column in ("from", "to"):
        if not line.get(column):
            raise line.bad(f"{column!r} is empty: name a member, or take the line out.")
    return TieLine(
        source=ExternalId(line.get("from")),
        target=ExternalId(line.get("to")),
        kind=_kind(line),
        at=line.moment("at"),
        people=_people(line),
        place=line.place,
    )


def _kind(line: Line) -> TieKind:
    text = line.get("kind").lower()
    if text not in KINDS:
        near = difflib.get_close_matches(text, KINDS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"write one of {', '.join(KINDS)}."
        raise line.bad(f"{text[:40]!r} is no kind of tie: {hint}")
    return TieKind(text)


def _people(line: Line) -> int:
    text = line.get("people")
    if not text:
        return 2
    # A longer number would not fit, and int() has a limit of its own.
    if not (text.isascii() and text.isdigit() and len(text) < 9 and 2 <= int(text) <= MOST_PEOPLE):
        raise line.bad(f"{text[:40]!r} people cannot be: write how many took part, 2 or more.")
    return int(text)
