"""Times to meet, within one community."""

from collections.abc import Sequence

from sqlalchemy import and_, select

from bot.domain.ids import IntroductionId, MemberId, RoundId, SlotId
from bot.domain.slots import Appointment, Arrangement, Pick, Slot
from storage import tables
from storage.rows import Rows, values
from storage.tables import appointments, introductions, picks


class SqlAppointments:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def of(self, introduction: IntroductionId) -> Arrangement:
        slots = tables.slots
        chosen = await self._rows.fetch(
            Pick,
            self._rows.select(Pick, picks)
            .where(picks.c.introduction_id == introduction)
            .order_by(picks.c.member_id),
        )
        return Arrangement(
            slots=await self._rows.fetch(
                Slot,
                self._rows.select(Slot, slots)
                .where(slots.c.introduction_id == introduction)
                .order_by(slots.c.at, slots.c.id),
            ),
            picks={pick.member_id: pick.slot_id for pick in chosen},
            appointment=await self._rows.first(
                Appointment,
                self._rows.select(Appointment, appointments).where(
                    appointments.c.introduction_id == introduction
                ),
            ),
        )

    async def find_slot(self, id: SlotId) -> Slot | None:
        slots = tables.slots
        return await self._rows.first(Slot, self._rows.select(Slot, slots).where(slots.c.id == id))

    async def offer(self, introduction: IntroductionId, slots: Sequence[Slot]) -> None:
        for table in (picks, tables.slots):
            await self._rows.run(self._rows.delete(table).where(table.c.introduction_id == introduction))
        await self._rows.insert(tables.slots, [values(slot) for slot in slots])

    async def pick(self, pick: Pick) -> None:
        await self._rows.upsert(picks, [values(pick)])

    async def unpick(self, introduction: IntroductionId, member: MemberId) -> None:
        await self._rows.run(
            self._rows.delete(picks).where(
                picks.c.introduction_id == introduction, picks.c.member_id == member
            )
        )

    async def save(self, appointment: Appointment) -> None:
        await self._rows.upsert(appointments, [values(appointment)])

    async def begun(self, round: RoundId) -> set[IntroductionId]:
        statement = (
            select(picks.c.introduction_id)
            .join(
                introductions,
                and_(self._rows.own(introductions), introductions.c.id == picks.c.introduction_id),
            )
            .where(self._rows.own(picks), introductions.c.round_id == round)
        )
        chosen = {IntroductionId(id) for (id,) in await self._rows.tuples(statement)}
        return chosen | await self.standing(round)

    async def standing(self, round: RoundId) -> set[IntroductionId]:
        statement = (
            select(appointments.c.introduction_id)
            .join(
                introductions,
                and_(self._rows.own(introductions), introductions.c.id == appointments.c.introduction_id),
            )
            .where(
                self._rows.own(appointments),
                introductions.c.round_id == round,
                appointments.c.called_off.is_(False),
            )
        )
        return {IntroductionId(id) for (id,) in await self._rows.tuples(statement)}

    async def picks_of_member(self, member: MemberId) -> Sequence[Pick]:
        return await self._rows.fetch(
            Pick,
            self._rows.select(Pick, picks)
            .where(picks.c.member_id == member)
            .order_by(picks.c.at, picks.c.introduction_id),
        )
