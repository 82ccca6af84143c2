"""In: a person types, presses, fills, writes, or moves the clock; each is one call of the desk."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime, timedelta

from aiohttp import web

from adapters.sandbox import render
from adapters.sandbox.desk import Desk
from adapters.sandbox.guard import Rejected
from adapters.sandbox.ledger import Ledger
from adapters.sandbox.render import Json
from adapters.sandbox.requests import Reader, Requested
from adapters.sandbox.town import Town, folded
from bot.actions import notice
from bot.domain.community import Community
from bot.errors import AlreadyHeard, Unknown, VoisinError
from bot.messages import Ask, Reply
from bot.ports import Clock, Storage

Move = Callable[[datetime], Awaitable[None]]

LEAPS = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
LONGEST = 10.0
"""Seconds for which a click waits for the time to pass; it goes on passing after that."""
# As many as one reads at a glance.
PEOPLE_OFFERED = 8


class Listeners:
    """Payload → plain arguments → one call → what the page shows."""

    def __init__(
        self,
        *,
        town: Town,
        community: Community,
        ledger: Ledger,
        storage: Storage,
        clock: Clock,
        desk: Desk,
        move: Move | None,
    ) -> None:
        self._town = town
        self._community = community
        self._ledger = ledger
        self._storage = storage
        self._clock = clock
        self._desk = desk
        self._move = move
        self._reader = Reader(town, ledger)

    def routes(self) -> list[web.RouteDef]:
        """Everything that the page may ask for."""
        return [
            web.post("/command", self.command),
            web.post("/press", self.press),
            web.post("/submit", self.submit),
            web.post("/write", self.write),
            web.post("/react", self.react),
            web.post("/read", self.read),
            web.post("/clock", self.clock),
            web.get("/complete", self.complete),
        ]

    async def command(self, request: web.Request) -> web.Response:
        """``/voisin …``, without the first word."""
        asked = await self._reader.requested(request)
        line = asked.text("line")
        return await self._hand_in(
            asked, lambda ask: self._desk.run(self._storage.open_work, ask, line, self._town.find)
        )

    async def press(self, request: web.Request) -> web.Response:
        """A button."""
        asked = await self._reader.requested(request)
        action = asked.action()
        return await self._hand_in(asked, lambda ask: self._desk.press(self._storage.open_work, ask, action))

    async def submit(self, request: web.Request) -> web.Response:
        """A form."""
        asked = await self._reader.requested(request)
        action, values = asked.action(), asked.values()
        return await self._hand_in(
            asked, lambda ask: self._desk.submit(self._storage.open_work, ask, action, values)
        )

    async def write(self, request: web.Request) -> web.Response:
        """Plain words, for the people in the room: they stay in the ledger, the core never hears of them."""
        asked = await self._reader.requested(request)
        text = asked.text("text")
        if not text:
            raise Rejected(400, "unreadable")
        if not (asked.room.channel or asked.room.is_circle):
            raise Rejected(400, "talk_to_nobody")
        try:
            self._ledger.post(
                asked.room,
                at=self._clock.now(),
                author=asked.resident.id,
                body=render.words(text),
                key=f"{asked.resident.id}/{asked.id}",
            )
        except VoisinError as error:
            raise Rejected(503, "failed", sentence=str(error)) from error
        return web.json_response({})

    async def react(self, request: web.Request) -> web.Response:
        """A reaction by hand, to something that was said in a room of several: only that there is one."""
        asked = await self._reader.requested(request)
        entry = self._ledger.find(asked.number("entry"), room=asked.room)
        if entry is None:
            raise Rejected(404, "unknown_entry")
        try:
            self._ledger.like(entry, by=asked.resident.id)
            if entry.author is None and entry.room.channel:
                await notice.taken_up(
                    self._storage.open_work,
                    self._community.id,
                    asked.resident.id,
                    f"{entry.room.name}/{entry.id}",
                    now=self._clock.now(),
                )
        except VoisinError as error:
            raise Rejected(503, "failed", sentence=str(error)) from error
        self._clock.ring()
        return web.json_response({})

    async def read(self, request: web.Request) -> web.Response:
        """They have seen the room, up to an entry."""
        asked = await self._reader.requested(request)
        try:
            self._ledger.read(asked.room, by=asked.resident.id, upto=asked.number("upto"))
        except VoisinError as error:
            raise Rejected(503, "failed", sentence=str(error)) from error
        return web.json_response({})

    async def clock(self, request: web.Request) -> web.Response:
        """Forward by an hour, by a day, or to the next thing that is due."""
        asked = await self._reader.requested(request)
        if self._move is None:
            raise Rejected(409, "still_clock")
        to, now = asked.text("to"), self._clock.now()
        if to == "due":
            due = await self._storage.agenda.next_due()
            if due is None:
                raise Rejected(409, "nothing_due")
            to_come = max(due, now)
        elif to in LEAPS:
            to_come = now + LEAPS[to]
        else:
            raise Rejected(400, "unreadable")
        with suppress(TimeoutError):
            await asyncio.wait_for(self._move(to_come), LONGEST)
        self._clock.ring()
        self._ledger.stir()
        return web.json_response({"now": self._clock.now().isoformat()})

    async def complete(self, request: web.Request) -> web.Response:
        """What could be typed next, after ``/voisin`` or for the name that is being typed."""
        resident = self._reader.resident(request.query.get("person"))
        line = request.query.get("line", "")[:200]
        before, at, name = line.rpartition("@")
        if at and " " not in name:
            offered = [
                (f"{before}@{other.id}", other.name)
                for other in self._town.residents
                if other is not resident and f" {folded(name)}" in f" {folded(other.id)} {folded(other.name)}"
            ][:PEOPLE_OFFERED]
        else:
            ask = Ask(community=self._community.id, asker=resident.asker, now=self._clock.now())
            offered = list(await self._desk.complete(self._storage.open_work, ask, line))
        return web.json_response([{"text": text, "about": about} for text, about in offered])

    async def _hand_in(self, asked: Requested, call: Callable[[Ask], Awaitable[Reply]]) -> web.Response:
        channel = self._town.channel(asked.room.channel) if asked.room.channel else None
        ask = Ask(
            community=self._community.id,
            asker=asked.resident.asker,
            now=self._clock.now(),
            space=asked.room.channel,
            space_name=channel.name if channel else "",
            event=f"sandbox/{asked.resident.id}/{asked.id}",
        )
        try:
            reply = await call(ask)
        except AlreadyHeard:
            reply = Reply()
        except Unknown as error:
            raise Rejected(404, "unknown_action") from error
        except VoisinError as error:
            raise Rejected(503, "failed", sentence=str(error)) from error
        finally:
            self._clock.ring()
            self._ledger.stir()
        return web.json_response(self._answer(asked, reply))

    def _answer(self, asked: Requested, reply: Reply) -> dict[str, Json]:
        if reply.message or reply.file:
            body = render.message(reply.message) if reply.message else render.words("")
            if reply.file:
                body["file"] = render.file(reply.file)
            self._ledger.remark(asked.room, at=self._clock.now(), only=asked.resident.id, body=body)
        return {
            "form": render.form(reply.form) if reply.form else None,
            "errors": dict(reply.errors),
        }
