"""A roster: who is in the community. Columns ``member`` and ``name``, and some that may be left out."""

from pathlib import Path

from adapters.files.table import Line, lines
from bot.actions.bring_in import RosterLine
from bot.domain.cadence import UnknownZone, zone_named
from bot.domain.ids import ExternalId
from bot.domain.member import LINE_LIMIT
from bot.errors import BadInput

OPTIONAL = ("team", "last_seen", "languages", "timezone", "learning", "can_help", "joined")

LONGEST_NAME = 200
"""Characters of a member, a name or a team."""


def read_roster(path: Path) -> tuple[RosterLine, ...]:
    """Everyone in the file, in its order. Raises BadInput, which names the line and the remedy."""
    people: list[RosterLine] = []
    first: dict[str, str] = {}
    for line in lines(path, required=("member", "name"), optional=OPTIONAL):
        person = _person(line)
        if person.member in first:
            raise line.bad(
                f"member {person.member!r} is there twice, first in {first[person.member]}: take one out."
            )
        first[person.member] = line.place
        people.append(person)
    if not people:
        raise BadInput(f"{path.name}: there is nobody in it: below the first line, one line per member.")
    return tuple(people)


def _person(line: Line) -> RosterLine:
    member = _short(line, "member", LONGEST_NAME)
    if not member:
        raise line.bad("the member is missing: give each a name or a number of their own.")
    return RosterLine(
        member=ExternalId(member),
        name=_short(line, "name", LONGEST_NAME) or member,
        team=_short(line, "team", LONGEST_NAME) or None,
        last_seen=line.moment("last_seen"),
        languages=_languages(line),
        zone=_zone(line),
        learning=_short(line, "learning", LINE_LIMIT),
        can_help=_short(line, "can_help", LINE_LIMIT),
        joined=line.moment("joined"),
    )


def _short(line: Line, column: str, limit: int) -> str:
    text = line.get(column)
    if len(text) > limit:
        raise line.bad(f"{column} has {len(text)} characters: shorten it to {limit} at most.")
    return text


def _languages(line: Line) -> tuple[str, ...]:
    codes = [code.strip().lower() for code in line.get("languages").split(";") if code.strip()]
    for code in codes:
        if not (2 <= len(code) <= 3 and code.isascii() and code.isalpha()):
            raise line.bad(f"{code[:40]!r} is no language: write languages like fr;en.")
    return tuple(dict.fromkeys(codes))


def _zone(line: Line) -> str | None:
    name = line.get("timezone")
    if not name:
        return None
    try:
        zone_named(name)
    except UnknownZone as error:
        raise line.bad(str(error)) from None
    return name
