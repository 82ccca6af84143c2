"""Who lives in a sandbox and which channels it has, read from a TOML file."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from unicodedata import combining, normalize
from zoneinfo import available_timezones

from bot.domain.community import Language
from bot.domain.ids import ExternalId
from bot.domain.member import LINE_LIMIT
from bot.errors import BadInput
from bot.messages import Asker

SAMPLE = Path(__file__).with_name("people.toml")


@dataclass(frozen=True, kw_only=True, slots=True)
class Resident:
    """Someone of the sandbox: as a platform would describe them, and what they would write of themselves."""

    id: ExternalId
    name: str
    language: Language
    zone: str
    languages: tuple[str, ...] = ()
    learning: str = ""
    can_help: str = ""
    admin: bool = False

    @property
    def asker(self) -> Asker:
        """The person as the core knows whoever asks."""
        return Asker(
            external_id=self.id, name=self.name, language=self.language, zone=self.zone, admin=self.admin
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Channel:
    """A place of the sandbox that everyone shares."""

    id: ExternalId
    name: str


@dataclass(frozen=True, kw_only=True)
class Town:
    """A whole community of the sandbox. It has no slots, so that it can keep its people by id and by name."""

    id: ExternalId
    name: str
    zone: str
    language: Language
    channels: tuple[Channel, ...]
    residents: tuple[Resident, ...]

    @cached_property
    def by_id(self) -> Mapping[ExternalId, Resident]:
        """Everyone, by id."""
        return {resident.id: resident for resident in self.residents}

    @cached_property
    def _by_name(self) -> Mapping[str, Resident | None]:
        # A first name that two people share names neither of them.
        named: dict[str, Resident | None] = {}
        for resident in self.residents:
            first = folded(resident.name.partition(" ")[0])
            named[first] = None if first in named else resident
        named.update({folded(resident.name): resident for resident in self.residents})
        named.update({folded(resident.id): resident for resident in self.residents})
        return named

    def find(self, who: str) -> Asker | None:
        """Whom ``@Amina Diallo``, ``@amina`` or an id names; None: nobody, or not clear who."""
        resident = self._by_name.get(folded(who.strip().removeprefix("@")))
        return resident.asker if resident else None

    def channel(self, id: ExternalId) -> Channel | None:
        """The channel with this id."""
        return next((channel for channel in self.channels if channel.id == id), None)


def folded(words: str) -> str:
    """As one would type it: small letters, no accents."""
    return "".join(letter for letter in normalize("NFKD", words.casefold()) if not combining(letter))


def sample() -> Town:
    """The 24 people of *Les Curieux · The Curious*."""
    return load(SAMPLE)


def load(path: Path) -> Town:
    """A town from its file. Raises BadInput with a sentence that names what is wrong."""
    try:
        with path.open("rb") as file:
            town = _town(tomllib.load(file))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise BadInput(f"{path} cannot be used as the people of a sandbox: {why}.") from error
    for problem in _problems(town):
        raise BadInput(f"{path} cannot be used as the people of a sandbox: {problem}.")
    return town


def _town(read: Mapping[str, object]) -> Town:
    return Town(
        id=ExternalId(_words(read["id"])),
        name=_words(read["name"]),
        zone=_words(read["zone"]),
        language=Language(_words(read["language"])),
        channels=tuple(
            Channel(id=ExternalId(_words(channel["id"])), name=_words(channel["name"]))
            for channel in _tables(read["channels"])
        ),
        residents=tuple(_resident(person) for person in _tables(read["people"])),
    )


def _resident(read: Mapping[str, object]) -> Resident:
    spoken = read.get("languages", [])
    return Resident(
        id=ExternalId(_words(read["id"])),
        name=_words(read["name"]),
        language=Language(_words(read["language"])),
        zone=_words(read["zone"]),
        languages=tuple(_words(code) for code in spoken) if isinstance(spoken, list) else (),
        learning=_words(read.get("learning", "")),
        can_help=_words(read.get("can_help", "")),
        admin=read.get("admin", False) is True,
    )


def _words(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} should be words between quotes")
    return value


def _tables(value: object) -> Sequence[Mapping[str, object]]:
    if not isinstance(value, list) or not all(isinstance(table, dict) for table in value):
        raise TypeError("[[people]] and [[channels]] are written with two brackets")
    return value


def _problems(town: Town) -> Sequence[str]:
    problems = []
    zones = available_timezones()
    if not town.channels or not town.residents:
        problems.append("it needs one of [[channels]] and one of [[people]] at least")
    for things in (town.residents, town.channels):
        ids = [thing.id for thing in things]
        problems += [
            f"the id {id!r} is there twice" for id in sorted({id for id in ids if ids.count(id) > 1})
        ]
    problems += [f"{zone!r} is not a time zone" for zone in [town.zone] if zone not in zones]
    for one in town.residents:
        if one.zone not in zones:
            problems.append(f"{one.name} lives in {one.zone!r}, which is not a time zone")
        if max(len(one.learning), len(one.can_help)) > LINE_LIMIT:
            problems.append(f"{one.name} writes more than {LINE_LIMIT} characters in one line")
    return problems
