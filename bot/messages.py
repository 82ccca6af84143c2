"""What Voisin says, as plain values: every platform shows them in its own way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.domain.community import Language, Space, TieSource
from bot.domain.ids import CommunityId, ExternalId

# ── Where a message goes ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """One person, in private."""

    external_id: ExternalId


@dataclass(frozen=True, kw_only=True, slots=True)
class Circle:
    """A conversation that these people share with Voisin alone; the same people, the same circle."""

    people: tuple[ExternalId, ...]
    aside: tuple[ExternalId, ...] = ()
    """Those of them who asked for a message of their own."""
    within: tuple[ExternalId, ...] = ()
    """Those of them who asked to hear of it here."""
    space: ExternalId | None = None
    """The channel near which it is held, where a platform needs one."""
    first: bool = False
    """They hear of each other by it: who likes it so, in private. All else is said where they talk."""
    occasion: str = ""
    """What they are brought together for: where a conversation is held for one round, the round."""


Destination = Person | Circle | Space

# ── What it says ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Mention:
    """A person, named so that they notice."""

    external_id: ExternalId
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Said:
    """Words that a person wrote: shown as they are, never as markup, never as a mention."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Strong:
    """Words to be seen first."""

    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """A moment, shown in the reader's own zone where the platform can; ``words`` elsewhere."""

    at: datetime
    words: str
    with_time: bool = False


Span = str | Mention | Said | Strong | Moment | Space
Paragraph = tuple[Span, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """What is said in one language."""

    language: Language
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Button:
    """A label, and ``verb:id``: nothing else is carried, the state lives in storage."""

    label: str
    action: str
    main: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message: a part for each language that its readers need, and its buttons."""

    name: str
    """The sentence of the catalogues that it is made of."""
    parts: tuple[Part, ...]
    buttons: tuple[Button, ...] = ()

    @property
    def plain(self) -> str:
        """The words alone: for notifications, screen readers and terminals."""
        return "\n\n— — —\n\n".join(
            "\n\n".join("".join(plain(span) for span in paragraph) for paragraph in part.paragraphs)
            for part in self.parts
        )


def plain(span: Span) -> str:
    """A span as bare words."""
    match span:
        case str():
            return span
        case Mention():
            return span.name
        case Said() | Strong():
            return span.text
        case Moment():
            return span.words
        case Space():
            return f"#{span.name}"


# ── What it asks ────────────────────────────────────────────────────────────────────────────────────


class FieldKind(StrEnum):
    """How a field is filled."""

    LINE = "line"
    TEXT = "text"
    """A few sentences."""
    CHOICE = "choice"
    CHOICES = "choices"
    """Any number of them; the value joins them with commas."""
    TIME = "time"
    """``HH:MM``."""
    DATE = "date"
    """``YYYY-MM-DD``."""
    ZONE = "zone"
    """An IANA zone."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One of the things to choose from."""

    value: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One thing to fill in; ``value`` is what stands in it at first."""

    name: str
    label: str
    kind: FieldKind = FieldKind.LINE
    value: str = ""
    hint: str = ""
    choices: tuple[Choice, ...] = ()
    limit: int = 150
    required: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """A short form; ``action`` is ``verb:id``, given back with the values."""

    action: str
    title: str
    fields: tuple[Field, ...]
    submit: str
    language: Language


@dataclass(frozen=True, kw_only=True, slots=True)
class File:
    """Something to keep: a member's own data."""

    name: str
    content: bytes
    media_type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """The answer to the person who asked, now and in private; empty: nothing to say."""

    message: Message | None = None
    form: Form | None = None
    file: File | None = None
    errors: Mapping[str, str] = field(default_factory=dict)
    """Field name → sentence, when a form cannot be taken as it is; nothing was changed then."""


# ── Who asks ────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, kw_only=True, slots=True)
class Asker:
    """A person as the platform describes them at this moment."""

    external_id: ExternalId
    name: str
    language: Language | None = None
    zone: str | None = None
    admin: bool = False
    """The platform lets them look after the whole community."""
    guest: bool = False
    """From elsewhere, or with few rights: may join, is never a convener."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ask:
    """Who asks, where and when: what every command, button and form carries."""

    community: CommunityId
    asker: Asker
    now: datetime
    space: ExternalId | None = None
    """The channel in which it was asked; None: in private."""
    space_name: str = ""
    circles: bool = True
    """Whether the introduced can be brought together there: a platform may not allow it in every channel."""
    sources: tuple[TieSource, ...] = ()
    """From what the platform could tell who knows whom."""
    event: str | None = None
    """The platform's name of what came in, so that it is handled once however often it arrives."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Given:
    """What came with a command."""

    text: str = ""
    choice: str = ""
    person: Asker | None = None
    number: int | None = None
