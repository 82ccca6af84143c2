"""Members and their yes to programs."""

from collections.abc import Collection, Mapping, Sequence

from bot.domain.ids import ExternalId, MemberId, ProgramId
from bot.domain.member import Member, Participation
from bot.errors import Unknown
from storage import tables
from storage.erasure import erase
from storage.rows import Rows, chunks, values


class SqlMembers:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def find(self, external_id: ExternalId) -> Member | None:
        return await self._rows.first(
            Member,
            self._rows.select(Member, tables.members).where(tables.members.c.external_id == external_id),
        )

    async def find_id(self, id: MemberId) -> Member | None:
        return await self._rows.once(("member", id), lambda: self._find_id(id))

    async def _find_id(self, id: MemberId) -> Member | None:
        return await self._rows.first(
            Member, self._rows.select(Member, tables.members).where(tables.members.c.id == id)
        )

    async def get(self, id: MemberId) -> Member:
        found = await self.find_id(id)
        if found is None:
            raise Unknown(f"There is no member {id} here.")
        return found

    async def many(self, ids: Collection[MemberId]) -> Mapping[MemberId, Member]:
        wanted = sorted(set(ids))
        for some in chunks([id for id in wanted if not self._rows.has(("member", id))]):
            statement = self._rows.select(Member, tables.members).where(tables.members.c.id.in_(some))
            found = {member.id: member for member in await self._rows.fetch(Member, statement)}
            for id in some:
                self._rows.keep(("member", id), found.get(id))
        all_of_them = {id: await self.find_id(id) for id in wanted}
        return {id: member for id, member in all_of_them.items() if member is not None}

    async def all(self) -> Sequence[Member]:
        return await self._rows.fetch(
            Member, self._rows.select(Member, tables.members).order_by(tables.members.c.id)
        )

    async def save(self, member: Member) -> None:
        await self.save_all([member])

    async def save_all(self, members: Sequence[Member]) -> None:
        await self._rows.upsert(tables.members, [values(member) for member in members])

    async def erase(self, id: MemberId) -> None:
        await erase(self._rows, await self.get(id))
        self._rows.erased = True


class SqlParticipations:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def find(self, program: ProgramId, member: MemberId) -> Participation | None:
        return await self._rows.once(("yes", program, member), lambda: self._find(program, member))

    async def _find(self, program: ProgramId, member: MemberId) -> Participation | None:
        return await self._rows.first(
            Participation,
            self._rows.select(Participation, tables.participations).where(
                tables.participations.c.program_id == program, tables.participations.c.member_id == member
            ),
        )

    async def of_members(
        self, program: ProgramId, members: Collection[MemberId]
    ) -> Mapping[MemberId, Participation]:
        every: dict[MemberId, Participation] = {}
        for some in chunks(sorted(set(members))):
            statement = self._rows.select(Participation, tables.participations).where(
                tables.participations.c.program_id == program, tables.participations.c.member_id.in_(some)
            )
            found = {yes.member_id: yes for yes in await self._rows.fetch(Participation, statement)}
            for member in some:
                self._rows.keep(("yes", program, member), found.get(member))
            every |= found
        return every

    async def of_member(self, member: MemberId) -> Sequence[Participation]:
        return await self._rows.fetch(
            Participation,
            self._rows.select(Participation, tables.participations)
            .where(tables.participations.c.member_id == member)
            .order_by(tables.participations.c.program_id),
        )

    async def of_program(self, program: ProgramId) -> Sequence[Participation]:
        return await self._rows.fetch(
            Participation,
            self._rows.select(Participation, tables.participations)
            .where(tables.participations.c.program_id == program)
            .order_by(tables.participations.c.member_id),
        )

    async def save(self, participation: Participation) -> None:
        await self.save_all([participation])

    async def save_all(self, participations: Sequence[Participation]) -> None:
        await self._rows.upsert(tables.participations, [values(yes) for yes in participations])
