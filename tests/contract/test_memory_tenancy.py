"""One community never reaches another's: every method of every repository is tried with the other's ids."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.ids import ProgramId
from bot.domain.member import TieKind
from bot.errors import Unknown
from bot.ports import Appointments, Cares, Claim, Impressions, Introductions, UnitOfWork
from storage.database import OpenStorage
from tests.contract.village import (
    HOUR,
    NOW,
    Village,
    a_care,
    a_conversation,
    a_greeter,
    a_partner,
    a_pick,
    a_seat,
    a_tie,
    a_village,
    a_wish,
    a_wish_to_go_on,
    a_yes,
    an_answer,
    an_appointment,
    an_impression,
    brought,
    settle,
)

Attempt = Callable[[UnitOfWork, Village], Awaitable[object]]

NOTHING: dict[str, Attempt] = {
    "spaces.find": lambda work, other: work.spaces.find(other.space.external_id),
    "programs.find": lambda work, other: work.programs.find(other.program.id),
    "programs.all": lambda work, _: work.programs.all(),
    "programs.in_space": lambda work, other: work.programs.in_space(other.space.id),
    "programs.conveners": lambda work, other: work.programs.conveners(other.program.id),
    "programs.remove_convener": lambda work, other: work.programs.remove_convener(
        other.program.id, other.amina.id
    ),
    "members.find": lambda work, other: work.members.find(other.amina.external_id),
    "members.find_id": lambda work, other: work.members.find_id(other.amina.id),
    "members.many": lambda work, other: work.members.many([other.amina.id, other.bruno.id]),
    "members.all": lambda work, _: work.members.all(),
    "participations.find": lambda work, other: work.participations.find(other.program.id, other.amina.id),
    "participations.of_member": lambda work, other: work.participations.of_member(other.amina.id),
    "participations.of_program": lambda work, other: work.participations.of_program(other.program.id),
    "ties.all": lambda work, _: work.ties.all(),
    "ties.of_source": lambda work, other: work.ties.of_source(other.amina.id, TieKind.REPLY),
    "ties.replace_all": lambda work, _: work.ties.replace_all(TieKind.REPLY, []),
    "ties.remove": lambda work, other: work.ties.remove(
        source=other.amina.id, target=other.bruno.id, kind=TieKind.REPLY
    ),
    "keep_aparts.all": lambda work, _: work.keep_aparts.all(),
    "keep_aparts.of_author": lambda work, other: work.keep_aparts.of_author(other.amina.id),
    "keep_aparts.remove": lambda work, other: work.keep_aparts.remove(
        author=other.amina.id, trace=f"trace of {other.bruno.id}"
    ),
    "keep_aparts.recognise": lambda work, other: work.keep_aparts.recognise(
        trace=f"trace of {other.amina.id}", member=other.amina.id
    ),
    "rounds.find": lambda work, other: work.rounds.find(other.program.id, other.round.wall),
    "rounds.latest": lambda work, other: work.rounds.latest(other.program.id, limit=9),
    "rounds.seats": lambda work, other: work.rounds.seats(other.round.id),
    "rounds.seat": lambda work, other: work.rounds.seat(other.round.id, other.amina.id),
    "rounds.seated_since": lambda work, other: work.rounds.seated_since(
        NOW - HOUR, besides=ProgramId("another")
    ),
    "introductions.find": lambda work, other: work.introductions.find(other.introduction.id),
    "introductions.of_round": lambda work, other: work.introductions.of_round(other.round.id),
    "introductions.of_member": lambda work, other: work.introductions.of_member(other.amina.id, limit=9),
    "greeters.of_program": lambda work, other: work.greeters.of_program(other.program.id),
    "greeters.of_member": lambda work, other: work.greeters.of_member(other.amina.id),
    "greeters.remove": lambda work, other: work.greeters.remove(other.program.id, other.amina.id),
    "introductions.make": lambda work, other: work.introductions.make(other.introduction.id, at=NOW),
    "introductions.welcomed": lambda work, _: work.introductions.welcomed(since=NOW - 999 * HOUR),
    "introductions.meetings": lambda work, _: work.introductions.meetings(),
    "introductions.answers": lambda work, other: work.introductions.answers(other.introduction.id),
    "introductions.answers_of_round": lambda work, other: work.introductions.answers_of_round(other.round.id),
    "introductions.answers_of_member": lambda work, other: work.introductions.answers_of_member(
        other.amina.id
    ),
    "introductions.heard": lambda work, other: _phrases(work.introductions, other),
    "appointments.of": lambda work, other: _arranged(work.appointments, other),
    "appointments.find_slot": lambda work, other: work.appointments.find_slot(other.slot.id),
    "appointments.unpick": lambda work, other: work.appointments.unpick(
        other.introduction.id, other.amina.id
    ),
    "appointments.begun": lambda work, other: work.appointments.begun(other.round.id),
    "appointments.standing": lambda work, other: work.appointments.standing(other.round.id),
    "appointments.picks_of_member": lambda work, other: work.appointments.picks_of_member(other.amina.id),
    "prompts.find": lambda work, other: work.prompts.find(other.prompt.id),
    "prompts.asked": lambda work, other: work.prompts.asked(other.program.id),
    "prompts.own": lambda work, other: work.prompts.own(other.program.id),
    "prompts.of_author": lambda work, other: work.prompts.of_author(other.amina.id),
    "prompts.find_own": lambda work, other: work.prompts.find_own(other.question.id),
    "prompts.remove_own": lambda work, other: work.prompts.remove_own(other.question.id),
    "reflections.find": lambda work, other: work.reflections.find(other.reflection.id),
    "reflections.answering": lambda work, other: work.reflections.answering(other.prompt.id, other.amina.id),
    "reflections.of_member": lambda work, other: work.reflections.of_member(other.amina.id),
    "reflections.since": lambda work, _: work.reflections.since(NOW - 999 * HOUR),
    "reflections.posted": lambda work, other: work.reflections.posted(
        f"C-pottery/{other.reflection.id}", since=NOW - 999 * HOUR
    ),
    "reflections.find_response": lambda work, other: work.reflections.find_response(other.response.id),
    "reflections.responses": lambda work, other: work.reflections.responses(other.reflection.id),
    "reflections.responses_of_member": lambda work, other: work.reflections.responses_of_member(
        other.bruno.id
    ),
    "impressions.find": lambda work, other: work.impressions.find(other.introduction.id, other.amina.id),
    "impressions.of_member": lambda work, other: work.impressions.of_member(other.amina.id),
    "impressions.shared": lambda work, other: work.impressions.shared(other.round.id),
    "impressions.findings": lambda work, _: _found(work.impressions),
    "cares.find": lambda work, other: _their_cares(work.cares, other),
    "cares.of_author": lambda work, other: work.cares.of_author(other.amina.id),
    "partnerships.willing": lambda work, other: work.partnerships.willing(other.introduction.id),
    "partnerships.willing_of_member": lambda work, other: work.partnerships.willing_of_member(other.amina.id),
    "partnerships.find": lambda work, other: work.partnerships.find(other.partnership.id),
    "partnerships.of_introduction": lambda work, other: work.partnerships.of_introduction(
        other.introduction.id
    ),
    "partnerships.of_member": lambda work, other: work.partnerships.of_member(other.amina.id),
    "partnerships.partners": lambda work, other: work.partnerships.partners(other.partnership.id),
    "partnerships.remove_partner": lambda work, other: work.partnerships.remove_partner(
        other.partnership.id, other.amina.id
    ),
    "deliveries.find": lambda work, other: work.deliveries.find(other.to_amina.id),
    "deliveries.of_round": lambda work, other: work.deliveries.of_round(other.round.id),
    "deliveries.of_introduction": lambda work, other: work.deliveries.of_introduction(other.introduction.id),
    "deliveries.of_member": lambda work, other: work.deliveries.of_member(other.amina.id),
    "deliveries.of_subject": lambda work, other: work.deliveries.of_subject(
        other.reflection.id, kind=DeliveryKind.REFLECTION
    ),
    "deliveries.unsettled": lambda work, _: work.deliveries.unsettled(),
    "deliveries.void": lambda work, other: work.deliveries.void(member=other.amina.id, reason="no"),
    "introductions.many": lambda work, other: work.introductions.many([other.introduction.id]),
    "participations.of_members": lambda work, other: work.participations.of_members(
        other.program.id, [other.amina.id]
    ),
    "reflections.of_members": lambda work, other: work.reflections.of_members([other.amina.id]),
    "deliveries.sent": lambda work, other: work.deliveries.sent(
        (Claim(delivery=other.to_amina, owner="w", epoch=1), "room")
    ),
    "deliveries.settle": lambda work, other: work.deliveries.settle(
        Claim(delivery=other.to_amina, owner="w", epoch=1), state=DeliveryState.SENT
    ),
    "conversations.find": lambda work, other: work.conversations.find([other.amina.external_id]),
    "conversations.of_person": lambda work, other: work.conversations.of_person(other.amina.external_id),
    "conversations.awake": lambda work, other: work.conversations.awake(
        other.space.external_id, besides="another"
    ),
    # It carries no community: what is saved is this one's own.
    "conversations.save": lambda work, other: work.conversations.save(
        replace(a_conversation(other.amina), room=None)
    ),
}

REFUSED: dict[str, Attempt] = {
    "spaces.get": lambda work, other: work.spaces.get(other.space.id),
    "spaces.save": lambda work, other: work.spaces.save(other.space),
    "programs.get": lambda work, other: work.programs.get(other.program.id),
    "programs.save": lambda work, other: work.programs.save(other.program),
    "members.get": lambda work, other: work.members.get(other.amina.id),
    "members.save": lambda work, other: work.members.save(other.amina),
    "members.save_all": lambda work, other: work.members.save_all([other.amina]),
    "members.erase": lambda work, other: work.members.erase(other.amina.id),
    "participations.save": lambda work, other: work.participations.save(a_yes(other.program, other.amina)),
    "greeters.save": lambda work, other: work.greeters.save(a_greeter(other.program, other.amina)),
    "participations.save_all": lambda work, other: work.participations.save_all(
        [a_yes(other.program, other.amina)]
    ),
    "ties.add_all": lambda work, other: work.ties.add_all([a_tie(other.amina, other.bruno)]),
    "keep_aparts.add": lambda work, other: work.keep_aparts.add(
        replace(a_wish(work.community, other.amina, other.bruno), community_id=other.community)
    ),
    "rounds.get": lambda work, other: work.rounds.get(other.round.id),
    "rounds.add": lambda work, other: work.rounds.add(other.round),
    "rounds.save": lambda work, other: work.rounds.save(other.round),
    "rounds.add_seats": lambda work, other: work.rounds.add_seats([a_seat(other.introduction, other.amina)]),
    "rounds.save_seat": lambda work, other: work.rounds.save_seat(a_seat(other.introduction, other.amina)),
    "introductions.add_all": lambda work, other: work.introductions.add_all([other.introduction]),
    "introductions.save": lambda work, other: work.introductions.save(other.introduction),
    "introductions.save_all": lambda work, other: work.introductions.save_all([other.introduction]),
    "introductions.answer": lambda work, other: work.introductions.answer(
        an_answer(other.introduction, other.amina)
    ),
    "appointments.offer": lambda work, other: work.appointments.offer(other.introduction.id, [other.slot]),
    "appointments.pick": lambda work, other: work.appointments.pick(a_pick(other.slot, other.amina)),
    "appointments.save": lambda work, other: work.appointments.save(an_appointment(other.introduction)),
    "partnerships.say": lambda work, other: work.partnerships.say(
        a_wish_to_go_on(other.introduction, other.amina)
    ),
    "partnerships.save": lambda work, other: work.partnerships.save(other.partnership),
    "partnerships.save_partner": lambda work, other: work.partnerships.save_partner(
        a_partner(other.partnership, other.amina)
    ),
    "prompts.add": lambda work, other: work.prompts.add(other.prompt),
    "prompts.add_own": lambda work, other: work.prompts.add_own(other.question),
    "reflections.save": lambda work, other: work.reflections.save(other.reflection),
    "reflections.respond": lambda work, other: work.reflections.respond(other.response),
    "impressions.save": lambda work, other: work.impressions.save(
        an_impression(other.introduction, other.amina, thanked=other.bruno)
    ),
    "cares.add": lambda work, other: work.cares.add(a_care(work, other.amina)),
    "deliveries.add": lambda work, other: work.deliveries.add(other.to_amina),
    "deliveries.save": lambda work, other: work.deliveries.save(other.to_amina),
}

REFUSED_AT_THE_COMMIT: dict[str, Attempt] = {
    "programs.add_convener": lambda work, other: work.programs.add_convener(
        other.program.id, other.amina.id, at=NOW
    ),
    "participations.save": lambda work, other: work.participations.save(
        replace(a_yes(other.program, other.amina), community_id=work.community.id)
    ),
    "rounds.add": lambda work, other: work.rounds.add(replace(other.round, community_id=work.community.id)),
    "introductions.hear": lambda work, other: work.introductions.hear([other.amina.id], "first-job", at=NOW),
    "introductions.hear_all": lambda work, other: work.introductions.hear_all(
        [(other.amina.id, "first-job")], at=NOW
    ),
    "partnerships.say": lambda work, other: work.partnerships.say(
        replace(a_wish_to_go_on(other.introduction, other.amina), community_id=work.community.id)
    ),
    "partnerships.save": lambda work, other: work.partnerships.save(
        replace(other.partnership, community_id=work.community.id)
    ),
    "partnerships.save_partner": lambda work, other: work.partnerships.save_partner(
        replace(a_partner(other.partnership, other.amina), community_id=work.community.id)
    ),
    "prompts.add": lambda work, other: work.prompts.add(
        replace(other.prompt, community_id=work.community.id)
    ),
    "prompts.add_own": lambda work, other: work.prompts.add_own(
        replace(other.question, community_id=work.community.id)
    ),
    "reflections.save": lambda work, other: work.reflections.save(
        replace(other.reflection, community_id=work.community.id)
    ),
    "reflections.respond": lambda work, other: work.reflections.respond(
        replace(other.response, community_id=work.community.id)
    ),
    "deliveries.add": lambda work, other: work.deliveries.add(
        replace(other.to_amina, community_id=work.community.id)
    ),
}


async def _phrases(introductions: Introductions, other: Village) -> object:
    return [phrases for phrases in (await introductions.heard([other.amina.id])).values() if phrases]


async def _found(impressions: Impressions) -> object:
    return (await impressions.findings()).people


async def _their_cares(cares: Cares, other: Village) -> object:
    return await cares.find(other.care.id)


async def _arranged(appointments: Appointments, other: Village) -> object:
    found = await appointments.of(other.introduction.id)
    return found.slots or found.chosen or found.appointment


async def _other(memory: OpenStorage) -> Village:
    other = await settle(memory, "T2")
    async with memory.open_work(other.id) as work:
        village = await a_village(work)
        await work.commit()
    await brought(memory, village.reflection, room=f"C-pottery/{village.reflection.id}")
    return village


async def _untouched(memory: OpenStorage, other: Village) -> None:
    async with memory.open_work(other.community) as work:
        assert await work.members.all() == [other.amina, other.bruno, other.chloe]
        assert await work.introductions.find(other.introduction.id) == other.introduction
        assert await work.rounds.get(other.round.id) == other.round
        assert await work.deliveries.find(other.to_amina.id) == other.to_amina
        assert len(await work.ties.all()) == 12
        assert len(await work.keep_aparts.all()) == 6
        assert len(await work.programs.conveners(other.program.id)) == 3
        assert await work.partnerships.find(other.partnership.id) == other.partnership
        assert len(await work.partnerships.partners(other.partnership.id)) == 2
        assert len(await work.greeters.of_program(other.program.id)) == 3
        assert await work.prompts.own(other.program.id) == [other.question]
        assert await work.reflections.responses(other.reflection.id) == [other.response]
        assert len(await work.reflections.since(NOW - 999 * HOUR)) == 2
        assert await work.conversations.find([other.amina.external_id]) == a_conversation(other.amina)
        arranged = await work.appointments.of(other.introduction.id)
        assert (list(arranged.slots), len(arranged.chosen)) == ([other.slot], 3)


async def test_what_is_another_communitys_is_not_there(memory: OpenStorage) -> None:
    other = await _other(memory)
    here = await settle(memory, "T1")

    found = {}
    for name, attempt in NOTHING.items():
        async with memory.open_work(here.id) as work:
            found[name] = await attempt(work, other)
            await work.commit()

    assert {name: value for name, value in found.items() if value} == {}
    await _untouched(memory, other)


async def test_what_is_another_communitys_cannot_be_changed(memory: OpenStorage) -> None:
    other = await _other(memory)
    here = await settle(memory, "T1")

    for name, attempt in REFUSED.items():
        async with memory.open_work(here.id) as work:
            try:
                await attempt(work, other)
            except Unknown:
                continue
            pytest.fail(f"{name} let another community's through.")

    await _untouched(memory, other)


async def test_nothing_here_can_refer_to_another_communitys(memory: OpenStorage) -> None:
    other = await _other(memory)
    here = await settle(memory, "T1")

    for name, attempt in REFUSED_AT_THE_COMMIT.items():
        async with memory.open_work(here.id) as work:
            await attempt(work, other)
            try:
                await work.commit()
            except Unknown:
                continue
            pytest.fail(f"{name} joined two communities.")

    await _untouched(memory, other)


def test_every_method_of_every_repository_is_tried() -> None:
    repositories = {
        name: inspect.get_annotations(part.fget)["return"]
        for name, part in vars(UnitOfWork).items()
        if isinstance(part, property) and name != "community" and part.fget
    }
    methods = {
        f"{name}.{method}"
        for name, port in repositories.items()
        for method in vars(port)
        if not method.startswith("_")
    }

    assert methods - {*NOTHING, *REFUSED, *REFUSED_AT_THE_COMMIT} == set()
    assert len(repositories) == 17
