import asyncio
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bot.domain.community import Community, Language
from bot.domain.delivery import Delivery, DeliveryKind, DeliveryState
from bot.domain.ids import CommunityId, DeliveryId, ExternalId
from bot.errors import Unknown
from bot.ports import Claim
from storage.database import OpenStorage
from tests.contract.village import HOUR, NOW, a_delivery, a_member, a_village, settle

MINUTE = timedelta(minutes=1)
OVER = timedelta(0)
"""A lease that has run out as soon as it is given."""


async def _queue(
    memory: OpenStorage, community: Community, count: int, due_at: datetime = NOW
) -> list[Delivery]:
    """Messages to the space, each due a minute after the one before."""
    async with memory.open_work(community.id) as work:
        queued = [
            a_delivery(work, f"queue/{number}", due_at=due_at + number * MINUTE) for number in range(count)
        ]
        await work.deliveries.add(*queued)
        await work.commit()
    return queued


async def _claim(
    memory: OpenStorage,
    *,
    limit: int = 20,
    now: datetime = NOW + HOUR,
    lease: timedelta = MINUTE,
    owner: str = "w",
) -> Sequence[Claim]:
    return await memory.outbox.claim(now=now, owner=owner, limit=limit, lease=lease)


async def test_a_delivery_comes_back_as_it_was_added(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        await work.commit()

    async with memory.open_work(community.id) as work:
        assert await work.deliveries.find(village.to_amina.id) == village.to_amina
        assert await work.deliveries.of_round(village.round.id) == [village.to_circle, village.to_amina]
        assert await work.deliveries.of_introduction(village.introduction.id) == [
            village.to_circle,
            village.to_amina,
        ]
        assert await work.deliveries.of_member(village.chloe.id) == [village.about_amina]


async def test_what_speaks_of_something_is_found_by_it_whatever_became_of_it(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        first, later, other, unlike = (
            a_delivery(work, f"about/{number}", due_at=NOW + number * MINUTE) for number in range(4)
        )
        first, later, unlike = (replace(each, subject="f1") for each in (first, later, unlike))
        unlike = replace(unlike, kind=DeliveryKind.UNHEARD)
        await work.deliveries.add(later, first, replace(other, subject="f2"), unlike)
        void = replace(first, state=DeliveryState.VOID, reason="taken back")
        await work.deliveries.save(void)

        assert await work.deliveries.of_subject("f1", kind=first.kind) == [void, later]
        assert await work.deliveries.of_subject("f3", kind=first.kind) == []


async def test_the_same_key_is_never_promised_twice(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        first, again, other = (
            a_delivery(work, "nudge/1"),
            a_delivery(work, "nudge/1"),
            a_delivery(work, "nudge/2"),
        )

        added = await work.deliveries.add(first)
        more = await work.deliveries.add(again, other, replace(other, id=again.id))

        assert (added, more) == (1, 1)
        assert await work.deliveries.find(first.id) == first
        assert await work.deliveries.find(again.id) is None


async def test_what_is_queued_is_taken_back_and_what_was_sent_is_not(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        sent = replace(village.to_circle, state=DeliveryState.SENT)
        await work.deliveries.save(sent)

        only_theirs = await work.deliveries.void(
            introduction=village.introduction.id, member=village.chloe.id, reason="left"
        )
        voided = await work.deliveries.void(introduction=village.introduction.id, reason="left")

        assert (only_theirs, voided) == (0, 1)
        assert await work.deliveries.find(sent.id) == sent
        amina = await work.deliveries.find(village.to_amina.id)
        assert amina == replace(village.to_amina, state=DeliveryState.VOID, reason="left")
        with pytest.raises(ValueError, match="never meant"):
            await work.deliveries.void(reason="everything")


async def test_saving_a_delivery_changes_its_state_reason_and_moment(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        delivery = a_delivery(work, "nudge/1")
        await work.deliveries.add(delivery)
        late = replace(delivery, state=DeliveryState.DEAD, reason="too late", due_at=NOW + HOUR)

        await work.deliveries.save(replace(late, kind=DeliveryKind.QUESTION, key="another"))

        assert await work.deliveries.find(delivery.id) == late
        with pytest.raises(Unknown):
            await work.deliveries.save(a_delivery(work, "nudge/2"))


async def test_what_is_due_is_claimed_longest_due_first(memory: OpenStorage, community: Community) -> None:
    queued = await _queue(memory, community, 3)

    claims = await _claim(memory, now=NOW + MINUTE)

    assert [claim.delivery for claim in claims] == [
        replace(delivery, state=DeliveryState.SENDING, attempts=1) for delivery in queued[:2]
    ]
    assert {claim.owner for claim in claims} == {"w"}
    async with memory.open_work(community.id) as work:
        assert await work.deliveries.find(queued[0].id) == claims[0].delivery
    assert await _claim(memory, now=NOW + MINUTE) == []


async def test_lanes_take_turns_so_that_a_full_one_starves_nobody(
    memory: OpenStorage, community: Community
) -> None:
    full = await _queue(memory, community, 50)
    small = await _queue(memory, await settle(memory, "T2"), 1, due_at=NOW + 30 * MINUTE)

    claims = await _claim(memory, limit=3)

    assert [claim.delivery.id for claim in claims] == [full[0].id, small[0].id, full[1].id]


async def test_a_paused_lane_is_passed_over(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        amina = a_member(work)
        to_space, to_amina = a_delivery(work, "space"), a_delivery(work, "person", to=amina)
        await work.members.save(amina)
        await work.deliveries.add(to_space, to_amina)
        await work.commit()
    await memory.outbox.pause(community.id, "space", until=NOW)
    await memory.outbox.pause(community.id, "space", until=NOW + HOUR)

    during = await _claim(memory, now=NOW + HOUR - MINUTE)
    after = await _claim(memory, now=NOW + HOUR)

    assert [claim.delivery.id for claim in during] == [to_amina.id]
    assert [claim.delivery.id for claim in after] == [to_space.id]


async def test_a_claim_is_settled_once(memory: OpenStorage, community: Community) -> None:
    await _queue(memory, community, 1)
    [claim] = await _claim(memory)

    async with memory.open_work(community.id) as work:
        first = await work.deliveries.settle(claim, state=DeliveryState.SENT, room="C-hello")
        second = await work.deliveries.settle(claim, state=DeliveryState.DEAD, reason="no")
        await work.commit()

    assert (first, second) == (True, False)
    async with memory.open_work(community.id) as work:
        assert await work.deliveries.find(claim.delivery.id) == replace(
            claim.delivery, state=DeliveryState.SENT
        )
    assert await memory.outbox.lapsed() == []


async def test_a_delivery_put_back_is_claimed_again_when_it_is_due(
    memory: OpenStorage, community: Community
) -> None:
    await _queue(memory, community, 1)
    [claim] = await _claim(memory)
    async with memory.open_work(community.id) as work:
        later = NOW + 5 * HOUR
        await work.deliveries.settle(claim, state=DeliveryState.QUEUED, reason="busy", due_at=later)
        await work.commit()

    too_early = await _claim(memory)
    [again] = await _claim(memory, now=later)

    assert too_early == []
    assert again.delivery == replace(claim.delivery, reason="busy", due_at=later, attempts=2)
    assert again.epoch > claim.epoch


async def test_an_old_claim_of_the_same_owner_no_longer_settles(
    memory: OpenStorage, community: Community
) -> None:
    await _queue(memory, community, 1)
    [old] = await _claim(memory)
    async with memory.open_work(community.id) as work:
        await work.deliveries.settle(old, state=DeliveryState.QUEUED)
        await work.commit()
    [new] = await _claim(memory)

    async with memory.open_work(community.id) as work:
        with_old = await work.deliveries.settle(old, state=DeliveryState.DEAD)
        with_new = await work.deliveries.settle(new, state=DeliveryState.SENT)

    assert (with_old, with_new) == (False, True)


async def test_a_sender_that_fell_silent_loses_its_claim_to_one_caller(
    memory: OpenStorage, community: Community
) -> None:
    await _queue(memory, community, 2)
    silent = (await _claim(memory, limit=1, lease=OVER, owner="silent"))[0]
    alive = (await _claim(memory, limit=1, owner="alive"))[0]

    first, second = await asyncio.gather(memory.outbox.lapsed(), memory.outbox.lapsed())
    lapsed = [*first, *second]

    assert [claim.delivery for claim in lapsed] == [replace(silent.delivery, state=DeliveryState.DOUBT)]
    async with memory.open_work(community.id) as work:
        too_late = await work.deliveries.settle(silent, state=DeliveryState.SENT)
        doubted = await work.deliveries.settle(lapsed[0], state=DeliveryState.DOUBT, reason="silent")
        in_time = await work.deliveries.settle(alive, state=DeliveryState.SENT)
        await work.commit()
    assert (too_late, doubted, in_time) == (False, True, True)
    assert await memory.outbox.lapsed() == []


async def test_a_claim_on_a_doubt_that_is_never_settled_runs_out_too(
    memory: OpenStorage, community: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.outbox.TIME_TO_SETTLE", OVER)
    await _queue(memory, community, 1)
    await _claim(memory, lease=OVER)

    [first] = await memory.outbox.lapsed()
    [second] = await memory.outbox.lapsed()

    assert first.delivery == second.delivery
    assert second.epoch > first.epoch


async def test_many_who_claim_at_once_never_get_the_same(memory: OpenStorage, community: Community) -> None:
    queued = await _queue(memory, community, 100)
    later = NOW + 100 * MINUTE

    claims = await asyncio.gather(*[_claim(memory, limit=20, now=later, owner=f"w{n}") for n in range(8)])
    rest = await _claim(memory, limit=100, now=later, owner="last")

    got = [claim.delivery.id for each in [*claims, rest] for claim in each]
    assert sorted(got) == sorted(delivery.id for delivery in queued)


async def test_what_one_lane_leaves_is_for_those_who_have_more(
    memory: OpenStorage, community: Community
) -> None:
    full = await _queue(memory, community, 50)
    small = [(await _queue(memory, await settle(memory, f"T{n}"), 1))[0] for n in (2, 3)]

    claims = await _claim(memory, limit=12)

    got = [claim.delivery.id for claim in claims]
    assert got[:4] == [full[0].id, full[1].id, *(delivery.id for delivery in small)]
    assert got[4:] == [delivery.id for delivery in full[2:10]]


async def test_five_lanes_share_a_claim_each_with_its_first_few(
    memory: OpenStorage, community: Community
) -> None:
    places = [community, *[await settle(memory, f"T{number}") for number in range(2, 9)]]
    queued = [await _queue(memory, place, 30) for place in places]

    claims = await _claim(memory, limit=20)

    got = [claim.delivery for claim in claims]
    theirs = [[one for one in got if one.community_id == place.id] for place in places]
    assert sorted(len(few) for few in theirs) == [0, 0, 0, 4, 4, 4, 4, 4]
    for few, line in zip(theirs, queued, strict=True):
        assert [one.id for one in few] == [one.id for one in line[: len(few)]]


async def test_what_was_sent_together_is_settled_together_where_the_claim_is_still_ours(
    memory: OpenStorage, community: Community
) -> None:
    await _queue(memory, community, 3)
    one, lost, other = await _claim(memory, limit=3)
    async with memory.open_work(community.id) as work:
        await work.deliveries.settle(lost, state=DeliveryState.QUEUED, reason="busy")
        await work.commit()

    async with memory.open_work(community.id) as work:
        ours = await work.deliveries.sent((one, "C-one"), (lost, "C-lost"), (other, ""))
        again = await work.deliveries.sent((one, "C-again"))
        await work.commit()

    assert set(ours) == {one.delivery.id, other.delivery.id}
    assert set(again) == set()
    async with memory.open_work(community.id) as work:
        found = {
            each.id: each for each in [await work.deliveries.find(c.delivery.id) for c in (one, lost)] if each
        }
    assert found[one.delivery.id] == replace(one.delivery, state=DeliveryState.SENT)
    assert found[lost.delivery.id].state is DeliveryState.QUEUED


async def test_what_a_unit_of_work_changes_it_reads_anew(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        await work.commit()

    async with memory.open_work(community.id) as work:
        before = await work.members.many([village.amina.id, village.chloe.id])
        await work.members.save(replace(village.amina, name="Amina B."))
        after = await work.members.find_id(village.amina.id)

    assert before[village.amina.id] == village.amina
    assert after == replace(village.amina, name="Amina B.")


async def test_more_lanes_than_can_be_claimed_are_taken_longest_due_first(
    memory: OpenStorage, community: Community
) -> None:
    queued = []
    for number in range(6):
        other = await settle(memory, f"T{number + 10}")
        queued += await _queue(memory, other, 2, due_at=NOW + (6 - number) * MINUTE)
    firsts = [delivery.id for delivery in queued[0::2]]

    claims = [claim for _ in range(3) for claim in await _claim(memory, limit=4)]

    assert [claim.delivery.id for claim in claims[:4]] == list(reversed(firsts))[:4]
    assert len({claim.delivery.id for claim in claims}) == 12


async def test_communities_are_chosen_or_passed_over(memory: OpenStorage, community: Community) -> None:
    one, two, three = [community, await settle(memory, "T2"), await settle(memory, "T3")]
    for each in (one, two, three):
        await _queue(memory, each, 2)

    async def communities(**which: Collection[CommunityId]) -> set[CommunityId]:
        claims = await memory.outbox.claim(now=NOW, owner="w", limit=3, lease=MINUTE, **which)
        return {claim.delivery.community_id for claim in claims}

    assert await communities(among=[]) == set()
    assert await communities(among=[one.id, two.id], besides=[two.id]) == {one.id}
    assert await communities(besides=[two.id]) == {three.id}
    assert await communities() == {two.id}


async def test_the_communities_of_a_platform_are_chosen(memory: OpenStorage, community: Community) -> None:
    other = await memory.communities.settle(
        platform="elsewhere",
        external_id=ExternalId("E1"),
        name="Elsewhere",
        zone="Europe/Paris",
        language=Language.FRENCH,
    )
    for each in (community, other):
        await _queue(memory, each, 2)

    async def communities(*platforms: str) -> set[CommunityId]:
        claims = await memory.outbox.claim(now=NOW, owner="w", limit=9, lease=MINUTE, platforms=platforms)
        return {claim.delivery.community_id for claim in claims}

    assert await communities() == set()
    assert await communities("elsewhere", "nowhere") == {other.id}
    assert await communities(community.platform) == {community.id}


async def test_the_longest_queues_are_known(memory: OpenStorage, community: Community) -> None:
    await _queue(memory, community, 3)
    longer, paused = await settle(memory, "T2"), await settle(memory, "T3")
    queued = await _queue(memory, longer, 5)
    await _queue(memory, paused, 9)
    await memory.outbox.pause(paused.id, queued[0].lane, until=NOW + 2 * HOUR)

    now = NOW + HOUR

    assert await memory.outbox.longest(now=now, limit=4, least=1) == [longer.id, community.id]
    assert await memory.outbox.longest(now=now, limit=1, least=1) == [longer.id]
    assert await memory.outbox.longest(now=now, limit=4, least=4) == [longer.id]
    assert await memory.outbox.longest(now=NOW - MINUTE, limit=4, least=1) == []


async def test_what_was_forsaken_is_in_doubt_and_never_claimed(
    memory: OpenStorage, community: Community
) -> None:
    queued = await _queue(memory, community, 3)
    [sending] = await _claim(memory, limit=1)
    other = await settle(memory, "T2")
    theirs = await _queue(memory, other, 1)

    count = await memory.outbox.forsake(
        community.id, [sending.delivery.id, queued[1].id, theirs[0].id, DeliveryId("none")]
    )
    claimed = await _claim(memory)
    lapsed = await memory.outbox.lapsed()

    assert count == 2
    assert {claim.delivery.id for claim in claimed} == {queued[2].id, theirs[0].id}
    assert {claim.delivery.id for claim in lapsed} == {sending.delivery.id, queued[1].id}
    async with memory.open_work(community.id) as work:
        assert not await work.deliveries.settle(sending, state=DeliveryState.SENT)


async def test_what_is_unsettled_waits_or_is_being_sent(memory: OpenStorage, community: Community) -> None:
    queued = await _queue(memory, community, 3)
    claims = await _claim(memory, limit=2)
    async with memory.open_work(community.id) as work:
        await work.deliveries.settle(claims[0], state=DeliveryState.SENT)

        unsettled = await work.deliveries.unsettled()

    assert [delivery.id for delivery in unsettled] == [queued[1].id, queued[2].id]
