"""Rooms that were opened with people, and what one process holds for all, on every memory."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from sqlalchemy import func, update

from bot.domain.community import Community
from bot.domain.ids import ExternalId
from storage.columns import database_now
from storage.database import OpenStorage
from storage.tables import posts
from tests.contract.village import HOUR, a_conversation, a_member, settle

HELLO = ExternalId("C-hello")


async def test_a_conversation_is_found_by_its_people_in_any_order(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        amina, bruno = a_member(work), a_member(work, "U-bruno", "Bruno")
        await work.conversations.save(a_conversation(amina, bruno, occasion="round-1"))
        await work.commit()

    async with memory.open_work(community.id) as work:
        found = await work.conversations.find([bruno.external_id, amina.external_id], occasion="round-1")
        elsewhere = await work.conversations.find([bruno.external_id, amina.external_id], occasion="round-2")
        alone = await work.conversations.find([amina.external_id])

    assert found == a_conversation(amina, bruno, occasion="round-1")
    assert elsewhere is None
    assert alone is None


async def test_what_was_being_made_is_replaced_by_what_was_made(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        amina = a_member(work)
        await work.conversations.save(a_conversation(amina, room=None))
        await work.conversations.save(a_conversation(amina, room="R-2"))
        found = await work.conversations.find([amina.external_id])

    assert found == a_conversation(amina, room="R-2")


async def test_those_of_other_rounds_that_do_not_rest_are_awake(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        amina, bruno, chloe = (a_member(work, f"U-{name}", name) for name in ("amina", "bruno", "chloe"))
        before = a_conversation(amina, bruno, occasion="round-1")
        await work.conversations.save(before)
        await work.conversations.save(replace(a_conversation(amina, chloe, occasion="round-1"), resting=True))
        await work.conversations.save(a_conversation(bruno, chloe, occasion="round-1", room=None))
        await work.conversations.save(a_conversation(amina, chloe, occasion="round-2"))
        await work.conversations.save(a_conversation(amina))
        awake = await work.conversations.awake(HELLO, besides="round-2")
        elsewhere = await work.conversations.awake(ExternalId("C-other"), besides="round-2")

    assert awake == [before]
    assert elsewhere == []


async def test_conversations_of_a_person_are_those_that_they_are_in(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        one, ten = a_member(work, "1", "One"), a_member(work, "10", "Ten")
        await work.conversations.save(a_conversation(ten))
        await work.conversations.save(a_conversation(one, ten, occasion="round-1"))
        found = await work.conversations.of_person(one.external_id)

    assert found == [a_conversation(one, ten, occasion="round-1")]


async def test_a_conversation_of_another_community_is_not_found(
    memory: OpenStorage, community: Community
) -> None:
    other = await settle(memory, "T2")
    async with memory.open_work(community.id) as work:
        amina = a_member(work)
        await work.conversations.save(a_conversation(amina))
        await work.commit()

    async with memory.open_work(other.id) as work:
        found = await work.conversations.find([amina.external_id])

    assert found is None


async def test_a_post_is_held_by_one_until_they_leave_it(memory: OpenStorage) -> None:
    held = await memory.posts.take("discord", "shard/0", owner="one", lease=HOUR)
    refused = await memory.posts.take("discord", "shard/0", owner="two", lease=HOUR)
    assert held is not None
    await memory.posts.leave(held)
    then = await memory.posts.take("discord", "shard/0", owner="two", lease=HOUR)

    assert refused is None
    assert then is not None
    assert then.epoch > held.epoch
    assert not await memory.posts.keep(held, lease=HOUR)
    assert await memory.posts.keep(then, lease=HOUR)


async def test_a_post_whose_holder_fell_silent_is_free(memory: OpenStorage) -> None:
    held = await memory.posts.take("discord", "shard/0", owner="one", lease=HOUR)
    assert held is not None
    async with memory.engine.begin() as connection:
        await connection.execute(update(posts).values(lease_until=func.coalesce(database_now(), None)))

    then = await memory.posts.take("discord", "shard/0", owner="two", lease=HOUR)
    await memory.posts.leave(held)

    assert then is not None
    assert await memory.posts.take("discord", "shard/0", owner="three", lease=HOUR) is None


async def test_of_many_who_want_a_post_at_once_one_gets_it(memory: OpenStorage) -> None:
    taken = await asyncio.gather(
        *(
            memory.posts.take("discord", "shard/0", owner=f"w{n}", lease=timedelta(minutes=1))
            for n in range(8)
        )
    )

    assert len([held for held in taken if held is not None]) == 1


async def test_a_note_is_what_was_noted_last(memory: OpenStorage) -> None:
    before = await memory.posts.noted("discord", "commands")
    await memory.posts.note("discord", "commands", "one")
    await memory.posts.note("discord", "commands", "two")

    assert before == ""
    assert await memory.posts.noted("discord", "commands") == "two"
    assert await memory.posts.noted("slack", "commands") == ""
