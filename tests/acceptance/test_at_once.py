"""Two clicks in the same instant, on every memory: each is answered, none is lost, nothing happens twice."""

import asyncio
from datetime import UTC, datetime, timedelta

from bot.messages import Reply
from storage.database import OpenStorage
from tests.town import Town, found

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


async def introduced(memory: OpenStorage) -> tuple[Town, str]:
    town = await found(memory, "lea", "tom")
    await town.set_up()
    await town.join("lea", "tom")
    await town.move_to(TUESDAY + timedelta(hours=1))
    [seen] = town.platform.of(town.people["lea"], "introduction")
    id = next(one.action for one in seen.message.buttons if one.action.startswith("times:"))[6:]
    return town, id


async def at_once(town: Town, *clicks: tuple[str, str]) -> list[str]:
    """What each was answered."""
    replies = await asyncio.gather(*(town.press(town.people[who], action) for who, action in clicks))
    return [named(reply) for reply in replies]


def named(reply: Reply) -> str:
    assert reply.message is not None
    return reply.message.name


async def test_two_yeses_at_once_make_one_partnership_of_which_both_hear(memory: OpenStorage) -> None:
    town, id = await introduced(memory)
    await town.press(town.people["lea"], f"met:{id}")

    said = await at_once(town, ("lea", f"go_on:{id}"), ("tom", f"go_on:{id}"))
    await town.move_to(town.clock.now() + timedelta(hours=1))

    told = [len(town.platform.of(town.people[who], "partners")) for who in ("lea", "tom")]
    # One of them read it in answer to their click, the other as a message.
    assert sorted(said) == ["partners", "reply.willing"]
    assert sum(told) == 1
    for who in ("lea", "tom"):
        listed = await town.type(town.people[who], "partners")
        assert named(listed) == "reply.partners"


async def test_the_same_slot_tapped_by_both_at_once_is_one_meeting(memory: OpenStorage) -> None:
    town, id = await introduced(memory)
    offer = await town.press(town.people["lea"], f"times:{id}")
    assert offer.message is not None
    slot = [one.action for one in offer.message.buttons if one.action.startswith("slot:")][2]

    said = await at_once(town, ("lea", slot), ("tom", slot), ("lea", slot))
    await town.move_to(town.clock.now() + timedelta(hours=1))

    assert set(said) <= {"reply.picked", "reply.agreed"}
    assert "reply.agreed" in said
    assert len(town.platform.of(town.people["tom"], "card")) == 1


async def test_met_and_could_not_at_once_are_both_kept_and_met_counts(memory: OpenStorage) -> None:
    town, id = await introduced(memory)

    said = await at_once(town, ("lea", f"met:{id}"), ("tom", f"could_not:{id}"))
    await town.move_to(TUESDAY + timedelta(days=6, hours=12))
    willing = named(await town.press(town.people["lea"], f"go_on:{id}"))

    assert said == ["reply.met", "reply.could_not"]
    assert willing == "reply.willing"
    assert "question" not in {each.message.name for each in town.platform.of(town.people["tom"])}


async def test_both_bow_out_at_once_and_nobody_is_stranded_without_a_word(memory: OpenStorage) -> None:
    town, id = await introduced(memory)

    said = await at_once(town, ("lea", f"bow:{id}"), ("tom", f"bow:{id}"))

    assert set(said) <= {"reply.bowed_out", "refusal.gone"}
    assert "reply.bowed_out" in said


async def test_a_double_click_that_shares_brings_one_post(memory: OpenStorage) -> None:
    town, _ = await introduced(memory)
    reply = await town.type(town.people["lea"], "learning how to splice a rope")
    assert reply.message is not None
    share = next(one.action for one in reply.message.buttons if one.action.startswith("share:"))

    said = await at_once(town, ("lea", share), ("lea", share))
    await town.move_to(town.clock.now() + timedelta(hours=1))

    assert said == ["reply.reflected_community"] * 2
    assert len(town.platform.posted("reflection")) == 1
