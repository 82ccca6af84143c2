"""What comes of an introduction, word for word the same on every platform."""

import re
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import icalendar
import pytest

from tests.places.everywhere import PLACES
from tests.places.place import TUESDAY, Place, Seen, set_up

WEEK = timedelta(days=7)
YEAR = timedelta(days=365)

PAIR = ("ada", "ben")
SIX = ("ada", "ben", "cleo", "dan", "eva", "fay")

Makes = Callable[..., AbstractAsyncContextManager[Place]]


@pytest.fixture(params=sorted(PLACES))
def makes(request: pytest.FixtureRequest, sqlite_file: Path) -> Makes:
    """Opens a place of one platform for these people."""
    return lambda *names, french=(): PLACES[request.param](sqlite_file, *names, french=french)


async def introductions(place: Place, who: str) -> Sequence[Seen]:
    return [seen for seen in await place.came(who) if "known" in seen.verbs]


async def last(place: Place, who: str, verb: str) -> Seen:
    """What came last to somebody with such a button."""
    return [seen for seen in await place.came(who) if verb in seen.verbs][-1]


async def presses(place: Place, who: str, seen: Seen, verb: str) -> Seen:
    return await place.clicks(who, seen, seen.label(verb))


async def offers(place: Place, who: str, seen: Seen, label: str) -> Seen:
    """One looks for a time and taps one."""
    return await place.clicks(who, await presses(place, who, seen, "times"), label)


def event_in(file: bytes) -> icalendar.Event:
    calendar = icalendar.Calendar.from_ical(file)
    assert isinstance(calendar, icalendar.Calendar)
    [event] = calendar.walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    return event


# ── A time to meet ──────────────────────────────────────────────────────────────────────────────────


async def test_what_was_agreed_changed_and_called_off_is_one_event_in_both_calendars(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY + timedelta(minutes=5))
        [made] = await introductions(place, "ada")
        [theirs] = await introductions(place, "ben")
        await offers(place, "ada", made, "Choose 2")
        await place.until(TUESDAY + timedelta(minutes=10))
        agreed = await place.clicks("ben", await last(place, "ben", "slot"), "Choose 2")
        first = await place.handed("ben", agreed)
        await place.until(TUESDAY + timedelta(minutes=15))
        card = await last(place, "ada", "calendar")
        own = await place.handed("ada", await presses(place, "ada", card, "calendar"))

        await offers(place, "ben", theirs, "Choose 1")
        await place.until(TUESDAY + timedelta(minutes=20))
        moved = await place.handed(
            "ada", await place.clicks("ada", await last(place, "ada", "slot"), "Choose 1")
        )
        await place.until(TUESDAY + timedelta(minutes=25))
        card = await last(place, "ada", "calendar")
        off = await place.handed("ada", await presses(place, "ada", card, "call_off"))
        await place.until(TUESDAY + timedelta(minutes=30))
        told = (await place.came("ben"))[-1]
        gone = await place.handed("ben", await presses(place, "ben", told, "calendar"))

        events = [event_in(file) for file in (first, own, moved, off, gone)]
        assert len({event["UID"] for event in events}) == 1
        assert [event["SEQUENCE"] for event in events] == [0, 0, 1, 2, 2]
        assert [event["STATUS"] for event in events] == ["CONFIRMED"] * 3 + ["CANCELLED"] * 2
        assert events[0].start == events[1].start != events[2].start == events[3].start
        assert events[0].end - events[0].start == timedelta(minutes=20)
        assert b"DTSTART;TZID=Europe/Paris:" in first
        assert [b"METHOD:CANCEL" in file for file in (first, own, moved, off)] == [False, False, False, True]


async def test_mid_round_who_has_begun_and_not_met_is_offered_three_slots_once(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY + timedelta(hours=1))
        [made] = await introductions(place, "ada")
        await presses(place, "ada", made, "phrase")

        await place.until(TUESDAY + timedelta(days=5))

        for name in PAIR:
            [slots] = [seen for seen in await place.came(name) if "slot" in seen.verbs]
            assert "Writing is just as good" in slots.words
            assert {"Choose 1", "Choose 2", "Choose 3"} <= slots.buttons.keys()


async def test_not_yet_gives_a_second_chance(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY + WEEK - timedelta(minutes=1))
        await place.types("ada", "pause-program")

        late = await presses(place, "ada", await last(place, "ada", "not_yet"), "not_yet")
        await place.until(TUESDAY + WEEK + timedelta(days=1))
        offer = await presses(place, "ada", late, "times")
        met = await presses(place, "ada", late, "met")

        assert {"times", "met"} <= late.verbs
        assert offer.verbs == {"slot"}
        assert {"go_on", "enough"} <= met.verbs


# ── Newcomers ───────────────────────────────────────────────────────────────────────────────────────


async def here_for_long(place: Place, *names: str) -> None:
    """They said yes a year ago."""
    async with place.storage.open_work((await place.community()).id) as work:
        for member in await work.members.all():
            if member.name.split()[0].casefold() in names:
                await work.members.save(replace(member, joined_at=member.joined_at - YEAR))
        await work.commit()


async def test_each_newcomer_meets_a_greeter_first_and_none_welcomes_more_than_they_said(
    makes: Makes,
) -> None:
    async with makes(*SIX, "gil", "hal") as place:
        await set_up(place, *SIX)
        await here_for_long(place, *SIX)
        for name in ("dan", "eva"):
            await place.types("ada", "greeter", text="add", person=name, number="1")
        for name in ("gil", "hal"):
            await place.types(name, "join")

        await place.until(TUESDAY + timedelta(hours=1))

        welcomed = {
            (newcomer, other)
            for newcomer in ("gil", "hal")
            for other in SIX
            if await place.called(other) in (await introductions(place, newcomer))[0].words
        }
        shown = await place.types("ada", "greeter")
        assert {other for _, other in welcomed} == {"dan", "eva"}
        assert len(welcomed) == 2
        for name in ("dan", "eva"):
            assert f"{name.capitalize()} · 1 of 1" in shown.words
            assert [seen for seen in await place.came(name) if "No, thank you" in seen.buttons]


# ── No answer left alone ────────────────────────────────────────────────────────────────────────────


async def shared(place: Place) -> Seen:
    """Ben has shared a line with everybody; returns its post."""
    await set_up(place, "ada", "ben", "cleo")
    form = await place.opens("ben", "learning")
    await place.fills("ben", form, text="My bowline slips.", visibility="community")
    await place.until(TUESDAY - timedelta(hours=12))
    [post] = [seen for seen in await place.posted() if "My bowline slips." in seen.words]
    return post


async def heard(place: Place) -> bool:
    """Whether it counts as taken up, once it does: what comes by a gateway comes before the next answer."""
    for _ in range(50):
        async with place.storage.open_work((await place.community()).id) as work:
            [one] = await work.reflections.since(TUESDAY - WEEK)
        if one.heard_at is not None:
            return True
        await place.types("ben", "help")
    return False


async def asked_to_reply(place: Place) -> list[Seen]:
    return [seen for name in ("ada", "cleo") for seen in await place.came(name) if "respond" in seen.verbs]


async def test_a_sign_under_an_answer_spares_everybody_the_question(makes: Makes) -> None:
    async with makes("ada", "ben", "cleo") as place:
        post = await shared(place)
        await place.reacts("cleo", post)
        taken = await heard(place)

        await place.until(TUESDAY + timedelta(days=3))

        assert taken
        assert await asked_to_reply(place) == []


async def test_without_a_sign_one_member_is_asked_once(makes: Makes) -> None:
    async with makes("ada", "ben", "cleo") as place:
        await shared(place)

        await place.until(TUESDAY + timedelta(days=3))

        [seen] = await asked_to_reply(place)
        assert "My bowline slips." in seen.words


# ── Care ────────────────────────────────────────────────────────────────────────────────────────────


async def test_two_who_are_parted_meet_on_no_path_and_the_other_notices_nothing(makes: Makes) -> None:
    async with makes("cleo", "ada", "ben") as place:
        await set_up(place, "cleo", "ada", "ben")
        await place.types("cleo", "leave")
        await place.until(TUESDAY + timedelta(hours=1))
        names = {name: await place.called(name) for name in PAIR}
        [made] = await introductions(place, "ada")
        await presses(place, "ada", made, "phrase")
        async with place.storage.open_work((await place.community()).id) as work:
            [ada] = [each.id for each in await work.members.all() if each.name.startswith("Ada")]

        told = await place.fills("ben", await place.opens("ben", "care"), about=ada, words="It was not kind.")
        before = {name: len(await place.came(name)) for name in PAIR}
        # Mid-round, at its end, in the next round, late in it, and in the one after.
        await place.until(TUESDAY + WEEK + timedelta(hours=1))
        await place.types("ben", "leave")
        await place.types("ben", "join")
        await place.until(TUESDAY + 3 * WEEK + timedelta(hours=1))

        assert told.words
        for name, other in (("ada", "ben"), ("ben", "ada")):
            since = (await place.came(name))[before[name] :]
            assert since
            assert not [seen for seen in since if names[other] in seen.words or "slot" in seen.verbs]
        why = await place.types("ada", "why")
        assert names["ben"] not in why.words
        assert "It was not kind." in " ".join(seen.words for seen in await place.came("cleo"))


# ── Weeks later ─────────────────────────────────────────────────────────────────────────────────────


async def test_a_partnership_is_asked_about_after_a_month_ends_kindly_and_can_go_on(makes: Makes) -> None:
    async with makes("ada", "ben") as place:
        await set_up(place, "ada", "ben")
        await place.until(TUESDAY + WEEK - timedelta(minutes=1))
        met = {name: await presses(place, name, await last(place, name, "met"), "met") for name in PAIR}
        await place.types("ada", "pause-program")
        await presses(place, "ada", met["ada"], "go_on")
        await presses(place, "ben", met["ben"], "go_on")
        await place.until(TUESDAY + 13 * WEEK + timedelta(days=1))
        story = {name: list(await place.came(name)) for name in PAIR}
        willing = await presses(place, "ada", await last(place, "ada", "again"), "again")
        begun = await presses(place, "ben", await last(place, "ben", "again"), "again")
        await place.until(TUESDAY + 13 * WEEK + timedelta(days=2))
        partners = await place.types("ada", "partners")

        for name in PAIR:
            assert len([seen for seen in story[name] if "A month" in seen.words]) == 1
            assert len([seen for seen in story[name] if "again" in seen.verbs]) == 1
            assert len([seen for seen in story[name] if "of 6" in seen.words]) == 6
        assert await place.called("ben") not in willing.words
        assert {"intend", "part"} <= begun.verbs
        assert "intend" in partners.verbs


async def test_a_season_that_ends_is_told_in_the_channel_with_its_denominators(makes: Makes) -> None:
    async with makes(*SIX) as place:
        await set_up(place, *SIX)
        await place.until(TUESDAY + WEEK - timedelta(minutes=1))
        await presses(place, "ada", await last(place, "ada", "met"), "met")

        await place.until(TUESDAY + 6 * WEEK)

        [season] = [seen for seen in await place.posted() if "15 introductions" in seen.words]
        assert "1 of 15" in season.words
        words = re.findall(r"[\w<@>]+", season.words)
        assert not [name for name in SIX if await place.called(name) in words]
