"""Days as people write them: 2026-12-24, 24/12, tomorrow, next week, « lundi »."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, timedelta

FARTHEST = timedelta(days=366)
"""A pause longer than a year is rather a leave."""

_RELATIVE: Mapping[str, int] = {
    "tomorrow": 1,
    "demain": 1,
    "apres-demain": 2,
    "next week": 7,
    "la semaine prochaine": 7,
    "semaine prochaine": 7,
}

_WEEKDAYS: Mapping[str, int] = {
    name: number
    for number, names in enumerate(
        (
            ("monday", "lundi"),
            ("tuesday", "mardi"),
            ("wednesday", "mercredi"),
            ("thursday", "jeudi"),
            ("friday", "vendredi"),
            ("saturday", "samedi"),
            ("sunday", "dimanche"),
        )
    )
    for name in names
}


class DayUnclear(ValueError):
    """A text that names no day to come; ``code`` is ``not_understood`` or ``passed``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def parse_day(text: str, *, today: date) -> date:
    """The day that a text names: always after today, within a year.

    Takes ISO dates, day before month with or without a year, weekdays, *tomorrow*, *next week*, *in 3 weeks*,
    in French and English, with or without accents. Raises DayUnclear.
    """
    words = unicodedata.normalize("NFKD", text.strip().lower())
    words = "".join(letter for letter in words if not unicodedata.combining(letter))
    words = re.sub(r"\s+", " ", re.sub(r"^(until|till|jusqu['’ ]?au?|au|le|on|to)\s+", "", words))
    day = _named(words, today) or _counted(words, today) or _written(words, today)
    if day is None:
        raise DayUnclear("not_understood")
    if day <= today:
        raise DayUnclear("passed")
    if day - today > FARTHEST:
        raise DayUnclear("not_understood")
    return day


def _named(words: str, today: date) -> date | None:
    if words in _RELATIVE:
        return today + timedelta(days=_RELATIVE[words])
    words = re.sub(r"^next | prochain$", "", words)
    if words in _WEEKDAYS:
        return today + timedelta(days=(_WEEKDAYS[words] - today.weekday() - 1) % 7 + 1)
    return None


def _counted(words: str, today: date) -> date | None:
    counted = re.fullmatch(
        r"(?:in |for |dans |pour |pendant )?(\d{1,3}) ?(days?|jours?|weeks?|semaines?|d|j|w|s)", words
    )
    if counted is None:
        return None
    unit = 7 if counted[2][0] in "ws" else 1
    return today + timedelta(days=int(counted[1]) * unit)


def _written(words: str, today: date) -> date | None:
    written = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", words)
    try:
        if written:
            return date(int(written[1]), int(written[2]), int(written[3]))
        written = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})(?:[/.](\d{4}))?", words)
        if written is None:
            return None
        day, month = int(written[1]), int(written[2])
        if written[3]:
            return date(int(written[3]), month, day)
        this_year = date(today.year, month, day)
        return this_year if this_year > today else date(today.year + 1, month, day)
    except ValueError:
        return None
