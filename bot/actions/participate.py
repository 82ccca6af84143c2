"""A member's yes to a program: join, pause, resume, skip, leave."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.domain.cadence import zone_named
from bot.domain.days import DayUnclear, parse_day
from bot.domain.delivery import DeliveryKind
from bot.domain.hours import OPENS
from bot.domain.ids import CommunityId, MemberId, ProgramId
from bot.domain.member import Member, Participation, Standing, looked_after_at
from bot.domain.program import Program, ProgramState
from bot.domain.round import GROWING
from bot.errors import Refusal
from bot.groundwork.circumstances import promises_of
from bot.groundwork.departure import departs
from bot.groundwork.placement import come_late
from bot.groundwork.reception import greet, program_asked, space_of, yes_of
from bot.messages import Ask, Given, Message, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording.meetings import off
from bot.wording.voice import Tap, Values, moment, say


async def join(open_work: OpenWork, ask: Ask, given: Given, *, program_id: ProgramId | None = None) -> Reply:
    """Say yes to the program; also how one comes back after having left."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask, named=program_id)
        member = await greet(work, ask.asker, now=ask.now)
        space = await space_of(work, program)
        yes = await work.participations.find(program.id, member.id)
        if yes is not None and yes.standing is Standing.ACTIVE:
            await work.commit()
            return Reply(message=_dated("reply.already_joined", program, member, space=space))
        if yes is None or yes.standing is Standing.LEFT:
            # Who comes back begins anew, but what fairness must remember of them stays.
            yes = replace(
                yes
                or Participation(
                    program_id=program.id,
                    member_id=member.id,
                    community_id=work.community.id,
                    standing=Standing.ACTIVE,
                    since=ask.now,
                ),
                since=ask.now,
                silent_rounds=0,
            )
        await work.participations.save(yes.active())
        introduced = await come_late(work, program, yes.active(), now=ask.now)
        await _look_after(work, program, member.id, now=ask.now)
        await work.commit()
        taps = [("me", ""), ("privacy", "")]
        if introduced is not None:
            return Reply(message=say("reply.joined_now", member.language, taps=taps, space=space))
        return Reply(message=_dated("reply.joined", program, member, space=space, taps=taps))


async def _look_after(work: UnitOfWork, program: Program, member: MemberId, *, now: datetime) -> None:
    """Who sits in no round and would wait too long for the next: the clock looks for somebody before."""
    round = next(iter(await work.rounds.latest(program.id, limit=1)), None)
    if round is not None and round.state in GROWING and await work.rounds.seat(round.id, member) is not None:
        return
    yes = await work.participations.find(program.id, member)
    if yes is not None and (at := looked_after_at(yes, next_at=program.next_at, now=now)) is not None:
        await work.participations.save(replace(yes, wake_at=at))


async def pause(open_work: OpenWork, ask: Ask, given: Given, *, program_id: ProgramId | None = None) -> Reply:
    """Be away until a day, or until they say so. The day is the first on which they take part again."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask, named=program_id)
        member = await greet(work, ask.asker, now=ask.now)
        yes = await yes_of(work, program, member)
        zone = zone_named(member.zone or program.cadence.zone)
        until: date | None = None
        wake_at: datetime | None = None
        if given.text.strip():
            today = ask.now.astimezone(zone).date()
            try:
                until = parse_day(given.text, today=today)
            except DayUnclear as error:
                raise Refusal(f"day_{error.code}", text=given.text.strip()) from error
            wake_at = datetime.combine(until, OPENS, zone).astimezone(ask.now.tzinfo)
        await work.participations.save(yes.paused(until=until, wake_at=wake_at))
        await work.commit()
        if wake_at is None:
            return Reply(message=say("reply.paused_open", member.language, taps=[("resume", program.id)]))
        day = moment(wake_at, zone=zone.key, language=member.language)
        return Reply(
            message=say("reply.paused_until", member.language, day=day, taps=[("resume", program.id)])
        )


async def resume(
    open_work: OpenWork, ask: Ask, given: Given, *, program_id: ProgramId | None = None
) -> Reply:
    """Take part again; takes back a skip too."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask, named=program_id)
        member = await greet(work, ask.asker, now=ask.now)
        yes = await yes_of(work, program, member)
        if yes.standing is Standing.ACTIVE and not yes.skips_next:
            await work.commit()
            return Reply(message=say("reply.not_paused", member.language))
        await work.participations.save(replace(yes.active(), skips_next=False))
        await work.commit()
        return Reply(message=_dated("reply.resumed", program, member))


async def rest(open_work: OpenWork, ask: Ask, given: Given, *, program_id: ProgramId | None = None) -> Reply:
    """*Rest*, after some silent rounds: a pause until they say so."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask, named=program_id)
        member = await greet(work, ask.asker, now=ask.now)
        yes = await yes_of(work, program, member)
        await work.participations.save(replace(yes.paused(until=None, wake_at=None), silent_rounds=0))
        await work.commit()
        return Reply(message=say("reply.rested", member.language, taps=[("resume", program.id)]))


async def stay(open_work: OpenWork, ask: Ask, given: Given, *, program_id: ProgramId | None = None) -> Reply:
    """*Stay*: a sign of life, and everything goes on."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask, named=program_id)
        member = await greet(work, ask.asker, now=ask.now)
        yes = await yes_of(work, program, member)
        await work.participations.save(replace(yes, silent_rounds=0))
        await work.commit()
        return Reply(message=say("reply.stayed", member.language))


async def skip(open_work: OpenWork, ask: Ask, given: Given, *, program_id: ProgramId | None = None) -> Reply:
    """Sit the next round out, that one only."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask, named=program_id)
        member = await greet(work, ask.asker, now=ask.now)
        yes = await yes_of(work, program, member)
        name = "reply.already_skipping" if yes.skips_next else "reply.skipping"
        await work.participations.save(replace(yes, skips_next=True))
        await work.commit()
        return Reply(message=_dated(name, program, member, taps=[("resume", program.id)]))


async def leave(open_work: OpenWork, ask: Ask, given: Given, *, program_id: ProgramId | None = None) -> Reply:
    """Leave the program: silent, private and immediate. Only a meeting that somebody waits for is called off,
    and of three, two are told that they are two.
    """
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask, named=program_id)
        member = await greet(work, ask.asker, now=ask.now)
        yes = await yes_of(work, program, member)
        await work.participations.save(yes.left())
        file = await departs(work, program, member.id, now=ask.now)
        await work.deliveries.void(member=member.id, program=program.id, reason="left")
        await work.commit()
        space = await space_of(work, program)
        said = say("reply.left", member.language, space=space, taps=[("join", program.id)])
        return Reply(message=off(said, member) if file else said, file=file)


async def come_back(
    open_work: OpenWork, community: CommunityId, program_id: ProgramId, member_id: MemberId, *, now: datetime
) -> None:
    """The clock: a pause has ended; they take part again by themselves, with a note."""
    async with open_work(community) as work:
        yes = await work.participations.find(program_id, member_id)
        if yes is None or yes.standing is not Standing.PAUSED or yes.wake_at is None or yes.wake_at > now:
            return
        program = await work.programs.get(program_id)
        member = await work.members.get(member_id)
        await work.participations.save(yes.active())
        promises = await promises_of(work, program, [member.id])
        await work.deliveries.add(
            promises.to_member(
                DeliveryKind.WELCOME_BACK,
                member.id,
                at=now,
                about=f"{program.id}/{yes.paused_until}",
                expires_at=now + timedelta(days=3),
            )
        )
        await work.commit()


def _dated(
    name: str, program: Program, member: Member, *, taps: Sequence[Tap] = (), **values: Values
) -> Message:
    """A sentence with the day of the next round, or its form for when none is planned."""
    if program.next_at is None or program.state is not ProgramState.RUNNING:
        return say(f"{name}_undated", member.language, taps=taps, **values)
    day = moment(program.next_at, zone=member.zone or program.cadence.zone, language=member.language)
    return say(name, member.language, taps=taps, day=day, **values)
