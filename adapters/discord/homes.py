"""Which servers Voisin is in, and what the core calls them."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from bot.domain.community import NOWHERE, Community, Language
from bot.domain.ids import ExternalId
from bot.ports import Clock, Installation, Storage

log = structlog.get_logger()

NAME = "discord"

FRESH = 30.0
"""Seconds for which it is not read again where Voisin was taken out; another process may hear of it."""

SHUT_OUT = timedelta(minutes=10)
"""How long a server that Voisin was taken out of is left alone before the next look."""

RETURN = timedelta(days=30)
"""How long everything is kept for a return, once Voisin was taken out."""

NEVER = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)


class Homes:
    """Settles a community when Voisin first hears of a server, and remembers where it was taken out."""

    def __init__(self, *, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._communities: dict[ExternalId, Community] = {}
        self._gone: tuple[float, frozenset[ExternalId]] = (0.0, frozenset())

    async def community(self, guild: ExternalId, *, name: str = "", locale: str = "") -> Community:
        """The community that a server is, made when it is new."""
        kept = self._communities.get(guild)
        if kept is None:
            kept = await self._storage.communities.find(NAME, guild)
            if kept is None:
                kept = await self._storage.communities.settle(
                    platform=NAME,
                    external_id=guild,
                    name=name or guild,
                    # Discord tells no time zone: the form that sets a program up asks for it.
                    zone=NOWHERE,
                    language=language(locale) or Language.ENGLISH,
                )
            self._communities[guild] = kept
        return kept

    async def is_gone(self, guild: ExternalId) -> bool:
        """Voisin was taken out of it."""
        until, gone = self._gone
        if until <= _now():
            gone = frozenset(await self._storage.installations.gone(NAME, before=NEVER))
            self._gone = (_now() + FRESH, gone)
        return guild in gone

    async def arrived(self, guild: ExternalId, *, name: str, locale: str, bot: ExternalId) -> None:
        """Voisin is in a server: it was invited, or it was there when this process came."""
        community = await self.community(guild, name=name, locale=locale)
        if (await self._storage.communities.get(community.id)).away_since is not None:
            await self._storage.communities.away(community.id, since=None)
        if await self._storage.installations.find(NAME, guild) is not None:
            return
        await self._storage.installations.save(
            Installation(
                platform=NAME,
                external_id=guild,
                name=name,
                token="",
                scopes=("applications.commands", "bot"),
                bot=bot,
                installer=None,
                at=self._clock.now(),
            )
        )
        self._gone = (0.0, frozenset())
        log.info("discord.installed", community=guild)

    async def left(self, guild: ExternalId) -> None:
        """Voisin was taken out of a server: everything rests, and is kept for 30 days."""
        await self._storage.installations.remove(NAME, guild, at=self._clock.now())
        community = await self._storage.communities.find(NAME, guild)
        if community is not None:
            await self._storage.communities.away(community.id, since=self._clock.now())
        self._gone = (0.0, frozenset())
        log.info("discord.removed", community=guild)

    async def farewell(self) -> None:
        """Erase the communities that Voisin was taken out of and did not come back to."""
        for guild in await self._storage.installations.gone(NAME, before=self._clock.now() - RETURN):
            community = await self._storage.communities.find(NAME, guild)
            if community is not None:
                await self._storage.communities.erase(community.id)
                log.info("discord.erased", community=guild)
            await self._storage.installations.forget(NAME, guild)
        self._communities.clear()


def language(locale: str) -> Language | None:
    """The language of Voisin's that a locale (``en-GB``) asks for."""
    return {each.value: each for each in Language}.get(locale.partition("-")[0].lower())


def _now() -> float:
    return asyncio.get_running_loop().time()
