"""Slack's own export of a workspace: who is there, and who had to do with whom, and when.

Texts are looked through in memory for who is mentioned, and forgotten; none is returned, kept or shown.
Only public channels are read: what an export also holds of private ones and direct messages stays closed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path

from adapters.files.archive import Archive, opened
from bot.actions.bring_in import RosterLine, TieLine
from bot.domain.cadence import UnknownZone, zone_named
from bot.domain.ids import ExternalId
from bot.domain.member import TieKind
from bot.errors import BadInput

CROWD = 50
"""A conversation among more people says nothing about any two of them, and has over a thousand pairs."""

LONGEST_NAME = 200

_MENTION = re.compile(r"<@([A-Z0-9]{2,})(?:\|[^>]*)?>")
_DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")

SLACKBOT = "USLACKBOT"

WRITTEN = frozenset({None, "thread_broadcast", "file_share", "me_message"})
"""Subtypes of messages that a person wrote; the others say that someone came, left or renamed something."""

Record = Mapping[str, object]

_EPOCH = datetime.fromtimestamp(0, tz=UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class SlackExport:
    """What an export says of a community."""

    people: tuple[RosterLine, ...]
    ties: tuple[TieLine, ...]
    channels: int
    """How many public channels were read."""


def read_slack_export(path: Path) -> SlackExport:
    """Read the zip or the folder that Slack gives. Raises BadInput, which names the file and the remedy."""
    with opened(path) as archive:
        if "users.json" not in archive.names:
            raise BadInput(
                f"{path} has no users.json: name the zip that Slack gives, or the folder it unpacks to."
            )
        people = tuple(_people(archive))
        known = {person.member for person in people}
        channels = _channels(archive)
        found: list[TieLine] = []
        for name, days in _days(archive, channels).items():
            channel = _Channel(name, known)
            for day in days:
                for message in _records(archive, day):
                    channel.hear(message)
            found.extend(channel.ties())
    return SlackExport(people=people, ties=tuple(found), channels=len(channels))


def _people(archive: Archive) -> Iterator[RosterLine]:
    seen = set()
    for user in _records(archive, "users.json"):
        member = _text(user, "id")
        if not member:
            raise BadInput("users.json: someone has no id: download the export again.")
        if member in seen:
            raise BadInput(f"users.json: {member[:40]!r} is there twice: download the export again.")
        seen.add(member)
        if member == SLACKBOT or user.get("deleted") or user.get("is_bot") or user.get("is_app_user"):
            continue
        profile = _record(user.get("profile"))
        name = (
            _text(profile, "display_name") or _text(profile, "real_name") or _text(user, "real_name")
            or _text(user, "name") or member
        )  # fmt: skip
        yield RosterLine(member=ExternalId(member), name=_clean(name), zone=_zone(_text(user, "tz")))


def _clean(name: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in name).split())[:LONGEST_NAME]


def _zone(name: str) -> str | None:
    """A zone that only Slack knows is left out: its owner cannot correct the file, and Voisin asks them."""
    try:
        return zone_named(name).key if name else None
    except UnknownZone:
        return None


def _channels(archive: Archive) -> tuple[str, ...]:
    if "channels.json" not in archive.names:
        return ()
    names = [_text(channel, "name") for channel in _records(archive, "channels.json")]
    return tuple(sorted({name for name in names if name}))


def _days(archive: Archive, channels: Sequence[str]) -> Mapping[str, Sequence[str]]:
    """The files of each public channel, in the order of their days."""
    days: dict[str, list[str]] = {channel: [] for channel in channels}
    for name in archive.names:
        folder, _, file = name.rpartition("/")
        if folder in days and _DAY.fullmatch(file):
            days[folder].append(name)
    return days


@dataclass(slots=True)
class _Thread:
    """One conversation, as it comes together over the days of its channel."""

    author: str = ""
    people: set[str] = field(default_factory=set)
    last: datetime = _EPOCH


class _Channel:
    """The ties of one channel; of its messages only who, whom and when is kept."""

    def __init__(self, name: str, known: set[ExternalId]) -> None:
        self._name, self._known = name, known
        self._threads: dict[str, _Thread] = {}
        self._replies: list[tuple[str, _Thread, datetime]] = []
        self._ties: list[TieLine] = []

    def hear(self, message: Record) -> None:
        """Take in one message."""
        author, at = _text(message, "user"), _moment(message.get("ts"))
        if (
            message.get("type") != "message"
            or message.get("subtype") not in WRITTEN
            or not author
            or at is None
        ):
            return
        if root := _text(message, "thread_ts"):
            self._answer(message, self._threads.setdefault(root, _Thread()), author, at)
        for mentioned in dict.fromkeys(_MENTION.findall(_text(message, "text"))):
            self._tie(author, mentioned, TieKind.MENTION, at)
        for reader in dict.fromkeys(_readers(message)):
            self._tie(reader, author, TieKind.REACTION, at)

    def ties(self) -> Sequence[TieLine]:
        """All of them: only at the end is it known who began each conversation, and who took part."""
        for author, thread, at in self._replies:
            self._tie(author, thread.author, TieKind.REPLY, at)
        for thread in self._threads.values():
            if len(thread.people) <= CROWD:
                for one, other in combinations(sorted(thread.people), 2):
                    self._tie(one, other, TieKind.TOPIC, thread.last, people=len(thread.people))
        return self._ties

    def _answer(self, message: Record, thread: _Thread, author: str, at: datetime) -> None:
        thread.people.add(author)
        thread.last = max(at, thread.last)
        if message.get("thread_ts") == message.get("ts"):
            thread.author = author
        else:
            # The first message may be older than the export.
            thread.author = thread.author or _text(message, "parent_user_id")
            self._replies.append((author, thread, at))

    def _tie(self, source: str, target: str, kind: TieKind, at: datetime, *, people: int = 2) -> None:
        one, other = ExternalId(source), ExternalId(target)
        if one != other and one in self._known and other in self._known:
            self._ties.append(
                TieLine(source=one, target=other, kind=kind, at=at, people=people, place=f"#{self._name}")
            )


def _readers(message: Record) -> Iterator[str]:
    """Who reacted to a message."""
    for reaction in _sequence(message.get("reactions")):
        for reader in _sequence(_record(reaction).get("users")):
            if isinstance(reader, str):
                yield reader


def _moment(stamp: object) -> datetime | None:
    """Slack's ``1495635000.000200``; what cannot be read as one is no message of a person's."""
    try:
        return datetime.fromtimestamp(int(str(stamp).partition(".")[0]), tz=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _records(archive: Archive, name: str) -> Iterator[Record]:
    content = archive.read(name)
    if not isinstance(content, list) or not all(isinstance(item, dict) for item in content):
        raise BadInput(f"{name} is not what Slack writes there: download the export again.")
    yield from content


def _record(value: object) -> Record:
    return value if isinstance(value, dict) else {}


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _text(record: Record, key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""
