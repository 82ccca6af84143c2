"""discord.py's client: the gateway, as many shards as this process has, and nothing kept in memory."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypedDict

import discord
import structlog
import yarl

from adapters.discord.limits import Pacer
from adapters.discord.listeners import Listeners
from adapters.discord.render import ACTION, Press
from adapters.discord.rest import Rest
from adapters.discord.ties import Ties
from bot.errors import NotSent

log = structlog.get_logger()


SILENT = 60.0
"""Seconds without a word from Discord after which a connection is given up and the session taken up again."""


def intents(*, members: bool, ties: bool) -> discord.Intents:
    """Servers and their channels; more only where it was granted or switched on. No words, ever."""
    return discord.Intents(
        guilds=True, members=members, guild_messages=ties, guild_reactions=ties, voice_states=ties
    )


class Client(discord.AutoShardedClient):
    """Hears; what it hears goes to the listeners."""

    def __init__(
        self, *, pacer: Pacer, members: bool, ties: bool, shards: tuple[range, int] | None = None
    ) -> None:
        super().__init__(
            intents=intents(members=members, ties=ties),
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=1.0,
            heartbeat_timeout=SILENT,
            allowed_mentions=discord.AllowedMentions.none(),
            **_own(shards),
        )
        rest = Rest(self.http.loop, unsync_clock=True)
        rest.pacer = pacer
        self.http = self._connection.http = self.rest = rest
        self.listeners: Listeners | None = None
        self.heard = asyncio.Event()
        """Set once every shard has told which servers there are."""

    def hear(self, listeners: Listeners) -> None:
        """From now on."""
        self.listeners = listeners
        self.add_dynamic_items(Press)

    async def launch_shards(self) -> None:
        """As the library does, but for where Discord says the gateway is, also with shards of our own, and
        how often one may still begin: Discord resets the token of a bot that goes beyond.
        """
        if self.is_closed():
            return
        count, url, starts = await self.http.get_bot_gateway()
        shard_count: int | None = self.shard_count
        self.shard_count = self._connection.shard_count = shard_count or count
        shards = list(self.shard_ids or range(self.shard_count))
        self._connection.shard_ids = shards
        if starts["remaining"] < len(shards):
            raise NotSent("Discord lets a bot begin so often a day, and no more until tomorrow")
        for shard in shards:
            await self.launch_shard(yarl.URL(url), shard, initial=shard == shards[0])

    async def pressed(self, interaction: discord.Interaction, action: str) -> None:
        """A button of ours."""
        if self.listeners is not None:
            await self.listeners.pressed(interaction, action)

    # ── What is heard ───────────────────────────────────────────────────────────────────────────────

    async def on_interaction(self, interaction: discord.Interaction) -> None:
        """What neither the tree nor a button of ours takes: forms, and what nobody knows any more."""
        if self.listeners is None or interaction.data is None:
            return
        action = str(interaction.data.get("custom_id", ""))
        if interaction.type is discord.InteractionType.modal_submit:
            await self.listeners.submitted(interaction)
        elif interaction.type is discord.InteractionType.component and not ACTION.fullmatch(action):
            await self.pressed(interaction, action)

    async def on_ready(self) -> None:
        for guild in self.guilds:
            await self.on_guild_join(guild)
        if self.listeners is not None:
            here = {str(guild.id) for guild in self.guilds}
            await self.listeners.compared(lambda id: id in here or not self._is_ours(id))
        self.heard.set()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        if guild.unavailable:
            # An outage of Discord's: it is told when it is over.
            return
        await self._tell("arrived", guild.id, lambda listeners: listeners.arrived(guild))

    async def on_guild_available(self, guild: discord.Guild) -> None:
        await self.on_guild_join(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        await self._tell("removed", guild.id, lambda listeners: listeners.removed(guild))

    async def on_raw_member_remove(self, gone: discord.RawMemberRemoveEvent) -> None:
        await self._tell(
            "departed", gone.guild_id, lambda listeners: listeners.departed(gone.guild_id, gone.user.id)
        )

    async def on_guild_channel_update(
        self, before: discord.abc.GuildChannel, after: discord.abc.GuildChannel
    ) -> None:
        if before.name != after.name:
            await self._tell("renamed", after.guild.id, lambda listeners: listeners.renamed(after))

    async def on_message(self, message: discord.Message) -> None:
        await self._noted(lambda ties, me: ties.said(message, me=me))

    async def on_raw_reaction_add(self, reaction: discord.RawReactionActionEvent) -> None:
        await self._noted(lambda ties, me: ties.reacted(reaction, me=me))

    async def on_voice_state_update(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        await self._noted(lambda ties, _: ties.entered(member, before, after))

    async def _noted(self, note: Callable[[Ties, int], Awaitable[None]]) -> None:
        if self.listeners is not None and self.listeners.ties is not None and self.user is not None:
            try:
                await note(self.listeners.ties, self.user.id)
            except Exception:
                log.exception("discord.tie_not_noted")

    async def on_guild_channel_delete(self, channel: discord.abc.GuildChannel) -> None:
        await self._tell(
            "closed", channel.guild.id, lambda listeners: listeners.closed(channel.guild.id, channel.id)
        )

    def _is_ours(self, guild: str) -> bool:
        """Whether one of our shards would hear of it."""
        count = self.shard_count or 1
        return (int(guild) >> 22) % count in (self._connection.shard_ids or range(count))

    async def _tell(self, what: str, guild: int, tell: Callable[[Listeners], Awaitable[None]]) -> None:
        if self.listeners is None:
            return
        try:
            await tell(self.listeners)
        except Exception:
            log.exception("discord.event_failed", what=what, community=str(guild))


class _Shards(TypedDict, total=False):
    shard_ids: list[int]
    shard_count: int


def _own(shards: tuple[range, int] | None) -> _Shards:
    return _Shards(shard_ids=list(shards[0]), shard_count=shards[1]) if shards else _Shards()
