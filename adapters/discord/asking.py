"""Who asks, and where: from an interaction to what the core is told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import discord
import structlog

from adapters.discord.doors import Doors
from adapters.discord.homes import NAME, Homes, language
from adapters.discord.roster import Roster
from bot.actions import settle_in
from bot.domain.community import Community, TieSource
from bot.domain.ids import CommunityId, ExternalId
from bot.messages import Ask, Asker
from bot.ports import Clock, Storage

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True, slots=True)
class Came:
    """Who did something, and where."""

    home: Community
    ask: Ask


class Asking:
    """Knows the servers and the people in them."""

    def __init__(
        self,
        *,
        homes: Homes,
        roster: Roster,
        doors: Doors,
        storage: Storage,
        clock: Clock,
        sources: Sequence[TieSource] = (),
    ) -> None:
        self._homes = homes
        self._roster = roster
        self._doors = doors
        self._storage = storage
        self._clock = clock
        self._sources = tuple(sources)
        self._met: set[tuple[CommunityId, ExternalId]] = set()

    async def came(self, interaction: discord.Interaction, *, about: str = "") -> Came | None:
        """Who asks, as the core knows it; None: nobody who could.

        ``about`` is the id that a button carries: in direct messages it says which server is meant.
        """
        if interaction.user.bot:
            return None
        asker = _asker(interaction)
        if interaction.guild_id is None:
            found = await self._storage.communities.whose(NAME, asker.external_id, about)
            if found is None:
                return None
            home, asker = found, await self._roster.find(found.external_id, asker)
        else:
            guild = ExternalId(str(interaction.guild_id))
            locale = interaction.guild_locale.value if interaction.guild_locale else ""
            name = interaction.guild.name if interaction.guild else ""
            home = await self._homes.community(guild, name=name, locale=locale)
            self._roster.learn(guild, asker)
        space = _space(interaction)
        channel = _channel(interaction)
        ask = Ask(
            community=home.id,
            asker=asker,
            now=self._clock.now(),
            space=space[0] if space else None,
            space_name=space[1] if space else "",
            circles=channel is None or channel.type is discord.ChannelType.text,
            sources=self._sources,
            event=f"{NAME}/{interaction.id}",
        )
        return Came(home=home, ask=ask)

    async def welcome(self, came: Came) -> None:
        """Discord does not say who invited it: the first admins who come by are told how to begin."""
        asker = came.ask.asker
        if not asker.admin or (came.home.id, asker.external_id) in self._met:
            return
        self._met.add((came.home.id, asker.external_id))
        await settle_in.welcome_admin(self._storage.open_work, came.home.id, asker, now=came.ask.now)
        await self.open_door(came)

    async def open_door(self, came: Came) -> ExternalId | None:
        """Their direct messages, opened inside this click of theirs."""
        return await self._doors.open(came.home.id, came.ask.asker.external_id)

    def somebody(self, user: discord.User | discord.Member) -> Asker | None:
        """Whom an option names; None: nobody who could be introduced."""
        # Somebody who is not in the server is a user, and no member of it.
        return _described(user) if isinstance(user, discord.Member) and not user.bot else None


def _asker(interaction: discord.Interaction) -> Asker:
    asker = _described(interaction.user)
    asker = replace(asker, language=language(interaction.locale.value))
    if isinstance(interaction.user, discord.Member):
        # Computed by Discord for this channel, and part of the click.
        rights = interaction.permissions
        return replace(asker, admin=rights.administrator or rights.manage_guild)
    return asker


def _described(user: discord.User | discord.Member) -> Asker:
    return Asker(external_id=ExternalId(str(user.id)), name=user.display_name)


def _space(interaction: discord.Interaction) -> tuple[ExternalId, str] | None:
    """The channel that something was asked in, for a thread the one it belongs to; None: in private."""
    asked_in = interaction.channel
    if interaction.guild_id is None or asked_in is None:
        return None
    channel = _channel(interaction)
    id = asked_in.parent_id if isinstance(asked_in, discord.Thread) else asked_in.id
    return ExternalId(str(id)), getattr(channel, "name", "") or ""


def _channel(interaction: discord.Interaction) -> discord.abc.GuildChannel | None:
    """The same as Discord describes it; None: in private, or it is not known."""
    channel = interaction.channel
    if isinstance(channel, discord.Thread):
        return channel.parent
    return channel if isinstance(channel, discord.abc.GuildChannel) else None
