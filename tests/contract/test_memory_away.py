"""A community that Voisin was taken out of rests as a whole, until it is back."""

from datetime import timedelta

from bot.domain.community import Community
from storage.database import OpenStorage
from tests.contract.village import HOUR, NOW, a_delivery, a_member, a_village, settle


async def _claimed(memory: OpenStorage) -> int:
    return len(
        await memory.outbox.claim(now=NOW + 900 * HOUR, owner="one", limit=10, lease=timedelta(seconds=60))
    )


async def _due(memory: OpenStorage) -> int:
    agenda, later = memory.agenda, NOW + 900 * HOUR
    found = [await agenda.programs(later), await agenda.rounds(later), await agenda.returns(later)]
    return sum(len(each) for each in found)


async def test_nothing_is_due_where_voisin_is_not_and_everything_when_it_is_back(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        await a_village(work)
        await work.commit()
    there = await _due(memory)

    await memory.communities.away(community.id, since=NOW)
    await memory.communities.away(community.id, since=NOW + HOUR)
    gone = await memory.communities.get(community.id)
    resting, nothing, claimed = await _due(memory), await memory.agenda.next_due(), await _claimed(memory)
    await memory.communities.away(community.id, since=None)

    assert there > 0
    assert gone.away_since == NOW
    assert (resting, nothing, claimed) == (0, None, 0)
    assert await _due(memory) == there
    assert await memory.agenda.next_due() is not None
    assert await _claimed(memory) > 0


async def test_one_that_is_away_stops_no_other(memory: OpenStorage, community: Community) -> None:
    other = await settle(memory, "T2")
    for each in (community, other):
        async with memory.open_work(each.id) as work:
            amina = a_member(work)
            await work.members.save(amina)
            await work.deliveries.add(a_delivery(work, "hello", to=amina, due_at=NOW))
            await work.commit()

    await memory.communities.away(community.id, since=NOW)

    [claim] = await memory.outbox.claim(now=NOW, owner="one", limit=10, lease=timedelta(seconds=60))
    assert claim.delivery.community_id == other.id
