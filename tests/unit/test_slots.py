"""Three moments in which it is day for everyone."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.hours import Blackouts
from bot.domain.slots import APART, LASTS, LEAD, days_cross, offer

TUESDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)
WEEK = timedelta(days=7)
PARIS, KATHMANDU = "Europe/Paris", "Asia/Kathmandu"
KIRITIMATI, HONOLULU = "Pacific/Kiritimati", "Pacific/Honolulu"
ZONES = (PARIS, "America/Montreal", "Asia/Tokyo", KATHMANDU, KIRITIMATI, HONOLULU, "Pacific/Chatham")


def offered(*zones: str, after: datetime = TUESDAY, until: datetime = TUESDAY + WEEK) -> list[datetime]:
    return list(offer(after=after, until=until, zones=zones))


def test_three_slots_lie_on_three_working_days_at_three_hours() -> None:
    slots = [at.astimezone(ZoneInfo(PARIS)) for at in offered(PARIS, PARIS)]

    assert len({at.date() for at in slots}) == 3
    assert all(at.weekday() < 5 for at in slots)
    assert len({at.hour for at in slots}) == 3


@given(
    st.lists(st.sampled_from(ZONES), min_size=2, max_size=3),
    st.integers(min_value=0, max_value=7 * 24 * 60),
    st.integers(min_value=0, max_value=14 * 24),
)
def test_a_slot_is_day_for_all_and_inside_what_is_left(zones: list[str], minutes: int, hours: int) -> None:
    after = TUESDAY + timedelta(minutes=minutes)
    until = after + timedelta(hours=hours)

    slots = offered(*zones, after=after, until=until)

    assert slots == sorted(slots)
    assert len(slots) <= 3
    assert all(after + LEAD <= at and at + LASTS <= until for at in slots)
    assert all(later - earlier >= APART for earlier, later in pairwise(slots))
    for zone in zones:
        for at in slots:
            begins, ends = (moment.astimezone(ZoneInfo(zone)) for moment in (at, at + LASTS))
            assert begins.hour >= 8
            assert (ends.hour, ends.minute) <= (20, 0)
            assert begins.date() == ends.date()


def test_zones_that_are_a_day_apart_meet_at_the_same_hour_of_two_days() -> None:
    slots = offered(KIRITIMATI, HONOLULU)

    here = [at.astimezone(ZoneInfo(KIRITIMATI)) for at in slots]
    there = [at.astimezone(ZoneInfo(HONOLULU)) for at in slots]
    assert len(slots) == 3
    assert [at.time() for at in here] == [at.time() for at in there]
    assert all(one.date() - other.date() == timedelta(days=1) for one, other in zip(here, there, strict=True))


def test_where_one_wakes_when_the_other_sleeps_nothing_is_offered() -> None:
    slots = offered(PARIS, "Pacific/Auckland")

    assert slots == []
    assert not days_cross([PARIS, "Pacific/Auckland"], now=TUESDAY)
    assert days_cross([PARIS, "America/Montreal"], now=TUESDAY)


def test_nothing_is_offered_when_no_time_is_left() -> None:
    assert offered(PARIS, PARIS, until=TUESDAY + LEAD) == []


def test_one_day_alone_gives_slots_apart_from_each_other() -> None:
    slots = offered(PARIS, PARIS, until=TUESDAY + timedelta(hours=11))

    assert len(slots) == 3
    assert len({at.date() for at in slots}) == 1


def test_a_day_off_has_no_slot() -> None:
    quiet = Blackouts(dates=((date(2026, 11, 25), date(2026, 11, 29)),))

    slots = offer(after=TUESDAY, until=TUESDAY + WEEK, zones=[PARIS, PARIS], blackouts=quiet)

    assert slots
    assert not any(quiet.contains(at.astimezone(ZoneInfo(PARIS)).date()) for at in slots)


def test_another_time_is_another_one() -> None:
    [first, *_] = offered(PARIS, PARIS)

    again = offer(after=TUESDAY, until=TUESDAY + WEEK, zones=[PARIS, PARIS], besides=[first])

    assert first not in again


@pytest.mark.parametrize("zone", [PARIS, KATHMANDU])
def test_slots_are_on_the_hour_or_the_half_where_one_lives_by_full_hours(zone: str) -> None:
    slots = offered(PARIS, zone)

    assert all(at.astimezone(ZoneInfo(PARIS)).minute in (0, 30) for at in slots)
