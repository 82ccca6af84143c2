"""From the name of a sentence to a message: one part per language, placeholders filled, buttons labelled."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime

from bot.domain.cadence import zone_named
from bot.domain.community import Language
from bot.domain.member import Member
from bot.messages import Button, Mention, Message, Moment, Paragraph, Part, Span, Strong
from bot.wording.catalogue import sentence

Value = Span | int | Sequence[Span]
"""What fills a placeholder: Voisin's own words, a number, or spans. What a member wrote comes as Said."""

Values = Value | Callable[[Language], Value]
"""The same, or what makes it in each language."""

Tap = tuple[str, str]
"""A button: its verb, which names its label, and the id that it carries."""

_PLACE = re.compile(r"\{(\w+)\}")
_STRONG = re.compile(r"\*\*(.+?)\*\*")


def say(name: str, /, *languages: Language, taps: Sequence[Tap] = (), **values: Values) -> Message:
    """Say a sentence of the catalogues in each of the languages, once, in their order."""
    each = distinct(languages)
    parts = [Part(language=language, paragraphs=paragraphs(name, language, **values)) for language in each]
    return message(name, parts, taps=taps)


def message(
    name: str, parts: Sequence[Part], *, taps: Sequence[Tap] = (), main: str | None = None
) -> Message:
    """Put parts together, with buttons labelled in the same languages.

    ``main``: the verb of the main one; the first where that is not among them.
    """
    languages = [part.language for part in parts]
    verbs = [verb for verb, _ in taps]
    first = verbs.index(main) if main in verbs else 0
    buttons = [
        Button(label=_label(verb, languages), action=f"{verb}:{id}", main=place == first)
        for place, (verb, id) in enumerate(taps)
    ]
    return Message(name=name, parts=tuple(parts), buttons=tuple(buttons))


def paragraphs(name: str, language: Language, /, **values: Values) -> tuple[Paragraph, ...]:
    """Fill a sentence's placeholders; LookupError when one is missing or has no place in it."""
    here: dict[str, Value] = {
        key: value(language) if callable(value) else value for key, value in values.items()
    }
    n = here.get("n")
    text = sentence(name, language, n if isinstance(n, int) else None)
    _check(name, text, here)
    return tuple(tuple(_filled(block, here)) for block in text.split("\n\n"))


def words(name: str, language: Language, /, **values: str | int) -> str:
    """A sentence as plain words: labels, hints, what stands inside another sentence."""
    n = values.get("n")
    text = sentence(name, language, n if isinstance(n, int) else None)
    _check(name, text, values)
    return _PLACE.sub(lambda place: str(values[place[1]]), text.replace("**", ""))


def capital(text: str) -> str:
    """The same as the beginning of a line."""
    return text[:1].upper() + text[1:]


def distinct(languages: Sequence[Language]) -> tuple[Language, ...]:
    """The languages without those that come again."""
    return tuple(dict.fromkeys(languages))


def day(on: date, language: Language, *, with_year: bool = False) -> str:
    """A date in words: « jeudi 26 novembre », "Thursday 26 November"."""
    number = words("date.first", language) if on.day == 1 else str(on.day)
    weekday, month = words(f"day.{on.weekday()}", language), words(f"month.{on.month}", language)
    if with_year:
        return words("date.year", language, weekday=weekday, number=number, month=month, year=on.year)
    return words("date.day", language, weekday=weekday, number=number, month=month)


def moment(at: datetime, *, zone: str, language: Language, with_time: bool = False) -> Moment:
    """A moment, in words of a zone for where the platform cannot show the reader's own."""
    local = at.astimezone(zone_named(zone))
    said = day(local.date(), language)
    if with_time:
        form = "time.minutes" if local.minute else "time.hour"
        values = {"hour": str(local.hour)} | ({"minutes": f"{local.minute:02}"} if local.minute else {})
        said = words("date.time", language, day=said, time=words(form, language, **values))
    return Moment(at=at, words=said, with_time=with_time)


def mention(member: Member) -> Mention:
    """A member, named."""
    return Mention(external_id=member.external_id, name=member.name)


def names(people: Sequence[Member], language: Language) -> tuple[Span, ...]:
    """« Léa, Tom et Zoé »: mentions, joined as one says it."""
    return joined([mention(member) for member in people], language)


def joined(spans: Sequence[Span], language: Language) -> tuple[Span, ...]:
    """Spans as a list in a sentence."""
    said: list[Span] = []
    for place, span in enumerate(spans):
        if place:
            said.append(words("list.and" if place == len(spans) - 1 else "list.comma", language))
        said.append(span)
    return tuple(said)


def _label(verb: str, languages: Sequence[Language]) -> str:
    return " · ".join(dict.fromkeys(words(f"button.{verb}", language) for language in languages))


def _check(name: str, text: str, values: Mapping[str, object]) -> None:
    wanted = set(_PLACE.findall(text))
    # n chooses the form; "one person" does not say it again.
    if wanted - values.keys() or values.keys() - wanted - {"n"}:
        raise LookupError(f"The sentence {name!r} wants {sorted(wanted)} and was given {sorted(values)}.")


def _filled(block: str, values: Mapping[str, Value]) -> Iterator[Span]:
    # Splitting on a group puts what it caught at the odd places.
    for place, piece in enumerate(_STRONG.split(block)):
        if place % 2:
            yield Strong(text=_PLACE.sub(lambda found: _bare(found[1], values), piece))
        else:
            yield from _spread(piece, values)


def _spread(text: str, values: Mapping[str, Value]) -> Iterator[Span]:
    for place, piece in enumerate(_PLACE.split(text)):
        if place % 2:
            yield from _spans(values[piece])
        elif piece:
            yield piece


def _bare(key: str, values: Mapping[str, Value]) -> str:
    value = values[key]
    if not isinstance(value, str | int):
        raise TypeError(f"Only words and numbers can be strong, and {key!r} is neither: put it beside.")
    return str(value)


def _spans(value: Value) -> Sequence[Span]:
    if isinstance(value, int):
        return [str(value)]
    return value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
