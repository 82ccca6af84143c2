"""Opening a round: who meets whom, who speaks first, with which phrase, and what each is told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.cadence import zone_named
from bot.domain.delivery import DeliveryKind
from bot.domain.ids import CommunityId, ExternalId, ProgramId
from bot.domain.member import Participation
from bot.domain.program import Program, ProgramState
from bot.domain.promises import Promises
from bot.domain.round import Lateness, Round, RoundState, lateness
from bot.errors import Refusal
from bot.groundwork.circumstances import taking_part
from bot.groundwork.holding import (
    Slot,
    begun,
    hold,
    keep_waiting,
    promises_for,
    slot_from,
    tell_conveners,
    under_way,
    wall_at,
)
from bot.groundwork.reception import language_of, program_asked, require_convener
from bot.messages import Ask, Given, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording import replies
from bot.wording.voice import say


async def open_round(
    open_work: OpenWork,
    community: CommunityId,
    program_id: ProgramId,
    *,
    now: datetime,
    present: frozenset[ExternalId] | None = None,
) -> Round | None:
    """Open the program's round that is due, once; None when none is.

    ``present``: who is in the space now, as the platform said a moment ago; None: not known, everyone counts.
    """
    async with open_work(community) as work:
        program = await work.programs.get(program_id)
        if program.state is not ProgramState.RUNNING or program.next_at is None or program.next_at > now:
            return None
        if program.next_wall is None or await under_way(work, program, now=now):
            return None
        due = program.cadence.latest_until(now, not_before=program.next_wall)
        if due is None:
            return None
        slot = slot_from(program, wall=due.wall, opens_at=due.moment, missed=due.passed_over)
        opened = await _open(work, program, slot, now=now, present=present)
        await work.commit()
        return opened


async def open_now(
    open_work: OpenWork,
    community: CommunityId,
    program_id: ProgramId,
    *,
    now: datetime,
    present: frozenset[ExternalId] | None = None,
) -> tuple[Round, int]:
    """An operator opens a round by hand; returns it and how many introductions it makes: none, none held.

    Raises Refusal while a round is under way, or when the program is paused.
    """
    async with open_work(community) as work:
        program = await work.programs.get(program_id)
        opened, made = await _by_hand(work, program, now=now, present=present)
        if made:
            await work.commit()
        return opened, made


async def _by_hand(
    work: UnitOfWork, program: Program, *, now: datetime, present: frozenset[ExternalId] | None
) -> tuple[Round, int]:
    if program.state is not ProgramState.RUNNING:
        raise Refusal("program_paused")
    running = await under_way(work, program, now=now)
    if running is not None:
        raise Refusal("round_running", day=running.closes_at.date().isoformat())
    slot = slot_from(program, wall=wall_at(program, now), opens_at=now)
    opened = await _open(work, program, slot, now=now, present=present)
    return opened, len(await work.introductions.of_round(opened.id))


async def _open(
    work: UnitOfWork, program: Program, slot: Slot, *, now: datetime, present: frozenset[ExternalId] | None
) -> Round:
    local = slot.opens_at.astimezone(zone_named(program.cadence.zone)).date()
    aimed = program.aimed(after=slot.closes_at - timedelta(microseconds=1))
    late = lateness(now=now, opens_at=slot.opens_at, closes_at=slot.closes_at)
    round = begun(work, program, slot)
    if program.blackouts.contains(local):
        opened = await _skip(work, aimed, replace(round, state=RoundState.SKIPPED), now=now)
        await keep_waiting(work, aimed, now=now)
        return opened
    here, _ = await taking_part(work, program, at=now, present=present, spend=True)
    promises = await promises_for(work, aimed, here)
    if late is Lateness.TOO_LATE:
        opened = await _cancel(
            work, aimed, replace(round, state=RoundState.CANCELLED), here, promises, now=now
        )
    else:
        round = replace(round, late=late is Lateness.SHORTENED)
        opened = await hold(work, aimed, round, here, promises, now=now)
    if opened.state in (RoundState.CANCELLED, RoundState.QUIET):
        await keep_waiting(work, aimed, now=now)
    if slot.missed or late is Lateness.TOO_LATE:
        await tell_conveners(work, promises, DeliveryKind.LATE, at=now, about=opened.id, round=opened)
    return opened


async def _skip(work: UnitOfWork, program: Program, round: Round, *, now: datetime) -> Round:
    """A blackout date: the round is skipped and announced, never shifted."""
    promises = await promises_for(work, program, [])
    await work.rounds.add(round)
    await work.programs.save(program)
    await work.deliveries.add(
        promises.to_space(
            DeliveryKind.SKIPPED, at=now, about=round.id, round=round, expires_at=round.closes_at
        )
    )
    return round


async def _cancel(
    work: UnitOfWork,
    program: Program,
    round: Round,
    here: Sequence[Participation],
    promises: Promises,
    *,
    now: datetime,
) -> Round:
    """Too late: everyone is told, and those concerned come first next time."""
    await work.rounds.add(round)
    await work.programs.save(program)
    await work.participations.save_all([replace(yes, first_next=True) for yes in here])
    await work.deliveries.add(
        *(
            promises.honest(DeliveryKind.CANCELLED, yes.member_id, round, at=now, about=round.id)
            for yes in here
        )
    )
    return round


async def run_now(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """A convener opens a round by hand, besides the rhythm."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask)
        await require_convener(work, ask, program)
        language = await language_of(work, ask.asker)
        today = ask.now.astimezone(zone_named(program.cadence.zone)).date()
        if last := program.blackouts.last_day(today):
            return Reply(message=replies.blackouts(language, dates=[(today, last)]))
        _, made = await _by_hand(work, program, now=ask.now, present=None)
        if not made:
            # As if it had not been asked: the next round keeps its date, and nobody's skip is used up.
            return Reply(message=say("reply.run_now_quiet", language))
        await work.commit()
        return Reply(message=say("reply.run_now", language, n=made))
