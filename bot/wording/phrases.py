"""The opening phrases: what the opener may say as it stands, in each language and on three levels."""

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from importlib.resources import files

LANGUAGES = ("fr", "en")


class Level(StrEnum):
    """How far a phrase goes. Practice is the default; deeper is for those who asked for it."""

    LIGHT = "light"
    PRACTICE = "practice"
    DEEPER = "deeper"


NEARBY = {
    Level.LIGHT: (Level.PRACTICE, Level.DEEPER),
    Level.PRACTICE: (Level.LIGHT, Level.DEEPER),
    Level.DEEPER: (Level.PRACTICE, Level.LIGHT),
}
"""Where to look when a level has nothing new: nobody is taken deeper while there is another way."""


class UnknownPhrase(LookupError):
    """A phrase that the bank of this language does not have."""

    def __init__(self, language: str, phrase_id: str) -> None:
        """Name what was looked for."""
        super().__init__(
            f"There is no phrase {phrase_id!r} in {language!r}: "
            f"add it to phrases.{language}.toml, or choose one of {', '.join(LANGUAGES)}."
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Phrase:
    """An opening phrase in one language; ``{name}`` stands for whom it greets."""

    id: str
    level: Level
    text: str
    text_many: str
    """The same, said to more than one."""


@cache
def bank(language: str) -> Mapping[str, Phrase]:
    """Return the phrases of a language by id, in the order of their levels."""
    if language not in LANGUAGES:
        raise UnknownPhrase(language, "*")
    text = files(__package__).joinpath(f"phrases.{language}.toml").read_text("utf-8")
    return {
        entry["id"]: Phrase(
            id=entry["id"],
            level=Level(entry["level"]),
            text=entry["text"],
            text_many=entry.get("text_many", entry["text"]),
        )
        for entry in tomllib.loads(text)["phrase"]
    }


def phrase(language: str, phrase_id: str) -> Phrase:
    """Return a phrase by its id, or raise `UnknownPhrase`."""
    found = bank(language).get(phrase_id)
    if found is None:
        raise UnknownPhrase(language, phrase_id)
    return found


def choose(level: Level, *, heard: Collection[str] | Mapping[str, datetime], ticket: int) -> str:
    """Return the id of a phrase that nobody concerned has heard, of this level while it has one.

    ``heard`` are the ids that any of them has heard, with the last time where it is known: once all are
    heard, the one heard longest ago comes back. ``ticket`` decides among equals.
    """
    phrases = bank(LANGUAGES[0]).values()
    for near in (level, *NEARBY[level]):
        if fresh := [each.id for each in phrases if each.level is near and each.id not in heard]:
            return fresh[ticket % len(fresh)]
    if isinstance(heard, Mapping):
        longest_ago = min(heard[each.id] for each in phrases)
        again = [each.id for each in phrases if heard[each.id] == longest_ago]
    else:
        again = [each.id for each in phrases if each.level is level]
    return again[ticket % len(again)]


def latest(heard: Iterable[Mapping[str, datetime]]) -> dict[str, datetime]:
    """Return, of what several people have heard, each phrase with the last time that any of them did."""
    last: dict[str, datetime] = {}
    for phrases in heard:
        for each, at in phrases.items():
            last[each] = max(at, last.get(each, at))
    return last
