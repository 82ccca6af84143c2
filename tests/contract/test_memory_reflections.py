"""What a member shared, found again by the post that brought it."""

from dataclasses import replace

from bot.domain.community import Community
from bot.domain.ids import ReflectionId
from storage.database import OpenStorage
from tests.contract.village import HOUR, NOW, a_village, brought, settle

ROOM = "C-pottery/1700000000.000100"


async def test_a_post_leads_to_what_it_brought_and_no_other_does(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        silent = replace(village.reflection, id=ReflectionId(work.new_id()), prompt_id=None, heard_at=None)
        await work.reflections.save(silent)
        await work.commit()
    await brought(memory, silent, room=ROOM)
    elsewhere = await settle(memory, "T2")

    async with memory.open_work(community.id) as work:
        found = await work.reflections.posted(ROOM, since=NOW - 999 * HOUR)
        too_late = await work.reflections.posted(ROOM, since=silent.at)
        another = await work.reflections.posted("C-pottery/1", since=NOW - 999 * HOUR)
    async with memory.open_work(elsewhere.id) as work:
        foreign = await work.reflections.posted(ROOM, since=NOW - 999 * HOUR)

    assert found == silent
    assert (too_late, another, foreign) == (None, None, None)


async def test_it_is_kept_when_it_was_taken_up(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        await work.commit()

    async with memory.open_work(community.id) as work:
        kept = await work.reflections.find(village.reflection.id)

    assert kept == village.reflection
    assert kept is not None
    assert kept.heard_at == NOW - 80 * HOUR
