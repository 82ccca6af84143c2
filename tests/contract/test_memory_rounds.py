from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.cadence import Wall
from bot.domain.community import Community
from bot.domain.ids import ProgramId
from bot.domain.member import Participation
from bot.domain.program import ProgramState
from bot.domain.round import IntroductionState, Outcome, RoundState
from bot.errors import AlreadyThere, Unknown
from bot.ports import Meeting
from storage.database import OpenStorage
from tests.contract.village import (
    HOUR,
    NOW,
    a_member,
    a_program,
    a_round,
    a_seat,
    a_space,
    a_village,
    an_answer,
    an_introduction,
)


async def test_spaces_and_programs_come_back_as_they_were_saved(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        await work.commit()

    async with memory.open_work(community.id) as work:
        assert await work.spaces.find(village.space.external_id) == village.space
        assert await work.spaces.get(village.space.id) == village.space
        assert await work.programs.get(village.program.id) == village.program
        assert await work.programs.find(village.program.id) == village.program
        assert await work.programs.in_space(village.space.id) == village.program
        assert await work.programs.all() == [village.program]


async def test_a_program_can_be_changed(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        program = (await a_village(work)).program

        changed = replace(program, state=ProgramState.PAUSED, next_wall=None, next_at=None, rounds=30)
        await work.programs.save(changed)

        assert await work.programs.all() == [changed]


async def test_a_space_has_one_program_and_a_channel_one_space(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)

        with pytest.raises(AlreadyThere):
            await work.programs.save(a_program(work, village.space))
        with pytest.raises(AlreadyThere):
            await work.spaces.save(a_space(work))


async def test_programs_come_oldest_first(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        newer = (await a_village(work)).program
        space = a_space(work, "C-other")
        older = replace(a_program(work, space), created_at=newer.created_at - HOUR)
        await work.spaces.save(space)
        await work.programs.save(older)

        assert await work.programs.all() == [older, newer]


async def test_conveners_stay_in_the_order_in_which_they_were_named(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        amina, bruno, chloe = village.amina.id, village.bruno.id, village.chloe.id
        programs = work.programs
        await programs.remove_convener(village.program.id, amina)
        await programs.add_convener(village.program.id, bruno, at=NOW)
        await programs.add_convener(village.program.id, amina, at=NOW)

        assert await programs.conveners(village.program.id) == [bruno, chloe, amina]


async def test_a_round_comes_back_as_it_was_added(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)

        assert await work.rounds.get(village.round.id) == village.round
        assert await work.rounds.find(village.program.id, village.round.wall) == village.round
        assert await work.rounds.find(village.program.id, "2026-12-01T10:00") is None


async def test_a_program_has_one_round_at_a_wall(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)

        with pytest.raises(AlreadyThere):
            await work.rounds.add(a_round(work, village.program, village.round.wall))

        assert await work.rounds.latest(village.program.id, limit=9) == [village.round]


async def test_the_latest_rounds_come_newest_first(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        later = [
            replace(a_round(work, village.program, wall), opens_at=NOW + days * 24 * HOUR)
            for days, wall in ((7, "2026-12-01T10:00"), (14, "2026-12-08T10:00"))
        ]
        for each in later:
            await work.rounds.add(each)

        assert await work.rounds.latest(village.program.id, limit=2) == [later[1], later[0]]


async def test_a_round_that_is_over_forgets_when_to_wake(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        over = replace(village.round, state=RoundState.CLOSED, wake_at=None)

        await work.rounds.save(over)

        assert await work.rounds.get(over.id) == over
        with pytest.raises(Unknown):
            await work.rounds.save(a_round(work, village.program, "2027-01-05T10:00"))


async def test_a_member_has_one_seat_in_a_round(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        dora = a_member(work, "U-dora")
        await work.members.save(dora)
        seat = a_seat(village.introduction, village.amina)

        with pytest.raises(AlreadyThere):
            await work.rounds.add_seats([a_seat(village.introduction, dora), seat])

        assert await work.rounds.seat(village.round.id, dora.id) is None
        assert await work.rounds.seat(village.round.id, village.amina.id) == seat
        assert len(await work.rounds.seats(village.round.id)) == 3


async def test_a_seat_can_be_changed(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        alone = replace(a_seat(village.introduction, village.bruno), introduction_id=None, bowed_out=False)

        await work.rounds.save_seat(alone)

        assert (await work.rounds.seats(village.round.id))[1] == alone
        with pytest.raises(Unknown):
            await work.rounds.save_seat(replace(alone, member_id=a_member(work).id))


async def test_who_was_introduced_elsewhere_this_week_is_known(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        elsewhere = ProgramId("another")
        everyone = {village.amina.id, village.bruno.id, village.chloe.id}

        assert await work.rounds.seated_since(NOW - HOUR, besides=elsewhere) == everyone
        assert await work.rounds.seated_since(NOW, besides=elsewhere) == set()
        assert await work.rounds.seated_since(NOW - HOUR, besides=village.program.id) == set()
        await work.introductions.save(replace(village.introduction, state=IntroductionState.VOID))

        assert await work.rounds.seated_since(NOW - HOUR, besides=elsewhere) == set()


async def test_an_introduction_comes_back_with_its_members_in_their_order(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        wall = "2026-12-01T10:00"
        later = a_round(work, village.program, wall)
        pair = an_introduction(work, later, village.chloe, village.amina)
        pair = replace(pair, joiner=None, last_met=None, hours=None, due_at=NOW + 99 * HOUR)
        await work.rounds.add(later)
        await work.introductions.add_all([pair])

        assert await work.introductions.find(pair.id) == pair
        assert await work.introductions.of_round(later.id) == [pair]
        assert await work.introductions.of_member(village.amina.id, limit=9) == [pair, village.introduction]
        assert await work.introductions.of_member(village.amina.id, limit=1) == [pair]


async def test_a_round_introduces_the_same_people_once(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        again = an_introduction(work, village.round, village.chloe, village.bruno, village.amina)
        pair = an_introduction(work, village.round, village.amina, village.bruno)

        with pytest.raises(AlreadyThere):
            await work.introductions.add_all([pair, again])

        assert await work.introductions.of_round(village.round.id) == [village.introduction]


async def test_an_introduction_can_be_changed(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        pair = (village.bruno.id, village.amina.id)
        changed = replace(
            village.introduction, members=pair, opener=village.bruno.id, joiner=None, phrase="first-book"
        )

        await work.introductions.save(changed)

        assert await work.introductions.find(changed.id) == changed
        with pytest.raises(Unknown):
            await work.introductions.save(an_introduction(work, village.round, village.amina, village.chloe))


@pytest.mark.parametrize("before", IntroductionState)
async def test_only_what_was_proposed_is_made(
    memory: OpenStorage, community: Community, before: IntroductionState
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        stored = replace(village.introduction, state=before)
        await work.introductions.save(stored)

        await work.introductions.make(stored.id, at=NOW + HOUR)

        made = replace(stored, state=IntroductionState.MADE, due_at=NOW + HOUR)
        proposed = before is IntroductionState.PROPOSED
        assert await work.introductions.find(stored.id) == (made if proposed else stored)


async def test_meetings_count_every_pair_but_void_introductions(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        amina, bruno, chloe = village.amina, village.bruno, village.chloe
        second, third = (
            a_round(work, village.program, wall) for wall in ("2026-12-01T10:00", "2026-12-08T10:00")
        )
        again = replace(an_introduction(work, second, chloe, amina), due_at=NOW + 168 * HOUR)
        void = replace(an_introduction(work, third, amina, bruno), state=IntroductionState.VOID)
        await work.rounds.add(second)
        await work.rounds.add(third)
        await work.introductions.add_all([again, void])

        assert await work.introductions.meetings() == [
            Meeting(one=amina.id, other=bruno.id, times=1, last=NOW + HOUR),
            Meeting(one=amina.id, other=chloe.id, times=2, last=NOW + 168 * HOUR),
            Meeting(one=bruno.id, other=chloe.id, times=1, last=NOW + HOUR),
        ]


async def test_a_second_answer_replaces_the_first(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        met = an_answer(village.introduction, village.bruno, Outcome.MET)

        await work.introductions.answer(met)

        answers = [
            an_answer(village.introduction, village.amina),
            met,
            an_answer(village.introduction, village.chloe),
        ]
        assert await work.introductions.answers(village.introduction.id) == answers
        assert await work.introductions.answers_of_round(village.round.id) == answers
        assert await work.introductions.answers_of_member(village.bruno.id) == [met]


async def test_a_phrase_is_remembered_with_its_last_time(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        amina, bruno, dora = village.amina.id, village.bruno.id, a_member(work).id

        await work.introductions.hear([amina, bruno], "first-job", at=NOW + HOUR)
        await work.introductions.hear_all([(amina, "a-smell")], at=NOW + timedelta(days=1))

        assert await work.introductions.heard([amina, bruno, dora]) == {
            amina: {"first-job": NOW + HOUR, "a-smell": NOW + timedelta(days=1)},
            bruno: {"first-job": NOW + HOUR},
            dora: {},
        }


async def test_what_is_due_is_told_longest_due_first(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        space = a_space(work, "C-other")
        earlier = replace(a_program(work, space), next_at=NOW - HOUR, next_wall=Wall("2026-11-24T09:00"))
        paused = replace(a_program(work, space), id=earlier.id, state=ProgramState.PAUSED)
        await work.spaces.save(space)
        await work.programs.save(earlier)
        await work.commit()
    week, month = NOW + 168 * HOUR, NOW + 720 * HOUR

    before = await memory.agenda.programs(NOW)
    all_programs = await memory.agenda.programs(week)
    async with memory.open_work(community.id) as work:
        await work.programs.save(paused)
        await work.commit()

    assert before == [(community.id, earlier.id)]
    assert all_programs == [(community.id, earlier.id), (community.id, village.program.id)]
    assert await memory.agenda.programs(week) == [(community.id, village.program.id)]
    assert await memory.agenda.rounds(NOW) == []
    assert await memory.agenda.rounds(week) == [(community.id, village.round.id)]
    assert await memory.agenda.returns(NOW) == []
    assert len(await memory.agenda.returns(month)) == 3


async def test_the_next_due_moment_is_the_earliest_of_all(memory: OpenStorage, community: Community) -> None:
    nothing = await memory.agenda.next_due()
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        await work.commit()

    message = await memory.agenda.next_due()
    await memory.outbox.pause(community.id, "person", until=NOW + 50 * HOUR)
    await memory.outbox.pause(community.id, "circle", until=NOW + 60 * HOUR)
    reflection = await memory.agenda.next_due()
    async with memory.open_work(community.id) as work:
        for each in await work.reflections.since(NOW - 999 * HOUR):
            await work.reflections.save(replace(each, wake_at=None))
        await work.commit()
    partnership = await memory.agenda.next_due()
    async with memory.open_work(community.id) as work:
        await work.partnerships.save(village.partnership.ended())
        await work.commit()
    round_step = await memory.agenda.next_due()
    async with memory.open_work(community.id) as work:
        await work.rounds.save(replace(village.round, wake_at=None))
        await work.commit()
    prompt = await memory.agenda.next_due()
    async with memory.open_work(community.id) as work:
        await work.programs.save(village.program.silent())
        await work.commit()
    paused_lane = await memory.agenda.next_due()
    async with memory.open_work(community.id) as work:
        await work.deliveries.void(program=village.program.id, reason="over")
        await work.deliveries.void(member=village.chloe.id, reason="over")
        await work.commit()
    program = await memory.agenda.next_due()
    async with memory.open_work(community.id) as work:
        await work.programs.save(replace(village.program.silent(), next_at=None, next_wall=None))
        await work.commit()
    a_return = await memory.agenda.next_due()
    async with memory.open_work(community.id) as work:
        yeses = await work.participations.of_program(village.program.id)
        await work.participations.save_all([Participation.active(yes) for yes in yeses])
        await work.commit()

    assert nothing is None
    assert message == NOW
    assert reflection == village.reflection.wake_at
    assert partnership == village.partnership.wake_at
    assert round_step == village.round.wake_at
    assert prompt == village.program.prompt_at
    assert paused_lane == NOW + 50 * HOUR
    assert program == village.program.next_at
    assert a_return == NOW + 300 * HOUR
    assert await memory.agenda.next_due() is None


async def test_who_waits_for_somebody_is_told_by_program_and_is_no_return(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        for yes in await work.participations.of_program(village.program.id):
            await work.participations.save(replace(yes.active(), wake_at=NOW + HOUR))
        await work.commit()

    before, then = await memory.agenda.waiting(NOW), await memory.agenda.waiting(NOW + HOUR)
    due = await memory.agenda.next_due()

    assert before == []
    assert then == [(community.id, village.program.id)]
    assert await memory.agenda.returns(NOW + HOUR) == []
    assert due is not None
    assert due <= NOW + HOUR
