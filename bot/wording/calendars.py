"""An appointment as a calendar file (RFC 5545), in the zone of who keeps it."""

from calendar import monthrange
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import icalendar

from bot.domain.cadence import zone_named
from bot.domain.member import Member
from bot.domain.slots import LASTS, Appointment
from bot.messages import File, plain
from bot.wording.introductions import View
from bot.wording.meetings import clocks
from bot.wording.voice import names, paragraphs, words

PRODUCT = "-//Voisin//Voisin//EN"

ORGANIZER = "mailto:voisin@voisin.invalid"
"""RFC 5546 wants one where something is published; nobody is to be written to."""

BEFORE = timedelta(days=400)
"""How far back a zone's clock changes are looked for: both of the year before a meeting are among them."""

ALWAYS = datetime(1970, 1, 1)  # noqa: DTZ001 -- local, as RFC 5545 wants it
"""From when on a clock that never changes is as it is."""

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


def calendar_file(view: View, appointment: Appointment, *, to: Member, now: datetime) -> File:
    """One meeting, for one reader. The UID stays; a change raises SEQUENCE; what is called off is a CANCEL."""
    language, zone = to.language, to.zone or view.zone
    begins = appointment.at.astimezone(zone_named(zone))
    calendar = icalendar.Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    # PUBLISH and not REQUEST: nobody is invited by mail, so there is no ATTENDEE to answer to anyone.
    calendar.add("method", "CANCEL" if appointment.called_off else "PUBLISH")
    for name in dict.fromkeys([zone, *(person.zone or view.zone for person in view.people)]):
        if name != "UTC":
            calendar.add_component(_zone(name, appointment.at))
    event = icalendar.Event()
    event.add("uid", f"{view.introduction.id}@voisin")
    event.add("sequence", appointment.sequence)
    event.add("dtstamp", now.astimezone(UTC))
    event.add("dtstart", begins)
    # The same wall clock on both ends, also in the night in which it changes.
    event.add("dtend", (appointment.at + LASTS).astimezone(zone_named(zone)))
    event.add("status", "CANCELLED" if appointment.called_off else "CONFIRMED")
    people = "".join(plain(span) for span in names(view.people, language))
    event.add("summary", words("calendar.summary", language, people=people))
    event.add("description", _described(view, appointment, to))
    organizer = icalendar.vCalAddress(ORGANIZER)
    organizer.params["CN"] = icalendar.vText("Voisin")
    event.add("organizer", organizer)
    calendar.add_component(event)
    return File(name="voisin.ics", content=calendar.to_ical(), media_type="text/calendar")


def _described(view: View, appointment: Appointment, to: Member) -> str:
    """The card's own words, and what each of them reads on their clock."""
    language = to.language
    card = ["".join(plain(span) for span in paragraph) for paragraph in paragraphs("card.subject", language)]
    read = [
        words("slots.for", language, day=read, person=person.name)
        for person, read in clocks(view, appointment.at, language)
    ]
    return "\n".join([*card, "", *read])


# ── The zones ───────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class _Change:
    """A clock is put forward or back."""

    wall: datetime
    """What it shows the moment before, without a zone."""
    before: timedelta
    after: timedelta
    name: str

    @property
    def rule(self) -> Mapping[str, str | int]:
        """The day on which it would come every year: the last Sunday of October."""
        day, days = self.wall.day, monthrange(self.wall.year, self.wall.month)[1]
        place = -1 if day + 7 > days else (day - 1) // 7 + 1
        weekday = WEEKDAYS[self.wall.weekday()]
        return {"FREQ": "YEARLY", "BYMONTH": self.wall.month, "BYDAY": f"{place}{weekday}"}


def _zone(name: str, at: datetime) -> icalendar.Timezone:
    """A zone as Outlook reads it: one rule a year for each direction, and nothing but offsets, start and rule.

    It passes over RDATE (MS-STANOICAL 2.2.47), which is why the library's own description will not do.
    """
    changes = _changes(name, at)
    described = icalendar.Timezone()
    described.add("tzid", name)
    forward = [change for change in changes if change.after > change.before]
    back = [change for change in changes if change.after < change.before]
    for kind, several in ((icalendar.TimezoneStandard, back), (icalendar.TimezoneDaylight, forward)):
        if forward and back:
            described.add_component(_observance(kind(), _steady(several), yearly=True))
    if not (forward and back):
        # A clock that stays, or was put another way for good.
        now = at.astimezone(zone_named(name))
        offset = now.utcoffset() or timedelta(0)
        stays = _Change(wall=ALWAYS, before=offset, after=offset, name=now.tzname() or name)
        last = changes[-1] if changes else stays
        described.add_component(_observance(icalendar.TimezoneStandard(), last, yearly=False))
    return described


def _steady(changes: Sequence[_Change]) -> _Change:
    """The first of those that have kept to one rule until the latest."""
    *earlier, latest = changes
    for change in reversed(earlier):
        if (change.rule, change.wall.time()) != (latest.rule, latest.wall.time()):
            break
        latest = change
    return latest


def _observance(
    kind: icalendar.TimezoneStandard | icalendar.TimezoneDaylight, change: _Change, *, yearly: bool
) -> icalendar.TimezoneStandard | icalendar.TimezoneDaylight:
    kind.add("dtstart", change.wall)
    if yearly:
        kind.add("rrule", change.rule)
    kind.add("tzoffsetfrom", change.before)
    kind.add("tzoffsetto", change.after)
    kind.add("tzname", change.name)
    return kind


def _changes(name: str, at: datetime) -> Sequence[_Change]:
    """A zone's clock changes up to a moment, oldest first, to the second."""
    zone = zone_named(name)

    def offset(moment: datetime) -> timedelta:
        return moment.astimezone(zone).utcoffset() or timedelta(0)

    found: list[_Change] = []
    early = at.astimezone(UTC).replace(microsecond=0) - BEFORE
    while early < at:
        late = min(early + timedelta(days=1), at)
        step = late
        if offset(early) != offset(late):
            while late - early > timedelta(seconds=1):
                middle = early + (late - early) // 2
                middle = middle.replace(microsecond=0)
                early, late = (middle, late) if offset(middle) == offset(early) else (early, middle)
            before, after = offset(early), offset(late)
            wall = (late + before).replace(tzinfo=None)
            found.append(
                _Change(wall=wall, before=before, after=after, name=late.astimezone(zone).tzname() or name)
            )
        early = step
    return found
