"""Who leaves, is erased or is gone from the platform: nobody waits for them in vain or is told who."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from bot.actions import keep_up
from bot.messages import Asker, Reply
from storage.database import OpenStorage
from tests.town import SPACE, Seen, Town, found

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)

Way = Callable[[Town, Asker], Awaitable[None]]


async def leaves(town: Town, who: Asker) -> None:
    await town.type(who, "leave")


async def erases(town: Town, who: Asker) -> None:
    await town.press(who, "forget:")


async def goes_from_the_space(town: Town, who: Asker) -> None:
    open_work, community = town.storage.open_work, town.community.id
    await keep_up.left_space(open_work, community, who.external_id, SPACE, now=town.clock.now())


async def goes_from_the_platform(town: Town, who: Asker) -> None:
    open_work, community = town.storage.open_work, town.community.id
    await keep_up.gone(open_work, community, who.external_id, now=town.clock.now())


WAYS = [leaves, erases, goes_from_the_space, goes_from_the_platform]


async def introduced(storage: OpenStorage, *names: str) -> tuple[Town, str, Seen]:
    """These people were introduced, all in one, an hour ago; the introduction's id, and how they read it."""
    town = await found(storage, *names)
    await town.set_up()
    await town.join(*names)
    await town.move_to(TUESDAY + timedelta(hours=1))
    [seen] = town.platform.of(town.people[names[0]], "introduction")
    return town, action(seen, "times").partition(":")[2], seen


def action(seen: Seen, verb: str, nth: int = 0) -> str:
    return [one.action for one in seen.message.buttons if one.action.startswith(f"{verb}:")][nth]


async def agree(town: Town, id: str, *names: str) -> None:
    """They settle on the last slot."""
    offer = await town.press(town.people[names[0]], f"times:{id}")
    assert offer.message is not None
    slot = [one.action for one in offer.message.buttons if one.action.startswith("slot:")][2]
    for name in names:
        await town.press(town.people[name], slot)
    await town.move_to(town.clock.now() + timedelta(hours=1))
    assert len(town.platform.of(town.people[names[0]], "card")) == 1


def event_in(reply: Reply) -> tuple[str, icalendar.Event]:
    assert reply.file is not None
    calendar = icalendar.Calendar.from_ical(reply.file.content)
    assert isinstance(calendar, icalendar.Calendar)
    [event] = calendar.walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    return str(calendar["METHOD"]), event


def heard(town: Town, who: str, *, since: datetime) -> list[str]:
    return [one.message.name for one in town.platform.of(town.people[who]) if one.at >= since]


@pytest.mark.parametrize("goes", WAYS)
async def test_an_agreed_meeting_is_called_off_and_leaves_the_others_calendar(
    storage: OpenStorage, goes: Way
) -> None:
    town, id, _ = await introduced(storage, "lea", "tom")
    await agree(town, id, "lea", "tom")
    before = town.clock.now()

    await goes(town, town.people["lea"])
    await town.move_to(before + timedelta(days=10))

    [told] = town.platform.of(town.people["tom"], "called_off")
    assert "Lea" not in told.message.plain
    assert heard(town, "tom", since=before)[0] == "called_off"
    assert "called_off" not in heard(town, "lea", since=before)
    method, event = event_in(await town.press(town.people["tom"], action(told, "calendar")))
    assert (method, event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
    assert event["UID"] == f"{id}@voisin"


@pytest.mark.parametrize("goes", WAYS)
async def test_where_nothing_was_agreed_a_departure_is_silent(storage: OpenStorage, goes: Way) -> None:
    town, _, _ = await introduced(storage, "lea", "tom")
    before = town.clock.now()

    await goes(town, town.people["lea"])
    await town.move_to(TUESDAY + timedelta(days=6))

    assert heard(town, "tom", since=before) == []


@pytest.mark.parametrize("goes", WAYS)
async def test_of_three_two_hear_that_they_are_two_and_go_on(storage: OpenStorage, goes: Way) -> None:
    town, id, seen = await introduced(storage, "lea", "tom", "zoe")
    opener = next(
        name for name in ("lea", "tom", "zoe") if f"{name.capitalize()}, the f" in seen.message.plain
    )
    one, other = [name for name in ("lea", "tom", "zoe") if name != opener]
    before = town.clock.now()

    await goes(town, town.people[opener])
    await town.move_to(before + timedelta(hours=1))
    offer = await town.press(town.people[one], f"times:{id}")
    await town.move_to(TUESDAY + timedelta(days=6, hours=12))

    [told] = town.platform.of(town.people[one], "fewer")
    assert set(told.people) == {f"U-{one}", f"U-{other}"}
    assert opener.capitalize() not in told.message.plain
    assert "fewer" not in heard(town, opener, since=before)
    assert offer.message is not None
    assert opener.capitalize() not in offer.message.plain
    assert "question" in heard(town, other, since=before)


@pytest.mark.parametrize("goes", WAYS)
async def test_a_meeting_of_three_stands_for_the_two_who_are_left(storage: OpenStorage, goes: Way) -> None:
    town, id, _ = await introduced(storage, "lea", "tom", "zoe")
    await agree(town, id, "lea", "tom", "zoe")
    before = town.clock.now()

    await goes(town, town.people["zoe"])
    await town.move_to(before + timedelta(hours=1))
    [told] = town.platform.of(town.people["tom"], "fewer")
    method, event = event_in(await town.press(town.people["tom"], action(told, "calendar")))

    assert heard(town, "tom", since=before) == ["fewer"]
    assert "Next meeting" in told.message.plain
    # A newer version of the same event, which calendars put in the place of the one with three names.
    assert (method, event["STATUS"], event["SEQUENCE"]) == ("PUBLISH", "CONFIRMED", 1)
    assert event["UID"] == f"{id}@voisin"
    assert "Zoe" not in str(event["SUMMARY"])


@pytest.mark.parametrize("together", [("lea", "tom"), ("lea", "tom", "zoe")])
@pytest.mark.parametrize("goes", ["bow", "known", "leave", "forget"])
async def test_who_goes_gets_what_takes_the_meeting_out_of_their_own_calendar(
    storage: OpenStorage, goes: str, together: tuple[str, ...]
) -> None:
    town, id, _ = await introduced(storage, *together)
    await agree(town, id, *together)
    lea = town.people["lea"]

    reply = await {
        "leave": lambda: town.type(lea, "leave"),
        "forget": lambda: town.press(lea, "forget:"),
    }.get(goes, lambda: town.press(lea, f"{goes}:{id}"))()

    method, event = event_in(reply)
    assert reply.message is not None
    assert "takes the meeting out of your calendar" in reply.message.plain
    assert (method, event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
    assert event["UID"] == f"{id}@voisin"


@pytest.mark.parametrize("goes", ["bow", "known", "leave"])
async def test_who_goes_where_nothing_was_agreed_gets_no_file(storage: OpenStorage, goes: str) -> None:
    town, id, _ = await introduced(storage, "lea", "tom", "zoe")
    lea = town.people["lea"]

    reply = await town.type(lea, "leave") if goes == "leave" else await town.press(lea, f"{goes}:{id}")

    assert reply.file is None


async def test_a_meeting_that_has_been_is_not_called_off(storage: OpenStorage) -> None:
    town, id, _ = await introduced(storage, "lea", "tom")
    await agree(town, id, "lea", "tom")
    await town.move_to(TUESDAY + timedelta(days=6, hours=20))

    await leaves(town, town.people["lea"])
    await town.move_to(TUESDAY + timedelta(days=9))

    assert town.platform.of(town.people["tom"], "called_off") == []


async def test_who_left_three_and_comes_back_finds_their_seat_empty(storage: OpenStorage) -> None:
    town, id, _ = await introduced(storage, "lea", "tom", "zoe")

    await leaves(town, town.people["zoe"])
    await town.join("zoe")
    pressed = await town.press(town.people["zoe"], f"met:{id}")
    why = await town.type(town.people["zoe"], "why")

    assert pressed.message is not None
    assert pressed.message.name == "refusal.not_yours"
    assert why.message is not None
    assert why.message.name == "reply.nothing_yet"
