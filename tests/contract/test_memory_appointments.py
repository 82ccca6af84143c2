from datetime import datetime

from bot.domain.community import Community
from bot.domain.ids import MemberId
from storage.database import OpenStorage
from tests.contract.village import HOUR, NOW, Village, a_pick, a_slot, a_village, an_appointment


async def _filled(memory: OpenStorage, community: Community) -> Village:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        await work.commit()
    return village


async def test_slots_choices_and_what_was_agreed_come_back(memory: OpenStorage, community: Community) -> None:
    village = await _filled(memory, community)

    async with memory.open_work(community.id) as work:
        arranged = await work.appointments.of(village.introduction.id)

        assert list(arranged.slots) == [village.slot]
        assert set(arranged.chosen.values()) == {village.slot.id}
        assert arranged.appointment == an_appointment(village.introduction)
        assert await work.appointments.find_slot(village.slot.id) == village.slot
        assert await work.appointments.picks_of_member(village.amina.id) == [
            a_pick(village.slot, village.amina)
        ]


async def test_a_new_offer_takes_the_old_slots_and_their_choices_away(
    memory: OpenStorage, community: Community
) -> None:
    village = await _filled(memory, community)
    moments: list[datetime] = [NOW + 50 * HOUR, NOW + 30 * HOUR]

    async with memory.open_work(community.id) as work:
        slots = [a_slot(work, village.introduction, at) for at in moments]
        await work.appointments.offer(village.introduction.id, slots)
        arranged = await work.appointments.of(village.introduction.id)

        assert [slot.at for slot in arranged.slots] == sorted(moments)
        assert arranged.chosen == {}
        assert arranged.appointment == an_appointment(village.introduction)


async def test_a_member_has_one_choice_and_can_take_it_back(
    memory: OpenStorage, community: Community
) -> None:
    village = await _filled(memory, community)
    amina: MemberId = village.amina.id

    async with memory.open_work(community.id) as work:
        slots = [a_slot(work, village.introduction, NOW + n * HOUR) for n in (30, 50)]
        await work.appointments.offer(village.introduction.id, slots)
        for slot in slots:
            await work.appointments.pick(a_pick(slot, village.amina))
        chosen = (await work.appointments.of(village.introduction.id)).chosen
        await work.appointments.unpick(village.introduction.id, amina)

        assert chosen == {amina: slots[1].id}
        assert (await work.appointments.of(village.introduction.id)).chosen == {}


async def test_an_appointment_that_is_called_off_no_longer_stands(
    memory: OpenStorage, community: Community
) -> None:
    village = await _filled(memory, community)
    introduction, round = village.introduction.id, village.round.id

    async with memory.open_work(community.id) as work:
        before = await work.appointments.standing(round)
        await work.appointments.save(an_appointment(village.introduction).cancelled())

        assert before == {introduction}
        assert await work.appointments.standing(round) == set()
        assert await work.appointments.begun(round) == {introduction}
