"""Greeters: who volunteers to be a newcomer's first introduction, and how often."""

from bot.domain.delivery import DeliveryKind
from bot.domain.ids import ProgramId
from bot.domain.member import Standing
from bot.domain.program import MOST_WELCOMES, WELCOMES, WELCOMES_IN, Greeter
from bot.errors import Refusal
from bot.groundwork.circumstances import promises_of
from bot.groundwork.reception import greet, language_of, program_asked, require_convener
from bot.messages import Ask, Given, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording import replies
from bot.wording.voice import mention, say


async def greeter(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """Ask a member to welcome newcomers, or let them go; they are told, and may decline. Alone: who does."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask)
        await require_convener(work, ask, program)
        language = await language_of(work, ask.asker)
        if given.person is None:
            if given.text:
                raise Refusal("person_not_found", text=given.text)
            return Reply(message=replies.greeters(language, await _known(work, program.id, ask)))
        person = await work.members.find(given.person.external_id)
        yes = await work.participations.find(program.id, person.id) if person else None
        if person is None or yes is None or yes.standing is Standing.LEFT:
            raise Refusal("greeter_absent", person=given.person.name)
        if given.choice == "remove":
            if person.id not in {one.member_id for one in await work.greeters.of_program(program.id)}:
                raise Refusal("not_greeter", person=person.name)
            await work.greeters.remove(program.id, person.id)
            await work.commit()
            return Reply(message=say("reply.greeter_removed", language, person=mention(person)))
        welcomes = WELCOMES if given.number is None else given.number
        if not 1 <= welcomes <= MOST_WELCOMES:
            raise Refusal("welcomes_out_of_range", n=MOST_WELCOMES)
        await work.greeters.save(
            Greeter(
                program_id=program.id,
                member_id=person.id,
                community_id=work.community.id,
                welcomes=welcomes,
                at=ask.now,
            )
        )
        promises = await promises_of(work, program, [person.id])
        await work.deliveries.add(
            promises.to_member(
                DeliveryKind.GREETER,
                person.id,
                at=ask.now,
                about=f"{program.id}/{ask.now.isoformat()}",
                expires_at=ask.now + WELCOMES_IN,
            )
        )
        await work.commit()
        return Reply(message=say("reply.greeter_added", language, person=mention(person), n=welcomes))


async def decline(open_work: OpenWork, ask: Ask, program_id: ProgramId) -> Reply:
    """The button of who was asked: no, thanks. No reason is asked for, now or later."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        await work.greeters.remove(program_id, member.id)
        await work.commit()
        return Reply(message=say("reply.greeter_declined", member.language))


async def _known(work: UnitOfWork, program: ProgramId, ask: Ask) -> list[replies.Welcoming]:
    found = await work.greeters.of_program(program)
    people = await work.members.many({one.member_id for one in found})
    welcomed = await work.introductions.welcomed(since=ask.now - WELCOMES_IN)
    return [
        replies.Welcoming(
            person=people[one.member_id], welcomed=welcomed.get(one.member_id, 0), most=one.welcomes
        )
        for one in found
    ]
