"""What Discord tells of who knows whom, where conveners switched it on: who, whom, when. Never a word.

Without the Message Content intent, messages come without their words; replies, mentions, reactions and rooms
are facts of their own.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

import discord

from adapters.discord.homes import Homes
from adapters.discord.platform import named
from bot.actions import notice
from bot.domain.community import TieSource
from bot.domain.ids import ExternalId
from bot.ports import Clock, Storage

SOURCES = (TieSource.REPLIES, TieSource.MENTIONS, TieSource.REACTIONS, TieSource.VOICE)
"""What conveners may switch on here."""

FRESH = 60.0
"""Seconds for which a server's choice is not looked up again: messages are many."""

MENTIONED = 5
"""People whom one message mentions, at most: more are a crowd, and no tie."""

ROOM = 25
"""People in one voice room, at most, for the same reason."""


class Ties:
    """Hears what people do towards each other."""

    def __init__(self, *, homes: Homes, storage: Storage, clock: Clock) -> None:
        self._homes = homes
        self._storage = storage
        self._clock = clock
        self._chosen: dict[ExternalId, tuple[float, Sequence[TieSource]]] = {}

    async def said(self, message: discord.Message, *, me: int) -> None:
        """Somebody wrote: to whom it is a reply, whom it mentions. ``me``: what Discord calls Voisin."""
        if message.guild is None or message.author.bot or message.webhook_id is not None:
            return
        guild, reference = str(message.guild.id), message.reference
        answered = reference.resolved if reference else None
        if reference and isinstance(answered, discord.Message) and answered.author.id == me:
            await self._taken_up(guild, message.author.id, reference.channel_id, reference.message_id)
        await self._note(guild, message.author.id, list(_meant(message)), message.created_at)

    async def reacted(self, reaction: discord.RawReactionActionEvent, *, me: int) -> None:
        """Somebody reacted to what somebody wrote: that, and nothing of with what; nor to what, but for posts
        of Voisin's own.
        """
        if reaction.guild_id is None or reaction.message_author_id is None:
            return
        if reaction.message_author_id == me:
            if reaction.member is not None and not reaction.member.bot:
                await self._taken_up(
                    str(reaction.guild_id), reaction.user_id, reaction.channel_id, reaction.message_id
                )
        else:
            meant = [(TieSource.REACTIONS, reaction.message_author_id, 2)]
            await self._note(str(reaction.guild_id), reaction.user_id, meant, self._clock.now())

    async def entered(
        self, member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        """Somebody came into a room in which others are."""
        room = after.channel
        if room is None or room == before.channel or member.bot:
            return
        there: Mapping[int, discord.VoiceState] = room.voice_states
        others = [id for id in there if id != member.id]
        if 0 < len(others) < ROOM:
            people = len(others) + 1
            meant = [(TieSource.VOICE, id, people) for id in others]
            await self._note(str(member.guild.id), member.id, meant, self._clock.now())

    async def _taken_up(self, guild: str, person: int, room: int, post: int | None) -> None:
        """It may be a post that brings what somebody shared: then that is no longer without an answer."""
        home = await self._homes.community(ExternalId(guild))
        await notice.taken_up(
            self._storage.open_work,
            home.id,
            ExternalId(str(person)),
            named(str(room), str(post)),
            now=self._clock.now(),
        )

    async def _note(
        self, guild: str, one: int, meant: Sequence[tuple[TieSource, int, int]], at: datetime
    ) -> None:
        chosen = await self._sources(ExternalId(guild))
        done = [
            notice.Deed(
                source=source,
                one=ExternalId(str(one)),
                other=ExternalId(str(other)),
                at=at.astimezone(UTC),
                people=people,
            )
            for source, other, people in meant
            if source in chosen
        ]
        if done:
            home = await self._homes.community(ExternalId(guild))
            await notice.deeds(self._storage.open_work, home.id, done, now=self._clock.now())

    async def _sources(self, guild: ExternalId) -> Sequence[TieSource]:
        kept = self._chosen.get(guild)
        if kept is None or kept[0] <= _now():
            home = await self._homes.community(guild)
            known = await self._storage.communities.get(home.id)
            kept = self._chosen[guild] = (_now() + FRESH, known.sources)
        return kept[1]


def _meant(message: discord.Message) -> Iterator[tuple[TieSource, int, int]]:
    answered = message.reference.resolved if message.reference else None
    to = answered.author if isinstance(answered, discord.Message) else None
    if to is not None and not to.bot:
        yield TieSource.REPLIES, to.id, 2
    # Discord mentions whom one answers by itself: that is the reply again.
    mentioned = [user for user in message.mentions if not user.bot and user != to]
    if len(mentioned) <= MENTIONED:
        for user in mentioned:
            yield TieSource.MENTIONS, user.id, 2


def _now() -> float:
    return asyncio.get_running_loop().time()
