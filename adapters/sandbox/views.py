"""Out: the page itself, what stands in a member's rooms, and what is new in them as it happens."""

import asyncio
import json
from datetime import datetime
from pathlib import Path

from aiohttp import web
from aiohttp.typedefs import Handler

from adapters.sandbox.labels import labels
from adapters.sandbox.ledger import Entry, Ledger
from adapters.sandbox.render import Json
from adapters.sandbox.requests import Reader
from adapters.sandbox.rooms import Room
from adapters.sandbox.town import Resident, Town
from bot.ports import Agenda, Clock

PAGE = Path(__file__).with_name("page")
FILES = (
    "page.css",
    "page.js",
    "composer.js",
    "dom.js",
    "forms.js",
    "messages.js",
    "side.js",
    "state.js",
    "mark.svg",
)
# What a page shows of the past; a browser stays quick with that many.
SHOWN = 1000
# After something happened, what is due next may change without a message: look again soon, for a while.
SOON, A_WHILE, SELDOM = 1.0, 10.0, 15.0


class Views:
    """Reads the ledger and the clock; changes nothing."""

    def __init__(
        self, *, town: Town, ledger: Ledger, agenda: Agenda, clock: Clock, movable: bool, token: str
    ) -> None:
        self._town = town
        self._ledger = ledger
        self._agenda = agenda
        self._clock = clock
        self._movable = movable
        self._token = token
        self._reader = Reader(town, ledger)
        self._closing = False

    def routes(self) -> list[web.RouteDef]:
        """Everything that the page may look at."""
        files = [web.get(f"/{file}", _file(file)) for file in FILES]
        return [
            web.get("/", _file("index.html")),
            *files,
            web.get("/state", self.state),
            web.get("/events", self.events),
        ]

    async def close(self, _: web.Application) -> None:
        """Let those who listen go."""
        self._closing = True
        self._ledger.stir()

    async def state(self, request: web.Request) -> web.Response:
        """Everything that one member can see."""
        resident = self._reader.resident(request.query.get("person", self._first().id))
        rooms = self._reader.rooms(resident)
        return web.json_response(
            {
                "token": self._token,
                "me": resident.id,
                "community": self._town.name,
                "words": dict(labels(resident.language)),
                "people": [_person(other) for other in self._town.residents],
                "read": {room.name: self._ledger.read_upto(room, by=resident.id) for room in rooms},
                **await self._news(resident, since=0),
            }
        )

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: one now, then one whenever something changes."""
        resident = self._reader.resident(request.query.get("person"))
        answer = web.StreamResponse(
            headers={
                "Content-Type": "text/event-stream",
                "Cache-Control": "no-store",
                "X-Content-Type-Options": "nosniff",
            }
        )
        await answer.prepare(request)
        try:
            with self._ledger.watched() as news:
                await self._tell(answer, resident, news)
        except ConnectionError:
            # They closed the page.
            pass
        return answer

    async def _tell(self, answer: web.StreamResponse, resident: Resident, news: asyncio.Event) -> None:
        loop = asyncio.get_running_loop()
        since, told, woken = self._ledger.last, "", loop.time()
        while not self._closing:
            news.clear()
            last = self._ledger.last
            what = json.dumps(await self._news(resident, since=since))
            await answer.write(b": still here\n\n" if what == told else f"data: {what}\n\n".encode())
            since, told = last, what
            wait = SOON if loop.time() - woken < A_WHILE else SELDOM
            try:
                async with asyncio.timeout(wait):
                    await news.wait()
                woken = loop.time()
            except TimeoutError:
                continue

    async def _news(self, resident: Resident, *, since: int) -> dict[str, Json]:
        due = await self._agenda.next_due() if self._movable else None
        return {
            "rooms": [self._room(room) for room in self._reader.rooms(resident)],
            "entries": [_entry(entry) for entry in self._ledger.after(since, person=resident.id)[-SHOWN:]],
            "likes": {str(id): list(by) for id, by in self._ledger.likes(person=resident.id).items()},
            "unread": {
                other.id: dict(unread)
                for other in self._town.residents
                if (unread := self._ledger.unread(other.id))
            },
            "clock": {
                "now": _minute(self._clock.now()),
                "due": _minute(due),
                "movable": self._movable,
            },
        }

    def _first(self) -> Resident:
        """Whom one is at first: whoever has most to read that is meant for them."""

        def waiting(resident: Resident) -> int:
            unread = self._ledger.unread(resident.id)
            return sum(unread.get(room.name, 0) for room in self._reader.rooms(resident) if not room.channel)

        return max(self._town.residents, key=waiting)

    def _room(self, room: Room) -> Json:
        channel = self._town.channel(room.channel) if room.channel else None
        return {
            "name": room.name,
            "channel": channel.name if channel else None,
            "circle": room.is_circle,
            "people": sorted(room.people),
        }


def _file(name: str) -> Handler:
    async def file(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(PAGE / name)

    return file


def _person(resident: Resident) -> Json:
    return {
        "id": resident.id,
        "name": resident.name,
        "language": resident.language.value,
        "zone": resident.zone,
        "admin": resident.admin,
    }


def _entry(entry: Entry) -> Json:
    return {
        "id": entry.id,
        "room": entry.room.name,
        "at": entry.at.isoformat(),
        "author": entry.author,
        "only": entry.only is not None,
        "body": entry.body,
    }


def _minute(at: datetime | None) -> str | None:
    # To the minute: a running clock is not news every second.
    return at.replace(second=0, microsecond=0).isoformat() if at else None
