"""Everything that is stored of a member: shown to them whole, and erased when they say so."""

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from enum import Enum

from bot.domain.ids import MemberId
from bot.domain.member import Member, TieKind
from bot.domain.reflection import Response
from bot.domain.round import Introduction
from bot.domain.slots import Pick
from bot.groundwork.departure import departs
from bot.groundwork.reception import language_of
from bot.messages import Ask, File, Given, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording.meetings import off
from bot.wording.voice import say


async def export_me(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """Everything stored of a member, as one JSON file, for their eyes only: their keep-apart wishes too."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await work.members.find(ask.asker.external_id)
        if member is None:
            return Reply(message=say("reply.nothing_stored", await language_of(work, ask.asker)))
        introductions = await work.introductions.of_member(member.id, limit=100_000)
        reflections = await work.reflections.of_member(member.id)
        received = [word for one in reflections for word in await work.reflections.responses(one.id)]
        people = await work.members.many(
            {id for one in introductions for id in one.members} | {word.member_id for word in received}
        )
        ties = [tie for tie in await work.ties.all() if member.id in (tie.source, tie.target)]
        programs = await work.programs.all()
        seats = [
            seat
            for program in programs
            for round in await work.rounds.latest(program.id, limit=100_000)
            if (seat := await work.rounds.seat(round.id, member.id))
        ]
        content = {
            "exported_at": ask.now,
            "member": member,
            "participations": await work.participations.of_member(member.id),
            "convener_of": [
                program.id for program in programs if member.id in await work.programs.conveners(program.id)
            ],
            "greeter_of": await work.greeters.of_member(member.id),
            "keep_apart": await work.keep_aparts.of_author(member.id),
            "acquaintances": [tie for tie in ties if tie.source == member.id and tie.kind is TieKind.KNOWN],
            # What another said of knowing them is that other's own word.
            "ties": [tie for tie in ties if tie.kind is not TieKind.KNOWN],
            "introductions": [_introduced(one, people) for one in introductions],
            "answers": await work.introductions.answers_of_member(member.id),
            "slots_chosen": [
                await _chosen(work, pick) for pick in await work.appointments.picks_of_member(member.id)
            ],
            "impressions": await work.impressions.of_member(member.id),
            "words_to_conveners": await work.cares.of_author(member.id),
            "seats": seats,
            "phrases_heard": (await work.introductions.heard([member.id])).get(member.id, {}),
            "conversations": [
                {"room": held.room, "since": held.at}
                for held in await work.conversations.of_person(member.external_id)
            ],
            "would_go_on": await work.partnerships.willing_of_member(member.id),
            "partnerships": [
                {"partnership": one, "mine": mine}
                for one in await work.partnerships.of_member(member.id)
                for mine in await work.partnerships.partners(one.id)
                if mine.member_id == member.id
            ],
            "reflections": reflections,
            # Whoever said it is named: it was said to them, under that name.
            "said_to_me": [_said(one, people) for one in received],
            "said_by_me": await work.reflections.responses_of_member(member.id),
            "questions_added": await work.prompts.of_author(member.id),
            "messages": await work.deliveries.of_member(member.id),
        }
        file = File(
            name="voisin.json",
            content=json.dumps(content, default=_plain, ensure_ascii=False, indent=2).encode(),
            media_type="application/json",
        )
        return Reply(message=say("reply.export_ready", member.language), file=file)


async def forget_me(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """Ask once whether they mean it: there is no way back."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await work.members.find(ask.asker.external_id)
        language = await language_of(work, ask.asker)
        if member is None:
            return Reply(message=say("reply.nothing_stored", language))
        return Reply(message=say("reply.forget_confirm", language, taps=[("keep", ""), ("forget", "")]))


async def forget(open_work: OpenWork, ask: Ask) -> Reply:
    """Erase a member, their rows and their words. What stays is a trace that says nothing of who it was."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await work.members.find(ask.asker.external_id)
        if member is None:
            return Reply(message=say("reply.nothing_stored", await language_of(work, ask.asker)))
        file: File | None = None
        for yes in await work.participations.of_member(member.id):
            program = await work.programs.get(yes.program_id)
            file = await departs(work, program, member.id, now=ask.now) or file
        await work.members.erase(member.id)
        await work.commit()
        said = say("reply.forgotten", member.language)
        return Reply(message=off(said, member) if file else said, file=file)


def _introduced(introduction: Introduction, people: Mapping[MemberId, Member]) -> dict[str, object]:
    """An introduction as its members saw it: what became of it may rest on another's answer alone."""
    return {
        "id": introduction.id,
        "members": introduction.members,
        "names": [people[id].name for id in introduction.members if id in people],
        "opener": introduction.opener,
        "phrase": introduction.phrase,
        "due_at": introduction.due_at,
    }


async def _chosen(work: UnitOfWork, pick: Pick) -> dict[str, object]:
    slot = await work.appointments.find_slot(pick.slot_id)
    agreed = (await work.appointments.of(pick.introduction_id)).appointment
    return {
        "introduction": pick.introduction_id,
        "slot": slot.at if slot else None,
        "at": pick.at,
        "agreed": agreed.at if agreed and not agreed.called_off else None,
    }


def _said(word: Response, people: Mapping[MemberId, Member]) -> dict[str, object]:
    return {
        "reflection": word.reflection_id,
        "by": people[word.member_id].name if word.member_id in people else "",
        "text": word.text,
        "at": word.at,
    }


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no plain form.")
