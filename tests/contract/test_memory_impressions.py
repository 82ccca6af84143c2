from dataclasses import replace

from bot.domain.community import Community
from bot.domain.impression import Degree
from bot.domain.round import RoundState
from storage.database import OpenStorage
from tests.contract.village import Village, a_village, an_impression


async def _filled(memory: OpenStorage, community: Community) -> Village:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        await work.commit()
    return village


async def test_an_impression_comes_back_and_can_be_changed(memory: OpenStorage, community: Community) -> None:
    village = await _filled(memory, community)
    first = an_impression(village.introduction, village.bruno, thanked=village.amina)
    changed = replace(first, takeaway="less is enough", thanked=None, shared=False)

    async with memory.open_work(community.id) as work:
        before = await work.impressions.find(village.introduction.id, village.bruno.id)
        await work.impressions.save(changed)

        assert before == first
        assert await work.impressions.of_member(village.bruno.id) == [changed]
        assert len(await work.impressions.shared(village.round.id)) == 2


async def test_figures_are_of_rounds_that_are_over_and_of_both_answers(
    memory: OpenStorage, community: Community
) -> None:
    village = await _filled(memory, community)
    half = replace(an_impression(village.introduction, village.chloe, thanked=village.amina), expected=None)

    async with memory.open_work(community.id) as work:
        running = await work.impressions.findings()
        await work.rounds.save(replace(village.round, state=RoundState.CLOSED))
        closed = await work.impressions.findings()
        await work.impressions.save(half)
        without = await work.impressions.findings()

        assert running.people == 0
        assert (closed.people, dict(closed.times)) == (3, {(Degree.LITTLE, Degree.MUCH): 3})
        assert without.people == 2


async def test_words_to_conveners_come_back_to_their_author(
    memory: OpenStorage, community: Community
) -> None:
    village = await _filled(memory, community)

    async with memory.open_work(community.id) as work:
        assert await work.cares.find(village.care.id) == village.care
        assert village.care in await work.cares.of_author(village.amina.id)
