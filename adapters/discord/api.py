"""Requests of Discord's REST API, by what they are for."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from discord import ui
from discord.http import Route, handle_message_parameters

from adapters.discord.errors import BROKEN, understood
from adapters.discord.rest import Rest
from bot.domain.ids import ExternalId
from bot.errors import NotSent

PRIVATE_THREAD = 12
A_WEEK = 10_080
"""Minutes after which a thread in which nobody writes goes to rest by itself."""

PAGE = 1_000

Payload = Mapping[str, Any]


class Api:
    """One for the whole process. Everything raises TryLater, NotSent, Uncertain or Refused."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    # ── Saying ──────────────────────────────────────────────────────────────────────────────────────

    async def post(
        self,
        channel: ExternalId,
        view: ui.LayoutView,
        *,
        nonce: str,
        ringing: Sequence[ExternalId] = (),
        patience: float,
        ahead: float = 0.0,
    ) -> str:
        """One message, once for its nonce while Discord remembers it; only those ``ringing`` are called."""
        with handle_message_parameters(view=view, nonce=nonce) as given:
            payload = {name: value for name, value in (given.payload or {}).items() if name != "tts"}
        payload["allowed_mentions"] = {"parse": [], "users": list(ringing)}
        answer = await self._call(
            "POST",
            "/channels/{channel_id}/messages",
            channel_id=channel,
            json=payload,
            patience=patience,
            ahead=ahead,
            once=True,
        )
        return str(answer.get("id", "")) if isinstance(answer, dict) else ""

    async def open(self, person: ExternalId, *, patience: float) -> ExternalId:
        """Their direct messages with Voisin: the same each time."""
        answer = await self._call(
            "POST", "/users/@me/channels", json={"recipient_id": person}, patience=patience
        )
        return _id(answer)

    # ── Threads ─────────────────────────────────────────────────────────────────────────────────────

    async def make_thread(
        self, space: ExternalId, name: str, *, before: Callable[[], Awaitable[None]], patience: float
    ) -> ExternalId:
        """A private thread of a channel, to which only Voisin adds people. Not to be repeated blindly:
        ``before`` it is asked for, and only then, it is written down that it is.
        """
        made = {
            "name": name,
            "type": PRIVATE_THREAD,
            "invitable": False,
            "auto_archive_duration": A_WEEK,
        }
        answer = await self._call(
            "POST",
            "/channels/{channel_id}/threads",
            channel_id=space,
            json=made,
            before=before,
            patience=patience,
        )
        return _id(answer)

    async def active_threads(self, guild: ExternalId, *, patience: float) -> Sequence[Payload]:
        """Threads of a server that are not at rest and that Voisin can see: no message of them."""
        answer = await self._call(
            "GET", "/guilds/{guild_id}/threads/active", guild_id=guild, patience=patience
        )
        return list(answer.get("threads", []))

    async def add(self, thread: ExternalId, person: ExternalId, *, patience: float) -> None:
        """Somebody into a thread; who is in it stays."""
        await self._call(
            "PUT",
            "/channels/{channel_id}/thread-members/{user_id}",
            channel_id=thread,
            user_id=person,
            patience=patience,
        )

    async def rest(self, thread: ExternalId, *, resting: bool = True, patience: float) -> None:
        """Put a thread away, or wake it."""
        await self._call(
            "PATCH",
            "/channels/{channel_id}",
            channel_id=thread,
            json={"archived": resting},
            patience=patience,
        )

    # ── Looking ─────────────────────────────────────────────────────────────────────────────────────

    async def guild(self, guild: ExternalId, *, patience: float) -> Payload:
        answer = await self._call("GET", "/guilds/{guild_id}", guild_id=guild, patience=patience)
        return dict(answer)

    async def guilds(self, *, patience: float) -> Sequence[Payload]:
        return list(await self._call("GET", "/users/@me/guilds", patience=patience))

    async def channel(self, channel: ExternalId, *, patience: float) -> Payload:
        answer = await self._call("GET", "/channels/{channel_id}", channel_id=channel, patience=patience)
        return dict(answer)

    async def member(self, guild: ExternalId, person: ExternalId, *, patience: float) -> Payload:
        answer = await self._call(
            "GET", "/guilds/{guild_id}/members/{user_id}", guild_id=guild, user_id=person, patience=patience
        )
        return dict(answer)

    async def members(self, guild: ExternalId, *, after: str, patience: float) -> Sequence[Payload]:
        """A page of everyone, with the members intent only."""
        asked = {"limit": PAGE, "after": after}
        return list(
            await self._call(
                "GET", "/guilds/{guild_id}/members", guild_id=guild, params=asked, patience=patience
            )
        )

    async def _call(self, verb: str, path: str, *, once: bool = False, patience: float, **given: Any) -> Any:
        sent = {name: given.pop(name) for name in ("json", "params", "before", "ahead") if name in given}
        try:
            answer = await self._rest.request(Route(verb, path, **given), patience=patience, **sent)
            if verb != "PUT" and not isinstance(answer, dict | list):
                raise ValueError("an answer without anything in it")
        except BROKEN as error:
            raise understood(error, once=once) from error
        return answer


def _id(answer: Payload) -> ExternalId:
    if not answer.get("id"):
        raise NotSent("Discord did it, and did not say which it is.")
    return ExternalId(str(answer["id"]))
