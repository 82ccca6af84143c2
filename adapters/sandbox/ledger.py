"""What was said in the sandbox's rooms, and who has read it."""

import asyncio
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from adapters.sandbox.journal import Journal
from adapters.sandbox.render import Json
from adapters.sandbox.rooms import Room
from bot.domain.ids import ExternalId

# Remarks are for one pair of eyes and live as long as the process; the oldest make room.
REMARKS_KEPT = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One message in one room. ``author`` None: Voisin. ``only``: nobody but this person sees it."""

    id: int
    room: Room
    at: datetime
    author: ExternalId | None
    body: Mapping[str, Json]
    only: ExternalId | None = None

    def seen_by(self, person: ExternalId) -> bool:
        """Whether they would find it in their rooms."""
        return self.room.holds(person) and self.only in (None, person)


class Ledger:
    """Entries are only ever added; with a path, they are on the disk when ``post`` and ``read`` return."""

    def __init__(self, path: Path | None = None) -> None:
        """Take up the ledger where it was left. Raises BadInput or StorageError."""
        self._entries: list[Entry] = []
        self._remarks: list[Entry] = []
        self._keys: dict[str, Entry] = {}
        self._channels: dict[str, Room] = {}
        self._rooms_of: dict[ExternalId, dict[str, Room]] = defaultdict(dict)
        self._ids: dict[str, list[int]] = defaultdict(list)
        self._read: dict[tuple[ExternalId, str], int] = {}
        self._liked: dict[int, set[ExternalId]] = {}
        self._last = 0
        self._watchers: set[asyncio.Event] = set()
        self._journal = Journal(path)
        for number, line in enumerate(self._journal.open(), start=1):
            try:
                self._take_up(line)
            except (KeyError, TypeError, ValueError) as error:
                raise self._journal.unlike(number) from error

    def close(self) -> None:
        """Let go of the file."""
        self._journal.close()

    # ── In ──────────────────────────────────────────────────────────────────────────────────────────

    def post(
        self, room: Room, *, at: datetime, author: ExternalId | None, body: Mapping[str, Json], key: str
    ) -> Entry:
        """Say something to all in the room, once per key: the second time, what was said first is returned.

        Raises FullDisk or StorageError, and then nothing was said.
        """
        if known := self._keys.get(key):
            return known
        entry = Entry(id=self._last + 1, room=room, at=at, author=author, body=body)
        self._journal.write(
            {
                "id": entry.id,
                "room": room.written,
                "at": at.isoformat(),
                "author": author,
                "key": key,
                "body": body,
            }
        )
        self._keep(entry, key)
        self.stir()
        return entry

    def remark(self, room: Room, *, at: datetime, only: ExternalId, body: Mapping[str, Json]) -> Entry:
        """Say something to one person, for now: it is not written down."""
        self._last += 1
        entry = Entry(id=self._last, room=room, at=at, author=None, body=body, only=only)
        self._remarks = [*self._remarks[1 - REMARKS_KEPT :], entry]
        self.stir()
        return entry

    def read(self, room: Room, *, by: ExternalId, upto: int) -> None:
        """They have seen everything in the room up to this entry. Raises as ``post`` does."""
        upto = min(upto, self._last)
        if upto > self.read_upto(room, by=by):
            self._journal.write({"read": upto, "by": by, "room": room.name})
            self._read[by, room.name] = upto
            self.stir()

    def like(self, entry: Entry, *, by: ExternalId) -> None:
        """They react to an entry, once: it stands for all who see it. Raises as ``post`` does."""
        if by not in self._liked.get(entry.id, ()):
            self._journal.write({"liked": entry.id, "by": by})
            self._liked.setdefault(entry.id, set()).add(by)
            self.stir()

    # ── Out ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def last(self) -> int:
        """The id of the newest entry; 0 before the first."""
        return self._last

    def after(self, id: int, *, person: ExternalId) -> Sequence[Entry]:
        """What this person can see and what came after an entry, oldest first."""
        start = bisect_right(self._entries, id, key=lambda entry: entry.id)
        news = [*self._entries[start:], *(remark for remark in self._remarks if remark.id > id)]
        return sorted((entry for entry in news if entry.seen_by(person)), key=lambda entry: entry.id)

    def find(self, id: int, *, room: Room) -> Entry | None:
        """An entry that all in this room can see."""
        start = bisect_left(self._entries, id, key=lambda entry: entry.id)
        found = next(iter(self._entries[start : start + 1]), None)
        return found if found and found.id == id and found.room == room else None

    def likes(self, *, person: ExternalId) -> Mapping[int, Sequence[ExternalId]]:
        """Entry → who reacted to it, of those that this person can see."""
        return {
            id: sorted(by)
            for id, by in self._liked.items()
            for entry in self._entries[bisect_left(self._entries, id, key=lambda entry: entry.id) :][:1]
            if entry.seen_by(person)
        }

    def circles(self, person: ExternalId) -> Sequence[Room]:
        """The circles in which something was said to this person, the liveliest first."""
        theirs = [room for room in self._rooms_of.get(person, {}).values() if room.is_circle]
        return sorted(theirs, key=lambda room: self._ids[room.name][-1], reverse=True)

    def read_upto(self, room: Room, *, by: ExternalId) -> int:
        """The last entry of the room that they have seen."""
        return self._read.get((by, room.name), 0)

    def unread(self, person: ExternalId) -> Mapping[str, int]:
        """Room → how many entries they have not seen; rooms without any are left out."""
        counts = {}
        for room in (*self._channels.values(), *self._rooms_of.get(person, {}).values()):
            ids = self._ids[room.name]
            if count := len(ids) - bisect_right(ids, self.read_upto(room, by=person)):
                counts[room.name] = count
        return counts

    # ── Watching ────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        """An event that is set whenever something is new; the watcher clears it."""
        event = asyncio.Event()
        self._watchers.add(event)
        try:
            yield event
        finally:
            self._watchers.discard(event)

    def stir(self) -> None:
        """Wake whoever watches."""
        for event in self._watchers:
            event.set()

    # ── Inside ──────────────────────────────────────────────────────────────────────────────────────

    def _keep(self, entry: Entry, key: str) -> None:
        self._last = entry.id
        self._entries.append(entry)
        self._keys[key] = entry
        if entry.room.channel is not None:
            self._channels[entry.room.name] = entry.room
        for person in entry.room.people:
            self._rooms_of[person][entry.room.name] = entry.room
        self._ids[entry.room.name].append(entry.id)
        if entry.author is not None:
            # One has read what one writes.
            self._read[entry.author, entry.room.name] = entry.id

    def _take_up(self, line: Mapping[str, Json]) -> None:
        if isinstance(upto := line.get("read"), int):
            self._read[ExternalId(str(line["by"])), str(line["room"])] = upto
            return
        if isinstance(liked := line.get("liked"), int):
            self._liked.setdefault(liked, set()).add(ExternalId(str(line["by"])))
            return
        id, room, author, body = line["id"], line["room"], line["author"], line["body"]
        if not (isinstance(id, int) and isinstance(room, dict) and isinstance(body, dict)):
            raise TypeError("not an entry")
        entry = Entry(
            id=id,
            room=Room.read(room),
            at=datetime.fromisoformat(str(line["at"])),
            author=None if author is None else ExternalId(str(author)),
            body=body,
        )
        self._keep(entry, str(line["key"]))
