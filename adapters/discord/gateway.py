"""Who listens: each shard belongs to one process at a time, by a lease in the database."""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from datetime import timedelta

import discord
import structlog

from adapters.discord.client import Client
from adapters.discord.errors import BROKEN
from adapters.discord.homes import NAME
from adapters.discord.tree import Tree
from bot.errors import BadSetting, NotSent, StorageError
from bot.ports import Held, Posts

log = structlog.get_logger()

LEASE = timedelta(seconds=30)
BEAT = 10.0
"""Seconds after which a lease is prolonged, or asked for again."""

AT_START = 10.0
"""Seconds that a start waits for the servers to be told; they go on being told afterwards."""

HOPELESS = frozenset([4004, 4010, 4011, 4012, 4013])
"""Codes with which Discord closes a gateway for good: the token, the shards, the intents."""

AGAIN, LONGEST = 15.0, 600.0
"""Seconds after a gateway that broke before it is opened again; twice as many each time that nothing was
heard, up to so many: Discord counts how often one begins, and takes the token of a bot that never stops.
"""

UNPUBLISHED = 300.0
"""Seconds after which commands that Discord did not take are told again."""

Made = tuple[Client, Tree]


class Gateway:
    """Listens whenever its shards are free, and stops at once when another has them."""

    def __init__(
        self,
        *,
        make: Callable[[], Made],
        posts: Posts,
        token: str,
        owner: str,
        shards: Sequence[str],
        speed: float = 1.0,
    ) -> None:
        """``speed`` shortens the pauses, not the leases."""
        self._make = make
        self._posts = posts
        self._token = token
        self._owner = owner
        self._shards = shards
        self._speed = speed
        self._client: Client | None = None
        self._running: asyncio.Task[None] | None = None
        self._begun = asyncio.Event()

    async def start(self) -> None:
        """Begin. Raises BadSetting and NotSent for what is wrong from the start."""
        self._running = asyncio.create_task(self._run())
        begun = asyncio.create_task(self._begun.wait())
        await asyncio.wait({self._running, begun}, timeout=AT_START, return_when=asyncio.FIRST_COMPLETED)
        begun.cancel()
        if self._running.done():
            running, self._running = self._running, None
            await running

    async def stop(self) -> None:
        """Hear nothing more, and let others have the shards."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running

    async def _run(self) -> None:
        """As long as this process lives: hold the shards, listen, and begin again when it broke."""
        first, failures = True, 0
        while True:
            held: Sequence[Held] = []
            try:
                held = await self._take()
                if held:
                    failures += 1
                    if await self._listen(held, first=first):
                        failures = 0
                    first = False
                else:
                    # Another process listens; this one sends, and steps in when that one falls silent.
                    self._begun.set()
            except (BadSetting, NotSent) as error:
                if first:
                    raise
                log.warning("discord.gateway_refused", why=str(error))
            except Exception as error:
                # Whatever comes down the line, and whatever becomes of the database: one begins again.
                log.exception("discord.gateway_broken", error=type(error).__name__)
            finally:
                await self._leave(held)
            await asyncio.sleep((pause(failures) if held else BEAT) / self._speed)

    async def _take(self) -> Sequence[Held]:
        """All of our shards, or none."""
        held: list[Held] = []
        for shard in self._shards:
            each = await self._posts.take(NAME, shard, owner=self._owner, lease=LEASE)
            if each is None:
                await self._leave(held)
                return []
            held.append(each)
        return held

    async def _leave(self, held: Sequence[Held]) -> None:
        for each in held:
            with contextlib.suppress(StorageError):
                await self._posts.leave(each)

    async def _listen(self, held: Sequence[Held], *, first: bool) -> bool:
        """Until it ends; returns whether anything was heard."""
        client, tree = self._make()
        publishing: asyncio.Task[None] | None = None
        try:
            await self._log_in(client)
            if not await self._publish(tree):
                publishing = asyncio.create_task(self._publish_later(tree))
            connected = asyncio.create_task(client.connect())
            kept = asyncio.create_task(self._keep(held))
            heard = asyncio.create_task(client.heard.wait())
            heard.add_done_callback(lambda done: None if done.cancelled() else self._begun.set())
            try:
                await asyncio.wait({connected, kept}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                heard.cancel()
                kept.cancel()
                await _ended(connected, client)
            if connected.done() and not connected.cancelled():
                _judge(connected.exception(), first=first)
        finally:
            if publishing is not None:
                publishing.cancel()
                await asyncio.wait({publishing})
            await client.close()
        return client.heard.is_set()

    async def _publish(self, tree: Tree) -> bool:
        """Where Discord does not take the commands, those that it knows go on working: one listens."""
        try:
            if await tree.publish(self._posts):
                log.info("discord.commands_published")
        except BROKEN as error:
            log.warning("discord.commands_not_published", error=type(error).__name__)
            return False
        return True

    async def _publish_later(self, tree: Tree) -> None:
        while True:
            await asyncio.sleep(UNPUBLISHED / self._speed)
            if await self._publish(tree):
                return

    async def _log_in(self, client: Client) -> None:
        try:
            await client.login(self._token)
        except discord.LoginFailure as error:
            raise BadSetting(
                "Discord refuses VOISIN_DISCORD_TOKEN: copy the token again, from Bot in the app's settings."
            ) from error
        except BROKEN as error:
            raise NotSent(
                f"Discord cannot be reached ({type(error).__name__}): check the network."
            ) from error

    async def _keep(self, held: Sequence[Held]) -> None:
        """Until a lease is lost: from then on somebody else listens."""
        while True:
            await asyncio.sleep(BEAT / self._speed)
            try:
                kept = [await self._posts.keep(each, lease=LEASE) for each in held]
            except StorageError as error:
                log.warning("discord.lease_unknown", error=type(error).__name__)
                continue
            if not all(kept):
                log.warning("discord.lease_lost")
                return


def pause(failures: int) -> float:
    """Seconds before the gateway is opened again, after so many times in a row in which nothing was heard."""
    return min(AGAIN * 2.0 ** max(failures - 1, 0), LONGEST)


async def _ended(connected: asyncio.Task[None], client: Client) -> None:
    if not connected.done():
        await client.close()
        connected.cancel()
    # Its end is looked at by who asked.
    await asyncio.wait({connected})


def _judge(error: BaseException | None, *, first: bool) -> None:
    if isinstance(error, discord.PrivilegedIntentsRequired):
        raise BadSetting(
            "Discord does not grant the members intent: turn on Server Members Intent under Bot in the app's "
            "settings, or set members of [discord] to false."
        ) from error
    if isinstance(error, discord.ConnectionClosed) and error.code in HOPELESS and first:
        raise BadSetting(
            f"Discord closed the gateway ({error.code}): check shards of [discord], and the token."
        ) from error
    if error is not None:
        log.warning("discord.gateway_closed", error=type(error).__name__)
