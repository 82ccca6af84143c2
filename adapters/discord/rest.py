"""discord.py's REST client, with our own patience: paced, never repeated by itself."""

import json
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any

import aiohttp
import discord
from discord.http import HTTPClient, Route

from adapters.discord.limits import Pacer, major
from bot.errors import TryLater

ANSWERS_WITHIN = 20.0
"""Seconds for one request: less than half of a lease."""

UNHURRIED = 60.0
"""Seconds that what the library asks for by itself may wait for its turn."""

LIMITED_FOR = 5.0
"""Seconds, where Discord says 429 without saying for how long."""

TOO_MANY = 429


class Limited(discord.DiscordException):
    """Surely not done: it was not this request's turn; Voisin's own error says when."""

    def __init__(self, later: TryLater) -> None:
        super().__init__(str(later))
        self.later = later


class Rest(HTTPClient):
    """What the library calls for itself comes this way too.

    The library would repeat a failed request up to five times, and a message would stand there twice.
    """

    pacer: Pacer

    async def request(
        self,
        route: Route,
        *,
        files: Sequence[discord.File] | None = None,  # noqa: ARG002 -- the library's signature
        form: Iterable[dict[str, Any]] | None = None,
        patience: float = UNHURRIED,
        ahead: float = 0.0,
        before: Callable[[], Awaitable[None]] | None = None,
        **given: Any,
    ) -> Any:
        """One request, once; ``before`` it goes, in its turn, what is to be written down is.

        Raises Limited, the library's errors, and whatever a lost connection raises.
        """
        headers = {"User-Agent": self.user_agent}
        if self.token is not None:
            headers["Authorization"] = f"Bot {self.token}"
        if reason := given.pop("reason", None):
            headers["X-Audit-Log-Reason"] = str(reason)
        if "json" in given:
            headers["Content-Type"] = "application/json"
            given["data"] = json.dumps(given.pop("json"))
        if form:
            body = aiohttp.FormData(quote_fields=False)
            for field in form:
                body.add_field(**field)
            given["data"] = body
        kind = f"{route.method} {route.path}"
        about = major(route.channel_id, route.guild_id, route.webhook_id)
        try:
            async with self.pacer.turn(kind, about, patience=patience, ahead=ahead) as turn:
                if before is not None:
                    await before()
                status, said, answer = await self._once(route, headers, given, turn.answered)
        except TryLater as later:
            raise Limited(later) from later
        if status == TOO_MANY:
            raise Limited(self._limited(kind, about, answer, said))
        if 200 <= status < 300:
            return said
        raise _trouble(status)(answer, said if isinstance(said, dict) else None)

    async def _once(
        self, route: Route, headers: Mapping[str, str], given: Mapping[str, Any], answered: Any
    ) -> tuple[int, Any, aiohttp.ClientResponse]:
        # The library keeps its session to itself, and opens the gateway with it.
        session: aiohttp.ClientSession = self._HTTPClient__session  # type: ignore[attr-defined]  # it is there
        if self.proxy is not None:
            given = {**given, "proxy": self.proxy, "proxy_auth": self.proxy_auth}
        async with session.request(
            route.method,
            route.url,
            headers=headers,
            timeout=aiohttp.ClientTimeout(total=ANSWERS_WITHIN),
            **given,
        ) as answer:
            answered(answer.status, answer.headers)
            text = await answer.text()
            return answer.status, _read(text, strict=answer.status < 300), answer

    def _limited(self, kind: str, about: str, answer: aiohttp.ClientResponse, said: object) -> TryLater:
        # The body is exact, the header in whole seconds; a page of the network before Discord has neither.
        exact = said.get("retry_after") if isinstance(said, dict) else None
        try:
            seconds = float(exact or answer.headers.get("Retry-After") or LIMITED_FOR)
        except (TypeError, ValueError):
            seconds = LIMITED_FOR
        everywhere = "X-RateLimit-Global" in answer.headers
        return self.pacer.shut(kind, about, seconds=seconds, everywhere=everywhere)


def _read(text: str, *, strict: bool) -> Any:
    """What was answered; a page that is not JSON is an answer only where it is an error."""
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        if strict:
            raise
        return None


def _trouble(status: int) -> type[discord.HTTPException]:
    if status == 403:
        return discord.Forbidden
    if status == 404:
        return discord.NotFound
    return discord.DiscordServerError if status >= 500 else discord.HTTPException
