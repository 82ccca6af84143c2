"""The first word said for someone, slots to choose from, and the card of a meeting."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.community import Language
from bot.domain.member import Member
from bot.domain.slots import Appointment, Arrangement, Slot
from bot.messages import Button, Message, Moment, Paragraph, Part, Span
from bot.wording.introductions import View, opening
from bot.wording.voice import Tap, joined, mention, message, moment, names, paragraphs, say, words

Block = tuple[Paragraph, ...]


def said(view: View, *, to: Member | None) -> Message:
    """The opener's phrase, as theirs: in their circle, or to another of them alone."""
    languages = view.languages if to is None else (to.language,)
    others = view.others(view.opener)
    parts = []
    for language in languages:
        block = (
            *paragraphs("said", language, opener=mention(view.opener)),
            *paragraphs(
                "introduction.phrase", language, phrase=opening(view.introduction.phrase, others, language)
            ),
        )
        if to is not None:
            block += paragraphs("said.alone", language, opener=mention(view.opener))
        parts.append(Part(language=language, paragraphs=block))
    return message("said", parts, taps=_taps(view, "times"))


def fewer(view: View, standing: Appointment | None, *, to: Member | None) -> Message:
    """Of three, these are left; what they agreed on stands, and their calendars can take it anew."""
    languages = view.languages if to is None else (to.language,)
    parts = []
    for language in languages:
        people = names(view.people, language)
        if to is not None and to.id == view.opener.id:
            block = paragraphs("fewer.yours", language, people=people)
        else:
            block = paragraphs("fewer", language, people=people, opener=mention(view.opener))
        if standing is not None:
            block += paragraphs("fewer.meeting", language)
            block += _dated("card.next", view, standing.at, to, language)
        parts.append(Part(language=language, paragraphs=block))
    verbs = ("phrase", "times") if standing is None else ("calendar", "retime", "call_off")
    return message("fewer", parts, taps=_taps(view, *verbs))


def off(reply: Message, to: Member) -> Message:
    """The answer to who has just gone, with a word about the calendar file that comes with it."""
    [part] = reply.parts
    told = paragraphs("reply.calendar_off", to.language)
    return replace(reply, parts=(replace(part, paragraphs=(*part.paragraphs, *told)),))


def slots(view: View, offered: Sequence[Slot], *, to: Member | None) -> Message:
    """Mid-round: slots to choose from, or that in writing is fine."""
    languages = view.languages if to is None else (to.language,)
    parts = []
    for language in languages:
        people = names(view.people, language)
        block = paragraphs("slots" if offered else "slots.none", language, people=people)
        if offered:
            block += (*_listed(view, offered, to, language), *paragraphs("slots.frame", language))
        parts.append(Part(language=language, paragraphs=block))
    taps = () if offered else _taps(view, "phrase", "met")
    return _with_choices(message("slots", parts, taps=taps), offered)


def times(view: View, offered: Sequence[Slot], *, chosen: Slot, by: Member, to: Member | None) -> Message:
    """One of them proposes a slot to the others."""
    languages = view.languages if to is None else (to.language,)
    parts = []
    for language in languages:
        at = _at(view, chosen.at, to, language)
        block = paragraphs("times", language, person=mention(by), day=at)
        block += _listed(view, offered, to, language)
        parts.append(Part(language=language, paragraphs=block))
    return _with_choices(message("times", parts), offered)


def to_choose(view: View, arrangement: Arrangement, *, to: Member, now: datetime) -> Message:
    """The answer to who looks for a time: the slots, and who has chosen which."""
    language, offered = to.language, arrangement.open(now=now)
    block = paragraphs("reply.times", language, people=names(view.others(to), language))
    block += _listed(view, offered, to, language)
    for person in view.others(to):
        slot = next((one for one in offered if one.id == arrangement.chosen.get(person.id)), None)
        if slot is not None:
            at = _at(view, slot.at, to, language)
            block += paragraphs("times.chosen", language, person=mention(person), day=at)
    return _with_choices(message("reply.times", [Part(language=language, paragraphs=block)]), offered)


def card(view: View, at: datetime, *, moved: bool, to: Member | None) -> Message:
    """The card of the origin text: a date, and the subject is YOU."""
    languages = view.languages if to is None else (to.language,)
    parts = []
    for language in languages:
        people = names(view.people, language)
        block = paragraphs("card.moved" if moved else "card", language, people=people)
        block += _dated("card.next", view, at, to, language)
        block += paragraphs("card.subject", language)
        parts.append(Part(language=language, paragraphs=block))
    return message("card", parts, taps=_taps(view, "calendar", "retime", "call_off"))


def called_off(view: View, at: datetime, *, to: Member) -> Message:
    """The meeting does not take place; neither who nor why is said."""
    day = _at(view, at, to, to.language)
    return say("called_off", to.language, taps=_taps(view, "calendar"), day=day)


def agreed(view: View, at: datetime, *, to: Member) -> Message:
    """The answer to whose choice settled it."""
    taps = _taps(view, "retime", "call_off")
    return say("reply.agreed", to.language, taps=taps, day=_at(view, at, to, to.language))


def picked(view: View, at: datetime, *, to: Member) -> Message:
    """The answer to whose choice the others do not share yet."""
    return say(
        "reply.picked",
        to.language,
        day=_at(view, at, to, to.language),
        people=names(view.others(to), to.language),
    )


def no_time(view: View, *, cross: bool, ends_at: datetime, to: Member) -> Message:
    """No slot to offer: their days never cross, or there is no time left."""
    language, people = to.language, names(view.others(to), to.language)
    if not cross:
        return say("reply.times_none", language, taps=_taps(view, "phrase"), people=people)
    day = moment(ends_at, zone=to.zone or view.zone, language=language)
    return say("reply.times_late", language, taps=_taps(view, "phrase"), day=day)


def clocks(view: View, at: datetime, language: Language) -> tuple[tuple[Member, str], ...]:
    """What each of them reads on their own calendar and clock at a moment."""
    return tuple(
        (person, moment(at, zone=person.zone or view.zone, language=language, with_time=True).words)
        for person in view.people
    )


def _listed(view: View, offered: Sequence[Slot], to: Member | None, language: Language) -> Block:
    block: list[Paragraph] = []
    for number, slot in enumerate(offered, start=1):
        block += _dated("slots.place", view, slot.at, to, language, number=str(number))
    return tuple(block)


def _dated(
    name: str, view: View, at: datetime, to: Member | None, language: Language, **values: str
) -> Block:
    """A sentence with a moment in it, told on every clock that one of them lives by."""
    day = _at(view, at, to, language)
    if local := _local(view, at, to, language):
        return paragraphs(f"{name}_local", language, day=day, local=local, **values)
    return paragraphs(name, language, day=day, **values)


def _local(view: View, at: datetime, to: Member | None, language: Language) -> tuple[Span, ...]:
    """The same moment for those who live by another clock; empty where all read the same."""
    shown = _at(view, at, to, language).words
    others = [
        words("slots.for", language, day=read, person=person.name)
        for person, read in clocks(view, at, language)
        if read != shown
    ]
    return joined(others, language)


def _at(view: View, at: datetime, to: Member | None, language: Language) -> Moment:
    reader = to or view.opener
    return moment(at, zone=reader.zone or view.zone, language=language, with_time=True)


def _with_choices(said: Message, offered: Sequence[Slot]) -> Message:
    """The message with a button for each slot: by its number, since a label is the same for all who read it."""
    languages = [part.language for part in said.parts]
    choices = [
        Button(
            label=" · ".join(
                dict.fromkeys(words("button.slot", language, number=str(number)) for language in languages)
            ),
            action=f"slot:{slot.id}",
            main=number == 1,
        )
        for number, slot in enumerate(offered, start=1)
    ]
    return replace(said, buttons=(*choices, *said.buttons))


def _taps(view: View, *verbs: str) -> Sequence[Tap]:
    return [(verb, view.introduction.id) for verb in verbs]
