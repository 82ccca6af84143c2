"""The gateway: hello, identify, heartbeats, dispatch, resume; and everything that can go wrong with it."""

import asyncio
import json
import secrets
import zlib
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.loopback import discord_described as described
from tests.loopback.discord_people import Guild, Json, World

GUILDS, MEMBERS, VOICES, PRESENCES = 1 << 0, 1 << 1, 1 << 7, 1 << 8
POSTS, REACTIONS, DIRECT, CONTENT = 1 << 9, 1 << 10, 1 << 12, 1 << 15

NEEDS = {
    "GUILD_MEMBER_ADD": MEMBERS,
    "GUILD_MEMBER_REMOVE": MEMBERS,
    "GUILD_MEMBER_UPDATE": MEMBERS,
    "VOICE_STATE_UPDATE": VOICES,
    "MESSAGE_CREATE": POSTS,
    "MESSAGE_UPDATE": POSTS,
    "MESSAGE_DELETE": POSTS,
    "MESSAGE_REACTION_ADD": REACTIONS,
    "INTERACTION_CREATE": 0,
    "RESUMED": 0,
}
"""Everything else comes with GUILDS."""

REMEMBERED = 500
"""Events of a session that can be sent again."""

_RUDE_END = object()


@dataclass(kw_only=True)
class Session:
    """What outlives a connection."""

    id: str
    intents: int
    shard: tuple[int, int]
    seq: int = 0
    sent: deque[tuple[int, str]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    line: "Line | None" = None

    def minds(self, guild: Guild | None) -> bool:
        """Whether a server is of this shard; direct messages are of the first."""
        number, of = self.shard
        return number == (int(guild.id) >> 22) % of if guild is not None else number == 0


@dataclass(kw_only=True)
class Line:
    """One connection."""

    socket: web.WebSocketResponse
    request: web.Request
    compressed: bool
    queue: "asyncio.Queue[Any]" = field(default_factory=asyncio.Queue)
    session: Session | None = None
    identified: bool = False
    dead: bool = False
    """It stands, and nothing goes down it any more: to the other side a zombie."""

    async def write(self) -> None:
        """Send what is put into the queue, until the end."""
        flow = zlib.compressobj()
        with suppress(ConnectionError, RuntimeError):
            while True:
                what = await self.queue.get()
                match what:
                    case None:
                        return
                    case int():
                        await self.socket.close(code=what)
                        return
                    case bytes():
                        await self.socket.send_bytes(what)
                    case str() if self.compressed:
                        packed = flow.compress(what.encode()) + flow.flush(zlib.Z_SYNC_FLUSH)
                        await self.socket.send_bytes(packed)
                    case str():
                        await self.socket.send_str(what)
                    case _:
                        if isinstance(self.request.transport, asyncio.Transport):
                            self.request.transport.abort()
                        return

    def say(self, op: int, data: object = None) -> None:
        """Something that is no event."""
        self.queue.put_nowait(json.dumps({"op": op, "d": data, "s": None, "t": None}))


@dataclass(kw_only=True)
class Gateway:
    """All connections."""

    world: World
    token: str
    beat: int = 41_250
    """Milliseconds between two heartbeats."""
    shards: int = 1
    """How many are recommended."""
    starts: int = 900
    """How often a bot may still present itself today."""
    address: str = ""
    sessions: dict[str, Session] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    identified: list[tuple[int, int]] = field(default_factory=list)
    """Shards, each time one presented itself."""
    resumed: int = 0
    beats: int = 0
    stir: Callable[[], None] = lambda: None
    """Called when a connection came, spoke or went."""

    @property
    def live(self) -> list[Session]:
        """Sessions with a connection."""
        return [each for each in self.sessions.values() if each.line is not None]

    # ── Events ──────────────────────────────────────────────────────────────────────────────────────

    def tell(self, event: str, data: Json, guild: Guild | None) -> None:
        """Tell every session that minds and wants it; one without a connection hears it when it resumes."""
        for session in self.sessions.values():
            needed = NEEDS.get(event, GUILDS)
            if guild is None and needed in (POSTS, REACTIONS):
                needed <<= 3
            if session.minds(guild) and session.intents & needed == needed:
                self._send(session, event, self._veiled(session, event, data, guild))

    def _veiled(self, session: Session, event: str, data: Json, guild: Guild | None) -> Json:
        """Without the right to content, only direct messages, own ones and mentions have words."""
        mine = self.world.bot.id
        open_to_it = (
            guild is None
            or session.intents & CONTENT
            or data.get("author", {}).get("id") == mine
            or any(each["id"] == mine for each in data.get("mentions", ()))
        )
        if event not in ("MESSAGE_CREATE", "MESSAGE_UPDATE") or open_to_it:
            return data
        return data | {"content": "", "embeds": [], "attachments": [], "components": []}

    def _send(self, session: Session, event: str, data: Json) -> None:
        session.seq += 1
        text = json.dumps({"op": 0, "t": event, "s": session.seq, "d": data})
        session.sent.append((session.seq, text))
        if session.line is not None and not session.line.dead:
            session.line.queue.put_nowait(text)

    # ── What goes wrong ─────────────────────────────────────────────────────────────────────────────

    def drop(self) -> None:
        """Every connection breaks; the sessions can be resumed."""
        for line in list(self.lines):
            line.queue.put_nowait(_RUDE_END)

    def die(self) -> None:
        """Every connection stands, and is dead: heartbeats are answered no more, and nothing is told."""
        for line in self.lines:
            line.dead = True

    def reconnect(self) -> None:
        """Everyone is asked to come again."""
        for line in self.lines:
            line.say(7)

    def invalidate(self, *, resumable: bool = False) -> None:
        """Every session is over, or said to be."""
        for line in self.lines:
            line.say(9, resumable)
        if not resumable:
            self.sessions.clear()

    def garble(self, what: str | bytes) -> None:
        """Something that is no event goes down every line."""
        for line in self.lines:
            line.queue.put_nowait(what)

    def repeat(self) -> None:
        """The last interaction of every session comes once more."""
        for session in self.live:
            told = [text for _, text in session.sent if '"INTERACTION_CREATE"' in text]
            if told and session.line is not None:
                session.line.queue.put_nowait(told[-1])

    def close(self, code: int) -> None:
        """Every connection is closed with a code."""
        for line in self.lines:
            line.queue.put_nowait(code)

    # ── Connections ─────────────────────────────────────────────────────────────────────────────────

    async def connect(self, request: web.Request) -> web.StreamResponse:
        """One connection, from its hello to its end."""
        socket = web.WebSocketResponse(max_msg_size=0)
        await socket.prepare(request)
        line = Line(socket=socket, request=request, compressed=request.query.get("compress") == "zlib-stream")
        writing = asyncio.create_task(line.write())
        self.lines.append(line)
        line.say(10, {"heartbeat_interval": self.beat})
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    self._hear(line, json.loads(message.data))
                    self.stir()
        finally:
            self.lines.remove(line)
            if line.session is not None and line.session.line is line:
                line.session.line = None
            line.queue.put_nowait(None)
            self.stir()
            await writing
        return socket

    def _hear(self, line: Line, said: Json) -> None:
        match said["op"]:
            case 1:
                self.beats += 1
                if not line.dead:
                    line.say(11)
            case 2:
                self._identify(line, said["d"])
            case 6:
                self._resume(line, said["d"])
            case 8:
                self._list(line, said["d"])
            case _:
                return

    def _identify(self, line: Line, said: Json) -> None:
        if said["token"] != self.token:
            line.queue.put_nowait(4004)
            return
        intents = int(said["intents"])
        granted = MEMBERS if self.world.members_intent else 0
        if intents & (MEMBERS | PRESENCES | CONTENT) & ~granted:
            self.world.problems.append(f"Intents that were not granted were asked for: {intents:b}")
            line.queue.put_nowait(4014)
            return
        number, of = said.get("shard", (0, 1))
        self.identified.append((number, of))
        session = Session(id=secrets.token_hex(8), intents=intents, shard=(number, of), line=line)
        self.sessions[session.id] = session
        line.session = session
        mine = [guild for guild in self.world.guilds.values() if session.minds(guild)]
        ready: Json = {
            "v": 10,
            "user": described.user(self.world.bot) | {"verified": True, "mfa_enabled": True},
            "guilds": [{"id": guild.id, "unavailable": True} for guild in mine],
            "session_id": session.id,
            "resume_gateway_url": self.address,
            "shard": [number, of],
            "application": {"id": self.world.application, "flags": 0},
            "session_type": "normal",
        }
        self._send(session, "READY", ready)
        for guild in mine:
            self._send(session, "GUILD_CREATE", described.guild(guild, self.world))

    def _resume(self, line: Line, said: Json) -> None:
        session = self.sessions.get(said["session_id"])
        oldest = session.sent[0][0] if session is not None and session.sent else 1
        if session is None or said["token"] != self.token or int(said["seq"] or 0) < oldest - 1:
            line.say(9, False)
            return
        session.line, line.session = line, session
        for seq, text in list(session.sent):
            if seq > int(said["seq"] or 0):
                line.queue.put_nowait(text)
        self.resumed += 1
        self._send(session, "RESUMED", {})

    def _list(self, line: Line, said: Json) -> None:
        """The members of a server, all of them or some: for bots with the intent."""
        guild = self.world.guilds.get(str(said["guild_id"]))
        if guild is None or line.session is None or not line.session.intents & MEMBERS:
            return
        wanted = {str(each) for each in said.get("user_ids") or guild.members}
        found = [each for id, each in guild.members.items() if id in wanted]
        chunks = [found[start : start + 1000] for start in range(0, len(found), 1000)] or [[]]
        for number, chunk in enumerate(chunks):
            said_of_them: Json = {
                "guild_id": guild.id,
                "members": [described.member(guild, each) for each in chunk],
                "chunk_index": number,
                "chunk_count": len(chunks),
                "not_found": [],
            }
            nonce = {"nonce": said["nonce"]} if said.get("nonce") else {}
            self._send(line.session, "GUILD_MEMBERS_CHUNK", said_of_them | nonce)

    async def hang_up(self, _: web.Application) -> None:
        """The end of it all."""
        for line in list(self.lines):
            await line.socket.close()
