"""Interactions: what a person did, the three seconds for an answer, and what came after it."""

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from tests.loopback import discord_described as described
from tests.loopback.discord_people import EPHEMERAL, Channel, Guild, Json, Post, User, World
from tests.loopback.discord_posting import Refused, posted, rewritten

COMMAND, COMPONENT, COMPLETION, SUBMISSION = 2, 3, 4, 5

SAID, DEFERRED, DEFERRED_UPDATE, UPDATED, COMPLETED, MODAL = 4, 5, 6, 7, 8, 9

WITHIN = 60.0
"""Real seconds in which something is to be heard: three at Discord; here a busy machine is no late answer."""

CHOICES, TITLE, FIELDS = 25, 45, 5


@dataclass(kw_only=True)
class Interaction:
    """One thing that somebody did, and what the bot made of it."""

    id: str
    kind: int
    user: User
    guild: Guild | None
    channel: Channel
    message: Post | None = None
    """Where the button was."""
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    expired: bool = False
    """A quarter of an hour has passed."""
    began: float = field(default_factory=monotonic)
    seconds: float = 0.0
    """Real ones, from the event to the first answer."""
    response: int = 0
    """Which kind of answer it was; none: 0."""
    posts: list[Post] = field(default_factory=list)
    """What was said in answer, the last words last."""
    choices: list[Json] = field(default_factory=list)
    modal: Json | None = None
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    hidden: bool = False
    original: Post | None = None

    @property
    def answer(self) -> Post | None:
        """The last thing that was said."""
        return self.posts[-1] if self.posts else None

    # ── The first answer ────────────────────────────────────────────────────────────────────────────

    def call_back(self, world: World, body: Mapping[str, Any], files: Mapping[str, bytes]) -> Json:
        """The bot answers; returns what it hears in turn."""
        if monotonic() - self.began > WITHIN:
            raise Refused(10062)
        if self.response:
            raise Refused(40060)
        kind, data = int(body["type"]), body.get("data") or {}
        match kind:
            case 4:  # SAID
                self._say(world, data, files, hidden=bool(int(data.get("flags", 0)) & EPHEMERAL))
            case 5 | 6:  # DEFERRED, DEFERRED_UPDATE
                self.hidden = bool(int(data.get("flags", 0)) & EPHEMERAL)
                self._only(kind == DEFERRED or self.message is not None)
                self.original = self.message if kind == DEFERRED_UPDATE else None
            case 7:  # UPDATED
                self._only(self.message is not None)
                self._rewrite(world, data, files, post=self.message)
            case 8:  # COMPLETED
                self.choices = list(data["choices"])
                self._only(self.kind == COMPLETION and len(self.choices) <= CHOICES)
            case 9:  # MODAL
                self._only(self.kind in (COMMAND, COMPONENT) and _sound(data))
                self.modal = dict(data)
            case _:
                raise Refused(50035)
        self.response, self.seconds = kind, monotonic() - self.began
        self.heard.set()
        said: Json = {"interaction": {"id": self.id, "type": self.kind}}
        if self.original is not None and kind in (SAID, UPDATED):
            said["interaction"] |= {
                "response_message_id": self.original.id,
                "response_message_ephemeral": self.hidden,
            }
            said["resource"] = {"type": kind, "message": described.message(self.original, world)}
        else:
            said["resource"] = {"type": kind}
        return said

    # ── What comes after ────────────────────────────────────────────────────────────────────────────

    def follow_up(self, world: World, body: Mapping[str, Any], files: Mapping[str, bytes]) -> Json:
        """The bot says more. The first words after a deferred answer take its place."""
        self._open()
        if self.response == DEFERRED and self.original is None:
            return described.message(self._say(world, body, files, hidden=self.hidden), world)
        hidden = bool(int(body.get("flags", 0)) & EPHEMERAL)
        first = self.original
        made = self._say(world, body, files, hidden=hidden)
        self.original = first
        return described.message(made, world)

    def change(self, world: World, id: str, body: Mapping[str, Any], files: Mapping[str, bytes]) -> Json:
        """The bot changes what it said."""
        self._open()
        if id == "@original" and self.original is None and self.response == DEFERRED:
            return described.message(self._say(world, body, files, hidden=self.hidden), world)
        post = self._said(id)
        self._rewrite(world, body, files, post=post)
        return described.message(post, world)

    def look(self, world: World, id: str) -> Json:
        """The bot looks at what it said."""
        self._open()
        return described.message(self._said(id), world)

    def take_back(self, world: World, id: str) -> None:
        """The bot deletes what it said."""
        self._open()
        post = self._said(id)
        world.posts[:] = [each for each in world.posts if each is not post]
        self.original = None if self.original is post else self.original

    def _said(self, id: str) -> Post:
        if id == "@original":
            if self.original is None:
                raise Refused(10008)
            return self.original
        post = next((each for each in (*self.posts, self.message) if each and each.id == id), None)
        if post is None:
            raise Refused(10008)
        return post

    def _open(self) -> None:
        if self.expired:
            raise Refused(50027)
        if not self.response:
            raise Refused(10015)

    def _only(self, sound: bool) -> None:
        if not sound:
            raise Refused(50035)

    def _say(
        self, world: World, body: Mapping[str, Any], files: Mapping[str, bytes], *, hidden: bool
    ) -> Post:
        made = posted(
            world, self.channel, self.guild, body, files=files, only=self.user.id if hidden else None
        )
        self.hidden, self.original = hidden, made
        self.posts.append(made)
        return made

    def _rewrite(
        self, world: World, body: Mapping[str, Any], files: Mapping[str, bytes], *, post: Post | None
    ) -> None:
        if post is None:
            raise Refused(10008)
        rewritten(world, post, self.guild, body, files=files)
        self.original = post
        self.posts.append(post)


def _sound(modal: Mapping[str, Any]) -> bool:
    return (
        1 <= len(modal["title"]) <= TITLE
        and 1 <= len(modal["custom_id"]) <= 100
        and 1 <= len(modal["components"]) <= FIELDS
    )
