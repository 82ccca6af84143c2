"""The one composition root: settings → storage → platforms → engine → run → stop."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from adapters import discord, sandbox, slack
from adapters.clock import House
from adapters.discord import Discord
from adapters.sandbox import Sandbox, Town
from adapters.slack import Slack
from adapters.web import Site
from bot import commands
from bot.actions import settle_in
from bot.cli.console import known_version
from bot.cli.roles import in_time, possible
from bot.cli.vitals import Vitals
from bot.engine.heartbeat import Heartbeat
from bot.engine.watch import Watch
from bot.errors import BadSetting
from bot.ports import Clock, Platform
from bot.settings import SandboxSettings, Settings
from storage.database import OpenStorage, opened

QUIET_HOUR = 3
"""UTC: when the house tidies up."""

INBOX_DAYS = timedelta(days=30)
"""How long it is remembered that an event was handled: no platform tries again for longer than a day."""

FOR_THE_ENGINE = 0.6
"""Share of the time for a stop that the engine may take; the rest is for the web site and the platforms."""

SLOW = timedelta(seconds=1)
"""How long one beat waits for platforms to answer; then the communities that are served go on."""

COPIES_DAYS = timedelta(days=30)
"""How long the copy of a database from before an upgrade is kept: it holds what was erased since."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Running:
    """Everything, put together and listening."""

    storage: OpenStorage
    platforms: dict[str, Platform]
    sandbox: Sandbox | None
    slack: Slack | None
    discord: Discord | None
    clock: Clock
    heartbeat: Heartbeat
    beats: bool
    """Whether the heartbeat is this process's to run."""
    watch: Watch
    address: str
    """Of the web site."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Stage:
    """What a demonstration does otherwise: nothing outlives it, and its clock can be moved."""

    move: Callable[[datetime], Awaitable[None]]
    ids: Callable[[], str]


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    clock: Clock,
    stage: Stage | None = None,
    slack_api: str = slack.API,
    discord_api: str | None = None,
) -> AsyncIterator[Running]:
    """Put it together, and take it apart at the end. Raises BadSetting, StorageError and PlatformError."""
    possible(settings)
    role = settings.engine.role
    ids = stage.ids if stage else None
    async with opened(
        settings.database.url,
        ids=ids,
        durable=stage is None,
        exclusive=True,
        key=settings.database.key.get_secret_value(),
    ) as storage:
        if storage.where.postgresql:
            in_time(clock.now(), await storage.now())
        site = Site(settings.web.host, settings.web.port)
        platforms: dict[str, Platform] = {}
        town = None
        if settings.sandbox.enabled:
            town = await sandbox.connect(
                site,
                storage=storage,
                clock=clock,
                desk=commands,
                town=_people(settings.sandbox),
                ledger=None if stage else settings.sandbox.ledger,
                move=stage.move if stage else None,
            )
            platforms[town.name] = town
            for admin in (resident for resident in town.town.residents if resident.admin):
                await settle_in.welcome(storage.open_work, town.community.id, admin.asker, now=clock.now())
        there = None
        if settings.slack.enabled:
            _sealable(settings)
            # A key that opens nothing is found out now, and not at the first message.
            await storage.installations.all("slack")
            there = await slack.connect(
                settings.slack,
                site=site,
                storage=storage,
                clock=clock,
                desk=commands,
                base_url=slack_api,
                hears=role.hears(by_http=bool(settings.slack.url)),
            )
            platforms[there.name] = there
        guilds = None
        if settings.discord.enabled:
            guilds = await discord.connect(
                settings.discord,
                storage=storage,
                clock=clock,
                desk=commands,
                base_url=discord_api,
                listen=role.hears(by_http=False),
            )
            platforms[guilds.name] = guilds
        if not platforms:
            raise BadSetting(
                "No platform is turned on: set enabled of [sandbox], of [slack] or of [discord] to true."
            )
        heartbeat = Heartbeat(
            storage=storage,
            platforms=platforms,
            clock=clock,
            batch=settings.engine.batch,
            lease=timedelta(seconds=settings.engine.lease),
            drain=timedelta(seconds=settings.engine.drain * FOR_THE_ENGINE),
            slow=SLOW,
        )
        watch = Watch(probe=storage.now, pulse=heartbeat.pulse if role.beats else None)
        vitals = Vitals(
            role=role,
            version=known_version(),
            agenda=storage.agenda,
            clock=clock,
            pulse=heartbeat.pulse if role.beats else None,
            limits={each.name: each.limits for each in (there, guilds) if each is not None},
        )
        site.tell(trouble=lambda: watch.trouble, figures=vitals.told)
        try:
            address = await site.start()
            if there is not None:
                await there.start()
            if guilds is not None:
                await guilds.start()
            yield Running(
                storage=storage,
                platforms=platforms,
                sandbox=town,
                slack=there,
                discord=guilds,
                clock=clock,
                heartbeat=heartbeat,
                beats=role.beats,
                watch=watch,
                address=address,
            )
        finally:
            await site.stop()
            if guilds is not None:
                await guilds.stop()
            if there is not None:
                await there.stop()
            if town is not None:
                town.close()


async def live(all_of_it: Running, stop: asyncio.Event) -> None:
    """Beat until told to stop, and tidy up once a day; or leave that to others, and be there to hear."""
    watching = asyncio.create_task(all_of_it.watch.run(stop))
    try:
        await (_beating(all_of_it, stop) if all_of_it.beats else stop.wait())
    finally:
        watching.cancel()
        await asyncio.wait({watching})


async def _beating(all_of_it: Running, stop: asyncio.Event) -> None:
    storage, clock = all_of_it.storage, all_of_it.clock
    house = House()
    house.every_day("purge", lambda: storage.agenda.purge(before=clock.now() - INBOX_DAYS), hour=QUIET_HOUR)
    house.every_day("scrub", storage.scrub, hour=QUIET_HOUR)
    house.every_day("copies", lambda: storage.age_out(before=clock.now() - COPIES_DAYS), hour=QUIET_HOUR)
    if all_of_it.slack is not None:
        house.every_day("look_around", all_of_it.slack.look_around, hour=QUIET_HOUR)
        house.every_day("farewell", all_of_it.slack.farewell, hour=QUIET_HOUR)
    if all_of_it.discord is not None:
        house.every_day("farewell from servers", all_of_it.discord.farewell, hour=QUIET_HOUR)
    house.start()
    try:
        await all_of_it.heartbeat.run(stop)
    finally:
        house.stop()


def _sealable(settings: Settings) -> None:
    """Raise BadSetting where tokens would come and there is nothing to encrypt them with."""
    if settings.slack.url and not settings.database.key.get_secret_value():
        raise BadSetting(
            "Slack is turned on by HTTP, and the tokens of its workspaces are kept encrypted only: set "
            "VOISIN_DATABASE_KEY in the environment (`openssl rand -base64 32` makes one)."
        )


def _people(settings: SandboxSettings) -> Town:
    return sandbox.load(Path(settings.people)) if settings.people else sandbox.sample()
