import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.community import Community, Language
from bot.domain.ids import CommunityId, ExternalId
from bot.errors import AlreadyHeard, AlreadyThere, StorageError, Unknown
from storage.database import OpenStorage
from storage.ids import random_id, seeded
from tests.contract.village import NOW, a_member, a_program, a_round, a_space, a_village, an_answer, settle


async def test_what_is_not_committed_never_happened(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id, event="sandbox/1") as work:
        await a_village(work)

    async with memory.open_work(community.id, event="sandbox/1") as work:
        assert await work.members.all() == []
        assert await work.programs.all() == []


async def test_an_error_takes_everything_back(memory: OpenStorage, community: Community) -> None:
    async def fail() -> None:
        async with memory.open_work(community.id) as work:
            await a_village(work)
            raise LookupError

    with pytest.raises(LookupError):
        await fail()

    async with memory.open_work(community.id) as work:
        assert await work.members.all() == []


async def test_what_follows_a_commit_waits_for_the_next(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        amina = a_member(work)
        await work.members.save(amina)
        await work.commit()
        await work.members.save(replace(amina, name="Another"))

    async with memory.open_work(community.id) as work:
        assert await work.members.all() == [amina]


async def test_a_unit_of_work_that_is_over_cannot_be_committed(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        pass

    with pytest.raises(StorageError):
        await work.commit()


async def test_a_refusal_leaves_the_rest_of_the_unit_of_work_alone(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        with pytest.raises(AlreadyThere):
            await work.rounds.add(a_round(work, village.program, village.round.wall))
        await work.commit()

    async with memory.open_work(community.id) as work:
        assert await work.rounds.get(village.round.id) == village.round


async def test_an_event_is_handled_once(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id, event="sandbox/1") as work:
        await work.commit()

    with pytest.raises(AlreadyHeard):
        async with memory.open_work(community.id, event="sandbox/1"):
            pytest.fail("The same event was let in twice.")
    other = await settle(memory, "T2")
    async with memory.open_work(other.id, event="sandbox/1") as work:
        await work.commit()


async def test_an_event_that_arrives_twice_at_once_is_handled_once(
    memory: OpenStorage, community: Community
) -> None:
    async def handle() -> str:
        try:
            async with memory.open_work(community.id, event="sandbox/1") as work:
                await work.members.save(a_member(work))
                await work.commit()
        except AlreadyHeard:
            return "heard"
        return "handled"

    answers = await asyncio.gather(*[handle() for _ in range(5)])

    assert sorted(answers) == ["handled", "heard", "heard", "heard", "heard"]


async def test_events_of_long_ago_are_forgotten(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id, event="sandbox/1") as work:
        await work.commit()
    now = datetime.now(UTC)

    kept = await memory.agenda.purge(before=now - timedelta(days=1))
    gone = await memory.agenda.purge(before=now + timedelta(days=1))

    assert (kept, gone) == (0, 1)


async def test_units_of_work_of_one_community_take_turns(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        await work.commit()

    async def count_one_more() -> None:
        async with memory.open_work(community.id) as work:
            program = await work.programs.get(village.program.id)
            await work.programs.save(replace(program, rounds=program.rounds + 1))
            await work.commit()

    await asyncio.gather(*[count_one_more() for _ in range(20)])

    async with memory.open_work(community.id) as work:
        assert (await work.programs.get(village.program.id)).rounds == village.program.rounds + 20


async def test_two_who_open_the_same_round_at_once_open_one(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        space = a_space(work)
        program = a_program(work, space)
        await work.spaces.save(space)
        await work.programs.save(program)
        await work.commit()

    async def open_round() -> bool:
        try:
            async with memory.open_work(community.id) as work:
                await work.rounds.add(a_round(work, program))
                await work.commit()
        except AlreadyThere:
            return False
        return True

    opened = await asyncio.gather(*[open_round() for _ in range(4)])

    assert sorted(opened) == [False, False, False, True]


async def test_a_task_that_is_cancelled_leaves_nothing_behind(
    memory: OpenStorage, community: Community
) -> None:
    saved = asyncio.Event()

    async def slow() -> None:
        async with memory.open_work(community.id) as work:
            await work.members.save(a_member(work))
            saved.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(slow())
    await saved.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with memory.open_work(community.id) as work:
        assert await work.members.all() == []


async def test_a_task_that_is_cancelled_in_a_statement_leaves_nothing_behind(
    memory: OpenStorage, community: Community
) -> None:
    started = asyncio.Event()

    async def busy() -> None:
        async with memory.open_work(community.id) as work:
            crowd = [a_member(work, f"U{number}") for number in range(2_000)]
            started.set()
            while True:
                await work.members.save_all(crowd)

    task = asyncio.create_task(busy())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with memory.open_work(community.id) as work:
        assert await work.members.all() == []


async def test_a_community_is_made_once(memory: OpenStorage) -> None:
    made = await asyncio.gather(*[settle(memory) for _ in range(4)])

    assert len(set(made)) == 1
    assert await memory.communities.all() == [made[0]]
    assert await memory.communities.get(made[0].id) == made[0]
    assert await memory.communities.find("sandbox", ExternalId("T1")) == made[0]
    assert await memory.communities.find("slack", ExternalId("T1")) is None
    assert len(made[0].secret) == 32


async def test_communities_come_by_platform_then_name(memory: OpenStorage) -> None:
    named = [("slack", "Atelier"), ("discord", "Verger"), ("discord", "Ruche")]
    for platform, name in named:
        await memory.communities.settle(
            platform=platform, external_id=ExternalId(name), name=name, zone="UTC", language=Language.FRENCH
        )

    assert [each.name for each in await memory.communities.all()] == ["Ruche", "Verger", "Atelier"]


async def test_a_community_can_be_renamed(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        changed = replace(community, name="The Orchard", zone="Asia/Tokyo", language=Language.ENGLISH)
        await work.rename(replace(changed, secret=b"another", platform="slack"))
        assert work.community == changed
        await work.commit()

    assert await memory.communities.get(community.id) == changed


async def test_a_community_that_is_not_there_cannot_be_worked_on(memory: OpenStorage) -> None:
    with pytest.raises(Unknown):
        await memory.communities.get(CommunityId("nowhere"))
    with pytest.raises(Unknown):
        async with memory.open_work(CommunityId("nowhere")):
            pytest.fail("There is no such community.")
    with pytest.raises(Unknown):
        await memory.outbox.pause(CommunityId("nowhere"), "space", until=NOW)


async def test_a_moment_without_a_zone_is_refused(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        answer = an_answer(village.introduction, village.amina)

        with pytest.raises(StorageError, match="zone"):
            await work.introductions.answer(replace(answer, at=NOW.replace(tzinfo=None)))


def test_ids_are_16_letters_and_digits_and_can_be_repeated() -> None:
    one, same, other = seeded(1), seeded(1), seeded(2)

    ids = [random_id(), random_id(), one(), one(), other()]

    assert len(set(ids)) == 5
    assert all(len(each) == 16 and each.isalnum() and each.isascii() for each in ids)
    assert [same(), same()] == ids[2:4]


async def test_a_unit_of_work_that_is_cut_off_at_any_instant_lets_go_of_the_database(
    memory: OpenStorage, community: Community
) -> None:
    async def at_work() -> None:
        async with memory.open_work(community.id) as work:
            await work.members.all()
            await work.commit()

    for instant in range(60):
        cut_off = asyncio.create_task(at_work())
        for _ in range(instant):
            await asyncio.sleep(0)
        cut_off.cancel()
        await asyncio.gather(cut_off, return_exceptions=True)

        async with asyncio.timeout(5), memory.open_work(community.id) as work:
            assert await work.members.all() == []
