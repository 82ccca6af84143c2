"""A new neighbour for someone who has none: after a swap, a bow, or a neighbour who is no longer there."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.delivery import DeliveryKind
from bot.domain.ids import CommunityId, ExternalId, IntroductionId, MemberId
from bot.domain.member import Standing, Tie, TieKind
from bot.domain.program import Program
from bot.domain.round import Introduction, IntroductionState, Round, RoundState
from bot.errors import Refusal
from bot.groundwork.circumstances import promises_of
from bot.groundwork.departure import off_the_calendar, take_out
from bot.groundwork.placement import Turn, put_first, seek
from bot.groundwork.reception import greet
from bot.messages import Ask, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording.meetings import off
from bot.wording.voice import say


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scene:
    work: UnitOfWork
    introduction: Introduction
    round: Round
    program: Program

    @property
    def turn(self) -> Turn:
        return Turn(work=self.work, program=self.program, round=self.round)


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
        file = await off_the_calendar(scene.turn, scene.introduction, member.id, now=ask.now)
        left = await take_out(scene.turn, scene.introduction, {member.id} | departed, now=ask.now)
        seekers = [member.id] if left else scene.introduction.members
        found = {
            seeker: await seek(scene.turn, seeker, after=scene.introduction, now=ask.now)
            for seeker in seekers
        }
        await work.commit()
        name = "reply.swapped" if found[member.id] else "reply.swap_waiting"
        said = say(name, member.language)
        return Reply(message=off(said, member) if file else said, file=file)


async def bow_out(open_work: OpenWork, ask: Ask, id: IntroductionId) -> Reply:
    """*Not this week*: no question asked; whoever was to meet them gets a new neighbour where one is free."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        scene = await _scene(work, id, member.id, now=ask.now)
        if scene.introduction.state is IntroductionState.MET:
            # They have talked: there is nothing to bow out of, and nobody to find.
            return Reply(message=say("reply.bowed_out", member.language))
        others = scene.introduction.others(member.id)
        leaving = {member.id} | await _departed(scene)
        file = await off_the_calendar(scene.turn, scene.introduction, member.id, now=ask.now)
        left = await take_out(scene.turn, scene.introduction, leaving, now=ask.now)
        seat = await work.rounds.seat(scene.round.id, member.id)
        if seat is not None:
            await work.rounds.save_seat(replace(seat, introduction_id=None, bowed_out=True))
        if not left:
            for other in others:
                await seek(scene.turn, other, after=scene.introduction, now=ask.now)
        await work.commit()
        said = say("reply.bowed_out", member.language)
        return Reply(message=off(said, member) if file else said, file=file)


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
        if await take_out(scene.turn, introduction, lost, now=now) is None:
            for member in stranded:
                await work.rounds.save_seat(replace(seats[member], introduction_id=None))
            for member in stranded:
                seat = await work.rounds.seat(scene.round.id, member)
                # Of three of whom one was erased, the first may have found the second.
                if seat is not None and seat.introduction_id is None:
                    await seek(scene.turn, member, after=introduction, now=now)
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
        promises = await promises_of(work, scene.program, apart.members)
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
        await take_out(scene.turn, introduction, introduction.members, now=now)
        for member in introduction.members:
            await put_first(scene.turn, member, kind=DeliveryKind.CANCELLED, about=introduction.id, now=now)
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
