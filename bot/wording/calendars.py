"""An appointment as a calendar file (RFC 5545), in the zone of who keeps it."""

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

AROUND = timedelta(days=400)
"""How much of a zone's rules is written along: the meeting, and both clock changes around it."""


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
            rules = icalendar.Timezone.from_tzid(
                name, first_date=(appointment.at - AROUND).date(), last_date=(appointment.at + AROUND).date()
            )
            rules.pop("COMMENT", None)
            calendar.add_component(rules)
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
