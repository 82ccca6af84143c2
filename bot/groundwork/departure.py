"""Somebody is no longer in an introduction: what becomes of it and of its meeting, and who hears of that."""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from bot.domain.delivery import DeliveryKind
from bot.domain.ids import MemberId
from bot.domain.program import Program
from bot.domain.round import Introduction, IntroductionState
from bot.domain.steps import ends_at
from bot.groundwork.circumstances import promises_of
from bot.groundwork.placement import Turn, shrunk
from bot.messages import File
from bot.ports import UnitOfWork
from bot.wording.calendars import calendar_file
from bot.wording.introductions import View

RECENT = 20
"""Introductions of someone that may still be running: one a week at most, so this is ample."""

PAIR = 2

TOLD = frozenset({IntroductionState.MADE, IntroductionState.NOT_YET})
"""They heard of it, and count on it still."""


async def departs(work: UnitOfWork, program: Program, member: MemberId, *, now: datetime) -> File | None:
    """They leave the program: what others wait for with them is called off, and of three, two are told.

    Nobody hears who left; where nothing was agreed, two who are one hear nothing. Returns what takes the
    meeting out of their own calendar, if one was agreed on.
    """
    file: File | None = None
    for introduction in await work.introductions.of_member(member, limit=RECENT):
        round = await work.rounds.get(introduction.round_id)
        if round.program_id != program.id or ends_at(round, introduction.state) <= now:
            continue
        turn = Turn(work=work, program=program, round=round)
        file = file or await off_the_calendar(turn, introduction, member, now=now)
        if introduction.state in TOLD and len(introduction.members) > PAIR:
            await take_out(turn, introduction, {member}, now=now)
            seat = await work.rounds.seat(round.id, member)
            if seat is not None:
                await work.rounds.save_seat(replace(seat, introduction_id=None, bowed_out=True))
        elif len(introduction.members) <= PAIR:
            await _call_off(turn, introduction, {member}, now=now)
    return file


async def off_the_calendar(
    turn: Turn, introduction: Introduction, member: MemberId, *, now: datetime
) -> File | None:
    """The file that takes what was agreed out of the calendar of who is about to go; None: nothing was, or it
    is over. To be asked for before they are taken out.
    """
    standing = (await turn.work.appointments.of(introduction.id)).standing()
    if standing is None or standing.at <= now or member not in introduction.members:
        return None
    people = await turn.work.members.many(introduction.members)
    view = View(
        introduction=introduction,
        members=people,
        space=await turn.work.spaces.get(turn.program.space_id),
        closes_at=turn.round.closes_at,
        late=turn.round.late,
        zone=turn.program.cadence.zone,
    )
    return calendar_file(view, standing.cancelled(), to=people[member], now=now) if member in people else None


async def take_out(
    turn: Turn, introduction: Introduction, leaving: Collection[MemberId], *, now: datetime
) -> Introduction | None:
    """The introduction without some of its members; None, and void, when fewer than two are left."""
    work = turn.work
    staying = tuple(member for member in introduction.members if member not in leaving)
    if len(staying) >= PAIR and introduction.state is not IntroductionState.VOID:
        smaller = await shrunk(turn, introduction, leaving)
        await work.introductions.save(smaller)
        standing = (await work.appointments.of(introduction.id)).standing()
        if standing is not None and standing.at > now:
            # Their calendars name three: the same time, as a newer version without who goes.
            await work.appointments.save(standing.renewed())
        if introduction.state in TOLD:
            # They count on three: two are told that they are two, who has the first word, and what stands.
            promises = await promises_of(work, turn.program, staying)
            about = f"{introduction.id}/{len(staying)}"
            await work.deliveries.add(
                *promises.together(DeliveryKind.FEWER, smaller, turn.round, at=now, about=about)
            )
        if introduction.opener in leaving:
            # Nobody else says what was theirs to say.
            said = DeliveryKind.SAID
            await work.deliveries.void(introduction=introduction.id, kind=said, reason="no longer in it")
        for member in leaving:
            await work.deliveries.void(introduction=introduction.id, member=member, reason="no longer in it")
            await work.appointments.unpick(introduction.id, member)
        return smaller
    await work.introductions.save(replace(introduction, state=IntroductionState.VOID))
    await work.deliveries.void(introduction=introduction.id, reason="introduction void")
    await _call_off(turn, introduction, leaving, now=now)
    return None


async def _call_off(
    turn: Turn, introduction: Introduction, leaving: Collection[MemberId], *, now: datetime
) -> None:
    """The meeting of an introduction that is no more: those who would have waited for it hear so."""
    work = turn.work
    standing = (await work.appointments.of(introduction.id)).standing()
    if standing is None or standing.at <= now:
        return
    cancelled = standing.cancelled()
    await work.appointments.save(cancelled)
    staying = [member for member in introduction.members if member not in leaving]
    promises = await promises_of(work, turn.program, staying)
    await work.deliveries.add(*promises.called_off(introduction, turn.round, cancelled, staying, at=now))
