"""What members answer to an introduction: how it went, and whether they would like another phrase."""

from dataclasses import replace
from datetime import datetime

from bot.domain.delivery import UNSAID, DeliveryKind
from bot.domain.ids import IntroductionId, MemberId
from bot.domain.planning import ticket
from bot.domain.round import Answer, Introduction, Outcome, Round, settled
from bot.domain.steps import ask_at, ends_at
from bot.groundwork.circumstances import promises_of
from bot.groundwork.reception import alive, greet, theirs
from bot.messages import Ask, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording import partnerships
from bot.wording.introductions import another
from bot.wording.phrases import Level, choose, latest
from bot.wording.voice import moment, say


async def outcome(open_work: OpenWork, ask: Ask, id: IntroductionId, *, outcome: Outcome) -> Reply:
    """*Met*, *not yet*, *could not*: one *met* counts for all, and any answer stops the reminders."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        introduction = await theirs(work, id, member)
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
        company = introduction.members if outcome is Outcome.MET else (member.id,)
        await alive(work, round.program_id, *company)
        others = list((await work.members.many(introduction.others(member.id))).values())
        if outcome is Outcome.MET:
            await _ask_the_others(work, introduction, round, now=ask.now)
        await work.commit()
        zone = member.zone or work.community.zone
        match outcome:
            case Outcome.MET:
                return Reply(message=partnerships.met(id, others=others, to=member))
            case Outcome.NOT_YET if ends_at(round, state or introduction.state) > ask.now:
                ends = ends_at(round, state or introduction.state)
                return Reply(
                    message=say(
                        "reply.not_yet",
                        member.language,
                        taps=[("times", id), ("phrase", id), ("met", id)],
                        day=moment(ends, zone=zone, language=member.language),
                    )
                )
            case _:
                return Reply(message=say("reply.could_not", member.language))


async def _ask_the_others(
    work: UnitOfWork, introduction: Introduction, round: Round, *, now: datetime
) -> None:
    """Whoever has not answered yet is asked at the same time as ever: now, whether they would go on."""
    program = await work.programs.get(round.program_id)
    answered = {answer.member_id for answer in await work.introductions.answers(introduction.id)}
    waiting = [
        member
        for member in introduction.members
        if member not in answered and not await _asked_already(work, member, introduction)
    ]
    promises = await promises_of(work, program, waiting)
    at = max(now, ask_at(round, zone=program.cadence.zone))
    await work.deliveries.add(*(promises.question(introduction, member, round, at=at) for member in waiting))


async def _asked_already(work: UnitOfWork, member: MemberId, introduction: Introduction) -> bool:
    """Whether this round's one closing question is, for them, about another introduction."""
    return any(
        each.kind is DeliveryKind.QUESTION
        and each.round_id == introduction.round_id
        and each.introduction_id != introduction.id
        and each.state not in UNSAID
        for each in await work.deliveries.of_member(member)
    )


async def another_phrase(open_work: OpenWork, ask: Ask, id: IntroductionId, *, level: Level) -> Reply:
    """Another phrase, ready to send: one that none of them has had. The opener's choice replaces the
    first.
    """
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        introduction = await theirs(work, id, member)
        round = await work.rounds.get(introduction.round_id)
        heard = latest((await work.introductions.heard(introduction.members)).values())
        phrase = choose(level, heard=heard, ticket=ticket(round.seed, member.id))
        opens = member.id == introduction.opener
        spoken = any(
            delivery.kind is DeliveryKind.SAID
            for delivery in await work.deliveries.of_introduction(introduction.id)
        )
        if opens and not spoken:
            await work.introductions.hear(introduction.members, phrase, at=ask.now)
            introduction = replace(introduction, phrase=phrase)
        else:
            await work.introductions.hear([member.id], phrase, at=ask.now)
        await work.introductions.save(replace(introduction, touched=True))
        await alive(work, round.program_id, member.id)
        others = await work.members.many(introduction.others(member.id))
        await work.commit()
        company = [others[one] for one in introduction.others(member.id) if one in others]
        return Reply(
            message=another(id, phrase=phrase, others=company, to=member, opens=opens and not spoken)
        )
