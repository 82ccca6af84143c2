"""The calendar file, read back as a calendar would (RFC 5545, RFC 5546)."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest

from bot.domain.community import Language
from bot.domain.slots import Appointment
from bot.messages import File
from bot.wording.calendars import calendar_file
from bot.wording.introductions import View
from tests.goldens import cast, specimens

HARD = "\u00a0"
AT = datetime(2026, 11, 25, 14, tzinfo=UTC)
AGREED = Appointment(introduction_id=cast.PAIR.id, community_id=cast.COMMUNITY, at=AT)
VIEW = specimens.abroad(cast.view(cast.PAIR, Language.FRENCH))
LEA, TOM = cast.member("lea", Language.FRENCH), VIEW.members[cast.TOM]


def made(appointment: Appointment = AGREED, *, view: View = VIEW, tom: bool = False) -> File:
    return calendar_file(view, appointment, to=TOM if tom else LEA, now=cast.OPENS)


def event_of(file: File) -> icalendar.Event:
    calendar = icalendar.Calendar.from_ical(file.content)
    assert isinstance(calendar, icalendar.Calendar)
    [event] = calendar.walk("VEVENT")
    assert isinstance(event, icalendar.Event)
    return event


def test_it_says_what_rfc_5545_asks_for() -> None:
    calendar = icalendar.Calendar.from_ical(made().content)
    assert isinstance(calendar, icalendar.Calendar)
    event = event_of(made())

    assert (calendar["VERSION"], calendar["METHOD"], calendar["CALSCALE"]) == ("2.0", "PUBLISH", "GREGORIAN")
    assert calendar["PRODID"]
    assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "ORGANIZER", "SEQUENCE"} <= set(event)
    assert calendar.errors == event.errors == []


def test_lines_end_in_crlf_and_are_folded_at_75_octets() -> None:
    lines = made().content.split(b"\r\n")

    assert lines[-1] == b""
    assert all(len(line) <= 75 and b"\n" not in line for line in lines)


def test_each_reads_it_in_their_own_zone_and_it_is_the_same_moment() -> None:
    here, there = event_of(made()), event_of(made(tom=True))

    assert here.start == there.start == AT
    assert here.end - here.start == timedelta(minutes=20)
    assert here["DTSTART"].params["TZID"] == "Europe/Paris"
    assert there["DTSTART"].params["TZID"] == "America/Montreal"


def test_both_zones_are_described_as_they_are() -> None:
    calendar = icalendar.Calendar.from_ical(made().content)
    assert isinstance(calendar, icalendar.Calendar)

    zones = {str(zone["TZID"]): zone.to_tz(lookup_tzid=False) for zone in calendar.timezones}

    assert set(zones) == {"Europe/Paris", "America/Montreal"}
    for name, rules in zones.items():
        for days in range(-300, 300, 10):
            local = (AT + timedelta(days=days)).astimezone(ZoneInfo(name)).replace(tzinfo=None)
            assert local.replace(tzinfo=rules).utcoffset() == local.replace(tzinfo=ZoneInfo(name)).utcoffset()


ZONES = (
    *("Europe/Paris", "Europe/Dublin", "America/Montreal", "America/Santiago", "Pacific/Auckland"),
    *("Australia/Lord_Howe", "Africa/Casablanca", "Asia/Tokyo", "Asia/Kathmandu", "Pacific/Kiritimati"),
)
"""Some change their clocks in autumn, by half an hour, for Ramadan, or never."""


def described(zone: str, at: datetime) -> icalendar.Timezone:
    people = {id: replace(member, zone=zone) for id, member in VIEW.members.items()}
    view, to = replace(VIEW, members=people), replace(LEA, zone=zone)
    calendar = icalendar.Calendar.from_ical(
        calendar_file(view, replace(AGREED, at=at), to=to, now=cast.OPENS).content
    )
    assert isinstance(calendar, icalendar.Calendar)
    [rules] = calendar.timezones
    return rules


def clock_changes(zone: str) -> list[datetime]:
    """The hours after which it has changed, in two years."""
    hours = [datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(2 * 365 * 24)]
    offsets = [hour.astimezone(ZoneInfo(zone)).utcoffset() for hour in hours]
    return [hours[place] for place in range(1, len(hours)) if offsets[place] != offsets[place - 1]]


@pytest.mark.parametrize("zone", ZONES)
def test_at_any_time_of_the_year_the_file_tells_the_hour_that_it_is_there(zone: str) -> None:
    around = [change + timedelta(hours=hours) for change in clock_changes(zone) for hours in (-2, -1, 0, 1)]
    months = [AT + timedelta(days=days) for days in range(0, 365, 30)]

    for at in (*around, *months):
        local = at.astimezone(ZoneInfo(zone))
        told = local.replace(tzinfo=described(zone, at).to_tz(lookup_tzid=False), fold=local.fold)
        # Where the clock shows an hour twice, a file cannot say which: RFC 5545 takes the first.
        if local.replace(fold=0).utcoffset() == local.replace(fold=1).utcoffset():
            assert told.utcoffset() == local.utcoffset(), at


@pytest.mark.parametrize("zone", ZONES)
def test_outlook_reads_a_zone_by_one_yearly_rule_for_each_way_and_nothing_else(zone: str) -> None:
    rules = described(zone, AT)

    kinds = [part.name for part in rules.subcomponents]
    assert kinds in (["STANDARD"], ["STANDARD", "DAYLIGHT"])
    for part in rules.subcomponents:
        assert "RDATE" not in part
        assert ("RRULE" in part) is (len(kinds) > 1)
        yearly = re.findall(
            r"RRULE:FREQ=YEARLY;BYDAY=-?[1-5][A-Z]{2};BYMONTH=[0-9]+\r\n", part.to_ical().decode()
        )
        assert len(yearly) == (len(kinds) > 1)


def test_the_uid_stays_and_a_change_raises_the_sequence() -> None:
    first = event_of(made())
    moved = event_of(made(AGREED.moved(AT + timedelta(days=1))))
    again = event_of(made(AGREED.moved(AT + timedelta(days=1)).moved(AT)))

    assert first["UID"] == moved["UID"] == again["UID"]
    assert [event["SEQUENCE"] for event in (first, moved, again)] == [0, 1, 2]
    assert moved.start == AT + timedelta(days=1)


def test_what_is_called_off_is_a_cancel_of_the_same_event() -> None:
    file = made(AGREED.cancelled())
    calendar = icalendar.Calendar.from_ical(file.content)
    event = event_of(file)

    assert isinstance(calendar, icalendar.Calendar)
    assert (calendar["METHOD"], event["STATUS"], event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
    assert event["UID"] == event_of(made())["UID"]
    assert event.start == AT


def test_each_reads_what_the_others_clock_shows() -> None:
    description = str(event_of(made())["DESCRIPTION"])

    assert f"à 15{HARD}h pour Léa Martin" in description
    assert f"à 9{HARD}h pour Tom Okafor" in description


@pytest.mark.parametrize("name", ["Tom; Bill, Bob\\", "Zoé\nBEGIN:VEVENT", "😀" * 60])
def test_a_name_is_a_name_whatever_it_holds(name: str) -> None:
    members = {**VIEW.members, cast.TOM: replace(TOM, name=name)}

    event = event_of(made(view=replace(VIEW, members=members)))

    assert name.replace("\n", " ") in str(event["SUMMARY"]).replace("\n", " ")


def test_in_utc_there_is_no_zone_to_describe() -> None:
    people = {id: replace(member, zone="UTC") for id, member in VIEW.members.items()}

    file = calendar_file(replace(VIEW, members=people), AGREED, to=replace(LEA, zone="UTC"), now=cast.OPENS)

    assert b"VTIMEZONE" not in file.content
    assert event_of(file).start == AT
