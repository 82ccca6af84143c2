"""A place in a running round: for who lost a neighbour, and for who comes late; what is left of three."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import combinations

from bot.compose import FIRST_WORDS
from bot.domain.acquaintance import Pair, pair
from bot.domain.delivery import HEARD, DeliveryKind, DeliveryState
from bot.domain.ids import IntroductionId, MemberId
from bot.domain.member import WITHIN, Participation, Standing
from bot.domain.planning import (
    LONG_AGO,
    Circumstances,
    Past,
    acquaintances,
    allowing,
    describe,
    history,
    ticket,
)
from bot.domain.program import RESPITE, Program, ProgramState
from bot.domain.regrouping import Neighbourhood, Place, place
from bot.domain.round import GROWING, Introduction, IntroductionState, Round, Seat
from bot.groundwork.circumstances import ONE_A_WEEK, around, promises_of
from bot.ports import UnitOfWork
from bot.wording.phrases import Level, choose, latest

LOOKED_AFTER = timedelta(days=12)
"""In time for it, also where everybody sleeps first."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """A running round, and the memory at hand."""

    work: UnitOfWork
    program: Program
    round: Round


async def seek(turn: Turn, seeker: MemberId, *, after: Introduction, now: datetime) -> bool:
    """Another place for someone whose introduction is no more; False: first next time, and told so."""
    if await found_place(turn, seeker, after=after, now=now):
        return True
    await put_first(turn, seeker, kind=DeliveryKind.PARTED, about=after.id, now=now)
    return False


async def come_late(
    work: UnitOfWork, program: Program, yes: Participation, *, now: datetime
) -> Introduction | None:
    """Who says yes while a round runs is introduced in it where someone is free; else they wait with a seat.

    None also where there is no such round, or where they sat in it before. The yes is to be saved already.
    """
    round = next(iter(await work.rounds.latest(program.id, limit=1)), None)
    if (
        round is None
        or program.state is not ProgramState.RUNNING
        or round.state not in GROWING
        # The next round is as near: they are in it from the start.
        or round.closes_at - now < RESPITE
        or await work.rounds.seat(round.id, yes.member_id) is not None
        or yes.member_id in await work.rounds.seated_since(now - ONE_A_WEEK, besides=program.id)
    ):
        return None
    await work.rounds.add_seats(
        [Seat(round_id=round.id, member_id=yes.member_id, community_id=work.community.id)]
    )
    turn = Turn(work=work, program=program, round=round)
    introduction = await found_place(turn, yes.member_id, now=now)
    if introduction is None:
        latest_yes = await work.participations.find(program.id, yes.member_id) or yes
        await work.participations.save(replace(latest_yes, first_next=True))
        again = await looks_again_at(turn, now=now)
        if again is not None and round.wake_at is not None and again < round.wake_at:
            await work.rounds.save(replace(round, wake_at=again))
        return None
    await _remember(turn, yes, introduction)
    return introduction


async def looks_again_at(turn: Turn, *, now: datetime) -> datetime | None:
    """When who came late and found nobody is looked after once more; None: the next round is soon enough."""
    moments = [yes.since + LOOKED_AFTER for yes in await _waiting(turn)]
    return min((at for at in moments if at > now), default=None)


async def look_again(turn: Turn, *, now: datetime) -> None:
    """Before their fourteenth day, also somebody who has met their own neighbour is one for who still waits:
    a greeter first.
    """
    for yes in await _waiting(turn):
        if yes.since + LOOKED_AFTER <= now:
            introduction = await found_place(turn, yes.member_id, spare=True, now=now)
            if introduction is not None:
                await _remember(turn, yes, introduction)


async def _waiting(turn: Turn) -> Sequence[Participation]:
    """Who came while the round ran, sits in it with nobody, and would wait for the next one too long."""
    round, work = turn.round, turn.work
    following = max(turn.program.next_at or round.closes_at, round.closes_at)
    found = [
        await work.participations.find(turn.program.id, seat.member_id)
        for seat in await work.rounds.seats(round.id)
        if seat.introduction_id is None and not seat.bowed_out
    ]
    return [
        yes
        for yes in found
        if yes is not None
        and yes.standing is Standing.ACTIVE
        and round.opens_at < yes.since
        and yes.since + WITHIN < following
    ]


async def _remember(turn: Turn, yes: Participation, introduction: Introduction) -> None:
    """What fairness must know of who came late."""
    latest_yes = await turn.work.participations.find(turn.program.id, yes.member_id) or yes
    await turn.work.participations.save(
        replace(
            latest_yes,
            last_round=turn.round.number,
            trios=latest_yes.trios + (len(introduction.members) != turn.program.group_size),
            opened=latest_yes.opened + (introduction.opener == yes.member_id),
        )
    )


async def found_place(
    turn: Turn, seeker: MemberId, *, after: Introduction | None = None, spare: bool = False, now: datetime
) -> Introduction | None:
    """The introduction that was found for someone who has a seat and nobody; None: nobody is free.

    ``spare``: whoever has had their own introduction for a week is free too.
    """
    yes = await turn.work.participations.find(turn.program.id, seeker)
    # Who has left or paused meanwhile is nobody's new neighbour.
    if turn.round.state not in GROWING or yes is None or yes.standing is not Standing.ACTIVE:
        return None
    circumstances, where = await _look_around(turn, seeker, after=after, spare=spare, now=now)
    return await _settle(turn, seeker, where, circumstances, now=now) if where else None


async def shrunk(turn: Turn, introduction: Introduction, leaving: Collection[MemberId]) -> Introduction:
    """The introduction without some of its members, two or more being left: what was said of them anew."""
    staying = tuple(member for member in introduction.members if member not in leaving)
    between = {pair(*two) for two in combinations(staying, 2)}
    meetings: dict[Pair, Past] = {}
    for member in staying:
        for one in await turn.work.introductions.of_member(member, limit=EVER):
            if one.id == introduction.id or one.state is IntroductionState.VOID:
                continue
            for other in one.others(member):
                key = pair(member, other)
                # Each of a pair has it on their list: it is counted on the list of the first.
                if key in between and key[0] == member:
                    times = meetings[key].times + 1 if key in meetings else 1
                    last = max(one.due_at, meetings[key].last) if key in meetings else one.due_at
                    meetings[key] = Past(times=times, last=last)
    ties = await turn.work.ties.all()
    past = {key: met for key, met in history(meetings.items(), ties).items() if key in between}
    latest_met = max((met.last for met in past.values()), default=LONG_AGO)
    return replace(
        introduction,
        members=staying,
        opener=introduction.opener if introduction.opener in staying else staying[0],
        touched=introduction.state is IntroductionState.MADE or introduction.touched,
        met_before=max((met.times for met in past.values()), default=0),
        last_met=latest_met.date() if latest_met > LONG_AGO else None,
        acquainted=bool(past) or any(pair(tie.source, tie.target) in between for tie in ties),
    )


EVER = 100_000
"""Introductions of one member: more than anyone will have."""


async def put_first(
    turn: Turn, member: MemberId, *, kind: DeliveryKind, about: IntroductionId, now: datetime
) -> None:
    """Nobody this time: an honest word, and they come first next time."""
    work, round = turn.work, turn.round
    seat = await work.rounds.seat(round.id, member)
    if seat is not None:
        await work.rounds.save_seat(replace(seat, introduction_id=None))
    yes = await work.participations.find(turn.program.id, member)
    if yes is None:
        return
    await work.participations.save(replace(yes, first_next=True, left_out=yes.left_out + 1))
    promises = await promises_of(work, turn.program, [member])
    await work.deliveries.add(promises.honest(kind, member, round, at=now, about=about))


async def _look_around(
    turn: Turn, seeker: MemberId, *, after: Introduction | None, spare: bool, now: datetime
) -> tuple[Circumstances, Place | None]:
    work = turn.work
    yes = {
        one.member_id: one
        for one in await work.participations.of_program(turn.program.id)
        if one.standing is Standing.ACTIVE
    }
    seats = [seat for seat in await work.rounds.seats(turn.round.id) if seat.member_id in yes]
    introductions = await work.introductions.of_round(turn.round.id)
    if after is not None:
        if await _said(work, after):
            # As it was when they were in it: they are not brought back to whom they have just left.
            introductions = [*introductions, replace(after, state=IntroductionState.VOID)]
        else:
            introductions = [one for one in introductions if one.id != after.id]
    circumstances = await around(work, turn.program, [yes[seat.member_id] for seat in seats], now=now)
    everyone_active = [one for one in introductions if set(one.members) <= yes.keys()]
    void = [one for one in introductions if one.state is IntroductionState.VOID]
    busy = {answer.introduction_id for answer in await work.introductions.answers_of_round(turn.round.id)}
    busy |= await work.appointments.standing(turn.round.id)
    # One introduction a week: who has had theirs for so long may have another.
    long = {one.id for one in introductions if one.id in busy and one.due_at + ONE_A_WEEK <= now}
    recent = {member for one in introductions if one.id not in long for member in one.members}
    spared = {seat.member_id for seat in seats if spare and seat.introduction_id in long} - recent
    return circumstances, place(
        seeker,
        Neighbourhood(
            waiting=[
                seat.member_id
                for seat in seats
                if (seat.introduction_id is None and not seat.bowed_out and seat.member_id != seeker)
                or seat.member_id in spared
            ],
            introductions=[*everyone_active, *(one for one in void if one not in everyone_active)],
            busy=busy,
            barred=circumstances.apart,
            allow=allowing(circumstances),
            past=circumstances.past,
            tied={pair(tie.source, tie.target) for tie in circumstances.ties},
            size=turn.program.group_size,
            seed=turn.round.seed,
            welcoming=_welcoming(circumstances, seeker),
        ),
    )


def _welcoming(circumstances: Circumstances, seeker: MemberId) -> list[set[MemberId]]:
    """For a newcomer, whom to look for first: greeters with a welcome left, then veterans of the round."""
    now, left = circumstances.now, circumstances.greeters
    people = {member.id: member for member in circumstances.members}
    if seeker not in people or not people[seeker].newcomer(now):
        return []
    return [
        {id for id in people if left.get(id, 0) > 0},
        {id for id, member in people.items() if member.veteran(now) and id not in left},
    ]


async def _said(work: UnitOfWork, introduction: Introduction) -> bool:
    """Whether anyone may have heard of the introduction; until then they have not been together."""
    deliveries = await work.deliveries.of_introduction(introduction.id)
    return any(one.kind in FIRST_WORDS and one.state in HEARD for one in deliveries)


async def _settle(
    turn: Turn, seeker: MemberId, where: Place, circumstances: Circumstances, *, now: datetime
) -> Introduction:
    work, round = turn.work, turn.round
    people = {member.id: member for member in circumstances.members}
    grown = where.joins
    company: Sequence[MemberId] = grown.members if grown else [where.waiting] if where.waiting else []
    # What is said of who met before is about the newcomer: the others heard theirs, or hear it now.
    new = {pair(seeker, other) for other in company}
    group = describe(
        replace(circumstances, past={key: past for key, past in circumstances.past.items() if key in new}),
        [people[member] for member in (seeker, *company)],
        tied={pair(tie.source, tie.target) for tie in circumstances.ties} & new,
        circles=acquaintances(circumstances),
        seed=round.seed,
    )
    # Who comes to two people who may be talking already says the first word.
    opener = seeker if grown else group.opener
    heard = await work.introductions.heard(group.members)
    phrase = choose(
        Level.PRACTICE,
        heard=latest(heard.values()),
        ticket=ticket(round.seed, seeker),
    )
    promises = await promises_of(work, turn.program, group.members)
    running = grown is not None and grown.state is IntroductionState.MADE
    introduction = promises.placed(
        Introduction(
            id=IntroductionId(work.new_id()),
            community_id=work.community.id,
            round_id=round.id,
            members=(opener, *(member for member in group.members if member != opener)),
            opener=opener,
            phrase=phrase,
            due_at=now,
            joiner=seeker if running else None,
            met_before=group.met_before,
            last_met=group.last_met.date() if group.last_met else None,
            acquainted=group.acquainted,
            hours=group.hours,
            crosses_teams=group.crosses_teams,
            in_common=group.in_common,
            greeter=group.greeter,
        ),
        at=now,
    )
    if grown is not None:
        await work.introductions.save(replace(grown, state=IntroductionState.VOID))
        await work.deliveries.void(introduction=grown.id, reason="one more joins")
    await work.introductions.add_all([introduction])
    await work.introductions.hear(introduction.members, phrase, at=now)
    for member in introduction.members:
        seat = await work.rounds.seat(round.id, member)
        if seat is not None:
            await work.rounds.save_seat(replace(seat, introduction_id=introduction.id))
        if member in (seeker, where.waiting):
            yes = circumstances.participations.get(member)
            if yes is not None and yes.first_next:
                await work.participations.save(
                    replace(yes, first_next=False, left_out=max(0, yes.left_out - 1))
                )
    if where.waiting is not None:
        # The honest word is no longer true, if it has not gone out yet.
        for delivery in await work.deliveries.of_round(round.id):
            if (
                delivery.member_id == where.waiting
                and delivery.kind in (DeliveryKind.NOBODY, DeliveryKind.PARTED)
                and delivery.state is DeliveryState.QUEUED
            ):
                await work.deliveries.save(
                    replace(delivery, state=DeliveryState.VOID, reason="somebody was found")
                )
    await work.deliveries.add(*promises.introduction(introduction, round, at=now))
    return introduction
