"""People at work in the loopback Slack: they type, press and fill; two roads bring it to Voisin."""

import hashlib
import hmac
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from aiohttp import ClientSession

from tests.loopback import slack_payloads as payloads
from tests.loopback.slack_people import Json, Post, Room, User, Workspace
from tests.loopback.slack_server import Slack


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """What Voisin said to the request itself, and how long that took (real seconds)."""

    status: int
    body: Any
    seconds: float


class Road(Protocol):
    """How things come to Voisin."""

    async def bring(self, kind: str, payload: Json) -> Heard:
        """One thing: ``slash_commands``, ``interactive`` or ``events_api``."""
        ...


@dataclass(kw_only=True)
class SignedHttp:
    """By HTTP, signed. What is given here may be wrong on purpose."""

    session: ClientSession
    address: str
    secret: str = "signing-secret"
    late: int = 0
    """Seconds by which the signature is too old."""

    async def bring(self, kind: str, payload: Json) -> Heard:
        body, content_type = payloads.encoded(kind, payload)
        return await self.post(body, content_type)

    async def post(self, body: bytes, content_type: str, headers: Mapping[str, str] | None = None) -> Heard:
        """Whatever it is, signed unless the headers say otherwise."""
        stamp = str(int(time.time()) - self.late)
        signed = {"Content-Type": content_type, **(headers or self.signature(body, stamp))}
        began = time.monotonic()
        async with self.session.post(self.address, data=body, headers=signed) as response:
            json = "json" in response.content_type
            said = await response.json() if json else await response.text()
            return Heard(status=response.status, body=said, seconds=time.monotonic() - began)

    def signature(self, body: bytes, stamp: str) -> dict[str, str]:
        """As Slack signs it."""
        digest = hmac.new(self.secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
        return {"X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={digest}"}


@dataclass(kw_only=True)
class OneSocket:
    """By Socket Mode."""

    slack: Slack

    async def bring(self, kind: str, payload: Json) -> Heard:
        began = time.monotonic()
        said = await self.slack.envelope(kind, payload)
        return Heard(status=200, body=said, seconds=time.monotonic() - began)


@dataclass(kw_only=True)
class Hand:
    """What one user does."""

    slack: Slack
    workspace: Workspace
    user: User
    road: Road

    async def types(self, text: str, room: Room | None = None) -> Heard:
        """``/voisin`` and this, in a room; without one, in their direct messages with Voisin."""
        where = room or self.workspace.conversation([self.user.id])
        said = payloads.command(
            self.workspace,
            self.slack.app_id,
            user=self.user,
            room=where,
            text=text,
            trigger=self.slack.trigger(self.workspace, self.user),
            response_url=self.slack.letterbox(self.workspace, self.user, where.id),
            whole=self._whole,
        )
        heard = await self.road.bring("slash_commands", dict(said))
        if isinstance(heard.body, dict) and (heard.body.get("text") or heard.body.get("blocks")):
            self.slack.reply(self.workspace, self.user, where, heard.body)
        elif isinstance(heard.body, str) and heard.body and heard.status == 200:
            self.slack.reply(self.workspace, self.user, where, {"text": heard.body})
        return heard

    async def asks(self, text: str, room: Room | None = None) -> Post:
        """The same, and what Voisin answers to them alone."""
        before = len(self.private)
        await self.types(text, room)
        return await self.answered(before)

    async def presses(self, post: Post, action: str) -> Heard:
        """A button of a message."""
        said = payloads.press(
            self.workspace,
            self.slack.app_id,
            user=self.user,
            action=action,
            post=post,
            trigger=self.slack.trigger(self.workspace, self.user),
            response_url=self.slack.letterbox(self.workspace, self.user, post.channel, ts=post.ts),
        )
        return await self.road.bring("interactive", said)

    async def asks_by(self, post: Post, verb: str) -> Post:
        """The same by the button's verb, and what Voisin answers to them alone."""
        before = len(self.private)
        await self.presses(post, post.button(verb))
        return await self.answered(before)

    async def presses_at(self, view: Json, action: str) -> Heard:
        """A button of the Home tab or of a form."""
        said = payloads.press(
            self.workspace,
            self.slack.app_id,
            user=self.user,
            action=action,
            view=view,
            trigger=self.slack.trigger(self.workspace, self.user),
            whole=self._whole,
        )
        return await self.road.bring("interactive", said)

    async def opens(self, text: str, room: Room | None = None) -> Json:
        """Types, and takes up the form that comes."""
        before = len(self.forms)
        await self.types(text, room)
        return await self.slack.until(
            lambda: self.forms[-1] if len(self.forms) > before else None, what=f"form for {text!r}"
        )

    async def fills(self, view: Json, **values: str) -> Heard:
        """Sends a form with these values; the rest stays as it stands in it."""
        said = payloads.submission(
            self.workspace,
            self.slack.app_id,
            user=self.user,
            view=view,
            values=values,
            trigger=self.slack.trigger(self.workspace, self.user),
            whole=self._whole,
        )
        heard = await self.road.bring("interactive", said)
        if isinstance(heard.body, dict):
            self.slack.turn(self.workspace, self.user, view, heard.body)
        return heard

    async def looks_home(self) -> Json:
        """Opens the Home tab."""
        before = self.workspace.homes.get(self.user.id)
        await self.happens(payloads.home_opened(self.user, self.workspace))

        def published() -> Json | None:
            now = self.workspace.homes.get(self.user.id)
            return now if now is not before else None

        return await self.slack.until(published, what="Home tab")

    async def happens(self, inner: Json) -> Heard:
        """An event of theirs."""
        said = payloads.event(self.workspace, self.slack.app_id, inner, user=self.user, whole=self._whole)
        return await self.road.bring("events_api", said)

    async def answered(self, before: int) -> Post:
        """The next answer to this user alone, after so many."""
        return await self.slack.until(
            lambda: self.private[before] if len(self.private) > before else None,
            what=f"answer to {self.user.name}",
        )

    @property
    def private(self) -> list[Post]:
        """What was shown to this user alone, within a room."""
        return [post for post in self.workspace.posts if post.only == self.user.id]

    @property
    def forms(self) -> list[Json]:
        """Every form that opened for this user."""
        return [view for user, view in self.workspace.modals if user == self.user.id]

    @property
    def _whole(self) -> bool:
        return any(
            grant.enterprise and self.workspace.id in grant.teams for grant in self.slack.grants.values()
        )
