"""A new neighbour for someone who has none: after a swap, a bow, or a neighbour who is no longer there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.circumstances import around
from bot.compose import FIRST_WORDS
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.ids import CommunityId, ExternalId, IntroductionId, MemberId
from bot.domain.member import Standing, Tie, TieKind
from bot.domain.planning import Circumstances, describe, pair, speechless, ticket
from bot.domain.program import Program
from bot.domain.promises import Promises
from bot.domain.regrouping import Neighbourhood, Place, place
from bot.domain.round import Introduction, IntroductionState, Round, RoundState
from bot.errors import Refusal
from bot.messages import Ask, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.reception import greet
from bot.wording.phrases import Level, choose, latest
from bot.wording.voice import say

GROWING = frozenset({RoundState.INTRODUCED, RoundState.NUDGED})
"""Before the closing question there is still time for a new neighbour."""

HEARD = frozenset({DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DOUBT})
"""States of a message that may have arrived."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scene:
    work: UnitOfWork
    introduction: Introduction
    round: Round
    program: Program


async def know_each_other(open_work: OpenWork, ask: Ask, id: IntroductionId) -> Reply:
    """*We know each other*: the tie is remembered, and both get a new neighbour where one is free."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        scene = await _scene(work, id, member.id, now=ask.now)
        await work.ties.add_all(
            [
                Tie(
                    community_id=work.community.id,
                    source=member.id,
                    target=other,
                    kind=TieKind.KNOWN,
                    at=None,
                )
                for other in scene.introduction.others(member.id)
            ]
        )
        departed = await _departed(scene)
        if scene.introduction.state is IntroductionState.MET or member.id in departed:
            await work.commit()
            return Reply(message=say("reply.met", member.language))
        left = await _take_out(scene, {member.id} | departed)
        seekers = [member.id] if left else scene.introduction.members
        found = {seeker: await _seek(scene, seeker, now=ask.now) for seeker in seekers}
        await work.commit()
        name = "reply.swapped" if found[member.id] else "reply.swap_waiting"
        return Reply(message=say(name, member.language))


async def bow_out(open_work: OpenWork, ask: Ask, id: IntroductionId) -> Reply:
    """*Not this week*: no question asked; whoever was to meet them gets a new neighbour where one is free."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        scene = await _scene(work, id, member.id, now=ask.now)
        if scene.introduction.state is IntroductionState.MET:
            # They have talked: there is nothing to bow out of, and nobody to find.
            return Reply(message=say("reply.bowed_out", member.language))
        others = scene.introduction.others(member.id)
        left = await _take_out(scene, {member.id} | await _departed(scene))
        seat = await work.rounds.seat(scene.round.id, member.id)
        if seat is not None:
            await work.rounds.save_seat(replace(seat, introduction_id=None, bowed_out=True))
        if not left:
            for other in others:
                await _seek(scene, other, now=ask.now)
        await work.commit()
        return Reply(message=say("reply.bowed_out", member.language))


async def mend(
    open_work: OpenWork,
    community: CommunityId,
    introduction_id: IntroductionId,
    *,
    now: datetime,
    gone: Collection[ExternalId] = (),
    unreachable: Collection[MemberId] = (),
) -> None:
    """The engine, before a message would go out: someone is gone, and nothing that names them is sent.

    ``gone``: whom the platform does not know any more; they leave the program. ``unreachable``: whom this
    message could not reach.
    """
    async with open_work(community) as work:
        introduction = await work.introductions.find(introduction_id)
        if introduction is None:
            return
        scene = await _set(work, introduction)
        lost = await _lost(scene, gone) | set(unreachable)
        seats = {seat.member_id: seat for seat in await work.rounds.seats(scene.round.id)}
        stranded = [
            member
            for member, seat in seats.items()
            if seat.introduction_id == introduction.id and member not in lost
        ]
        if not lost and introduction.state is not IntroductionState.VOID:
            return
        for member in lost & seats.keys():
            await work.rounds.save_seat(replace(seats[member], introduction_id=None, bowed_out=True))
        if await _take_out(scene, lost) is None:
            for member in stranded:
                await work.rounds.save_seat(replace(seats[member], introduction_id=None))
            for member in stranded:
                seat = await work.rounds.seat(scene.round.id, member)
                # Of three of whom one was erased, the first may have found the second.
                if seat is not None and seat.introduction_id is None:
                    await _seek(scene, member, now=now)
        await work.commit()


async def _departed(scene: _Scene) -> set[MemberId]:
    """Who of the introduction has left the program since."""
    found = [
        (member, await scene.work.participations.find(scene.program.id, member))
        for member in scene.introduction.members
    ]
    return {member for member, yes in found if yes is None or yes.standing is Standing.LEFT}


async def _lost(scene: _Scene, gone: Collection[ExternalId]) -> set[MemberId]:
    """Who of the introduction is no longer there; whom the platform cannot reach leaves the program."""
    work = scene.work
    members = await work.members.many(scene.introduction.members)
    lost = {member for member in scene.introduction.members if member not in members}
    for id, member in members.items():
        yes = await work.participations.find(scene.program.id, id)
        if yes is not None and member.external_id in gone:
            await work.participations.save(yes.left())
        if yes is None or yes.standing is not Standing.ACTIVE or member.external_id in gone:
            lost.add(id)
    return lost


async def each_alone(
    open_work: OpenWork, community: CommunityId, introduction_id: IntroductionId, *, now: datetime
) -> None:
    """The engine: their shared conversation cannot be had, so each gets the introduction alone."""
    async with open_work(community) as work:
        introduction = await work.introductions.find(introduction_id)
        if introduction is None or introduction.state is IntroductionState.VOID or not introduction.shared:
            return
        scene = await _set(work, introduction)
        apart = replace(introduction, shared=False)
        await work.introductions.save(apart)
        people = await work.members.many(apart.members)
        promises = Promises(
            program=scene.program,
            zones={id: member.zone or scene.program.cadence.zone for id, member in people.items()},
            new_id=work.new_id,
        )
        await work.deliveries.add(*promises.introduction(apart, scene.round, at=now))
        await work.commit()


async def miss(
    open_work: OpenWork, community: CommunityId, introduction_id: IntroductionId, *, now: datetime
) -> None:
    """The engine: an introduction could not go out in time; each gets an honest word and comes first next."""
    async with open_work(community) as work:
        introduction = await work.introductions.find(introduction_id)
        if introduction is None or introduction.state is not IntroductionState.PROPOSED:
            return
        scene = await _set(work, introduction)
        await _take_out(scene, set(introduction.members))
        for member in introduction.members:
            await _put_first(scene, member, kind=DeliveryKind.CANCELLED, now=now)
        await work.commit()


async def _set(work: UnitOfWork, introduction: Introduction) -> _Scene:
    round = await work.rounds.get(introduction.round_id)
    program = await work.programs.get(round.program_id)
    return _Scene(work=work, introduction=introduction, round=round, program=program)


async def _scene(work: UnitOfWork, id: IntroductionId, member: MemberId, *, now: datetime) -> _Scene:
    """An introduction of the member's own that can still be changed. Raises Refusal."""
    introduction = await work.introductions.find(id)
    if introduction is None:
        raise Refusal("unknown_button")
    if member not in introduction.members:
        raise Refusal("not_yours")
    if not introduction.open:
        raise Refusal("gone")
    scene = await _set(work, introduction)
    if scene.round.state is RoundState.CLOSED or scene.round.closes_at <= now:
        raise Refusal("closed", day=scene.round.closes_at.date().isoformat())
    return scene


async def _take_out(scene: _Scene, leaving: Collection[MemberId]) -> Introduction | None:
    """The introduction without some of its members; None, and void, when fewer than two are left."""
    work, introduction = scene.work, scene.introduction
    staying = tuple(member for member in introduction.members if member not in leaving)
    if len(staying) >= 2 and introduction.state is not IntroductionState.VOID:
        smaller = replace(
            introduction,
            members=staying,
            opener=introduction.opener if introduction.opener in staying else staying[0],
            touched=True if introduction.state is IntroductionState.MADE else introduction.touched,
        )
        await work.introductions.save(smaller)
        for member in leaving:
            await work.deliveries.void(introduction=introduction.id, member=member, reason="no longer in it")
        return smaller
    await work.introductions.save(replace(introduction, state=IntroductionState.VOID))
    await work.deliveries.void(introduction=introduction.id, reason="introduction void")
    return None


async def _seek(scene: _Scene, seeker: MemberId, *, now: datetime) -> bool:
    """Find the seeker a place in the running round; False: first next time, and told so."""
    yes = await scene.work.participations.find(scene.program.id, seeker)
    # Who has left or paused meanwhile is nobody's new neighbour.
    if scene.round.state in GROWING and yes is not None and yes.standing is Standing.ACTIVE:
        circumstances, where = await _look_around(scene, seeker, now=now)
        if where is not None:
            await _settle(scene, seeker, where, circumstances, now=now)
            return True
    await _put_first(scene, seeker, kind=DeliveryKind.PARTED, now=now)
    return False


async def _look_around(
    scene: _Scene, seeker: MemberId, *, now: datetime
) -> tuple[Circumstances, Place | None]:
    work = scene.work
    yes = {
        one.member_id: one
        for one in await work.participations.of_program(scene.program.id)
        if one.standing is Standing.ACTIVE
    }
    seats = [seat for seat in await work.rounds.seats(scene.round.id) if seat.member_id in yes]
    introductions = await work.introductions.of_round(scene.round.id)
    if not await _said(scene):
        introductions = [one for one in introductions if one.id != scene.introduction.id]
    circumstances = await around(work, scene.program, [yes[seat.member_id] for seat in seats], now=now)
    members = circumstances.members
    everyone_active = [one for one in introductions if set(one.members) <= yes.keys()]
    void = [one for one in introductions if one.state is IntroductionState.VOID]
    return circumstances, place(
        seeker,
        Neighbourhood(
            waiting=[
                seat.member_id
                for seat in seats
                if seat.introduction_id is None and not seat.bowed_out and seat.member_id != seeker
            ],
            introductions=[*everyone_active, *(one for one in void if one not in everyone_active)],
            answered={
                answer.introduction_id for answer in await work.introductions.answers_of_round(scene.round.id)
            },
            barred=circumstances.apart
            | {pair(members[one].id, members[other].id) for one, other in speechless(members)},
            past=circumstances.past,
            tied={pair(tie.source, tie.target) for tie in circumstances.ties},
            size=scene.program.group_size,
            seed=scene.round.seed,
        ),
    )


async def _said(scene: _Scene) -> bool:
    """Whether anyone may have heard of the introduction; until then they have not been together."""
    deliveries = await scene.work.deliveries.of_introduction(scene.introduction.id)
    return any(one.kind in FIRST_WORDS and one.state in HEARD for one in deliveries)


async def _settle(
    scene: _Scene, seeker: MemberId, where: Place, circumstances: Circumstances, *, now: datetime
) -> None:
    work, round = scene.work, scene.round
    people = {member.id: member for member in circumstances.members}
    grown = where.joins
    company: Sequence[MemberId] = grown.members if grown else [where.waiting] if where.waiting else []
    # What is said of who met before is about the newcomer: the others heard theirs, or hear it now.
    new = {pair(seeker, other) for other in company}
    group = describe(
        replace(circumstances, past={key: past for key, past in circumstances.past.items() if key in new}),
        [people[member] for member in (seeker, *company)],
        tied={pair(tie.source, tie.target) for tie in circumstances.ties} & new,
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
    promises = Promises(
        program=scene.program,
        zones={member.id: circumstances.zone_of(member) for member in circumstances.members},
        new_id=work.new_id,
    )
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


async def _put_first(scene: _Scene, member: MemberId, *, kind: DeliveryKind, now: datetime) -> None:
    """Nobody this time: an honest word, and they come first next time."""
    work, round = scene.work, scene.round
    seat = await work.rounds.seat(round.id, member)
    if seat is not None:
        await work.rounds.save_seat(replace(seat, introduction_id=None))
    yes = await work.participations.find(scene.program.id, member)
    person = await work.members.find_id(member)
    if yes is None or person is None:
        return
    await work.participations.save(replace(yes, first_next=True, left_out=yes.left_out + 1))
    promises = Promises(
        program=scene.program,
        zones={member: person.zone or scene.program.cadence.zone},
        new_id=work.new_id,
    )
    await work.deliveries.add(promises.honest(kind, member, round, at=now, about=scene.introduction.id))
