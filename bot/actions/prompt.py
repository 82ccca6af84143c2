"""Questions to the community: a convener's own, the weekly one, one right now, or none."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.cadence import Wall, zone_named
from bot.domain.delivery import DeliveryKind
from bot.domain.ids import CommunityId, ProgramId, PromptId, QuestionId
from bot.domain.member import Member, Standing
from bot.domain.program import Program, ProgramState
from bot.domain.reflection import OWN_LIMIT, OwnQuestion, Prompt, rhythm_of_prompts
from bot.errors import AlreadyThere, Refusal
from bot.groundwork.circumstances import promises_of
from bot.groundwork.reception import greet, program_asked, require_convener, space_of
from bot.messages import Ask, Given, Message, Reply, Said
from bot.ports import OpenWork, UnitOfWork
from bot.wording import reflections
from bot.wording.prompts import bank, choose
from bot.wording.voice import moment, say

OF_TODAY = timedelta(days=1)
"""A question that could not be put for longer than this is passed over: the next one comes soon enough."""

OF_USE = timedelta(days=2)
"""How long a question on its way is still this week's."""


async def prompt(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """See the questions, add or remove one, put one now, or begin and end the weekly one."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask)
        await require_convener(work, ask, program)
        member = await greet(work, ask.asker, now=ask.now)
        match given.choice:
            case "add":
                message = await _added(work, program, member, given.text, now=ask.now)
            case "remove":
                message = await _removed(work, program, member, given.text)
            case "now":
                await _put_now(work, program, now=ask.now)
                message = say("reply.prompt_now", member.language, space=await space_of(work, program))
            case "on":
                message = await _begun(work, program, member, now=ask.now)
            case "off":
                if program.prompt_wall is None:
                    raise Refusal("prompts_already_off")
                await work.programs.save(program.silent())
                message = say("reply.prompt_off", member.language, space=await space_of(work, program))
            case _:
                message = await _listed(work, program, member)
        await work.commit()
        return Reply(message=message)


async def put(open_work: OpenWork, community: CommunityId, program_id: ProgramId, *, now: datetime) -> None:
    """The clock: this week's question is due; after an outage the latest alone, if it is of today."""
    async with open_work(community) as work:
        program = await work.programs.get(program_id)
        first = program.prompt_wall
        if program.state is not ProgramState.RUNNING or first is None:
            return
        due = rhythm_of_prompts(program.cadence).latest_until(now, not_before=first)
        if due is None:
            return
        await work.programs.save(program.asking(after=now))
        today = due.moment.astimezone(zone_named(program.cadence.zone)).date()
        if now - due.moment < OF_TODAY and not program.blackouts.contains(today):
            await _put(work, program, due.wall, now=now)
        await work.commit()


async def _put_now(work: UnitOfWork, program: Program, *, now: datetime) -> None:
    """One besides the weekly ones, whose slot it never takes. Raises Refusal where one has just gone out."""
    minute = now.astimezone(zone_named(program.cadence.zone)).strftime("%Y-%m-%dT%H:%M")
    try:
        await _put(work, program, Wall(f"{minute}/now"), now=now)
    except AlreadyThere as error:
        raise Refusal("prompt_just_put") from error


async def _put(work: UnitOfWork, program: Program, wall: Wall, *, now: datetime) -> None:
    """One question, to the space and to those who asked for it in private. Raises AlreadyThere."""
    seed = work.community.seed(program=program.id, wall=f"prompt/{wall}")
    question = choose(
        own=[own.id for own in await work.prompts.own(program.id)],
        asked=await work.prompts.asked(program.id),
        ticket=int.from_bytes(seed[:8]),
    )
    put = Prompt(
        id=PromptId(work.new_id()),
        community_id=work.community.id,
        program_id=program.id,
        wall=wall,
        question=question,
        at=now,
    )
    await work.prompts.add(put)
    in_private = [
        yes.member_id
        for yes in await work.participations.of_program(program.id)
        if yes.prompted and yes.standing is Standing.ACTIVE
    ]
    promises = await promises_of(work, program, in_private)
    kind, expires_at = DeliveryKind.PROMPT, now + OF_USE
    deliveries = [promises.to_space(kind, at=now, about=put.id, expires_at=expires_at)]
    deliveries += [
        promises.to_member(kind, member, at=now, about=put.id, expires_at=expires_at) for member in in_private
    ]
    await work.deliveries.add(*(replace(delivery, subject=put.id) for delivery in deliveries))


async def _added(work: UnitOfWork, program: Program, member: Member, text: str, *, now: datetime) -> Message:
    words = " ".join(text.split())
    if not words:
        raise Refusal("prompt_text_missing")
    if len(words) > OWN_LIMIT:
        raise Refusal("prompt_too_long", n=OWN_LIMIT)
    question = OwnQuestion(
        id=QuestionId(work.new_id()),
        community_id=work.community.id,
        program_id=program.id,
        author=member.id,
        text=words,
        at=now,
    )
    await work.prompts.add_own(question)
    return say("reply.prompt_added", member.language, text=Said(text=words))


async def _removed(work: UnitOfWork, program: Program, member: Member, text: str) -> Message:
    """By its number in the list."""
    own = await work.prompts.own(program.id)
    number = text.strip().rstrip(".")
    if not number.isdecimal() or not 1 <= int(number) <= len(own):
        raise (
            Refusal("prompt_number", text=text.strip()) if text.strip() else Refusal("prompt_number_missing")
        )
    gone = own[int(number) - 1]
    await work.prompts.remove_own(gone.id)
    return say("reply.prompt_removed", member.language, text=Said(text=gone.text))


async def _begun(work: UnitOfWork, program: Program, member: Member, *, now: datetime) -> Message:
    asking = program.asking(after=now)
    if asking.prompt_at is None:
        raise Refusal("broken")
    await work.programs.save(asking)
    day = moment(asking.prompt_at, zone=program.cadence.zone, language=member.language, with_time=True)
    return say("reply.prompt_on", member.language, space=await space_of(work, program), day=day)


async def _listed(work: UnitOfWork, program: Program, member: Member) -> Message:
    own, asked = await work.prompts.own(program.id), await work.prompts.asked(program.id)
    return reflections.listed(
        member.language,
        space=await space_of(work, program),
        own=own,
        others=len(bank(member.language).keys() - asked.keys()),
        next_at=program.prompt_at,
        zone=program.cadence.zone,
    )
