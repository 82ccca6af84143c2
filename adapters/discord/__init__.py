"""Discord: application commands and buttons in, direct messages and private threads out."""

import asyncio
import logging
import secrets
from collections.abc import Sequence

from discord.http import Route

from adapters.discord import checks
from adapters.discord.answers import Answers
from adapters.discord.api import Api
from adapters.discord.asking import Asking
from adapters.discord.checks import log_in
from adapters.discord.client import Client
from adapters.discord.desk import Desk
from adapters.discord.doors import Doors
from adapters.discord.gateway import Gateway
from adapters.discord.homes import Homes
from adapters.discord.limits import Pacer
from adapters.discord.listeners import Listeners
from adapters.discord.permissions import invite
from adapters.discord.platform import Platform
from adapters.discord.rest import Rest
from adapters.discord.roster import Roster
from adapters.discord.threads import Threads
from adapters.discord.ties import SOURCES, Ties
from adapters.discord.tree import Tree
from bot.domain.community import Community, Space
from bot.errors import BadSetting
from bot.ports import Clock, Limit, Storage
from bot.settings import DiscordSettings

__all__ = ["Desk", "Discord", "connect", "granted", "invite"]


class Discord(Platform):
    """A platform, and the road by which Discord reaches it."""

    rest: Rest
    token: str
    threads: Threads
    homes: Homes
    gateway: Gateway | None
    pacer: Pacer
    listeners: Listeners

    def limits(self) -> Sequence[Limit]:
        """How much of Discord's limits this process uses."""
        return self.pacer.limits()

    async def start(self) -> None:
        """Log in, and listen. Raises BadSetting for a token that opens nothing, NotSent without a network."""
        self.threads.me = await log_in(self.rest, self.token)
        if self.gateway is not None:
            await self.gateway.start()

    async def farewell(self) -> None:
        """Erase what was kept for a return that did not come; once a day."""
        await self.homes.farewell()

    async def stop(self) -> None:
        """Hear nothing more, and end what was begun."""
        await self.listeners.finish()
        if self.gateway is not None:
            await self.gateway.stop()
            await self.listeners.finish()
        await self.rest.close()


async def connect(
    settings: DiscordSettings,
    *,
    storage: Storage,
    clock: Clock,
    desk: Desk,
    base_url: str | None = None,
    speed: float = 1.0,
    listen: bool = True,
) -> Discord:
    """Put it together. Nothing is said to Discord yet.

    ``speed`` makes a second of Discord's limits shorter, for a Discord that does the same. ``listen=False``:
    this process sends, and another hears. Raises BadSetting.
    """
    token = _token(settings)
    # Warnings only: at other levels the library prints what people typed.
    logging.getLogger("discord").setLevel(logging.WARNING)
    pacer = Pacer(clock, requests=settings.requests, speed=speed)
    rest = _rest(pacer, base_url)
    api = Api(rest)
    homes = Homes(storage=storage, clock=clock)
    roster = Roster(api=api, storage=storage, whole=settings.members)
    doors = Doors(api=api, storage=storage, clock=clock)
    threads = Threads(api=api, storage=storage, clock=clock, limit=settings.active_threads)
    platform = Discord(
        api=api,
        homes=homes,
        roster=roster,
        doors=doors,
        threads=threads,
        storage=storage,
        clock=clock,
        requests=settings.requests,
    )
    asking = Asking(
        homes=homes,
        roster=roster,
        doors=doors,
        storage=storage,
        clock=clock,
        sources=SOURCES if settings.ties else (),
    )
    listeners = Listeners(
        homes=homes,
        asking=asking,
        answers=Answers(),
        platform=platform,
        storage=storage,
        clock=clock,
        desk=desk,
        ties=Ties(homes=homes, storage=storage, clock=clock) if settings.ties else None,
    )
    mine = shards(settings.shards)

    def make() -> tuple[Client, Tree]:
        client = Client(pacer=pacer, members=settings.members, ties=settings.ties, shards=mine)
        tree = Tree(client, desk=desk, run=listeners.command, failed=listeners.failed)
        client.hear(listeners)
        return client, tree

    names = [f"shard/{shard}/{mine[1]}" for shard in mine[0]] if mine else ["shard/all"]
    platform.rest, platform.token, platform.threads, platform.homes = rest, token, threads, homes
    platform.pacer, platform.listeners = pacer, listeners
    platform.gateway = (
        Gateway(
            make=make,
            posts=storage.posts,
            token=token,
            owner=secrets.token_hex(8),
            shards=names,
            speed=speed,
        )
        if listen
        else None
    )
    return platform


def shards(written: str) -> tuple[range, int] | None:
    """``0-3/16`` as the first four of sixteen; empty: as many as Discord proposes, all of them here."""
    if not written:
        return None
    which, _, count = written.partition("/")
    first, _, last = which.partition("-")
    return range(int(first), int(last or first) + 1), int(count)


async def granted(
    settings: DiscordSettings,
    *,
    spaces: Sequence[tuple[Community, Space]],
    clock: Clock,
    base_url: str | None = None,
) -> list[str]:
    """Sentences on what Discord does not grant in these channels; none: all is well.

    Raises BadSetting or PlatformError.
    """
    rest = _rest(Pacer(clock, requests=settings.requests), base_url)
    try:
        return await checks.look(rest, _token(settings), members=settings.members, spaces=spaces)
    finally:
        await rest.close()


def _token(settings: DiscordSettings) -> str:
    token = settings.token.get_secret_value().strip()
    if not token:
        raise BadSetting(
            "Discord is turned on and lacks VOISIN_DISCORD_TOKEN: set it in the environment "
            "(docs/discord.md says where to find it)."
        )
    return token


def _rest(pacer: Pacer, base_url: str | None) -> Rest:
    if base_url is not None:
        # The library keeps the address of Discord in a class.
        Route.BASE = base_url
    rest = Rest(asyncio.get_running_loop())
    rest.pacer = pacer
    return rest
