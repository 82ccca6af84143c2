from dataclasses import replace

from bot.domain.community import Community
from bot.domain.delivery import DeliveryState
from bot.ports import Figures
from storage.database import OpenStorage
from tests.contract.village import HOUR, NOW, a_delivery, a_village, settle


async def test_an_empty_memory_has_nothing_to_tell(memory: OpenStorage) -> None:
    figures = await memory.agenda.figures(NOW, late_before=NOW)

    assert figures == Figures(communities=0, deliveries={}, oldest_due_at=None, rounds_late=0)


async def test_deliveries_are_counted_over_all_communities(memory: OpenStorage, community: Community) -> None:
    other = await settle(memory, "T2")
    for each in (community, other):
        async with memory.open_work(each.id) as work:
            sent = replace(a_delivery(work, "sent"), state=DeliveryState.SENT)
            await work.deliveries.add(
                sent, a_delivery(work, "later", due_at=NOW + HOUR), a_delivery(work, "due", due_at=NOW)
            )
            await work.commit()

    figures = await memory.agenda.figures(NOW + HOUR / 2, late_before=NOW)

    assert figures.communities == 2
    assert figures.deliveries == {DeliveryState.SENT: 2, DeliveryState.QUEUED: 4}
    assert figures.oldest_due_at == NOW


async def test_what_waits_because_its_lane_was_told_to_is_not_overdue(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        await work.deliveries.add(a_delivery(work, "due", due_at=NOW))
        await work.commit()
    await memory.outbox.pause(community.id, "space", until=NOW + HOUR)

    during = await memory.agenda.figures(NOW + HOUR / 2, late_before=NOW)
    after = await memory.agenda.figures(NOW + HOUR, late_before=NOW)

    assert during.oldest_due_at is None
    assert after.oldest_due_at == NOW


async def test_a_round_is_late_when_its_step_was_due_before(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        await work.rounds.save(replace(village.round, wake_at=NOW))
        await work.programs.save(replace(village.program, next_at=NOW + HOUR))
        await work.commit()

    late = [
        (await memory.agenda.figures(NOW + 3 * HOUR, late_before=moment)).rounds_late
        for moment in (NOW, NOW + HOUR / 2, NOW + 2 * HOUR)
    ]

    assert late == [0, 1, 2]
