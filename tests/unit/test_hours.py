from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.domain.hours import (
    CLOSES,
    OPENS,
    Blackouts,
    BlackoutUnclear,
    first_common,
    first_open,
    is_open,
    overlap_hours,
    parse_blackout,
)

QUARTER = timedelta(minutes=15)
DAY = timedelta(days=1)

ZONES = (
    "Europe/Paris",
    "America/Los_Angeles",
    "Africa/Cairo",
    "America/Nuuk",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
    "Pacific/Pago_Pago",
    "Antarctica/Troll",
    "Africa/Casablanca",
    "UTC",
)

START = datetime(2024, 1, 1, tzinfo=UTC)

moments = st.integers(0, 7 * 365 * 96).map(lambda n: START + n * QUARTER)
zones = st.sampled_from(ZONES)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@st.composite
def silences(draw: st.DrawFn, moment: datetime) -> Blackouts:
    ranges = draw(st.lists(st.tuples(st.integers(-2, 6), st.integers(0, 4)), max_size=3))
    firsts = [(moment.date() + offset * DAY, length) for offset, length in ranges]
    return Blackouts(dates=tuple((first, first + length * DAY) for first, length in firsts))


@st.composite
def situations(draw: st.DrawFn) -> tuple[datetime, str, Blackouts, str]:
    moment = draw(moments)
    return moment, draw(zones), draw(silences(moment)), draw(zones)


def may_speak(moment: datetime, *, zone: str, blackouts: Blackouts, program_zone: str) -> bool:
    here, there = moment.astimezone(ZoneInfo(zone)), moment.astimezone(ZoneInfo(program_zone))
    silent = any(first <= there.date() <= last for first, last in blackouts.dates)
    return OPENS <= here.time() < CLOSES and not silent


# ── the first open moment ─────────────────────────────────────────────────────────────────────────


@given(situations())
@example(
    (utc("2026-03-28T22:45"), "America/Nuuk", Blackouts(dates=((date(2026, 3, 28),) * 2,)), "Asia/Beirut")
)
@settings(max_examples=300, deadline=None)
def test_the_first_open_moment_is_the_one_that_trying_each_quarter_of_an_hour_finds(
    situation: tuple[datetime, str, Blackouts, str],
) -> None:
    moment, zone, blackouts, program_zone = situation
    tried = moment
    while not may_speak(tried, zone=zone, blackouts=blackouts, program_zone=program_zone):
        tried += QUARTER

    found = first_open(moment, zone=zone, blackouts=blackouts, program_zone=program_zone)

    assert found == tried


@given(moments, zones)
@settings(max_examples=200, deadline=None)
def test_an_open_moment_is_its_own_first(moment: datetime, zone: str) -> None:
    found = first_open(moment, zone=zone)

    assert is_open(found, zone)
    assert (found == moment) == is_open(moment, zone)


@pytest.mark.parametrize(
    "moment, found",
    [
        ("2026-11-24T07:00:00", "2026-11-24T07:00:00"),
        ("2026-11-24T06:59:59", "2026-11-24T07:00:00"),
        ("2026-11-24T18:59:59", "2026-11-24T18:59:59"),
        ("2026-11-24T19:00:00", "2026-11-25T07:00:00"),
        ("2026-03-28T20:00:00", "2026-03-29T06:00:00"),
        ("2026-10-24T20:00:00", "2026-10-25T07:00:00"),
    ],
)
def test_the_day_in_paris_is_open_from_8_to_20_also_when_the_clocks_change(moment: str, found: str) -> None:
    assert first_open(utc(moment), zone="Europe/Paris") == utc(found)


def test_days_off_are_those_of_the_program_wherever_the_recipient_lives() -> None:
    christmas = Blackouts(dates=((date(2026, 12, 25), date(2026, 12, 25)),))
    noon_in_auckland = utc("2026-12-24T23:00")

    in_paris = first_open(
        noon_in_auckland, zone="Pacific/Auckland", blackouts=christmas, program_zone="Europe/Paris"
    )
    in_los_angeles = first_open(
        noon_in_auckland, zone="Pacific/Auckland", blackouts=christmas, program_zone="America/Los_Angeles"
    )

    assert in_paris == utc("2026-12-25T23:00")
    assert in_los_angeles == noon_in_auckland


def test_a_midnight_that_does_not_exist_ends_the_silence_an_hour_later_on_the_wall() -> None:
    # It is morning for the recipient in Auckland, and the clocks in Cairo go from 23:59 to 1:00.
    eve = Blackouts(dates=((date(2026, 4, 23), date(2026, 4, 23)),))

    found = first_open(
        utc("2026-04-23T21:00"), zone="Pacific/Auckland", blackouts=eve, program_zone="Africa/Cairo"
    )

    assert found == utc("2026-04-23T22:00")


def test_a_midnight_that_comes_twice_ends_the_silence_at_its_second_pass_when_the_first_is_over() -> None:
    # In Newfoundland the clocks went from 0:01 back to 23:01 of the day before.
    first_day = Blackouts(dates=((date(2010, 11, 6), date(2010, 11, 6)),))
    second_half_past_eleven = utc("2010-11-07T03:00")

    found = first_open(
        second_half_past_eleven,
        zone="Pacific/Auckland",
        blackouts=first_day,
        program_zone="America/St_Johns",
    )

    assert found == utc("2010-11-07T03:30")


# ── a moment for all ──────────────────────────────────────────────────────────────────────────────


@given(
    moments,
    st.lists(zones, min_size=1, max_size=3),
    st.integers(0, 72).map(lambda hours: timedelta(hours=hours)),
    st.data(),
)
@settings(max_examples=200, deadline=None)
def test_a_common_moment_is_the_first_that_is_open_to_all_or_there_is_none(
    moment: datetime, several: list[str], within: timedelta, data: st.DataObject
) -> None:
    blackouts, program_zone = data.draw(silences(moment)), data.draw(zones)
    quarters = (moment + n * QUARTER for n in range(within // QUARTER + 1))
    tried = (
        at
        for at in quarters
        if all(may_speak(at, zone=zone, blackouts=blackouts, program_zone=program_zone) for zone in several)
    )

    found = first_common(moment, zones=several, within=within, blackouts=blackouts, program_zone=program_zone)

    assert found == next(tried, None)


def test_paris_and_montreal_meet_in_the_afternoon() -> None:
    found = first_common(
        utc("2026-11-24T09:00"), zones=["Europe/Paris", "America/Toronto"], within=timedelta(days=2)
    )

    assert found == utc("2026-11-24T13:00")


def test_opposite_sides_of_the_earth_have_no_common_moment() -> None:
    found = first_common(utc("2026-11-24T09:00"), zones=["Etc/GMT+12", "UTC"], within=timedelta(days=2))

    assert found is None


# ── waking hours in common ────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "a, b, hours",
    [
        ("Europe/Paris", "Europe/Paris", 12),
        ("Europe/Paris", "America/Toronto", 6),
        ("America/Toronto", "Europe/Paris", 6),
        ("Europe/Paris", "Asia/Kathmandu", 7.25),
        ("UTC", "Etc/GMT+12", 0),
        ("Pacific/Kiritimati", "Pacific/Pago_Pago", 11),
        ("Pacific/Auckland", "America/Los_Angeles", 9),
    ],
)
def test_open_hours_in_common_are_counted_over_the_date_line_too(a: str, b: str, hours: float) -> None:
    assert overlap_hours(a, b, date(2026, 11, 24)) == hours


def test_open_hours_in_common_follow_each_ones_summer_time() -> None:
    # America changes its clocks three weeks before Europe does.
    hours = [overlap_hours("Europe/Paris", "America/Toronto", date(2026, 3, day)) for day in (1, 15, 30)]

    assert hours == [6, 7, 6]


@given(zones, zones, st.dates(date(2024, 1, 1), date(2030, 12, 31)))
@settings(max_examples=100, deadline=None)
def test_open_hours_in_common_are_those_that_trying_each_quarter_of_an_hour_finds(
    a: str, b: str, on: date
) -> None:
    start = datetime.combine(on, OPENS, ZoneInfo(a)).astimezone(UTC)
    quarters = [start + n * QUARTER for n in range(60)]
    shared = [
        at for at in quarters if at.astimezone(ZoneInfo(a)).date() == on and is_open(at, a) and is_open(at, b)
    ]

    assert overlap_hours(a, b, on) == len(shared) / 4


# ── days off ──────────────────────────────────────────────────────────────────────────────────────

ranges = st.tuples(st.dates(date(2026, 1, 1), date(2026, 3, 31)), st.integers(0, 20)).map(
    lambda pair: (pair[0], pair[0] + pair[1] * DAY)
)


def days_of(blackouts: Blackouts) -> set[date]:
    return {
        date(2025, 12, 1) + n * DAY for n in range(200) if blackouts.contains(date(2025, 12, 1) + n * DAY)
    }


@given(st.lists(ranges, max_size=5), ranges)
def test_days_off_are_added_and_removed_like_sets_of_days(
    some: list[tuple[date, date]], more: tuple[date, date]
) -> None:
    blackouts = Blackouts(dates=tuple(some))
    days = {first + n * DAY for first, last in some for n in range((last - first).days + 1)}
    more_days = {more[0] + n * DAY for n in range((more[1] - more[0]).days + 1)}

    assert days_of(blackouts) == days
    assert days_of(blackouts.with_added(*more)) == days | more_days
    assert days_of(blackouts.with_removed(*more)) == days - more_days


@given(st.lists(ranges, max_size=5), st.randoms())
def test_the_same_days_off_are_equal_however_they_were_given(
    some: list[tuple[date, date]], random: Random
) -> None:
    shuffled = some.copy()
    random.shuffle(shuffled)

    blackouts = Blackouts(dates=tuple(shuffled))

    assert blackouts == Blackouts(dates=tuple(some))
    gaps = zip(blackouts.dates, blackouts.dates[1:], strict=False)
    assert all(later[0] - earlier[1] > DAY for earlier, later in gaps)


def test_days_off_that_end_before_they_begin_are_refused() -> None:
    with pytest.raises(BlackoutUnclear, match="backwards"):
        Blackouts().with_added(date(2026, 12, 25), date(2026, 12, 24))


@pytest.mark.parametrize(
    "text",
    [
        "2026-12-24..2027-01-02",
        "2026-12-24 2027-01-02",
        "  2026-12-24 – 2027-01-02  ",
        "from 2026-12-24 to 2027-01-02",
        "du 2026-12-24 au 2027-01-02",
        "Du 24/12/2026 au 02/01/2027",
        "du 24/12/2026 au 2/1/2027",
        "2026-12-24→2027-01-02",
    ],
)
def test_a_range_of_days_off_is_read_as_people_write_it(text: str) -> None:
    assert parse_blackout(text) == (date(2026, 12, 24), date(2027, 1, 2))


@pytest.mark.parametrize("text", ["2026-12-24", "24/12/2026", "le 24/12/2026", "2026-12-24 2026-12-24"])
def test_a_single_day_off_is_a_range_of_one(text: str) -> None:
    assert parse_blackout(text) == (date(2026, 12, 24), date(2026, 12, 24))


def test_a_date_whose_day_is_its_month_can_be_read_in_one_way_only() -> None:
    assert parse_blackout("04/04/2026") == (date(2026, 4, 4), date(2026, 4, 4))


@pytest.mark.parametrize(
    "text, code",
    [
        ("", "unreadable"),
        ("next week", "unreadable"),
        ("2026-12-24 and some", "unreadable"),
        ("2026-12-24 2026-12-25 2026-12-26", "unreadable"),
        ("24/12/26", "unreadable"),
        ("12026-12-24", "unreadable"),
        ("2026-12-241", "unreadable"),
        ("２０２６-12-24", "unreadable"),
        ("2026-02-30", "impossible"),
        ("0000-01-01", "impossible"),
        ("12/24/2026", "impossible"),
        ("31/02/2026", "impossible"),
        ("03/04/2026", "ambiguous"),
        ("from 2026-01-01 to 03/04/2026", "ambiguous"),
        ("2027-01-02..2026-12-24", "backwards"),
        ("2026-12-24..2036-01-02", "long"),
    ],
)
def test_days_off_that_are_unclear_are_refused_with_a_code(text: str, code: str) -> None:
    with pytest.raises(BlackoutUnclear) as refusal:
        parse_blackout(text)

    assert refusal.value.code == code


@given(st.text(alphabet="0123456789-/. duaule", max_size=40))
def test_any_text_is_read_or_refused_with_a_code(text: str) -> None:
    try:
        first, last = parse_blackout(text)
    except BlackoutUnclear as refusal:
        code = refusal.code
    else:
        code = "read" if first <= last else "misread"

    assert code in {"read", "unreadable", "impossible", "ambiguous", "backwards", "long"}
