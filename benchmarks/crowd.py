"""Communities by the thousand, written at once: a weekly program in each, and everybody's yes."""

from collections.abc import Iterator
from datetime import UTC, datetime, time
from itertools import islice
from typing import Any, Final

from sqlalchemy import Table, insert

from bot.domain.cadence import weekly
from bot.domain.community import Community, Language, Space
from bot.domain.ids import CommunityId, ExternalId, MemberId, ProgramId, SpaceId
from bot.domain.member import Member, Participation, Standing
from bot.domain.program import Program
from storage.engines import address, synchronous
from storage.rows import values
from storage.tables import communities, conveners, members, participations, programs, spaces
from storage.upgrade import upgrade

MONDAY: Final = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
TUESDAY: Final = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""10:00 in Paris, where all of them live: nothing can be put off to a later hour."""

PLATFORM: Final = "sandbox"
AT_ONCE: Final = 200
"""Communities that are written together."""


def settle(url: str, *, many: int, members_each: int) -> None:
    """Into a database with or without a schema, in which there is nothing yet."""
    upgrade(url)
    engine = synchronous(address(url))
    try:
        numbers = iter(range(many))
        with engine.begin() as connection:
            while some := list(islice(numbers, AT_ONCE)):
                rows: dict[Table, list[dict[str, Any]]] = {}
                for number in some:
                    for table, row in _community(number, members_each):
                        rows.setdefault(table, []).append(row)
                for table, theirs in rows.items():
                    connection.execute(insert(table), theirs)
    finally:
        engine.dispose()


def _community(number: int, people: int) -> Iterator[tuple[Table, dict[str, Any]]]:
    here = CommunityId(f"c{number:06}")
    community = Community(
        id=here,
        platform=PLATFORM,
        external_id=ExternalId(f"T{number}"),
        name=f"Town {number}",
        zone="Europe/Paris",
        language=Language.ENGLISH,
        secret=number.to_bytes(32, "big"),
    )
    yield communities, values(community)
    space = Space(
        id=SpaceId("space"), community_id=here, external_id=ExternalId(f"C{number}"), name="neighbours"
    )
    yield spaces, values(space)
    program = Program(
        id=ProgramId(f"p{number:06}"),
        community_id=here,
        space_id=space.id,
        cadence=weekly(1, time(10), "Europe/Paris", MONDAY.date()),
        next_wall=None,
        next_at=None,
        created_at=MONDAY,
    ).aimed(after=MONDAY)
    row = values(program)
    del row["cadence"]
    yield programs, row | values(program.cadence)
    for person in range(people):
        member = Member(
            id=MemberId(f"m{person:03}"),
            community_id=here,
            external_id=ExternalId(f"U{number}-{person}"),
            name=f"Member {person}",
            language=(Language.ENGLISH, Language.FRENCH)[person % 2],
            learning="to ask better questions" if person % 3 else "",
            can_help="with the first step" if person % 4 else "",
            joined_at=MONDAY,
        )
        yield members, values(member)
        yes = Participation(
            program_id=program.id,
            member_id=member.id,
            community_id=here,
            standing=Standing.ACTIVE,
            since=MONDAY,
        )
        yield participations, values(yes)
    yield (
        conveners,
        {
            "community_id": here,
            "program_id": program.id,
            "member_id": MemberId("m000"),
            "position": 1,
            "at": MONDAY,
        },
    )
