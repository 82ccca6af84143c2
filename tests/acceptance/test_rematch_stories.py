"""A running round in which people go, come and change their minds."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.errors import Uncertain
from bot.messages import Destination, Message
from storage.database import OpenStorage
from tests.town import Town, found, person

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NIGHT = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
"""7:00 in Paris: a round that opens now is delivered an hour later."""


async def opened(storage: OpenStorage, *names: str, at: str = "10:00") -> Town:
    town = await found(storage, *names)
    await town.set_up(at=at)
    await town.join(*names)
    await town.move_to(NIGHT if at == "07:00" else TUESDAY)
    return town


def uncertain(destination: Destination, message: Message, key: str) -> None:
    """A platform that loses its answer to every introduction."""
    if message.name == "introduction":
        raise Uncertain("the answer was lost")


def introduction_of(town: Town, name: str) -> str:
    """The id that the buttons of somebody's latest introduction carry."""
    seen = [
        one for one in town.platform.of(town.people[name]) if one.message.name in ("introduction", "joined")
    ]
    return seen[-1].message.buttons[0].action.partition(":")[2]


def partner_of(town: Town, name: str) -> str:
    [seen] = town.platform.of(town.people[name], "introduction")
    [other] = [one.removeprefix("U-") for one in seen.people if one != f"U-{name}"]
    return other


@pytest.mark.parametrize("verb", ["known", "bow"])
async def test_a_neighbour_who_has_left_is_not_introduced_to_anyone(storage: OpenStorage, verb: str) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    partner = partner_of(town, "lea")
    await town.type(town.people[partner], "leave")
    before = len(town.platform.seen)

    await town.press(town.people["lea"], f"{verb}:{introduction_of(town, 'lea')}")
    await town.move_to(TUESDAY + timedelta(days=6))

    assert all(f"U-{partner}" not in one.people for one in town.platform.seen[before:])
    assert all(partner.capitalize() not in one.message.plain for one in town.platform.seen[before:])


async def test_who_has_left_finds_no_new_neighbour_by_an_old_button(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    await town.type(town.people["lea"], "leave")

    await town.press(town.people["lea"], f"known:{introduction_of(town, 'lea')}")
    await town.move_to(TUESDAY + timedelta(days=6))

    assert [one.message.name for one in town.platform.of(town.people["lea"])] == ["introduction"]


async def test_two_who_were_joined_by_a_third_can_be_two_again(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    partner = partner_of(town, "lea")
    await town.press(town.people["lea"], f"bow:{introduction_of(town, 'lea')}")
    await town.move_to(TUESDAY + timedelta(hours=1))

    reply = await town.press(town.people[partner], f"bow:{introduction_of(town, partner)}")
    await town.move_to(TUESDAY + timedelta(days=6, hours=23))

    assert reply.message is not None
    assert reply.message.name == "reply.bowed_out"
    asked = {one.people[0] for one in town.platform.seen if one.message.name == "question"}
    assert asked == {f"U-{name}" for name in ("lea", "tom", "zoe", "max")} - {"U-lea", f"U-{partner}"}


async def test_two_of_three_are_introduced_when_the_third_leaves_before_the_sending(
    storage: OpenStorage,
) -> None:
    town = await opened(storage, "lea", "tom", "zoe", at="07:00")
    await town.type(town.people["zoe"], "leave")

    await town.move_to(TUESDAY)

    [seen] = [one for one in town.platform.seen if one.message.name == "introduction"]
    assert sorted(seen.people) == ["U-lea", "U-tom"]
    assert "Zoe" not in seen.message.plain


async def test_a_wish_before_the_sending_keeps_the_introduction_from_going_out(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", at="07:00")

    await town.type(town.people["lea"], "avoid @tom")
    await town.move_to(TUESDAY + timedelta(days=6))

    for name in ("lea", "tom"):
        assert [one.message.name for one in town.platform.of(town.people[name])] == ["parted"]


async def test_a_wish_after_the_introduction_stops_its_reminders(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")

    await town.type(town.people["lea"], "avoid @tom")
    await town.move_to(TUESDAY + timedelta(days=6, hours=23))

    assert [one.message.name for one in town.platform.of(town.people["tom"])] == ["introduction"]


async def test_two_of_three_find_each_other_when_the_third_is_erased_before_the_sending(
    storage: OpenStorage,
) -> None:
    town = await opened(storage, "lea", "tom", "zoe", at="07:00")
    await town.press(town.people["zoe"], "forget:")

    await town.move_to(TUESDAY + timedelta(hours=1))

    for name in ("lea", "tom"):
        [seen] = town.platform.of(town.people[name])
        assert sorted(seen.people) == ["U-lea", "U-tom"]


async def test_an_answer_of_one_does_not_keep_the_introduction_from_the_other(storage: OpenStorage) -> None:
    town = await found(storage, "tom")
    town.people["aki"] = person("aki", zone="Pacific/Auckland")
    town.platform.present.append(town.people["aki"])
    await town.set_up()
    await town.join("tom", "aki")
    await town.move_to(TUESDAY)

    await town.press(town.people["tom"], f"could_not:{introduction_of(town, 'tom')}")
    await town.move_to(TUESDAY + timedelta(days=1))

    assert len(town.platform.of(town.people["aki"], "introduction")) == 1


async def test_what_is_in_doubt_is_not_shown_once_someone_has_left(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom")
    await town.set_up()
    await town.join("lea", "tom")
    town.platform.before = uncertain
    await town.move_to(TUESDAY)
    [asked] = town.platform.of(town.people["tom"], "interrupted")

    await town.type(town.people["lea"], "leave")
    reply = await town.press(town.people["tom"], asked.message.buttons[0].action)

    assert reply.message is not None
    assert reply.message.name == "reply.not_needed"


# ── By hand, and by the rhythm ──────────────────────────────────────────────────────────────────────


async def test_a_program_that_was_paused_goes_on_after_the_round_by_hand(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom")
    await town.set_up()
    await town.join("lea", "tom")

    for line in ("run-now", "pause-program", "resume-program"):
        await town.type(town.people["ada"], line)
    await town.move_to(TUESDAY + timedelta(days=7))

    assert len(town.platform.of(town.people["lea"], "introduction")) == 2


async def test_a_round_by_hand_that_introduces_nobody_leaves_the_next_one_where_it_was(
    storage: OpenStorage,
) -> None:
    town = await found(storage, "lea", "tom")
    await town.set_up()
    await town.join("lea", "tom")
    await town.type(town.people["lea"], "skip")

    reply = await town.type(town.people["ada"], "run-now")
    await town.type(town.people["lea"], "resume")
    await town.move_to(TUESDAY)

    assert reply.message is not None
    assert reply.message.name == "reply.run_now_quiet"
    assert len(town.platform.of(town.people["lea"], "introduction")) == 1


async def test_on_a_day_off_no_round_is_opened_by_hand(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom")
    await town.set_up()
    await town.join("lea", "tom")
    await town.type(town.people["ada"], "blackout 2026-11-23")

    reply = await town.type(town.people["ada"], "run-now")
    await town.move_to(TUESDAY)

    assert reply.message is not None
    assert reply.message.name == "reply.blackouts"
    assert len(town.platform.of(town.people["lea"], "introduction")) == 1


async def test_who_moves_to_the_other_side_of_the_world_is_not_written_to_at_night(
    storage: OpenStorage,
) -> None:
    town = await opened(storage, "lea", "tom", at="07:00")

    await town.submit(town.people["lea"], "me:", zone="Pacific/Auckland")
    await town.move_to(TUESDAY + timedelta(days=1))

    [to_lea] = town.platform.of(town.people["lea"], "introduction")
    [to_tom] = town.platform.of(town.people["tom"], "introduction")
    assert 8 <= to_lea.at.astimezone(ZoneInfo("Pacific/Auckland")).hour < 20
    assert 8 <= to_tom.at.astimezone(ZoneInfo("Europe/Paris")).hour < 20


async def test_who_joins_two_strangers_reads_of_no_meeting_before(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    partner = partner_of(town, "lea")

    await town.press(town.people["lea"], f"bow:{introduction_of(town, 'lea')}")
    await town.move_to(TUESDAY + timedelta(hours=1))

    [joined] = town.platform.of(town.people[partner], "joined")
    assert "before" not in joined.message.plain
