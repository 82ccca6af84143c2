"""Spaces and programs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from bot.domain.cadence import Cadence
from bot.domain.community import Space
from bot.domain.ids import ExternalId, MemberId, ProgramId, SpaceId
from bot.domain.program import Greeter, Program
from bot.errors import Unknown
from storage.rows import Rows, names, values
from storage.tables import conveners, greeters, programs, spaces

CADENCE = names(Cadence)


class SqlSpaces:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def find(self, external_id: ExternalId) -> Space | None:
        return await self._rows.first(
            Space, self._rows.select(Space, spaces).where(spaces.c.external_id == external_id)
        )

    async def get(self, id: SpaceId) -> Space:
        statement = self._rows.select(Space, spaces).where(spaces.c.id == id)
        found = await self._rows.once(("space", id), lambda: self._rows.first(Space, statement))
        if found is None:
            raise Unknown(f"There is no space {id} here.")
        return found

    async def save(self, space: Space) -> None:
        await self._rows.upsert(spaces, [values(space)])


class SqlPrograms:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def get(self, id: ProgramId) -> Program:
        found = await self.find(id)
        if found is None:
            raise Unknown(f"There is no program {id} here.")
        return found

    async def find(self, id: ProgramId) -> Program | None:
        return await self._rows.once(("program", id), lambda: self._first(programs.c.id == id))

    async def all(self) -> Sequence[Program]:
        statement = self._select().order_by(programs.c.created_at, programs.c.id)
        return [_program(row) for row in await self._rows.read(statement)]

    async def in_space(self, space: SpaceId) -> Program | None:
        return await self._first(programs.c.space_id == space)

    async def save(self, program: Program) -> None:
        row = values(program)
        del row["cadence"]
        await self._rows.upsert(programs, [row | values(program.cadence)])

    async def conveners(self, id: ProgramId) -> Sequence[MemberId]:
        statement = (
            select(conveners.c.member_id)
            .where(self._rows.own(conveners), conveners.c.program_id == id)
            .order_by(conveners.c.position)
        )
        return [MemberId(member) for (member,) in await self._rows.tuples(statement)]

    async def add_convener(self, id: ProgramId, member: MemberId, *, at: datetime) -> None:
        statement = select(func.coalesce(func.max(conveners.c.position), 0)).where(
            self._rows.own(conveners), conveners.c.program_id == id
        )
        [(last,)] = await self._rows.tuples(statement)
        row = {
            "community_id": self._rows.community,
            "program_id": id,
            "member_id": member,
            "position": last + 1,
            "at": at,
        }
        await self._rows.add_new(conveners, [row], unique=["program_id", "member_id"])

    async def remove_convener(self, id: ProgramId, member: MemberId) -> None:
        await self._rows.run(
            self._rows.delete(conveners).where(conveners.c.program_id == id, conveners.c.member_id == member)
        )

    def _select(self) -> Select[Any]:
        return select(programs).where(self._rows.own(programs))

    async def _first(self, where: ColumnElement[bool]) -> Program | None:
        found = await self._rows.read(self._select().where(where))
        return _program(found[0]) if found else None


class SqlGreeters:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def of_program(self, program: ProgramId) -> Sequence[Greeter]:
        statement = self._rows.select(Greeter, greeters).where(greeters.c.program_id == program)
        return await self._rows.fetch(Greeter, statement.order_by(greeters.c.member_id))

    async def of_member(self, member: MemberId) -> Sequence[Greeter]:
        statement = self._rows.select(Greeter, greeters).where(greeters.c.member_id == member)
        return await self._rows.fetch(Greeter, statement.order_by(greeters.c.program_id))

    async def save(self, greeter: Greeter) -> None:
        await self._rows.upsert(greeters, [values(greeter)])

    async def remove(self, program: ProgramId, member: MemberId) -> None:
        await self._rows.run(
            self._rows.delete(greeters).where(
                greeters.c.program_id == program, greeters.c.member_id == member
            )
        )


def _program(row: Mapping[str, Any]) -> Program:
    cadence = Cadence(**{name: row[name] for name in CADENCE})
    return Program(cadence=cadence, **{name: value for name, value in row.items() if name not in CADENCE})
