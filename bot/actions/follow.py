"""After the introductions: the nudge, the closing question, the end of a round."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.delivery import UNSAID, Delivery, DeliveryKind
from bot.domain.ids import CommunityId, RoundId
from bot.domain.member import Standing
from bot.domain.planning import ticket
from bot.domain.program import Program
from bot.domain.round import UNDER_WAY, Introduction, IntroductionState, Round, RoundState
from bot.domain.steps import AFTERWARDS, NUDGE_AFTER, ask_at, halfway_at, next_state, nudge_at, wakes_at
from bot.groundwork.circumstances import promises_of
from bot.groundwork.offers import offered
from bot.groundwork.placement import Turn, look_again, looks_again_at
from bot.ports import OpenWork, UnitOfWork
from bot.wording.phrases import Level, choose, latest


async def advance(
    open_work: OpenWork, community: CommunityId, round_id: RoundId, *, now: datetime
) -> Round | None:
    """Take a round one step further if that step is due: nudge, ask or close; None when nothing was."""
    async with open_work(community) as work:
        round = await work.rounds.get(round_id)
        state = next_state(round)
        if round.state not in UNDER_WAY or state is None or round.wake_at is None or round.wake_at > now:
            return None
        program = await work.programs.get(round.program_id)
        turn = Turn(work=work, program=program, round=round)
        due = wakes_at(round, zone=program.cadence.zone)
        if due is not None and due > now:
            # It was not a step that woke it, but somebody who came late and waits still.
            await look_again(turn, now=now)
            again = await looks_again_at(turn, now=now)
            await work.rounds.save(replace(round, wake_at=min(due, again) if again else due))
            await work.commit()
            return round
        introductions = await work.introductions.of_round(round.id)
        match state:
            case RoundState.NUDGED:
                await _nudge(work, program, round, introductions, now=now)
            case RoundState.HALFWAY:
                await _offer(work, program, round, introductions, now=now)
            case RoundState.ASKED:
                await _ask(work, program, round, introductions, now=now)
            case _:
                await _close(work, program, round, introductions, now=now)
        stepped = replace(round, state=state)
        wake_at = wakes_at(stepped, zone=program.cadence.zone)
        again = await looks_again_at(turn, now=now) if wake_at else None
        stepped = replace(stepped, wake_at=min(wake_at, again) if wake_at and again else wake_at)
        await work.rounds.save(stepped)
        await work.commit()
        return stepped


async def _nudge(
    work: UnitOfWork, program: Program, round: Round, introductions: Sequence[Introduction], *, now: datetime
) -> None:
    """Openers whose introduction nobody touched get another phrase, once, alone."""
    if now > nudge_at(round) + NUDGE_AFTER:
        return  # After an outage: a reminder of days ago is worse than none.
    silent = [
        one
        for one in introductions
        if one.state in (IntroductionState.PROPOSED, IntroductionState.MADE) and not one.touched
    ]
    promises = await promises_of(work, program, {one.opener for one in silent})
    heard = await work.introductions.heard({member for one in silent for member in one.members})
    offered = [
        replace(
            one,
            phrase=choose(
                Level.LIGHT,
                heard=latest(heard.get(member, {}) for member in one.members),
                ticket=ticket(round.seed, one.opener),
            ),
        )
        for one in silent
    ]
    await work.introductions.save_all(offered)
    await work.introductions.hear_all(
        [(member, one.phrase) for one in offered for member in one.members], at=now
    )
    await work.deliveries.add(*(promises.nudge(one, round, at=now) for one in silent))


async def _offer(
    work: UnitOfWork, program: Program, round: Round, introductions: Sequence[Introduction], *, now: datetime
) -> None:
    """Where nobody met, chose a slot or was reminded, slots are offered: or in writing is fine."""
    if now > halfway_at(round, zone=program.cadence.zone) + NUDGE_AFTER:
        return
    answered = {answer.introduction_id for answer in await work.introductions.answers_of_round(round.id)}
    reminded = {
        delivery.member_id
        for delivery in await work.deliveries.of_round(round.id)
        if delivery.kind is DeliveryKind.NUDGE and delivery.state not in UNSAID
    }
    left_alone = {*answered, *await work.appointments.begun(round.id)}
    waiting = [
        one
        for one in introductions
        if one.state is IntroductionState.MADE
        and one.id not in left_alone
        # One reminder a round, whomever they have been introduced to since.
        and reminded.isdisjoint(one.members)
        # Who was introduced since yesterday needs no reminder yet.
        and one.due_at + NUDGE_AFTER <= now
    ]
    promises = await promises_of(work, program, {member for one in waiting for member in one.members})
    for one in waiting:
        for delivery in promises.together(
            DeliveryKind.SLOTS,
            one,
            round,
            at=now,
            about=one.id,
            expires_at=ask_at(round, zone=program.cadence.zone),
        ):
            await work.deliveries.add(delivery)
        read_at = promises.placed(one, at=now).due_at
        if not (await work.appointments.of(one.id)).open(now=read_at):
            await offered(work, program, one, now=read_at, until=round.closes_at)


async def _ask(
    work: UnitOfWork, program: Program, round: Round, introductions: Sequence[Introduction], *, now: datetime
) -> None:
    """Each is asked in private how it went; any answer given before stands for all of them."""
    if now >= round.closes_at:
        return
    answered = {answer.introduction_id for answer in await work.introductions.answers_of_round(round.id)}
    unanswered = [
        one
        for one in introductions
        if one.state in (IntroductionState.PROPOSED, IntroductionState.MADE) and one.id not in answered
    ]
    promises = await promises_of(work, program, {member for one in unanswered for member in one.members})
    # One closing question a round, also for who met a second neighbour in it: what is promised stands, and
    # else it is about the newest.
    asked = {
        delivery.member_id
        for delivery in await work.deliveries.of_round(round.id)
        if delivery.kind is DeliveryKind.QUESTION and delivery.state not in UNSAID
    }
    questions: list[Delivery] = []
    for one in sorted(unanswered, key=lambda one: (one.due_at, one.id), reverse=True):
        to_ask = [member for member in one.members if member not in asked]
        questions += [promises.question(one, member, round, at=now) for member in to_ask]
        asked.update(to_ask)
    await work.deliveries.add(*questions)


async def _close(
    work: UnitOfWork, program: Program, round: Round, introductions: Sequence[Introduction], *, now: datetime
) -> None:
    """What nobody answered is silent; the silence is counted for each, and kept from everyone.

    What never went out was no introduction: those concerned are told, and come first next time.
    """
    silent = [one for one in introductions if one.state is IntroductionState.MADE]
    unsaid = [one for one in introductions if one.state is IntroductionState.PROPOSED]
    await work.introductions.save_all(
        [
            *(replace(one, state=IntroductionState.SILENT) for one in silent),
            *(replace(one, state=IntroductionState.VOID) for one in unsaid),
        ]
    )
    for one in unsaid:
        await work.deliveries.void(introduction=one.id, reason="its round is over")
    unheard = {member for one in silent for member in one.members}
    people = await work.members.many(unheard)
    # Whatever they pressed or typed meanwhile was a sign of life, if not an answer.
    alive = {id for id, each in people.items() if each.last_seen_at and each.last_seen_at >= round.opens_at}
    quiet = unheard - alive
    waiting = {member for one in unsaid for member in one.members}
    promises = await promises_of(work, program, waiting)
    await work.deliveries.add(
        *(
            promises.honest(DeliveryKind.CANCELLED, member, round, at=now, about=one.id)
            for one in unsaid
            for member in one.members
        )
    )
    if program.tells_rounds:
        await work.deliveries.add(
            promises.to_space(
                DeliveryKind.HARVEST, at=now, about=round.id, round=round, expires_at=now + AFTERWARDS
            )
        )
    await work.participations.save_all(
        [
            replace(yes, silent_rounds=yes.silent_rounds + 1 if yes.member_id in quiet else 0)
            if yes.member_id in unheard
            else replace(yes, first_next=True, left_out=yes.left_out + 1)
            for yes in await work.participations.of_program(program.id)
            if yes.member_id in unheard | waiting and yes.standing is not Standing.LEFT
        ]
    )
