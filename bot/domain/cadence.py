"""When a program's rounds are due: a recurrence walks a wall calendar, a zone says when that is.

The walk is *floating* (RFC 5545, no zone), so each date of the rule has exactly one slot, whatever the
clocks do that night. Only then is the slot placed in time: one that the clocks jump over comes later by
as much as they jump, one that comes twice takes the first pass.
"""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from importlib.resources import files
from itertools import islice, pairwise
from typing import Literal, NewType
from zoneinfo import ZoneInfo

from dateutil.rrule import rrule

from bot.domain.recurrence import CadenceError, parts_of, recurrence

__all__ = [
    "Cadence",
    "CadenceError",
    "Due",
    "Rhythm",
    "UnknownZone",
    "Wall",
    "fortnightly",
    "monthly",
    "next_after_change",
    "rhythm_of",
    "weekly",
    "zone_named",
]

Wall = NewType("Wall", str)
"""A slot on the wall, ``2026-10-25T02:30``: what identifies a round of a program."""

Rhythm = Literal["weekly", "fortnightly", "monthly", "other"]

DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

YEARS = range(2000, 2200)
"""Years a cadence may start in: every walk begins at its start, and a start in the year 1 is a slip."""

APART = timedelta(days=2)
"""A slot on the wall is never this far from its moment in UTC: 14 hours, and a date jumped over."""


class UnknownZone(CadenceError):
    """A time zone that the tz database does not have; ``near`` holds names that look like it."""

    def __init__(self, name: str) -> None:
        """Look for what may have been meant."""
        self.name = name
        self.near = _near(name)
        hint = f"did you mean {' or '.join(self.near)}?" if self.near else "write it like Europe/Paris."
        super().__init__(f"There is no time zone called {name!r}: {hint}")


@cache
def _zone_names() -> frozenset[str]:
    """Return the names that the tz database publishes, the same on every machine."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split()) - {"Factory"}


def _near(name: str) -> tuple[str, ...]:
    wanted = name.strip().casefold().replace(" ", "_")[:64]
    written = {known.casefold(): known for known in sorted(_zone_names(), reverse=True)}
    if wanted in written:
        return (written[wanted],)
    # People say "Paris" or "paris/europe"; the last part of the name is the city.
    cities = {known.rpartition("/")[2]: full for known, full in written.items() if "/" in known}
    city = wanted.rpartition("/")[2]
    found = [cities[city]] if city in cities else []
    found += [written[known] for known in difflib.get_close_matches(wanted, written, n=3, cutoff=0.75)]
    found += [cities[known] for known in difflib.get_close_matches(city, cities, n=3, cutoff=0.8)]
    return tuple(dict.fromkeys(found))[:3]


def zone_named(name: str) -> ZoneInfo:
    """Return the IANA zone of exactly this name, or raise `UnknownZone`, which suggests some."""
    if name not in _zone_names():
        raise UnknownZone(name)
    return ZoneInfo(name)


@dataclass(frozen=True, kw_only=True, slots=True)
class Due:
    """A slot whose moment has come, and how many before it were passed over."""

    wall: Wall
    moment: datetime
    passed_over: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Cadence:
    """A recurrence at a wall-clock time of a zone, counted from its start."""

    rule: str
    """RFC 5545 without DTSTART: ``FREQ=WEEKLY;BYDAY=TU``."""
    at: time
    zone: str
    starts: date

    def __post_init__(self) -> None:
        """Refuse what could not be kept, with a `CadenceError`."""
        zone_named(self.zone)
        if self.at.tzinfo is not None or self.at.second or self.at.microsecond:
            raise CadenceError(f"{self.at.isoformat()} is not a time of day in minutes: write it like 10:00.")
        if self.starts.year not in YEARS:
            raise CadenceError(
                f"A cadence cannot start on {self.starts.isoformat()}: "
                f"choose a date from {YEARS[0]} to {YEARS[-1]}."
            )
        self._walk()

    def moment(self, wall: Wall) -> datetime:
        """Return when a slot is due, in UTC; a gap shifts it later, a fold takes the first pass."""
        return _placed(_read(wall), self.zone)

    def next_after(self, moment: datetime) -> tuple[Wall, datetime] | None:
        """Return the first slot strictly after a moment; None after the end of the calendar."""
        earliest = moment.astimezone(UTC).replace(tzinfo=None) - APART
        return next((slot for slot in self._slots(earliest) if slot[1] > moment), None)

    def following(self, wall: Wall) -> tuple[Wall, datetime] | None:
        """Return the slot after this one; the wall may come from another cadence or a round by hand."""
        start = _read(wall)
        return next((slot for slot in self._slots(start) if _read(slot[0]) > start), None)

    def latest_until(self, moment: datetime, *, not_before: Wall) -> Due | None:
        """Return the latest slot from ``not_before`` on whose moment has come; None when none has.

        After an outage that is one late round and the number of those that it stands for.
        """
        latest, passed_over = None, -1
        for slot in self._slots(_read(not_before)):
            if slot[1] > moment:
                break
            latest, passed_over = slot, passed_over + 1
        if latest is None:
            return None
        return Due(wall=latest[0], moment=latest[1], passed_over=passed_over)

    def on(self, day: date) -> tuple[Wall, datetime] | None:
        """Return the slot of a calendar day, if the rule has one."""
        slot = next(self._slots(datetime.combine(day, time())), None)
        return slot if slot and _read(slot[0]).date() == day else None

    def once_a_week(self) -> bool:
        """Tell whether no two slots of the coming year fall into one ISO week."""
        weeks = (_week(wall) for wall, _ in islice(self._slots(datetime.combine(self.starts, time())), 60))
        return all(one != other for one, other in pairwise(weeks))

    def _walk(self) -> rrule:
        return recurrence(self.rule, datetime.combine(self.starts, self.at))

    def _slots(self, earliest: datetime) -> Iterator[tuple[Wall, datetime]]:
        """Walk the slots in order, from a place on the wall (inclusive)."""
        for naive in self._walk().xafter(earliest, inc=True):
            yield Wall(naive.isoformat(timespec="minutes")), _placed(naive, self.zone)


def weekly(day: int, at: time, zone: str, starts: date) -> Cadence:
    """Every week on a day (0 is Monday), from the first such day on."""
    return Cadence(
        rule=f"FREQ=WEEKLY;BYDAY={_day(day)}", at=at, zone=zone, starts=_first(day, on_or_after=starts)
    )


def fortnightly(day: int, at: time, zone: str, starts: date) -> Cadence:
    """Every second week on a day (0 is Monday), from the first such day on."""
    return Cadence(
        rule=f"FREQ=WEEKLY;INTERVAL=2;BYDAY={_day(day)}",
        at=at,
        zone=zone,
        # Fortnights are counted from the start's week: a start past the day would wait nearly two.
        starts=_first(day, on_or_after=starts),
    )


def monthly(day: int, at: time, zone: str, starts: date) -> Cadence:
    """Every month on its first Monday (0), Tuesday (1) and so on."""
    return Cadence(rule=f"FREQ=MONTHLY;BYDAY=1{_day(day)}", at=at, zone=zone, starts=starts)


def rhythm_of(cadence: Cadence) -> Rhythm:
    """Name the plain choice that a cadence amounts to."""
    parts = parts_of(cadence.rule)
    said = parts.keys() - {"FREQ", "INTERVAL", "WKST"}
    days, interval = parts.get("BYDAY", ""), parts.get("INTERVAL", "1")
    if any("," in parts[key] for key in said):
        return "other"
    if parts["FREQ"] == "WEEKLY" and said <= {"BYDAY"}:
        return "weekly" if interval == "1" else "fortnightly" if interval == "2" else "other"
    if parts["FREQ"] == "MONTHLY" and interval == "1" and len(said) <= 1 and days not in DAYS:
        return "monthly" if said <= {"BYDAY", "BYMONTHDAY"} else "other"
    return "other"


def next_after_change(
    old: Cadence, new: Cadence, last_wall: Wall | None, now: datetime
) -> tuple[Wall, datetime] | None:
    """Return the slot to aim at when a program changes its cadence.

    A date that was promised keeps its round: when only the zone or the hour changes and the new hour has
    just gone by, the slot returned lies in the past and is due at once. A week (or, for a cadence with
    several rounds a week, a day) that had its round gets no second one.
    """
    once_a_week = new.once_a_week()

    def had_its_round(wall: Wall) -> bool:
        if last_wall is None:
            return False
        if once_a_week:
            return _week(wall) <= _week(last_wall)
        return _read(wall).date() <= _read(last_wall).date()

    promised = old.next_after(now)
    kept = new.on(_read(promised[0]).date()) if promised else None
    if kept and not had_its_round(kept[0]):
        return kept
    slot = new.next_after(now)
    while slot and had_its_round(slot[0]):
        slot = new.following(slot[0])
    return slot


def _placed(naive: datetime, zone: str) -> datetime:
    return naive.replace(tzinfo=zone_named(zone), fold=0).astimezone(UTC)


def _read(wall: Wall) -> datetime:
    return datetime.strptime(wall, "%Y-%m-%dT%H:%M")  # noqa: DTZ007 -- a wall slot has no zone, on purpose


def _week(wall: Wall) -> tuple[int, int]:
    year, week, _ = _read(wall).isocalendar()
    return year, week


def _day(day: int) -> str:
    if day not in range(len(DAYS)):
        raise CadenceError(f"{day} is not a day of the week: choose 0 (Monday) to 6 (Sunday).")
    return DAYS[day]


def _first(day: int, *, on_or_after: date) -> date:
    return on_or_after + timedelta(days=(day - on_or_after.weekday()) % 7)
