"""A new neighbour for someone who asked for one, or who has none any more: after a swap, and after a bow."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.ids import IntroductionId, MemberId
from bot.domain.member import Standing, Tie, TieKind
from bot.domain.program import Program
from bot.domain.round import Introduction, IntroductionState, Round, RoundState
from bot.errors import Refusal
from bot.groundwork.departure import off_the_calendar, take_out
from bot.groundwork.placement import Turn, seek
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


async def _departed(scene: _Scene) -> set[MemberId]:
    """Who of the introduction has left the program since."""
    found = [
        (member, await scene.work.participations.find(scene.program.id, member))
        for member in scene.introduction.members
    ]
    return {member for member, yes in found if yes is None or yes.standing is Standing.LEFT}


async def _scene(work: UnitOfWork, id: IntroductionId, member: MemberId, *, now: datetime) -> _Scene:
    """An introduction of the member's own that can still be changed. Raises Refusal."""
    introduction = await work.introductions.find(id)
    if introduction is None:
        raise Refusal("unknown_button")
    if member not in introduction.members:
        raise Refusal("not_yours")
    if not introduction.open:
        raise Refusal("gone")
    round = await work.rounds.get(introduction.round_id)
    if round.state is RoundState.CLOSED or round.closes_at <= now:
        raise Refusal("closed", day=round.closes_at.date().isoformat())
    program = await work.programs.get(round.program_id)
    return _Scene(work=work, introduction=introduction, round=round, program=program)
