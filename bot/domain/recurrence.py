"""Reading RFC 5545 rules: what a cadence may repeat, and whether it ever does."""

import re
from datetime import date, datetime
from functools import lru_cache

from dateutil.rrule import rrule, rrulestr

EXAMPLE = "write it like FREQ=WEEKLY;BYDAY=TU."

_DAY = r"(MO|TU|WE|TH|FR|SA|SU)"
_MONTH_DAY = r"-?([1-9]|[12]\d|3[01])"
_PLACE = r"-?[1-9]\d{0,2}"

SHAPES = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9]\d?",
    "BYDAY": rf"(-?[1-5])?{_DAY}(,(-?[1-5])?{_DAY})*",
    "BYMONTHDAY": rf"{_MONTH_DAY}(,{_MONTH_DAY})*",
    "BYMONTH": r"([1-9]|1[0-2])(,([1-9]|1[0-2]))*",
    "BYSETPOS": rf"{_PLACE}(,{_PLACE})*",
    "WKST": _DAY,
}
"""What a rule may say. It gives days only: the hour is the cadence's, and a pause is a program's end."""

REGULAR_YEARS = range(9957, 9985)
"""28 years without a century: each combination of leap year and first weekday is among them."""


class CadenceError(ValueError):
    """A cadence that cannot be kept; the message names the value and the remedy."""


def parts_of(rule: str) -> dict[str, str]:
    """Split a rule into its parts, or raise what is wrong with it."""
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        key, _, value = part.partition("=")
        if key not in SHAPES:
            raise CadenceError(
                f"The rule {rule!r} may not say {part!r}: {EXAMPLE} A rule gives days, by "
                f"{', '.join(SHAPES)}; the hour is a setting of its own, and a pause ends a program."
            )
        if key in parts or not re.fullmatch(SHAPES[key], value, re.ASCII):
            raise CadenceError(f"The rule {rule!r} cannot be read at {part!r}: {EXAMPLE}")
        parts[key] = value
    if "FREQ" not in parts:
        raise CadenceError(f"The rule {rule!r} does not say how often: {EXAMPLE}")
    if parts["FREQ"] in {"DAILY", "WEEKLY"} and re.search(r"\d", parts.get("BYDAY", "")):
        raise CadenceError(
            f"The rule {rule!r} counts weekdays, which only a month or a year can: "
            f"write FREQ=MONTHLY, or BYDAY without numbers."
        )
    return parts


@lru_cache(maxsize=1024)
def recurrence(rule: str, start: datetime) -> rrule:
    """Return the walk of a rule from a start on the wall, or raise a `CadenceError`."""
    parts_of(rule)
    try:
        # Each walk begins at its start again, so it remembers the slots that it has passed.
        walk = rrulestr(rule, dtstart=start, cache=True)
        occurs = next(iter(rrulestr(rule, dtstart=_near_the_end(start))), None)
    except ValueError as error:
        raise CadenceError(f"The rule {rule!r} cannot be read ({error}): {EXAMPLE}") from error
    if occurs is None or not isinstance(walk, rrule):
        raise CadenceError(
            f"The rule {rule!r} names days that never come: "
            "check its INTERVAL, BYDAY, BYMONTHDAY, BYMONTH and BYSETPOS."
        )
    return walk


def _near_the_end(start: datetime) -> datetime:
    """Return the same date in a like year close to 9999, where a walk that finds nothing ends soon."""
    like = next(
        year
        for year in REGULAR_YEARS
        if date(year, 1, 1).weekday() == date(start.year, 1, 1).weekday()
        and date(year, 12, 31).weekday() == date(start.year, 12, 31).weekday()
    )
    return start.replace(year=like)
