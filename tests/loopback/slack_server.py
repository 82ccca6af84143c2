"""Slack on 127.0.0.1: the Web API, response_url, uploads, OAuth and Socket Mode, over real sockets.

It keeps every request, holds it against the published types, refuses what Slack refuses, and goes wrong when
it is told to. What each member saw stands in the workspaces.
"""

import asyncio
import base64
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

from tests.loopback.slack_conformance import requests_checker
from tests.loopback.slack_faults import Fault, How
from tests.loopback.slack_limits import Meter
from tests.loopback.slack_methods import METHODS, SCOPES, Doing, Grant, Refused, World
from tests.loopback.slack_people import Json, Post, Room, User, Workspace

USES = 5
"""Of a response_url, within half an hour."""

PATIENCE = 60.0
"""Real seconds after which something that was to happen has not."""

JSON_IN_FORM = ("blocks", "attachments", "view", "metadata", "files")

Found = TypeVar("Found")


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One request, and how it ended."""

    method: str
    args: Json
    team: str
    at: float
    """Seconds since the start, as the platform feels them."""
    status: int
    error: str = ""


@dataclass(kw_only=True)
class Letterbox:
    """A response_url: for one user, in one room."""

    workspace: Workspace
    user: User
    room: str
    ts: str | None = None
    used: int = 0


@dataclass(kw_only=True)
class Line:
    """A Socket Mode connection."""

    socket: web.WebSocketResponse
    waiting: dict[str, asyncio.Future[Any]] = field(default_factory=dict)


@dataclass(kw_only=True)
class Slack(World):
    """The whole of it. ``speed``: how many of its seconds pass in a real one, for limits alone."""

    speed: float = 1.0
    latency: float = 0.0
    """Real seconds that a call takes until it is done."""
    lag: float = 0.0
    """Real seconds from there to its answer."""
    slow: frozenset[str] | None = None
    """The methods that take so long; None: every one."""
    limited: bool = True
    rotates: bool = False
    """Tokens are given for twelve hours, with one that brings the next."""
    address: str = ""
    calls: list[Call] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    letterboxes: dict[str, Letterbox] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    _born: float = field(default_factory=monotonic)
    _tickets: set[str] = field(default_factory=set)
    _stirred: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._meter = Meter(now=self.now, enforced=self.limited)
        self._checker = requests_checker()

    def now(self) -> float:
        """Seconds since it began, as the limits feel them."""
        return (monotonic() - self._born) * self.speed

    @property
    def api(self) -> str:
        """What stands before a method's name."""
        return f"{self.address}/api/"

    @property
    def checked(self) -> bool:
        """Whether requests are held against the published types here."""
        return self._checker is not None

    def called(self, method: str, *, team: str | None = None) -> list[Call]:
        """Every request for this method, refused ones included."""
        return [call for call in self.calls if call.method == method and team in (None, call.team)]

    # ── Arranging ───────────────────────────────────────────────────────────────────────────────────

    def add(self, workspace: Workspace) -> Workspace:
        """A workspace more."""
        self.workspaces[workspace.id] = workspace
        return workspace

    def install(self, *workspaces: Workspace, scopes: set[str], installer: str = "") -> str:
        """Give the bot a token, as installing from the manifest does; several: the whole organization."""
        grant = self.grant(*workspaces, scopes=scopes, installer=installer)
        self.grants[grant.token] = grant
        return grant.token

    def grant(self, *workspaces: Workspace, scopes: set[str], installer: str = "") -> Grant:
        """A token that nobody holds yet."""
        first = workspaces[0]
        return Grant(
            token=f"xoxb-{first.id}-{secrets.token_hex(6)}",
            teams=[workspace.id for workspace in workspaces],
            scopes=scopes,
            installer=installer or next(user.id for user in first.users.values() if user.admin),
            enterprise=first.enterprise if len(workspaces) > 1 else None,
        )

    def revoke(self, workspace: Workspace, *, error: str = "account_inactive") -> None:
        """The app is removed: its tokens open nothing any more."""
        for token in [token for token, grant in self.grants.items() if workspace.id in grant.teams]:
            del self.grants[token]
            self.revoked[token] = error

    def fail(self, method: str, how: How = How.ERROR, **about: Any) -> Fault:
        """Let the next such call go wrong."""
        fault = Fault(method=method, how=how, **about)
        self.faults.append(fault)
        return fault

    def letterbox(self, workspace: Workspace, user: User, room: str, *, ts: str | None = None) -> str:
        """A new response_url."""
        name = secrets.token_hex(12)
        self.letterboxes[name] = Letterbox(workspace=workspace, user=user, room=room, ts=ts)
        return f"{self.address}/response/{name}"

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

    async def next(self) -> None:
        """Wait until anything more has happened."""
        self._stirred.clear()
        await self._stirred.wait()

    def stir(self) -> None:
        """Something has happened."""
        self._stirred.set()

    # ── The Web API ─────────────────────────────────────────────────────────────────────────────────

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        args = await _arguments(request)
        token = str(request.headers.get("Authorization", "")).removeprefix("Bearer ") or str(
            args.get("token", "")
        )
        if self._checker is not None:
            self.problems += self._checker.problems(method, args)
        if method == "apps.connections.open":
            return self._finish(request, method, args, "", self._connection(token))
        if method == "oauth.v2.access":
            refused = next((fault for fault in self.faults if fault.fits(method, "", args)), None)
            if refused is not None:
                return self._strike(refused, request, method, args, "")
            return self._finish(request, method, args, "", self._exchange(request, args))
        grant = self.grants.get(token)
        if grant is None:
            return self._finish(request, method, args, "", _no(self.revoked.get(token, "invalid_auth")))
        team = grant.enterprise or grant.teams[0]
        room = str(args.get("channel") or "") or None
        fault = next((fault for fault in self.faults if fault.fits(method, team, args)), None)
        if fault is not None and fault.before:
            return self._strike(fault, request, method, args, team)
        wait = self._meter.refuse(team, method, room)
        if wait is not None:
            return self._limit(method, args, team, wait)
        slow = self.slow is None or method in self.slow
        if self.latency and slow:
            await asyncio.sleep(self.latency)
        answer = self._do(method, grant, args)
        if self.lag and slow:
            await asyncio.sleep(self.lag)
        if fault is not None:
            return await self._strike_after(fault, request, method, args, team, answer)
        return self._finish(request, method, args, team, answer, scopes=grant.scopes)

    def _do(self, method: str, grant: Grant, args: Json) -> Json:
        do, needed = METHODS.get(method), SCOPES.get(method)
        if do is None:
            return _no("unknown_method")
        if needed and not grant.scopes & set(needed):
            return _no("missing_scope") | {"needed": needed[0], "provided": ",".join(sorted(grant.scopes))}
        try:
            doing = Doing(
                world=self,
                grant=grant,
                workspace=self.workspace(grant, args),
                args=args,
                address=self.address,
            )
            return {"ok": True} | do(doing)
        except Refused as refused:
            return _no(str(refused))

    def _finish(
        self,
        request: web.Request,
        method: str,
        args: Json,
        team: str,
        answer: Json,
        *,
        scopes: set[str] | None = None,
    ) -> web.Response:
        self._note(method, args, team, 200, str(answer.get("error", "")))
        headers = {"x-oauth-scopes": ",".join(sorted(scopes))} if scopes else {}
        return web.json_response(answer, headers=headers)

    def _limit(self, method: str, args: Json, team: str, wait: int) -> web.Response:
        self._note(method, args, team, 429, "ratelimited")
        return web.json_response(_no("ratelimited"), status=429, headers={"Retry-After": str(wait)})

    def _strike(
        self, fault: Fault, request: web.Request, method: str, args: Json, team: str
    ) -> web.StreamResponse:
        fault.times -= 1
        fault.struck.set()
        match fault.how:
            case How.ERROR:
                return self._finish(request, method, args, team, _no(fault.error))
            case How.LIMITED:
                return self._limit(method, args, team, fault.retry_after)
            case How.STATUS:
                self._note(method, args, team, fault.status)
                return web.Response(status=fault.status, text="oh")
            case _:
                self._note(method, args, team, 0)
                return _broken(request)

    async def _strike_after(
        self, fault: Fault, request: web.Request, method: str, args: Json, team: str, answer: Json
    ) -> web.StreamResponse:
        fault.times -= 1
        fault.struck.set()
        self._note(method, args, team, 200)
        match fault.how:
            case How.STATUS_AFTER:
                return web.Response(status=fault.status, text="oh")
            case How.GARBLED_AFTER:
                return web.Response(text="<html>We will be back soon", content_type="text/html")
            case How.HALF_AFTER:
                return await _half(request)
            case How.HOLD:
                await fault.let_go.wait()
                return web.json_response(answer)
            case _:
                return _broken(request)

    def _note(self, method: str, args: Json, team: str, status: int, error: str = "") -> None:
        self.calls.append(
            Call(method=method, args=args, team=team, at=self.now(), status=status, error=error)
        )
        self.stir()

    # ── OAuth ───────────────────────────────────────────────────────────────────────────────────────

    def _exchange(self, request: web.Request, args: Json) -> Json:
        basic = request.headers.get("Authorization", "").removeprefix("Basic ")
        said = base64.b64decode(basic).decode() if basic else ""
        client = tuple(said.split(":", 1)) if said else (args.get("client_id"), args.get("client_secret"))
        if client[0] != self.client[0]:
            return _no("invalid_client_id")
        if client != self.client:
            return _no("bad_client_secret")
        grant = self.codes.pop(str(args.get("code")), None)
        if grant is None:
            return _no("invalid_code")
        self.grants[grant.token] = grant
        first = self.workspaces[grant.teams[0]]
        whole = grant.enterprise is not None
        return {
            "ok": True,
            "app_id": self.app_id,
            "authed_user": {"id": grant.installer},
            "scope": ",".join(sorted(grant.scopes)),
            "token_type": "bot",
            "access_token": grant.token,
            **({"refresh_token": "xoxe-1", "expires_in": 43_200} if self.rotates else {}),
            "bot_user_id": first.bot.id,
            "team": None if whole else {"id": first.id, "name": first.name},
            "enterprise": {"id": first.enterprise, "name": "Organization"} if first.enterprise else None,
            "is_enterprise_install": whole,
        }

    # ── Acks that say something ─────────────────────────────────────────────────────────────────────

    def reply(self, workspace: Workspace, user: User, room: Room, said: Json) -> Post:
        """A command's ack has words: they are shown, to who typed it alone unless it says otherwise."""
        self._hold("ack", "chat.postMessage", {"channel": room.id, **_words(said)})
        public = said.get("response_type") == "in_channel"
        post = workspace.post(room, said, only=None if public else user.id)
        self.stir()
        return post

    def turn(self, workspace: Workspace, user: User, view: Json, said: Json) -> None:
        """A form's ack turns the form into something else, or says what is wrong at which field."""
        match said.get("response_action"):
            case "update" | "push":
                self._hold("ack", "views.open", {"trigger_id": "1.2.3", "view": said["view"]})
                shown = said["view"] | {
                    "id": view["id"] if said["response_action"] == "update" else "V-pushed"
                }
                workspace.modals.append((user.id, shown))
            case "errors":
                fields = {block.get("block_id") for block in view["blocks"]}
                if strange := set(said["errors"]) - fields:
                    self.problems.append(f"ack: errors at fields that are not there: {strange}")
            case _:
                pass
        self.stir()

    def _hold(self, what: str, method: str, args: Json) -> None:
        """Hold something that is no call against the type of the call that it is like."""
        if self._checker is not None:
            self.problems += [f"{what}: {problem}" for problem in self._checker.problems(method, args)]

    # ── Answers, files ──────────────────────────────────────────────────────────────────────────────

    async def _respond(self, request: web.Request) -> web.Response:
        box = self.letterboxes.get(request.match_info["name"])
        said: Json = await request.json()
        if box is None or box.used >= USES:
            return web.json_response(_no("used_url"), status=404)
        box.used += 1
        self._hold("response_url", "chat.postMessage", {"channel": box.room, **_words(said)})
        room = box.workspace.rooms[box.room]
        if said.get("delete_original") or said.get("replace_original"):
            box.workspace.posts[:] = [post for post in box.workspace.posts if post.ts != box.ts]
        if not said.get("delete_original"):
            public = said.get("response_type") == "in_channel"
            box.workspace.post(room, said, only=None if public else box.user.id)
        self._note("response_url", said, box.workspace.id, 200)
        return web.Response(text="ok")

    async def _receive(self, request: web.Request) -> web.Response:
        upload = self.uploads.get(request.match_info["id"])
        if upload is None:
            return web.Response(status=404)
        if request.content_type.startswith("multipart/"):
            form = await request.post()
            part = next(iter(form.values()))
            upload.content = part.file.read() if isinstance(part, web.FileField) else str(part).encode()
        else:
            upload.content = await request.read()
        return web.Response(text=f"OK - {len(upload.content)}")

    # ── Socket Mode ─────────────────────────────────────────────────────────────────────────────────

    def _connection(self, token: str) -> Json:
        if token != self.app_token:
            return _no("invalid_auth")
        ticket = secrets.token_hex(8)
        self._tickets.add(ticket)
        return {"ok": True, "url": f"{self.address.replace('http', 'ws', 1)}/link?ticket={ticket}"}

    async def _link(self, request: web.Request) -> web.StreamResponse:
        ticket = request.query.get("ticket", "")
        if ticket not in self._tickets:
            return web.Response(status=403)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        line = Line(socket=socket)
        await socket.send_json(
            {
                "type": "hello",
                "num_connections": len(self.lines) + 1,
                "connection_info": {"app_id": self.app_id},
            }
        )
        self.lines.append(line)
        self.stir()
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    said = json.loads(message.data)
                    waiting = line.waiting.pop(said.get("envelope_id", ""), None)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(said.get("payload"))
        finally:
            self.lines.remove(line)
            self.stir()
        return socket

    async def envelope(self, kind: str, payload: Json) -> Any:
        """Send one down a line, and wait for its ack; returns what came with it."""
        line = await self.until(lambda: self.lines[-1] if self.lines else None, what="Socket Mode connection")
        id = secrets.token_hex(8)
        line.waiting[id] = asyncio.get_running_loop().create_future()
        await line.socket.send_json(
            {
                "envelope_id": id,
                "type": kind,
                "payload": payload,
                "accepts_response_payload": kind != "events_api",
            }
        )
        return await asyncio.wait_for(line.waiting[id], PATIENCE)

    # ── Life ────────────────────────────────────────────────────────────────────────────────────────

    async def _hang_up(self, _: web.Application) -> None:
        for fault in self.faults:
            fault.let_go.set()
        for line in list(self.lines):
            await line.socket.close()

    def app(self) -> web.Application:
        """Everything that listens."""
        app = web.Application()
        app.add_routes(
            [
                web.route("*", "/api/{method}", self._call),
                web.post("/response/{name}", self._respond),
                web.route("*", "/upload/{id}", self._receive),
                web.get("/link", self._link),
            ]
        )
        app.on_shutdown.append(self._hang_up)
        return app


@asynccontextmanager
async def listening(slack: Slack) -> AsyncIterator[Slack]:
    """Serve it on a free port, and hold it to what was asked of it at the end."""
    runner = web.AppRunner(slack.app(), access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    slack.address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield slack
    finally:
        await runner.cleanup()
    assert slack.problems == []


async def _arguments(request: web.Request) -> Json:
    """Form, JSON or query, as slack_sdk sends them."""
    args: Json = dict(request.query)
    body = await request.read()
    if body:
        is_json = "json" in request.content_type or body[:1] == b"{"
        args |= json.loads(body) if is_json else dict(parse_qsl(body.decode(), keep_blank_values=True))
    for name in JSON_IN_FORM:
        if isinstance(args.get(name), str):
            args[name] = json.loads(args[name])
    return args


def _words(said: Json) -> Json:
    return {name: said[name] for name in ("text", "blocks") if name in said}


def _no(error: str) -> Json:
    return {"ok": False, "error": error}


async def _half(request: web.Request) -> web.StreamResponse:
    """The beginning of an answer, and then the wire is cut."""
    response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "400"})
    await response.prepare(request)
    await response.write(b'{"ok": tr')
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
    return response


def _broken(request: web.Request) -> web.Response:
    """The wire is cut: what is returned reaches nobody."""
    if isinstance(request.transport, asyncio.Transport):
        request.transport.abort()
    return web.Response()
