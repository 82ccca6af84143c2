"""When Voisin may speak: open hours of the one who hears it, and the program's days off.

Every step looks at the wall clock of its own date; nothing adds 24 hours.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.domain.cadence import zone_named

OPENS, CLOSES = time(8), time(20)
"""Of the recipient's own day. At 20:00 sharp it is closed."""

DAY = timedelta(days=1)

LONGEST = 366
"""Days in one blackout: a longer one is a slip in the year, or a program that wants to be paused."""


class BlackoutUnclear(ValueError):
    """Text that names no days off. ``code`` says why; its words stand in the catalogues.

    ``unreadable``, ``impossible`` (no such date), ``ambiguous`` (03/04 could be two days), ``backwards``
    (the end before the beginning), ``long`` (over a year).
    """

    def __init__(self, code: str) -> None:
        """Carry the code."""
        self.code = code
        super().__init__(code)


def _merged(ranges: Iterable[tuple[date, date]]) -> tuple[tuple[date, date], ...]:
    merged: list[tuple[date, date]] = []
    for first, last in sorted(ranges):
        if last < first:
            raise BlackoutUnclear("backwards")
        if merged and first - DAY <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return tuple(merged)


@dataclass(frozen=True, kw_only=True, slots=True)
class Blackouts:
    """The days on which a program keeps silent: ranges of its own dates, both ends included."""

    dates: tuple[tuple[date, date], ...] = ()
    """Sorted and apart from each other, however they were given."""

    def __post_init__(self) -> None:
        """Sort and merge."""
        object.__setattr__(self, "dates", _merged(self.dates))

    def contains(self, day: date) -> bool:
        """Tell whether the program keeps silent on a date of its own zone."""
        return self.last_day(day) is not None

    def last_day(self, day: date) -> date | None:
        """Return the last day of the silence that a date falls into."""
        return next((last for first, last in self.dates if first <= day <= last), None)

    def with_added(self, first: date, last: date) -> "Blackouts":
        """Keep silent on these days too."""
        return Blackouts(dates=(*self.dates, (first, last)))

    def with_removed(self, first: date, last: date) -> "Blackouts":
        """Speak on these days again; what lies around them stays silent."""
        left = [(start, min(end, first - DAY)) for start, end in self.dates if start < first]
        right = [(max(start, last + DAY), end) for start, end in self.dates if end > last]
        return Blackouts(dates=(*left, *right))


NO_BLACKOUTS = Blackouts()


_DATE = re.compile(
    r"(?<!\d)(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?!\d)"
    r"|(?<!\d)(?P<one>\d{1,2})/(?P<two>\d{1,2})/(?P<slash_year>\d{4})(?!\d)",
    re.ASCII,
)
_BETWEEN = re.compile(r"(?:\b(?:du|au|le|from|to|until|on)\b|[\s.…–—→-])*", re.IGNORECASE)


def parse_blackout(text: str) -> tuple[date, date]:
    """Read one day off or a range of them, or raise `BlackoutUnclear`.

    ``2026-12-24``, ``2026-12-24..2027-01-02``, ``2026-12-24 2027-01-02``, ``24/12/2026``,
    ``du 24/12/2026 au 02/01/2027``. Slashes are read day first, and only where nothing else is possible.
    """
    found = list(_DATE.finditer(text))
    if len(found) not in {1, 2} or not _BETWEEN.fullmatch(_DATE.sub(" ", text)):
        raise BlackoutUnclear("unreadable")
    slashed = [(int(match["one"]), int(match["two"])) for match in found if match["one"]]
    # One date that can only be read day first settles how the other is meant.
    if slashed and all(one <= 12 and one != two for one, two in slashed):
        raise BlackoutUnclear("ambiguous" if all(two <= 12 for _, two in slashed) else "impossible")
    try:
        days = [_date(match) for match in found]
    except ValueError as error:
        raise BlackoutUnclear("impossible") from error
    first, last = days[0], days[-1]
    if last < first:
        raise BlackoutUnclear("backwards")
    if (last - first).days >= LONGEST:
        raise BlackoutUnclear("long")
    return first, last


def is_open(moment: datetime, zone: str) -> bool:
    """Tell whether it is between 8:00 and 20:00 there."""
    return OPENS <= moment.astimezone(zone_named(zone)).time() < CLOSES


def first_open(
    moment: datetime, *, zone: str, blackouts: Blackouts = NO_BLACKOUTS, program_zone: str | None = None
) -> datetime:
    """Return the first moment (UTC) from this one on that is open in the zone and no day off.

    Days off are dates of the program's zone, which is the recipient's where none is given.
    """
    here, there = zone_named(zone), zone_named(program_zone or zone)
    candidate = moment.astimezone(UTC)
    while True:
        if not is_open(candidate, zone):
            candidate = _next_opening(candidate, here)
        elif last := blackouts.last_day(candidate.astimezone(there).date()):
            candidate = _first_reading(last + DAY, time(), there, after=candidate)
        else:
            return candidate


def first_common(
    moment: datetime,
    *,
    zones: Sequence[str],
    within: timedelta,
    blackouts: Blackouts = NO_BLACKOUTS,
    program_zone: str | None = None,
) -> datetime | None:
    """Return the first moment (UTC) that is open to all, or None if none comes within the given time.

    Days off are dates of the program's zone, which is the first of the zones where none is given.
    """
    candidate, until = moment.astimezone(UTC), moment.astimezone(UTC) + within
    while candidate <= until:
        latest = max(
            first_open(candidate, zone=zone, blackouts=blackouts, program_zone=program_zone or zones[0])
            for zone in zones
        )
        if latest == candidate:
            return candidate
        candidate = latest
    return None


def overlap_hours(a: str, b: str, on: date) -> float:
    """Return how many of the open hours of a date in ``a`` are open in ``b`` too: 0 to 12."""
    opens, closes = _open_hours(on, zone_named(a))
    shared = timedelta()
    # The same hours may belong to the day before or after over there.
    for days in (-1, 0, 1):
        their_opens, their_closes = _open_hours(on + days * DAY, zone_named(b))
        shared += max(timedelta(), min(closes, their_closes) - max(opens, their_opens))
    return shared / timedelta(hours=1)


def _date(match: re.Match[str]) -> date:
    if match["year"]:
        return date(int(match["year"]), int(match["month"]), int(match["day"]))
    return date(int(match["slash_year"]), int(match["two"]), int(match["one"]))


def _open_hours(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    opens, closes = (datetime.combine(day, at, zone).astimezone(UTC) for at in (OPENS, CLOSES))
    return opens, closes


def _next_opening(closed: datetime, zone: ZoneInfo) -> datetime:
    """Return the next 8:00 after a moment at which it is closed."""
    local = closed.astimezone(zone)
    day = local.date() if local.time() < OPENS else local.date() + DAY
    return _first_reading(day, OPENS, zone, after=closed)


def _first_reading(day: date, at: time, zone: ZoneInfo, *, after: datetime) -> datetime:
    """Return when a wall clock first shows this after a moment; one that is jumped over comes later."""
    wall = datetime.combine(day, at, zone)
    first, second = (wall.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
    # In a fold, the first pass may be over already.
    return first if first > after else second
