"""A place where a community lives, as its people know it: the same on every platform.

A story that is told in these words runs over the sandbox, Slack and Discord, each with its real adapter over
real sockets.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from bot.domain.community import Community, Language
from bot.messages import Message
from bot.ports import Platform, Storage

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""10:00 in Paris: the first round."""

WEEKLY = {"rhythm": "weekly", "day": "1", "at": "10:00", "zone": "Europe/Paris", "size": "2"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """A message as somebody saw it."""

    words: str
    """As the platform was given them, its markup included."""
    buttons: Mapping[str, str] = field(default_factory=dict)
    """Label → action."""
    file: bytes | None = None
    native: object = None
    """What the platform itself calls it."""

    def action(self, verb: str) -> str:
        """What its button of this verb carries."""
        return next(each for each in self.buttons.values() if each.partition(":")[0] == verb)

    def label(self, verb: str) -> str:
        """What stands on its button of this verb."""
        return next(label for label, each in self.buttons.items() if each.partition(":")[0] == verb)

    @property
    def verbs(self) -> set[str]:
        """What its buttons do."""
        return {each.partition(":")[0] for each in self.buttons.values()}


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    """A form as somebody saw it."""

    title: str
    fields: Sequence[str]
    """Names of what can be filled in."""
    native: object


class Place(Protocol):
    """One community, the clock, and what its people do."""

    @property
    def name(self) -> str:
        """Of the platform."""
        ...

    @property
    def storage(self) -> Storage: ...

    @property
    def platform(self) -> Platform: ...

    async def community(self) -> Community:
        """What Voisin calls it."""
        ...

    async def types(
        self, who: str, command: str, *, person: str = "", text: str = "", number: str = ""
    ) -> Seen:
        """A command of the table, in the channel, in the words of their language; and the answer, or the
        form's title.
        """
        ...

    async def opens(self, who: str, command: str) -> Sheet:
        """A command that is answered with a form."""
        ...

    async def fills(self, who: str, sheet: Sheet, **values: str) -> Seen:
        """A form: these values, the rest as it stood in it; and the answer, or what is wrong with it."""
        ...

    async def fields(self, who: str, command: str) -> Sequence[str]:
        """Everything that can be filled in, over all pages of the form; nothing is changed in it."""
        ...

    async def clicks(self, who: str, seen: Seen, label: str) -> Seen:
        """A button of something that they saw, by its label; and the answer, or the form's title."""
        ...

    async def reacts(self, who: str, seen: Seen) -> None:
        """A sign by hand under something in the channel."""
        ...

    async def handed(self, who: str, answer: Seen) -> bytes:
        """The file that came with an answer to them; each is asked for once, in order."""
        ...

    async def came(self, who: str) -> Sequence[Seen]:
        """What was said to them in private or in a circle, oldest first; answers to themselves left out."""
        ...

    async def posted(self) -> Sequence[Seen]:
        """What was said to everybody, in the channel."""
        ...

    async def called(self, who: str) -> str:
        """How a message names somebody."""
        ...

    async def leaves(self, who: str) -> None:
        """They go from where the program is, and say nothing."""
        ...

    async def until(self, moment: datetime) -> None:
        """Time passes, from one due moment to the next."""
        ...

    def spelled(self, words: str, language: Language) -> str:
        """Voisin's own words, with its commands as they are typed here."""
        ...

    async def sends(self, who: str, message: Message, *, key: str) -> Seen:
        """Voisin sends them this; returns what they saw."""
        ...


class Opens(Protocol):
    """Makes a place; the first of its people looks after it."""

    def __call__(
        self, file: Path, *names: str, french: Sequence[str] = ()
    ) -> AbstractAsyncContextManager[Place]:
        """``file`` is an empty database; ``french`` are those whose platform is in French."""
        ...


async def set_up(place: Place, *names: str, **values: str) -> None:
    """A program in the channel, and these people's yes; the first of them sets it up."""
    sheet = await place.opens(names[0], "setup")
    await place.fills(names[0], sheet, **(WEEKLY | values))
    for name in names:
        await place.types(name, "join")


def together(several: Sequence[Seen]) -> Seen:
    """What came in pieces, as one."""
    return Seen(
        words="\n\n".join(seen.words for seen in several),
        buttons={label: action for seen in several for label, action in seen.buttons.items()},
        native=several[-1].native,
    )


def bare(words: str) -> str:
    """Words without markup, spaces and accents, to be compared over platforms."""
    plain = re.sub(r"&(amp|lt|gt);", "", words)
    folded = unicodedata.normalize("NFKD", plain.casefold())
    return "".join(letter for letter in folded if letter.isalnum())
