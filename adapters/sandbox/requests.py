"""What the page sends, read and checked: nothing past this point is a loose dictionary."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from adapters.sandbox.guard import Rejected
from adapters.sandbox.ledger import Ledger
from adapters.sandbox.render import Json
from adapters.sandbox.rooms import Room
from adapters.sandbox.town import Resident, Town
from bot.domain.ids import ExternalId

BODY_LIMIT = 64 * 1024
TEXT_LIMIT = 4000
ACTION = re.compile(r"[a-z][a-z_-]{0,39}:[^\s]{0,160}")
EVENT = re.compile(r"[A-Za-z0-9-]{8,64}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Requested:
    """Who does something, in which room, and what came with it."""

    resident: Resident
    room: Room
    id: str
    """Made by the page: the same for the same click, however often it arrives."""
    fields: Mapping[str, Json]

    def text(self, name: str) -> str:
        """Words that came with it. Raises Rejected."""
        value = self.fields.get(name)
        if not isinstance(value, str):
            raise Rejected(400, "unreadable")
        if len(value) > TEXT_LIMIT:
            raise Rejected(413, "too_long", n=TEXT_LIMIT)
        return value.strip()

    def action(self) -> str:
        """``verb:id``. Raises Rejected."""
        action = self.text("action")
        if not ACTION.fullmatch(action):
            raise Rejected(404, "unknown_action")
        return action

    def values(self) -> Mapping[str, str]:
        """What stands in the fields of a form. Raises Rejected."""
        values = self.fields.get("values")
        if not isinstance(values, dict):
            raise Rejected(400, "unreadable")
        read: dict[str, str] = {}
        for name, value in values.items():
            if not isinstance(value, str):
                raise Rejected(400, "unreadable")
            read[name] = value
        return read

    def number(self, name: str) -> int:
        """A number that came with it. Raises Rejected."""
        value = self.fields.get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise Rejected(400, "unreadable")
        return value


class Reader:
    """Knows who lives in the town and which rooms there are."""

    def __init__(self, town: Town, ledger: Ledger) -> None:
        self._town = town
        self._ledger = ledger

    async def requested(self, request: web.Request) -> Requested:
        """Who sent this, from which room. Raises Rejected."""
        fields = await _body(request)
        resident = self.resident(fields.get("person"))
        id = fields.get("id")
        if not isinstance(id, str) or not EVENT.fullmatch(id):
            raise Rejected(400, "unreadable")
        return Requested(
            resident=resident, room=self._room(resident, fields.get("room")), id=id, fields=fields
        )

    def resident(self, id: Json) -> Resident:
        """Someone who lives here. Raises Rejected."""
        resident = self._town.by_id.get(ExternalId(id)) if isinstance(id, str) else None
        if resident is None:
            raise Rejected(404, "unknown_person")
        return resident

    def rooms(self, resident: Resident) -> list[Room]:
        """Where they may be: the channels, Voisin, their circles."""
        return [
            *(Room.of_channel(channel.id) for channel in self._town.channels),
            Room.of_person(resident.id),
            *self._ledger.circles(resident.id),
        ]

    def _room(self, resident: Resident, name: Json) -> Room:
        for room in self.rooms(resident):
            if room.name == name:
                return room
        raise Rejected(404, "unknown_room")


async def _body(request: web.Request) -> Mapping[str, Json]:
    if request.content_type != "application/json":
        raise Rejected(415, "unreadable")
    body = bytearray()
    async for chunk in request.content.iter_any():
        body += chunk
        if len(body) > BODY_LIMIT:
            raise Rejected(413, "too_long", n=BODY_LIMIT)
    try:
        fields: Json = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Rejected(400, "unreadable") from error
    if not isinstance(fields, dict):
        raise Rejected(400, "unreadable")
    return fields
