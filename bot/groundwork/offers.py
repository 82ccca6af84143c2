"""Slots for an introduction, from where its members live and what time is left."""

from collections.abc import Sequence
from datetime import datetime

from bot.domain.ids import SlotId
from bot.domain.program import Program
from bot.domain.round import Introduction
from bot.domain.slots import Slot, offer
from bot.ports import UnitOfWork


async def offered(
    work: UnitOfWork,
    program: Program,
    introduction: Introduction,
    *,
    now: datetime,
    until: datetime,
    besides: Sequence[datetime] = (),
) -> Sequence[Slot]:
    """Write down slots instead of those that were offered before, and return them; none where none fits."""
    moments = offer(
        after=now,
        until=until,
        zones=await zones_of(work, program, introduction),
        blackouts=program.blackouts,
        program_zone=program.cadence.zone,
        besides=besides,
    )
    slots = [
        Slot(
            id=SlotId(work.new_id()),
            community_id=work.community.id,
            introduction_id=introduction.id,
            at=at,
        )
        for at in moments
    ]
    await work.appointments.offer(introduction.id, slots)
    return slots


async def zones_of(work: UnitOfWork, program: Program, introduction: Introduction) -> Sequence[str]:
    """Where they live, the opener first; the program's zone for who named none."""
    people = await work.members.many(introduction.members)
    order = [introduction.opener, *introduction.others(introduction.opener)]
    return [(people[id].zone if id in people else None) or program.cadence.zone for id in order]
