from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.domain import cadence as cadence_module
from bot.domain.cadence import (
    Cadence,
    CadenceError,
    Due,
    UnknownZone,
    Wall,
    fortnightly,
    monthly,
    next_after_change,
    rhythm_of,
    weekly,
    zone_named,
)

MONDAY, TUESDAY, SUNDAY = 0, 1, 6
DAY = timedelta(days=1)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def daily(at: time, zone: str, starts: date) -> Cadence:
    return Cadence(rule="FREQ=DAILY", at=at, zone=zone, starts=starts)


def walked(cadence: Cadence, after: datetime) -> Iterator[tuple[Wall, datetime]]:
    """Follow the slots as the engine does, each from the moment of the one before."""
    while slot := cadence.next_after(after):
        yield slot
        after = slot[1]


def week_of(wall: Wall) -> date:
    """Return the Monday of the ISO week of a slot."""
    day = datetime.fromisoformat(wall).date()
    return day - timedelta(days=day.weekday())


# ── every daylight-saving rule on earth ───────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Transition:
    """A moment at which the clocks of a zone jump, from one offset to another."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def jump(self) -> timedelta:
        return self.after - self.before

    def first_reading(self, wall: datetime) -> datetime:
        """Return when the clocks first show a wall; one in the gap comes by the offset before it."""
        by_before = (wall - self.before).replace(tzinfo=UTC)
        by_after = (wall - self.after).replace(tzinfo=UTC)
        return by_before if by_before < self.at or by_after < self.at else by_after

    def strange_walls(self) -> Iterator[datetime]:
        """Yield walls inside the gap or the fold, at its edges, and just outside."""
        low, high = sorted(((self.at + self.before), (self.at + self.after)))
        minute = timedelta(minutes=1)
        for wall in (low - minute, low, low + minute, low + (high - low) / 2, high - minute, high):
            yield wall.replace(tzinfo=None, second=0, microsecond=0)


def transitions(zone: ZoneInfo) -> Iterator[Transition]:
    def offset(at: datetime) -> timedelta:
        return at.astimezone(zone).utcoffset() or timedelta()

    def jumps_between(low: datetime, high: datetime) -> Iterator[Transition]:
        if offset(low) == offset(high):
            return
        if high - low == timedelta(minutes=1):
            yield Transition(at=high, before=offset(low), after=offset(high))
            return
        middle = low + (high - low) // timedelta(minutes=2) * timedelta(minutes=1)
        yield from jumps_between(low, middle)
        yield from jumps_between(middle, high)

    weeks = [utc("2024-01-01") + n * 7 * DAY for n in range(366)]
    for low, high in pairwise(weeks):
        yield from jumps_between(low, high)


@cache
def distinct_rules() -> dict[tuple[Transition, ...], str]:
    """Return each set of transitions from 2024 to 2030, with one zone that has it."""
    names = files("tzdata").joinpath("zones").read_text("utf-8").split()
    rules = {tuple(transitions(ZoneInfo(name))): name for name in sorted(names, reverse=True)}
    rules.pop((), None)
    return rules


def test_all_zones_of_the_tz_database_are_looked_at() -> None:
    rules = distinct_rules()

    assert len(rules) >= 30
    assert {jump.jump for rule in rules for jump in rule} >= {
        timedelta(hours=1),
        -timedelta(hours=1),
        timedelta(minutes=30),
        timedelta(hours=2),
    }


def test_each_date_has_exactly_one_slot_whatever_the_clocks_do() -> None:
    cases, wrong = 0, []

    for rule, zone in distinct_rules().items():
        for transition in rule:
            for wall in transition.strange_walls():
                first = wall.date() - 2 * DAY
                cadence = daily(wall.time(), zone, first)
                slots = list(islice(walked(cadence, utc(f"{first}T00:00") - 2 * DAY), 5))
                dates = [datetime.fromisoformat(slot).date() for slot, _ in slots]
                expected = transition.first_reading(wall)
                cases += 1
                if dates != [first + n * DAY for n in range(5)] or slots[2][1] != expected:
                    wrong.append((zone, wall, slots))

    assert cases > 2000
    assert wrong == []


@pytest.mark.parametrize(
    "zone, wall, moment, shown",
    [
        pytest.param("Europe/Paris", "2026-03-29T02:30", "2026-03-29T01:30", "03:30", id="Paris gap"),
        pytest.param("Europe/Paris", "2026-10-25T02:30", "2026-10-25T00:30", "02:30", id="Paris fold"),
        pytest.param("Africa/Cairo", "2026-04-24T00:00", "2026-04-23T22:00", "01:00", id="Cairo midnight"),
        pytest.param("Africa/Cairo", "2026-10-29T23:30", "2026-10-29T20:30", "23:30", id="Cairo fold"),
        pytest.param("America/Nuuk", "2026-03-28T23:30", "2026-03-29T01:30", "00:30", id="Nuuk gap"),
        pytest.param("America/Nuuk", "2026-03-29T00:00", "2026-03-29T01:00", "00:00", id="Nuuk midnight"),
        pytest.param("Asia/Beirut", "2026-03-29T00:00", "2026-03-28T22:00", "01:00", id="Beirut midnight"),
        pytest.param(
            "Australia/Lord_Howe", "2026-10-04T02:15", "2026-10-03T15:45", "02:45", id="half an hour"
        ),
        pytest.param(
            "Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45", "01:45", id="half a fold"
        ),
        pytest.param("Pacific/Chatham", "2026-09-27T03:00", "2026-09-26T14:15", "04:00", id="Chatham gap"),
        pytest.param("Pacific/Chatham", "2026-04-05T03:00", "2026-04-04T13:15", "03:00", id="Chatham fold"),
        pytest.param("Antarctica/Troll", "2026-03-29T01:30", "2026-03-29T01:30", "03:30", id="two hours"),
        pytest.param("Antarctica/Troll", "2026-10-25T02:00", "2026-10-25T00:00", "02:00", id="two-hour fold"),
    ],
)
def test_a_gap_shifts_a_slot_later_and_a_fold_takes_the_first_pass(
    zone: str, wall: str, moment: str, shown: str
) -> None:
    at = datetime.fromisoformat(wall)
    cadence = daily(at.time(), zone, at.date() - 3 * DAY)

    slots = list(islice(walked(cadence, utc(moment) - 2 * DAY), 4))

    assert [slot for slot in slots if slot[0] == wall] == [(wall, utc(moment))]
    assert len({slot for slot, _ in slots}) == 4
    assert utc(moment).astimezone(ZoneInfo(zone)).strftime("%H:%M") == shown


def test_a_weekly_round_keeps_its_hour_on_the_wall_through_the_year() -> None:
    cadence = weekly(TUESDAY, time(10), "Europe/Paris", date(2026, 1, 6))

    moments = [moment for _, moment in islice(walked(cadence, utc("2026-01-01")), 52)]

    assert {moment.astimezone(ZoneInfo("Europe/Paris")).time() for moment in moments} == {time(10)}
    assert {moment.hour for moment in moments} == {8, 9}


def test_a_moment_follows_the_tz_database_of_today(monkeypatch: pytest.MonkeyPatch) -> None:
    cadence = weekly(TUESDAY, time(10), "Europe/Paris", date(2026, 1, 6))
    assert cadence.moment(Wall("2026-07-07T10:00")) == utc("2026-07-07T08:00")

    monkeypatch.setattr(cadence_module, "zone_named", lambda name: ZoneInfo("Africa/Lagos"))

    assert cadence.moment(Wall("2026-07-07T10:00")) == utc("2026-07-07T09:00")


# ── the walk ──────────────────────────────────────────────────────────────────────────────────────


def test_next_after_is_strictly_after() -> None:
    cadence = weekly(TUESDAY, time(10), "UTC", date(2026, 11, 3))

    just_before = cadence.next_after(utc("2026-11-10T09:59:59"))
    at = cadence.next_after(utc("2026-11-10T10:00"))

    assert just_before == ("2026-11-10T10:00", utc("2026-11-10T10:00"))
    assert at == ("2026-11-17T10:00", utc("2026-11-17T10:00"))


def test_nothing_comes_before_the_start() -> None:
    cadence = weekly(TUESDAY, time(10), "UTC", date(2026, 11, 3))

    assert cadence.next_after(utc("2001-01-01")) == ("2026-11-03T10:00", utc("2026-11-03T10:00"))


@given(
    zone=st.sampled_from(["Europe/Paris", "Africa/Cairo", "America/Nuuk", "Pacific/Chatham", "Asia/Tokyo"]),
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    moment=st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1)),  # noqa: DTZ001 -- made aware below
)
@settings(max_examples=100, deadline=None)
def test_the_slot_after_a_slot_is_the_next_after_its_moment(zone: str, at: time, moment: datetime) -> None:
    cadence = daily(at, zone, date(2025, 12, 1))
    slot = cadence.next_after(moment.replace(tzinfo=UTC))
    assert slot is not None

    following = cadence.following(slot[0])

    assert following == cadence.next_after(slot[1])
    assert slot[1] == cadence.moment(slot[0])


def test_following_starts_from_any_wall_that_of_a_round_by_hand_included() -> None:
    cadence = weekly(TUESDAY, time(10), "UTC", date(2026, 11, 3))

    assert cadence.following(Wall("2026-11-05T16:42")) == ("2026-11-10T10:00", utc("2026-11-10T10:00"))


def test_an_outage_of_six_weeks_gives_one_late_round() -> None:
    cadence = weekly(TUESDAY, time(10), "Europe/Paris", date(2026, 9, 1))

    due = cadence.latest_until(utc("2026-11-14T12:00"), not_before=Wall("2026-10-06T10:00"))

    assert due == Due(wall=Wall("2026-11-10T10:00"), moment=utc("2026-11-10T09:00"), passed_over=5)


def test_without_an_outage_nothing_is_passed_over() -> None:
    cadence = weekly(TUESDAY, time(10), "UTC", date(2026, 9, 1))

    due = cadence.latest_until(utc("2026-10-06T10:00"), not_before=Wall("2026-10-06T10:00"))

    assert due == Due(wall=Wall("2026-10-06T10:00"), moment=utc("2026-10-06T10:00"), passed_over=0)


def test_what_is_not_yet_due_is_not_due() -> None:
    cadence = weekly(TUESDAY, time(10), "UTC", date(2026, 9, 1))

    assert cadence.latest_until(utc("2026-10-06T09:59"), not_before=Wall("2026-10-06T10:00")) is None


# ── plain choices ─────────────────────────────────────────────────────────────────────────────────


def test_plain_choices_begin_on_their_first_day() -> None:
    wednesday = date(2026, 11, 25)

    firsts = [
        make(MONDAY, time(10), "UTC", wednesday).next_after(utc("2026-11-25T12:00"))
        for make in (weekly, fortnightly, monthly)
    ]

    assert [slot[0] if slot else None for slot in firsts] == [
        "2026-11-30T10:00",
        "2026-11-30T10:00",
        "2026-12-07T10:00",
    ]


def test_fortnights_go_on_across_a_year_of_53_weeks() -> None:
    cadence = fortnightly(SUNDAY, time(10), "UTC", date(2026, 12, 1))

    walls = [wall[:10] for wall, _ in islice(walked(cadence, utc("2026-12-01")), 4)]

    assert walls == ["2026-12-06", "2026-12-20", "2027-01-03", "2027-01-17"]


def test_a_day_of_the_week_is_0_to_6() -> None:
    with pytest.raises(CadenceError, match=r"^7 is not a day of the week"):
        weekly(7, time(10), "UTC", date(2026, 1, 1))


@pytest.mark.parametrize(
    "rule, rhythm",
    [
        ("FREQ=WEEKLY;BYDAY=TU", "weekly"),
        ("FREQ=WEEKLY", "weekly"),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO;WKST=SU", "fortnightly"),
        ("FREQ=MONTHLY;BYDAY=1TU", "monthly"),
        ("FREQ=MONTHLY;BYDAY=-1FR", "monthly"),
        ("FREQ=MONTHLY;BYMONTHDAY=15", "monthly"),
        ("FREQ=MONTHLY;BYDAY=TU", "other"),
        ("FREQ=MONTHLY;BYMONTHDAY=1,15", "other"),
        ("FREQ=WEEKLY;BYDAY=TU,TH", "other"),
        ("FREQ=WEEKLY;INTERVAL=3", "other"),
        ("FREQ=WEEKLY;BYDAY=TU;BYMONTH=9", "other"),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=1MO", "other"),
        ("FREQ=DAILY", "other"),
    ],
)
def test_a_rhythm_is_named_after_the_choice_it_amounts_to(rule: str, rhythm: str) -> None:
    cadence = Cadence(rule=rule, at=time(10), zone="UTC", starts=date(2026, 1, 6))

    assert rhythm_of(cadence) == rhythm


# ── a change between two rounds ───────────────────────────────────────────────────────────────────

ZONES = ("Europe/Paris", "America/Los_Angeles", "Pacific/Auckland", "Pacific/Kiritimati", "Etc/GMT+12", "UTC")


@given(
    day=st.integers(0, 6),
    at=st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    new_at=st.none() | st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    old_zone=st.sampled_from(ZONES),
    new_zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=3),
    changed=st.integers(0, 14 * 24 * 60 - 1),
)
@settings(max_examples=300, deadline=None)
def test_a_zone_that_changes_between_two_rounds_gives_each_week_one_round(
    day: int, at: time, new_at: time | None, old_zone: str, new_zones: list[str], changed: int
) -> None:
    cadence = weekly(day, at, old_zone, date(2026, 10, 5))
    now = utc("2026-10-19T00:00") + timedelta(minutes=changed)
    held: list[Wall] = []
    aim = cadence.next_after(utc("2026-10-01"))

    for zone in [*new_zones, "UTC"]:
        while aim and aim[1] <= now:
            held.append(aim[0])
            aim = cadence.following(aim[0])
        new = weekly(day, new_at or at, zone, date(2026, 10, 5))
        aim = next_after_change(cadence, new, held[-1], now)
        cadence, now = new, now + timedelta(hours=1)
    assert aim is not None
    later = [wall for wall, _ in islice(walked(cadence, aim[1]), 3)]

    weeks = [week_of(wall) for wall in [*held, aim[0], *later]]
    assert weeks == [date(2026, 10, 5) + n * 7 * DAY for n in range(len(weeks))]


def test_a_promised_date_keeps_its_round_when_its_hour_has_gone_by_in_the_new_zone() -> None:
    old = weekly(TUESDAY, time(10), "America/Los_Angeles", date(2026, 11, 3))
    new = weekly(TUESDAY, time(10), "Europe/Paris", date(2026, 11, 3))
    noon_in_paris = utc("2026-11-24T11:00")

    slot = next_after_change(old, new, Wall("2026-11-17T10:00"), noon_in_paris)

    assert slot == ("2026-11-24T10:00", utc("2026-11-24T09:00"))


def test_another_day_waits_for_the_next_week_when_this_one_had_its_round() -> None:
    old = weekly(TUESDAY, time(10), "UTC", date(2026, 11, 3))
    new = weekly(4, time(10), "UTC", date(2026, 11, 3))

    slot = next_after_change(old, new, Wall("2026-11-24T10:00"), utc("2026-11-25T12:00"))

    assert slot == ("2026-12-04T10:00", utc("2026-12-04T10:00"))


def test_a_cadence_with_two_rounds_a_week_keeps_its_second_one() -> None:
    rule = "FREQ=WEEKLY;BYDAY=TU,FR"
    old = Cadence(rule=rule, at=time(10), zone="UTC", starts=date(2026, 11, 3))
    new = Cadence(rule=rule, at=time(10), zone="Europe/Paris", starts=date(2026, 11, 3))

    slot = next_after_change(old, new, Wall("2026-11-24T10:00"), utc("2026-11-25T12:00"))

    assert slot == ("2026-11-27T10:00", utc("2026-11-27T09:00"))


def test_before_the_first_round_a_change_looks_ahead_only() -> None:
    old = weekly(4, time(10), "UTC", date(2026, 11, 23))
    new = weekly(TUESDAY, time(10), "UTC", date(2026, 11, 23))

    slot = next_after_change(old, new, None, utc("2026-11-25T12:00"))

    assert slot == ("2026-12-01T10:00", utc("2026-12-01T10:00"))


# ── what cannot be kept ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "weekly",
        "BYDAY=TU",
        "FREQ=HOURLY",
        "freq=weekly",
        "FREQ=WEEKLY;",
        "FREQ=WEEKLY;FREQ=DAILY",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=-1",
        "FREQ=DAILY;INTERVAL=99999999999",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=1TU",
        "FREQ=WEEKLY;BYDAY=TU;BYHOUR=9",
        "FREQ=WEEKLY;COUNT=4",
        "FREQ=WEEKLY;UNTIL=20270101",
        "FREQ=WEEKLY\nEXDATE:20260106T100000",
        "RRULE:FREQ=WEEKLY",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=WEEKLY;BYSETPOS=999",
    ],
)
def test_a_rule_that_cannot_be_read_is_refused_by_name(rule: str) -> None:
    with pytest.raises(CadenceError) as refusal:
        Cadence(rule=rule, at=time(10), zone="UTC", starts=date(2026, 1, 6))

    assert repr(rule) in str(refusal.value)
    assert "write " in str(refusal.value)


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31",
        "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2",
        "FREQ=DAILY;INTERVAL=7;BYDAY=MO",
    ],
)
def test_a_rule_that_never_occurs_is_refused(rule: str) -> None:
    with pytest.raises(CadenceError, match="names days that never come"):
        Cadence(rule=rule, at=time(10), zone="UTC", starts=date(2026, 1, 6))


@given(
    frequency=st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    interval=st.integers(1, 99),
    rest=st.lists(
        st.sampled_from(
            [
                "BYDAY=TU",
                "BYDAY=5MO",
                "BYMONTHDAY=29",
                "BYMONTHDAY=-31",
                "BYMONTH=2",
                "BYMONTH=4,6",
                "BYSETPOS=3",
            ]
        ),
        max_size=3,
        unique_by=lambda part: part.partition("=")[0],
    ),
    starts=st.dates(date(2000, 1, 1), date(2199, 12, 31)),
)
@settings(max_examples=150, deadline=None)
def test_a_rule_is_either_refused_or_has_a_slot(
    frequency: str, interval: int, rest: list[str], starts: date
) -> None:
    rule = ";".join([f"FREQ={frequency}", f"INTERVAL={interval}", *rest])

    try:
        cadence = Cadence(rule=rule, at=time(10), zone="UTC", starts=starts)
    except CadenceError:
        return

    assert cadence.next_after(utc(f"{starts}T00:00") - DAY) is not None


@pytest.mark.parametrize("at", [time(10, 0, 1), time(10, 0, 0, 1), time(10, tzinfo=UTC)])
def test_the_time_of_day_is_in_minutes_and_has_no_zone(at: time) -> None:
    with pytest.raises(CadenceError, match=r"is not a time of day in minutes: write it like 10:00\.$"):
        Cadence(rule="FREQ=WEEKLY", at=at, zone="UTC", starts=date(2026, 1, 6))


@pytest.mark.parametrize("starts", [date(26, 1, 6), date.max])
def test_a_start_in_another_age_is_refused(starts: date) -> None:
    with pytest.raises(CadenceError, match="choose a date from 2000 to 2199"):
        Cadence(rule="FREQ=WEEKLY", at=time(10), zone="UTC", starts=starts)


@pytest.mark.parametrize(
    "name, near",
    [
        ("Paris", "Europe/Paris"),
        ("europe/paris", "Europe/Paris"),
        ("Europe/Pairs", "Europe/Paris"),
        ("new york", "America/New_York"),
        ("America/Montréal", "America/Montreal"),
    ],
)
def test_an_unknown_zone_is_answered_with_the_one_that_was_meant(name: str, near: str) -> None:
    with pytest.raises(UnknownZone) as refusal:
        Cadence(rule="FREQ=WEEKLY", at=time(10), zone=name, starts=date(2026, 1, 6))

    assert refusal.value.near[0] == near
    assert repr(name) in str(refusal.value)
    assert near in str(refusal.value)


@pytest.mark.parametrize("name", ["", "PST", "Factory", "../../etc/passwd", "x" * 100_000, "\x00"])
def test_a_zone_like_no_other_is_answered_with_an_example(name: str) -> None:
    with pytest.raises(UnknownZone, match=r"write it like Europe/Paris\.$"):
        zone_named(name)


def test_zone_names_are_case_sensitive_on_every_disk() -> None:
    assert zone_named("Europe/Paris") is ZoneInfo("Europe/Paris")
    with pytest.raises(UnknownZone):
        zone_named("EUROPE/PARIS")
