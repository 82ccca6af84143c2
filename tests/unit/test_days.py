from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.days import DayUnclear, parse_day

SUNDAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    "text,day",
    [
        ("2026-12-24", date(2026, 12, 24)),
        ("24/12", date(2026, 12, 24)),
        ("3.1", date(2027, 1, 3)),
        ("24/12/2026", date(2026, 12, 24)),
        ("tomorrow", date(2026, 11, 23)),
        ("Demain", date(2026, 11, 23)),
        ("après-demain", date(2026, 11, 24)),
        ("lundi", date(2026, 11, 23)),
        ("Sunday", date(2026, 11, 29)),
        ("jusqu'au jeudi", date(2026, 11, 26)),
        ("until next monday", date(2026, 11, 23)),
        ("in 3 weeks", date(2026, 12, 13)),
        ("dans 10 jours", date(2026, 12, 2)),
        ("pendant 2 semaines", date(2026, 12, 6)),
        ("la semaine prochaine", date(2026, 11, 29)),
    ],
)
def test_a_day_is_understood_as_people_write_it(text: str, day: date) -> None:
    assert parse_day(text, today=SUNDAY) == day


@pytest.mark.parametrize(
    "text,code",
    [
        ("", "not_understood"),
        ("soon", "not_understood"),
        ("2026-02-30", "not_understood"),
        ("31/02", "not_understood"),
        ("2030-01-01", "not_understood"),
        ("2026-11-22", "passed"),
        ("2020-01-01", "passed"),
        ("in 0 days", "passed"),
    ],
)
def test_what_is_no_day_to_come_is_refused(text: str, code: str) -> None:
    with pytest.raises(DayUnclear) as refused:
        parse_day(text, today=SUNDAY)

    assert refused.value.code == code


@given(st.text(max_size=40), st.dates(date(2020, 1, 1), date(2100, 1, 1)))
def test_any_text_is_a_day_to_come_or_a_refusal(text: str, today: date) -> None:
    try:
        day = parse_day(text, today=today)
    except DayUnclear:
        return

    assert day > today
