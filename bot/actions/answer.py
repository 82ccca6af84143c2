"""What members answer to an introduction: how it went, and whether they would like another phrase."""

from dataclasses import replace

from bot.domain.ids import IntroductionId, MemberId
from bot.domain.member import Member
from bot.domain.planning import ticket
from bot.domain.round import Answer, Introduction, IntroductionState, Outcome, settled
from bot.errors import Refusal
from bot.messages import Ask, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.reception import greet
from bot.wording.introductions import another
from bot.wording.phrases import Level, choose, latest
from bot.wording.voice import moment, say


async def outcome(open_work: OpenWork, ask: Ask, id: IntroductionId, *, outcome: Outcome) -> Reply:
    """*Met*, *not yet*, *could not*: one *met* counts for all, and any answer stops the reminders."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        introduction = await _theirs(work, id, member)
        round = await work.rounds.get(introduction.round_id)
        await work.introductions.answer(
            Answer(
                introduction_id=introduction.id,
                member_id=member.id,
                community_id=work.community.id,
                outcome=outcome,
                at=ask.now,
            )
        )
        answers = await work.introductions.answers(introduction.id)
        state = settled(answer.outcome for answer in answers)
        await work.introductions.save(replace(introduction, state=state or introduction.state, touched=True))
        await _sign_of_life(work, round.program_id, member.id)
        await work.commit()
        zone = member.zone or work.community.zone
        match outcome:
            case Outcome.MET:
                return Reply(message=say("reply.met", member.language))
            case Outcome.NOT_YET if round.closes_at > ask.now:
                day = moment(round.closes_at, zone=zone, language=member.language)
                return Reply(message=say("reply.not_yet", member.language, day=day))
            case _:
                return Reply(message=say("reply.could_not", member.language))


async def another_phrase(open_work: OpenWork, ask: Ask, id: IntroductionId, *, level: Level) -> Reply:
    """Another phrase, ready to send: one that none of them has had. The opener's choice replaces the
    first.
    """
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        introduction = await _theirs(work, id, member)
        round = await work.rounds.get(introduction.round_id)
        heard = latest((await work.introductions.heard(introduction.members)).values())
        phrase = choose(level, heard=heard, ticket=ticket(round.seed, member.id))
        if member.id == introduction.opener:
            await work.introductions.hear(introduction.members, phrase, at=ask.now)
            introduction = replace(introduction, phrase=phrase)
        else:
            await work.introductions.hear([member.id], phrase, at=ask.now)
        await work.introductions.save(replace(introduction, touched=True))
        await _sign_of_life(work, round.program_id, member.id)
        others = await work.members.many(introduction.others(member.id))
        await work.commit()
        return Reply(message=another(id, phrase=phrase, others=list(others.values()), to=member))


async def _theirs(work: UnitOfWork, id: IntroductionId, member: Member) -> Introduction:
    """An introduction that the member is in, still standing. Raises Refusal."""
    introduction = await work.introductions.find(id)
    if introduction is None:
        raise Refusal("unknown_button")
    if member.id not in introduction.members:
        raise Refusal("not_yours")
    if introduction.state is IntroductionState.VOID:
        raise Refusal("gone")
    return introduction


async def _sign_of_life(work: UnitOfWork, program: str, member: MemberId) -> None:
    for yes in await work.participations.of_member(member):
        if yes.program_id == program and yes.silent_rounds:
            await work.participations.save(replace(yes, silent_rounds=0))
