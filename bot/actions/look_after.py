"""Who said yes long before the next round meets somebody meanwhile."""

from dataclasses import replace
from datetime import datetime

from bot.domain.cadence import zone_named
from bot.domain.ids import CommunityId, ExternalId, ProgramId
from bot.domain.program import Program, ProgramState
from bot.domain.round import Round
from bot.groundwork.circumstances import ONE_A_WEEK, companions, still_waiting
from bot.groundwork.holding import A_DAY, begun, hold, promises_for, slot_from, under_way, wall_at
from bot.ports import OpenWork, UnitOfWork


async def meet(
    open_work: OpenWork,
    community: CommunityId,
    program_id: ProgramId,
    *,
    now: datetime,
    present: frozenset[ExternalId] | None = None,
) -> Round | None:
    """Who said yes and would wait too long for the next round has one of their own, with whoever is free.

    Nobody else is in it, and the next round keeps its date. Where nobody is free, another day tries again.
    """
    async with open_work(community) as work:
        program = await work.programs.get(program_id)
        waiting = await still_waiting(work, program)
        if all(yes.wake_at is None or yes.wake_at > now for yes in waiting):
            return None
        opened: Round | None = None
        today = now.astimezone(zone_named(program.cadence.zone)).date()
        near = program.next_at is not None and program.next_at - now < ONE_A_WEEK
        off = program.blackouts.contains(today) or program.state is not ProgramState.RUNNING
        if not near and not off and not await under_way(work, program, now=now):
            here = await companions(work, program, waiting, now=now, present=present)
            slot = slot_from(program, wall=wall_at(program, now), opens_at=now)
            if here:
                promises = await promises_for(work, program, here)
                opened = await hold(work, program, begun(work, program, slot), here, promises, now=now)
        seats = await work.rounds.seats(opened.id) if opened else []
        introduced = {seat.member_id for seat in seats if seat.introduction_id is not None}
        for yes in await still_waiting(work, program):
            done = near or yes.member_id in introduced
            await work.participations.save(replace(yes, wake_at=None if done else now + A_DAY))
        if opened is not None:
            await _keep_rhythm(work, program, opened)
        await work.commit()
        return opened


async def _keep_rhythm(work: UnitOfWork, program: Program, opened: Round) -> None:
    """A round of a few is none for all the others: who wants every second one still has every second one."""
    others = [
        yes for yes in await work.participations.of_program(program.id) if 0 < yes.last_round < opened.number
    ]
    members = await work.members.many({yes.member_id for yes in others})
    await work.participations.save_all(
        [
            replace(yes, last_round=yes.last_round + 1)
            for yes in others
            if members[yes.member_id].rhythm.rounds > 1
        ]
    )
