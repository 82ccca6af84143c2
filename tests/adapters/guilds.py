"""Voisin on the loopback Discord, put together as it is for real, with a clock that can be moved."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import SecretStr

from adapters import discord as edge
from adapters.clock import MovableClock
from bot import commands
from bot.domain.community import Community
from bot.domain.ids import ExternalId
from bot.engine.heartbeat import Heartbeat
from bot.settings import DiscordSettings
from storage.database import OpenStorage, opened
from storage.ids import numbered
from tests.loopback.discord_hands import Hand
from tests.loopback.discord_house import INVITED, aimed, unhurried
from tests.loopback.discord_people import PRIVATE_THREAD, Guild, Post
from tests.loopback.discord_server import TOKEN, Discord

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""10:00 in Paris: the first round."""
A_MOMENT = timedelta(seconds=5)


@dataclass(kw_only=True)
class Life:
    """One life of Voisin: it ends, and another begins on the same file."""

    discord: Discord
    clock: MovableClock
    storage: OpenStorage
    platform: edge.Discord
    heart: Heartbeat

    def hand(self, guild: Guild, name: str) -> Hand:
        """What this person does."""
        return Hand(discord=self.discord, guild=guild, user=guild.user(name))

    async def community(self, guild: Guild) -> Community:
        """What Voisin knows this server as."""
        found = await self.storage.communities.find("discord", ExternalId(guild.id))
        assert found is not None
        return found

    async def move_to(self, moment: datetime) -> None:
        """Let time pass, from one due moment to the next, up to this one."""
        while (due := await self.storage.agenda.next_due()) is not None and due <= moment:
            self.clock.move_to(max(due, self.clock.now() + timedelta(seconds=1)))
            await self.heart.tick()
        self.clock.move_to(max(moment, self.clock.now()))
        await self.heart.tick()
        # Where the limits run fast, what a busy machine is late with goes back into the line for a moment.
        while (due := await self.storage.agenda.next_due()) is not None and due <= moment + A_MOMENT:
            if self.clock.now() > moment + A_MOMENT:
                break
            self.clock.move_to(max(due, self.clock.now() + timedelta(seconds=1)))
            await self.heart.tick()

    async def ready(self, guild: Guild, *names: str) -> None:
        """A program, and these people's yes; the first one sets it up."""
        convener = self.hand(guild, names[0])
        form = await convener.opens("setup")
        done = await convener.answered(
            await convener.fills(form, rhythm="weekly", day="1", at="10:00", zone="Europe/Paris", size="2")
        )
        assert done.only == convener.user.id
        for name in names:
            answer = await self.hand(guild, name).asks("join")
            assert "Welcome" in answer.shown, answer.shown


@dataclass(kw_only=True)
class Lives:
    """Where Voisin may live, one life after the other."""

    discord: Discord
    file: Path
    clock: MovableClock = field(default_factory=lambda: MovableClock(MONDAY))
    ids: Callable[[], str] = field(default_factory=numbered)

    @asynccontextmanager
    async def life(
        self, *, lease: timedelta = timedelta(seconds=60), owner: str = "one", **settings: object
    ) -> AsyncIterator[Life]:
        """One life, in every server that there is."""
        chosen = DiscordSettings.model_validate({"enabled": True, "token": SecretStr(TOKEN), **settings})
        with aimed(self.discord), unhurried():
            async with opened(f"sqlite:///{self.file}", ids=self.ids, durable=False) as storage:
                platform = await edge.connect(
                    chosen,
                    storage=storage,
                    clock=self.clock,
                    desk=commands,
                    base_url=self.discord.api,
                    speed=self.discord.speed,
                )
                try:
                    await platform.start()
                    yield Life(
                        discord=self.discord,
                        clock=self.clock,
                        storage=storage,
                        platform=platform,
                        heart=Heartbeat(
                            storage=storage,
                            platforms={"discord": platform},
                            clock=self.clock,
                            lease=lease,
                            batch=20,
                            owner=owner,
                        ),
                    )
                finally:
                    await platform.stop()


def found(discord: Discord, name: str, *people: str) -> Guild:
    """A server that Voisin was invited to."""
    return discord.found(name, *people, rights=INVITED)


def introductions(discord: Discord) -> list[Post]:
    """Every introduction that was posted, in direct messages and in threads."""
    return [
        post
        for post in discord.posts
        if post.only is None and any(action[:6] == "known:" for action in post.buttons)
    ]


def threads(guild: Guild) -> list[str]:
    """The names of the private threads that are not at rest."""
    return [each.name for each in guild.active_threads if each.type == PRIVATE_THREAD]
