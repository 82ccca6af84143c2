"""A private word to those who look after a program; whom it is about is never told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.care import WORD_LIMIT, Care
from bot.domain.delivery import DeliveryKind
from bot.domain.ids import CareId, MemberId, ProgramId
from bot.domain.member import Member, Standing
from bot.groundwork.circumstances import promises_of
from bot.groundwork.parting import part
from bot.groundwork.reception import greet
from bot.messages import Ask, Given, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording import forms
from bot.wording.voice import say, words

NEIGHBOURS = 20
"""Introductions back, whose people are offered in the form: whoever it is about was met lately."""

EVERYONE = "all"
NOBODY = "nobody"


async def care(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """The form: about whom, to which convener or all of them, and what."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        named: Member | None = None
        if given.person is not None and given.person.external_id != member.external_id:
            named = await work.members.find(given.person.external_id) or await greet(
                work, given.person, now=ask.now
            )
        about = [*([named] if named else []), *await _neighbours(work, member)]
        conveners = await _conveners(work, member)
        await work.commit()
        return Reply(
            form=forms.care_form(
                member.language,
                about=[(person.id, person.name) for person in dict.fromkeys(about)],
                named=named.id if named else NOBODY,
                conveners=[(person.id, person.name) for person in conveners if person != named],
            )
        )


async def tell(open_work: OpenWork, ask: Ask, values: Mapping[str, str]) -> Reply:
    """Take the form: the two are parted at once, on every path; the word goes to whom they chose."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        said = values.get("words", "").strip()
        if not said or len(said) > WORD_LIMIT:
            field = words("form.care.words", member.language)
            name = "refusal.too_long" if said else "refusal.care_empty"
            told = (
                words(name, member.language, field=field, n=WORD_LIMIT)
                if said
                else words(name, member.language)
            )
            return Reply(errors={"words": told})
        about = await work.members.find_id(MemberId(values.get("about", NOBODY)))
        if about is not None and about.id != member.id:
            await part(work, member, about, now=ask.now)
        else:
            about = None
        conveners = [one for one in await _conveners(work, member) if one != about]
        chosen = values.get("to", EVERYONE)
        readers = [one for one in conveners if chosen in (EVERYONE, one.id)] or conveners
        await _send(work, member, about, said, readers, ask=ask)
        await work.commit()
        name = "reply.care" if readers else "reply.care_nobody"
        return Reply(message=say(name, member.language))


async def _send(
    work: UnitOfWork, author: Member, about: Member | None, said: str, readers: Sequence[Member], *, ask: Ask
) -> None:
    """The word, kept for its author, and on its way to each of its readers. Nobody to read it: not kept."""
    if not readers:
        return
    word = Care(
        id=CareId(work.new_id()),
        community_id=work.community.id,
        author=author.id,
        about=about.id if about else None,
        words=said,
        at=ask.now,
    )
    await work.cares.add(word)
    for reader in readers:
        program = await _program_of(work, reader)
        promises = await promises_of(work, await work.programs.get(program), [reader.id])
        delivery = promises.to_member(DeliveryKind.CARE, reader.id, at=ask.now, about=word.id)
        await work.deliveries.add(replace(delivery, subject=word.id))


async def _neighbours(work: UnitOfWork, member: Member) -> Sequence[Member]:
    """Whom they were introduced to lately, latest first."""
    lately = await work.introductions.of_member(member.id, limit=NEIGHBOURS)
    ids = dict.fromkeys(other for one in lately for other in one.others(member.id))
    people = await work.members.many(ids)
    return [people[id] for id in ids if id in people]


async def _conveners(work: UnitOfWork, member: Member) -> Sequence[Member]:
    """Who looks after the programs that they take part in, or after any where they take part in none."""
    programs = [program.id for program in await work.programs.all()]
    theirs = [
        yes.program_id
        for yes in await work.participations.of_member(member.id)
        if yes.standing is not Standing.LEFT
    ]
    ids: dict[MemberId, None] = {}
    for program in theirs or programs:
        ids |= dict.fromkeys(await work.programs.conveners(program))
    people = await work.members.many(ids)
    return [people[id] for id in ids if id in people and id != member.id]


async def _program_of(work: UnitOfWork, convener: Member) -> ProgramId:
    """A program that they look after."""
    for program in await work.programs.all():
        if convener.id in await work.programs.conveners(program.id):
            return program.id
    raise AssertionError("A convener looks after a program.")
