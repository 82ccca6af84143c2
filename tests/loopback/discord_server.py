"""Discord on 127.0.0.1: REST with its limits, the gateway and interactions, over real sockets.

It keeps every request, holds it against Discord's description, refuses what Discord refuses, and goes wrong
when it is told to. What each person saw stands in the world.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from time import monotonic
from typing import Any, TypeVar

from aiohttp import web

from tests.loopback import discord_described as described
from tests.loopback.discord_conformance import requests_checker
from tests.loopback.discord_faults import ERRORS, Fault, How
from tests.loopback.discord_gateway import Gateway
from tests.loopback.discord_interactions import Interaction
from tests.loopback.discord_limits import Meter, Standing
from tests.loopback.discord_methods import METHODS, Doing
from tests.loopback.discord_people import Guild, Json, User, World
from tests.loopback.discord_posting import Refused

PATIENCE = 60.0
"""Real seconds after which something that was to happen has not."""

TOKEN = "bot.token.loopback"

ANSWERS = "/interactions/{interaction_id}/{interaction_token}/callback"
HOOK = "/webhooks/{webhook_id}/{webhook_token}"
FREE = (
    ("POST", ANSWERS),
    ("POST", HOOK),
    *((verb, f"{HOOK}/messages/{{message_id}}") for verb in ("GET", "PATCH", "DELETE")),
)
"""Need no token, and are outside the limit of the whole bot."""

GATEWAY = (("GET", "/gateway"), ("GET", "/gateway/bot"))

Found = TypeVar("Found")


def _compiled() -> list[tuple[str, str, re.Pattern[str]]]:
    """Every operation, literal ones before those with names in them."""
    known = sorted([*METHODS, *FREE, *GATEWAY], key=lambda each: each[1].count("{"))
    return [
        (verb, template, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)))
        for verb, template in known
    ]


OPERATIONS = _compiled()


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request, and how it ended."""

    verb: str
    template: str
    path: str
    body: Any
    at: float
    """Seconds since the start, as the platform feels them."""
    status: int
    code: int = 0


@dataclass(kw_only=True)
class Discord(World):
    """The whole of it. ``speed``: how many of its seconds pass in a real one, for limits alone."""

    speed: float = 1.0
    latency: float = 0.0
    """Real seconds that a request takes."""
    limited: bool = True
    checked: bool = True
    """Hold requests against the description, where it is here."""
    address: str = ""
    calls: list[Call] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    interactions: dict[str, Interaction] = field(default_factory=dict)
    """By token."""
    _born: float = field(default_factory=monotonic)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.meter = Meter(now=self.now, enforced=self.limited)
        self.gateway = Gateway(world=self, token=TOKEN, stir=self.stir)
        self.checker = requests_checker() if self.checked else None

    def now(self) -> float:
        """Seconds since it began, as the limits feel them."""
        return (monotonic() - self._born) * self.speed

    @property
    def api(self) -> str:
        """What stands before a path: discord.py's ``Route.BASE``."""
        return f"{self.address}/api/v10"

    @property
    def line(self) -> str:
        """Where the gateway listens."""
        return self.address.replace("http", "ws", 1) + "/gateway/"

    def called(self, verb: str, template: str, *, at: str = "") -> list[Call]:
        """Every request of this kind, refused ones included; ``at`` stands in the path."""
        return [
            call for call in self.calls if (call.verb, call.template) == (verb, template) and at in call.path
        ]

    def opens(self, user: User) -> int:
        """How often somebody's direct messages were opened."""
        return self.opened.count(user.id)

    # ── Arranging ───────────────────────────────────────────────────────────────────────────────────

    def fail(self, verb: str, template: str, how: How = How.ERROR, **about: Any) -> Fault:
        """Let the next such request go wrong."""
        fault = Fault(verb=verb, template=template, how=how, **about)
        self.faults.append(fault)
        return fault

    def remove(self, guild: Guild) -> None:
        """Somebody removes the bot from a server."""
        self.gone[guild.id] = self.guilds.pop(guild.id)
        self.gateway.tell("GUILD_DELETE", {"id": guild.id}, guild)

    def invite(self, guild: Guild) -> None:
        """Somebody brings the bot in, perhaps again."""
        self.gone.pop(guild.id, None)
        self.guilds[guild.id] = guild
        self.gateway.tell("GUILD_CREATE", described.guild(guild, self), guild)

    def shut(self, guild: Guild, channel: str) -> None:
        """Somebody deletes a channel or a thread."""
        gone = guild.channels.pop(channel)
        said: Json = {"id": gone.id, "guild_id": guild.id, "type": gone.type, "parent_id": gone.parent}
        event = "THREAD_DELETE" if gone.thread else "CHANNEL_DELETE"
        self.gateway.tell(event, said | {"name": gone.name, "position": 0}, guild)

    def depart(self, guild: Guild, user: User) -> None:
        """Somebody leaves a server."""
        del guild.members[user.id]
        for thread in guild.threads:
            if user.id in thread.members:
                thread.members.remove(user.id)
        said: Json = {"guild_id": guild.id, "user": described.user(user)}
        self.gateway.tell("GUILD_MEMBER_REMOVE", said, guild)

    def time_passes(self) -> None:
        """Whatever anybody clicked was a while ago."""
        self.clicking.clear()

    async def until(self, look: Callable[[], Found | None], *, what: str) -> Found:
        """Wait for something to be there; it is looked for whenever anything has happened."""
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    self._stirred.clear()
                    if found := look():
                        return found
                    await self._stirred.wait()
        except TimeoutError:
            raise AssertionError(f"In {PATIENCE:.0f} seconds there was no {what}.") from None

    def stir(self) -> None:
        """Something has happened."""
        self._stirred.set()

    # ── REST ────────────────────────────────────────────────────────────────────────────────────────

    async def _call(self, request: web.Request) -> web.StreamResponse:
        verb, path = request.method, "/" + request.match_info["path"]
        body, files = await _read(request)
        self._hold(request, path, body)
        operation = next(
            (
                (template, found)
                for known, template, pattern in OPERATIONS
                if known == verb and (found := pattern.fullmatch(path))
            ),
            None,
        )
        if operation is None:
            self.problems.append(f"{verb} {path}: not to be asked for here")
            return self._end(verb, path, path, body, 404, {"message": "404: Not Found", "code": 0})
        template, names = operation[0], operation[1].groupdict()
        free = (verb, template) in FREE
        if self.meter.banned:
            return web.Response(status=429, text="<html>You are being rate limited", content_type="text/html")
        if not free and request.headers.get("Authorization") != f"Bot {TOKEN}":
            return self._refuse(verb, template, path, body, 0)
        fault = next((each for each in self.faults if each.fits(verb, template, path, body)), None)
        if fault is not None and fault.before:
            return self._strike(fault, request, verb, template, path, body)
        major = names.get("channel_id") or names.get("guild_id") or names.get("webhook_token") or ""
        standing = self.meter.ask(verb, template, major, free=free)
        if standing.scope:
            return self._limit(verb, template, path, body, standing)
        if self.latency:
            await asyncio.sleep(self.latency)
        doing = Doing(
            world=self, path=names, query=request.query, body=body, files=files, tell=self.gateway.tell
        )
        try:
            answer = self._do(verb, template, doing)
        except Refused as refused:
            return self._refuse(verb, template, path, body, refused.code, self._headers(standing))
        if fault is not None:
            return await self._strike_after(fault, request, verb, template, path, body, answer)
        return self._end(verb, template, path, body, 200, answer, self._headers(standing))

    def _do(self, verb: str, template: str, doing: Doing) -> Any:
        if (verb, template) in GATEWAY:
            limit = {"total": 1000, "remaining": self.gateway.starts, "reset_after": 0, "max_concurrency": 16}
            return {"url": self.line, "shards": self.gateway.shards, "session_start_limit": limit}
        if (verb, template) in METHODS:
            return METHODS[verb, template](doing)
        token = doing.path.get("interaction_token") or doing.path["webhook_token"]
        done = self.interactions.get(token)
        if template == ANSWERS:
            if done is None or doing.path["interaction_id"] != done.id:
                raise Refused(10062)
            said = done.call_back(self, doing.body, doing.files)
            return said if doing.query.get("with_response") in ("1", "true") else None
        if done is None:
            raise Refused(10015)
        id = doing.path.get("message_id", "")
        match verb:
            case "POST" if not id:
                return done.follow_up(self, doing.body, doing.files)
            case "PATCH":
                return done.change(self, id, doing.body, doing.files)
            case "DELETE":
                return done.take_back(self, id)
            case _:
                return done.look(self, id)

    def _hold(self, request: web.Request, path: str, body: Any) -> None:
        """Hold a request against the description."""
        if self.checker is not None:
            self.problems += self.checker.problems(
                request.method, path, _worded(body), dict(request.query), request.content_type
            )

    def _headers(self, standing: Standing) -> dict[str, str]:
        after = standing.reset_after / self.speed
        return {
            "X-RateLimit-Bucket": standing.bucket,
            "X-RateLimit-Limit": str(standing.limit),
            "X-RateLimit-Remaining": str(standing.remaining),
            "X-RateLimit-Reset": f"{monotonic() + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
        }

    def _end(
        self,
        verb: str,
        template: str,
        path: str,
        body: Any,
        status: int,
        answer: Any,
        headers: Mapping[str, str] | None = None,
    ) -> web.Response:
        code = answer.get("code", 0) if isinstance(answer, dict) and status >= 400 else 0
        self.calls.append(
            Call(verb=verb, template=template, path=path, body=body, at=self.now(), status=status, code=code)
        )
        self.stir()
        given = {"Via": "1.1 loopback", **(headers or {})}
        if answer is None:
            return web.Response(status=204, headers=given)
        # discord.py reads JSON only where nothing more stands in the type, not even an encoding.
        return web.Response(
            status=status,
            body=json.dumps(answer).encode(),
            headers={**given, "Content-Type": "application/json"},
        )

    def _refuse(
        self,
        verb: str,
        template: str,
        path: str,
        body: Any,
        code: int,
        headers: Mapping[str, str] | None = None,
    ) -> web.Response:
        status, words = ERRORS[code]
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            self.meter.fault()
        return self._end(verb, template, path, body, status, {"message": words, "code": code}, headers)

    def _limit(self, verb: str, template: str, path: str, body: Any, standing: Standing) -> web.Response:
        if standing.scope != "shared":
            self.meter.fault()
        after = standing.retry_after / self.speed
        whole = standing.scope == "global"
        headers = {
            **({} if whole else self._headers(standing)),
            "Retry-After": str(max(1, round(after))),
            "X-RateLimit-Scope": standing.scope,
            **({"X-RateLimit-Global": "true"} if whole else {}),
        }
        said = {"message": "You are being rate limited.", "retry_after": after, "global": whole}
        return self._end(verb, template, path, body, 429, said, headers)

    # ── Going wrong ─────────────────────────────────────────────────────────────────────────────────

    def _strike(
        self, fault: Fault, request: web.Request, verb: str, template: str, path: str, body: Any
    ) -> web.StreamResponse:
        fault.times -= 1
        fault.struck.set()
        match fault.how:
            case How.ERROR:
                return self._refuse(verb, template, path, body, fault.code)
            case How.LIMITED:
                standing = Standing(
                    bucket="fault",
                    limit=5,
                    remaining=0,
                    reset_after=fault.retry_after,
                    scope=fault.scope,
                    retry_after=fault.retry_after,
                )
                return self._limit(verb, template, path, body, standing)
            case How.STATUS:
                return self._end(verb, template, path, body, fault.status, {"message": "oh", "code": 0})
            case _:
                self._end(verb, template, path, body, 0, None)
                return _broken(request)

    async def _strike_after(
        self, fault: Fault, request: web.Request, verb: str, template: str, path: str, body: Any, answer: Any
    ) -> web.StreamResponse:
        fault.times -= 1
        fault.struck.set()
        good = self._end(verb, template, path, body, 200, answer)
        match fault.how:
            case How.STATUS_AFTER:
                return web.Response(status=fault.status, text="oh")
            case How.GARBLED_AFTER:
                return web.Response(text="<html>We will be back soon", content_type="text/html")
            case How.HOLD:
                await fault.let_go.wait()
                return good
            case _:
                return _broken(request)

    # ── Life ────────────────────────────────────────────────────────────────────────────────────────

    async def _let_go(self, _: web.Application) -> None:
        for fault in self.faults:
            fault.let_go.set()

    def app(self) -> web.Application:
        """Everything that listens."""
        app = web.Application(client_max_size=30 << 20)
        app.router.add_get("/gateway/", self.gateway.connect)
        app.router.add_route("*", "/api/v10/{path:.*}", self._call)
        app.on_shutdown.append(self._let_go)
        app.on_shutdown.append(self.gateway.hang_up)
        return app


@asynccontextmanager
async def listening(discord: Discord) -> AsyncIterator[Discord]:
    """Serve it on a free port, and hold the bot to what it asked at the end."""
    runner = web.AppRunner(discord.app(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    discord.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    discord.gateway.address = discord.line
    try:
        yield discord
    finally:
        await runner.cleanup()
    assert not discord.problems, "\n".join(discord.problems)


async def _read(request: web.Request) -> tuple[Any, dict[str, bytes]]:
    """The body as JSON, and the files that came along."""
    if request.content_type.startswith("multipart/"):
        form = await request.post()
        files = {part.filename: part.file.read() for part in form.values() if isinstance(part, web.FileField)}
        return json.loads(str(form["payload_json"])) if "payload_json" in form else {}, files
    text = await request.text()
    return (json.loads(text) if text else None), {}


def _worded(body: Any) -> Any:
    """Without two habits of discord.py that Discord takes: integers for files, and ``tts`` in a change.

    The checker knows them for messages; answers to interactions and what follows them have them too.
    """
    if not isinstance(body, dict):
        return body
    if isinstance(body.get("data"), dict):
        return body | {"data": _worded(body["data"])}
    if body.get("tts") is False:
        body = {name: value for name, value in body.items() if name != "tts"}
    files = body.get("attachments")
    return body | {"attachments": [each | {"id": str(each["id"])} for each in files]} if files else body


def _broken(request: web.Request) -> web.Response:
    """The wire is cut: what is returned reaches nobody."""
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
    return web.Response()
