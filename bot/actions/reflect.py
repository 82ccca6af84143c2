"""What members answer to a question or write by themselves, who may read it, and what others say to it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.acquaintance import pair
from bot.domain.delivery import HEARD, DeliveryKind, DeliveryState
from bot.domain.ids import CommunityId, ProgramId, PromptId, ReflectionId, ResponseId
from bot.domain.member import Member, Standing
from bot.domain.planning import ticket
from bot.domain.program import Program
from bot.domain.reflection import (
    ASKED_APART,
    FRESH,
    HEARD_WITHIN,
    LIMIT,
    Prompt,
    Reflection,
    Response,
    Visibility,
)
from bot.domain.topics import common
from bot.errors import Refusal
from bot.groundwork.circumstances import promises_of
from bot.groundwork.reception import alive, greet, program_asked, space_of, yes_of
from bot.messages import Ask, Given, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording import reflections
from bot.wording.voice import mention, say, words

OF_USE = 3 * HEARD_WITHIN
"""How long a line about somebody's answer says anything to anyone."""


# ── Answering ───────────────────────────────────────────────────────────────────────────────────────


async def open_form(open_work: OpenWork, ask: Ask, id: PromptId) -> Reply:
    """The form of an answer; what was answered before stands in it."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        prompt = await _prompt(work, id)
        before = await work.reflections.answering(prompt.id, member.id)
        shown = (before.text, before.visibility) if before else ("", Visibility.PARTNER)
        await work.commit()
        return Reply(
            form=reflections.reflection_form(
                member.language, action=f"reflect:{id}", text=shown[0], visibility=shown[1]
            )
        )


async def reflect(open_work: OpenWork, ask: Ask, id: PromptId, values: Mapping[str, str]) -> Reply:
    """Take an answer to a question, or change the one that was given."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        prompt = await _prompt(work, id)
        before = await work.reflections.answering(prompt.id, member.id)
        new = before or _new(work, member, prompt.program_id, now=ask.now, prompt=prompt.id)
        return await _taken(work, member, new, values, now=ask.now)


async def nothing(open_work: OpenWork, ask: Ask, id: PromptId) -> Reply:
    """*Nothing this week* is an answer; one that was given before stays."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        prompt = await _prompt(work, id)
        if await work.reflections.answering(prompt.id, member.id) is None:
            await work.reflections.save(_new(work, member, prompt.program_id, now=ask.now, prompt=prompt.id))
        await alive(work, prompt.program_id, member.id)
        await work.commit()
        return Reply(message=say("reply.nothing_this_week", member.language))


async def learning(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """A reflection at any time: with its words, or with a form for them."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask)
        member = await greet(work, ask.asker, now=ask.now)
        text = _tidied(given.text)
        if not text:
            await work.commit()
            return Reply(form=reflections.reflection_form(member.language, action=f"learning:{program.id}"))
        if len(text) > LIMIT:
            raise Refusal("too_long", field="form.reflection.text", n=LIMIT)
        new = replace(_new(work, member, program.id, now=ask.now), text=text, visibility=Visibility.PARTNER)
        return await _kept(work, member, new, now=ask.now)


async def learnt(open_work: OpenWork, ask: Ask, id: ProgramId, values: Mapping[str, str]) -> Reply:
    """Take the form of ``learning``."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask, named=id)
        member = await greet(work, ask.asker, now=ask.now)
        return await _taken(work, member, _new(work, member, program.id, now=ask.now), values, now=ask.now)


# ── Changing one's mind ─────────────────────────────────────────────────────────────────────────────


async def reopen_form(open_work: OpenWork, ask: Ask, id: ReflectionId) -> Reply:
    """The form of what one wrote, to word it differently."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        mine = await _mine(work, id, member)
        await work.commit()
        form = reflections.reflection_form(
            member.language, action=f"reword:{id}", text=mine.text, visibility=mine.visibility
        )
        return Reply(form=form)


async def reword(open_work: OpenWork, ask: Ask, id: ReflectionId, values: Mapping[str, str]) -> Reply:
    """Take other words for it, or other eyes."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        return await _taken(work, member, await _mine(work, id, member), values, now=ask.now)


async def show_to(open_work: OpenWork, ask: Ask, id: ReflectionId, *, visibility: Visibility) -> Reply:
    """Share it with the whole community, or keep it to oneself."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        mine = await _mine(work, id, member)
        return await _kept(work, member, replace(mine, visibility=visibility), now=ask.now)


async def ask_in_private(open_work: OpenWork, ask: Ask, id: ProgramId, *, wanted: bool) -> Reply:
    """The questions by direct message too, or only in the space."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask, named=id)
        member = await greet(work, ask.asker, now=ask.now)
        yes = await yes_of(work, program, member)
        await work.participations.save(replace(yes, prompted=wanted))
        await work.commit()
        if wanted:
            return Reply(message=say("reply.prompted", member.language, taps=[("prompt_stop", program.id)]))
        space = await space_of(work, program)
        return Reply(message=say("reply.unprompted", member.language, space=space))


# ── Saying something to an answer ───────────────────────────────────────────────────────────────────


async def respond_form(open_work: OpenWork, ask: Ask, id: ReflectionId) -> Reply:
    """The form of a word to an answer's author."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        await _public(work, id, member)
        await work.commit()
        return Reply(form=reflections.response_form(member.language, action=f"respond:{id}"))


async def respond(open_work: OpenWork, ask: Ask, id: ReflectionId, values: Mapping[str, str]) -> Reply:
    """Pass the word on to the author, in private; the answer is no longer without one."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        reflection = await _public(work, id, member)
        text, errors = _read(values, member, "form.response.text")
        if errors:
            return Reply(errors=errors)
        program = await work.programs.get(reflection.program_id)
        response = Response(
            id=ResponseId(work.new_id()),
            community_id=work.community.id,
            reflection_id=reflection.id,
            member_id=member.id,
            text=text,
            at=ask.now,
        )
        await work.reflections.respond(response)
        await work.reflections.save(reflection.heard(now=ask.now))
        await work.deliveries.void(subject=reflection.id, kind=DeliveryKind.UNHEARD, reason="it was answered")
        promises = await promises_of(work, program, [reflection.member_id])
        promised = promises.to_member(
            DeliveryKind.RESPONSE, reflection.member_id, at=ask.now, about=response.id
        )
        await work.deliveries.add(replace(promised, subject=response.id))
        await alive(work, program.id, member.id)
        author = await work.members.get(reflection.member_id)
        await work.commit()
        return Reply(message=say("reply.responded", member.language, person=mention(author)))


async def bring_up(open_work: OpenWork, community: CommunityId, id: ReflectionId, *, now: datetime) -> None:
    """The clock: an answer that nobody took up. One fitting member is asked for one question.

    Where all who could have been asked something this week, it waits for the first who may be asked again.
    """
    async with open_work(community) as work:
        reflection = await work.reflections.find(id)
        if reflection is None or reflection.wake_at is None or reflection.wake_at > now:
            return
        program = await work.programs.get(reflection.program_id)
        could = await _could_reply(work, program, reflection)
        free = [each for each in could if each.asked_at is None or now - each.asked_at >= ASKED_APART]
        again = min((each.asked_at + ASKED_APART for each in could if each.asked_at), default=None)
        waits = not free and again is not None and again < reflection.at + FRESH
        await work.reflections.save(replace(reflection, wake_at=again if waits else None))
        if free:
            reader = _fitting(work, program, reflection, free)
            await work.members.save(replace(reader, asked_at=now))
            promises = await promises_of(work, program, [reader.id])
            promised = promises.to_member(
                DeliveryKind.UNHEARD, reader.id, at=now, about=id, expires_at=now + OF_USE
            )
            await work.deliveries.add(replace(promised, subject=id))
        await work.commit()


async def _could_reply(work: UnitOfWork, program: Program, reflection: Reflection) -> Sequence[Member]:
    """Who takes part, understands the author, and is not to be kept apart from them."""
    if reflection.visibility is not Visibility.COMMUNITY or reflection.heard_at is not None:
        return []
    apart = {pair(wish.author, wish.other) for wish in await work.keep_aparts.all() if wish.other}
    active = [
        yes.member_id
        for yes in await work.participations.of_program(program.id)
        if yes.standing is Standing.ACTIVE
        and yes.member_id != reflection.member_id
        and pair(yes.member_id, reflection.member_id) not in apart
    ]
    author = await work.members.get(reflection.member_id)
    people = (await work.members.many(active)).values()
    return [person for person in people if person.understands(author)]


def _fitting(work: UnitOfWork, program: Program, reflection: Reflection, free: Sequence[Member]) -> Member:
    """Of these, who can help with it, else whoever was asked longest ago."""
    seed = work.community.seed(program=program.id, wall=f"reflection/{reflection.id}")
    return min(
        free,
        key=lambda person: (
            -len(common(reflection.text, person.can_help)),
            person.asked_at or person.joined_at,
            ticket(seed, person.id),
        ),
    )


# ── What they share ─────────────────────────────────────────────────────────────────────────────────


def _new(
    work: UnitOfWork, member: Member, program: ProgramId, *, now: datetime, prompt: PromptId | None = None
) -> Reflection:
    """Nothing yet, for nobody's eyes."""
    return Reflection(
        id=ReflectionId(work.new_id()),
        community_id=work.community.id,
        member_id=member.id,
        program_id=program,
        prompt_id=prompt,
        text="",
        visibility=Visibility.MINE,
        at=now,
    )


async def _taken(
    work: UnitOfWork, member: Member, old: Reflection, values: Mapping[str, str], *, now: datetime
) -> Reply:
    """The form's words and eyes; errors, and nothing changed, where they cannot be taken."""
    text, errors = _read(values, member, "form.reflection.text")
    chosen = values.get("visibility", old.visibility)
    if chosen not in set(Visibility):
        errors["visibility"] = words("refusal.choice_not_understood", member.language, text=chosen)
    if errors:
        return Reply(errors=errors)
    return await _kept(work, member, replace(old, text=text, visibility=Visibility(chosen)), now=now)


async def _kept(work: UnitOfWork, member: Member, new: Reflection, *, now: datetime) -> Reply:
    """Write it down; what is shared with all for the first time is on its way to the space, once.

    What has appeared there stays as it was, and whoever takes it back or words it anew is told so.
    """
    program = await work.programs.get(new.program_id)
    before = await work.reflections.find(new.id)
    if before is not None and before.text:
        new = replace(new, edited_at=now)
    was_public = before is not None and bool(before.text) and before.visibility is Visibility.COMMUNITY
    if new.visibility is not Visibility.COMMUNITY:
        new = replace(new, wake_at=None)
    elif not was_public and new.heard_at is None:
        new = replace(new, wake_at=now + HEARD_WITHIN)
    await work.reflections.save(new)
    posts = await work.deliveries.of_subject(new.id, kind=DeliveryKind.REFLECTION)
    appeared = any(post.state in HEARD for post in posts)
    on_its_way = any(post.state is DeliveryState.QUEUED for post in posts)
    if new.visibility is Visibility.COMMUNITY and not appeared and not on_its_way:
        promises = await promises_of(work, program, [])
        promised = promises.to_space(
            DeliveryKind.REFLECTION, at=now, about=f"{new.id}/{len(posts)}", expires_at=now + OF_USE
        )
        await work.deliveries.add(replace(promised, subject=new.id))
    await alive(work, program.id, member.id)
    await work.commit()
    reworded = appeared and before is not None and before.text != new.text
    space = await space_of(work, program)
    return Reply(
        message=reflections.noted(
            new, language=member.language, space=space, appeared=appeared, reworded=reworded
        )
    )


def _read(values: Mapping[str, str], member: Member, field: str) -> tuple[str, dict[str, str]]:
    text = _tidied(values.get("text", ""))
    if not text:
        return text, {"text": words("refusal.reflection_empty", member.language)}
    if len(text) > LIMIT:
        named = words(field, member.language)
        return text, {"text": words("refusal.too_long", member.language, field=named, n=LIMIT)}
    return text, {}


def _tidied(text: str) -> str:
    """Without blank lines and trailing blanks; the lines stay."""
    return "\n".join(line for line in (" ".join(line.split()) for line in text.splitlines()) if line)


async def _prompt(work: UnitOfWork, id: PromptId) -> Prompt:
    found = await work.prompts.find(id)
    if found is None:
        raise Refusal("prompt_gone")
    return found


async def _mine(work: UnitOfWork, id: ReflectionId, member: Member) -> Reflection:
    found = await work.reflections.find(id)
    if found is None:
        raise Refusal("reflection_gone")
    if found.member_id != member.id:
        raise Refusal("reflection_not_yours")
    return found


async def _public(work: UnitOfWork, id: ReflectionId, reader: Member) -> Reflection:
    """One that its author shares with all, seen by another."""
    found = await work.reflections.find(id)
    if found is None or not found.text or found.visibility is not Visibility.COMMUNITY:
        raise Refusal("reflection_gone")
    if found.member_id == reader.id:
        raise Refusal("reflection_own")
    return found
