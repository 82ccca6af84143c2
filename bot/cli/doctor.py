"""`voisin doctor`: what is well and what is missing, each in a sentence."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryFile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.slack.install import STAYS
from bot import settings
from bot.cli.console import as_json, results
from bot.cli.discord import look as look_at_discord
from bot.cli.roles import in_time
from bot.cli.slack import look
from bot.errors import StorageError, VoisinError
from storage import upgrade as revisions
from storage.copies import intact
from storage.database import opened
from storage.engines import address

ROOM = 200 * 1024 * 1024
"""Bytes that should be free: a year of a large community is a tenth of it."""

BUILT = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock of a machine that runs this is right when it shows an earlier day."""

FAR = timedelta(days=3650)

WELL = {
    False: "The token is good, and its scopes are those that are used.",
    True: "Its secrets are set, and no workspace grants other scopes than those that are used.",
}


UNKNOWN = (
    "With Socket Mode it does not say who that is: set installer of [slack], and conveners hear in time."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing looked at."""

    what: str
    well: bool
    sentence: str


def examine(config: Path | None, *, as_object: bool) -> bool:
    """Look at everything, tell, and say whether all is well."""
    findings = list(_findings(config))
    well = all(finding.well for finding in findings)
    if as_object:
        as_json(
            {
                "well": well,
                "findings": [
                    {"what": finding.what, "well": finding.well, "sentence": finding.sentence}
                    for finding in findings
                ],
            }
        )
        return well
    for finding in findings:
        mark = "[green]✓[/green]" if finding.well else "[red]✗[/red]"
        results().print(f"{mark} [bold]{finding.what}[/bold]", end="  ")
        results().print(finding.sentence, markup=False)
    return well


def _findings(config: Path | None) -> Iterator[Finding]:
    read: settings.Settings | None = None
    try:
        read = settings.read(config)
    except VoisinError as error:
        yield Finding(what="settings", well=False, sentence=str(error))
    else:
        where = f"{config} is read" if config else "The defaults hold: no file was named with --config"
        yield Finding(what="settings", well=True, sentence=f"{where}.")
    if read is not None:
        yield _database(read)
        yield _room(read)
        yield _platforms(read)
        if read.slack.enabled:
            yield from _slack(read)
        if read.discord.enabled:
            yield from _discord(read)
    yield _zones()
    yield _clock(datetime.now(UTC), read)


def _database(read: settings.Settings) -> Finding:
    def look() -> str:
        where = address(read.database.url)
        if not where.there:
            return "There is none yet: `voisin run` makes it."
        if where.file is not None:
            intact(where.file, thorough=True)
        found, newest = revisions.current(read.database.url), revisions.newest()
        if found is None:
            makes = (
                "`voisin run` makes it ready" if where.file else "type `voisin db upgrade` to make it ready"
            )
            return f"It is empty: {makes}."
        if found != newest:
            raise VoisinError(
                f"It is at {found} and this Voisin needs {newest}: a newer Voisin wrote it, "
                "or `voisin db upgrade` is still to be typed."
            )
        return (
            f"It opens, is intact and at {found}, the newest."
            if where.file
            else f"It opens and is at {found}."
        )

    return _looked("database", look)


def _room(read: settings.Settings) -> Finding:
    def look() -> str:
        file = address(read.database.url).file
        folder = (file or read.sandbox.ledger).resolve().parent
        if not folder.is_dir():
            raise VoisinError(f"There is no folder {folder}: make it.")
        try:
            TemporaryFile(dir=folder).close()
        except OSError as error:
            raise VoisinError(
                f"Nothing can be written in {folder}: give the right to whoever runs Voisin."
            ) from error
        free = shutil.disk_usage(folder).free
        if free < ROOM:
            raise VoisinError(
                f"Only {free // 1024**2} MB are free in {folder}: make room for {ROOM // 1024**2}."
            )
        return f"{free // 1024**3} GB are free in {folder}."

    return _looked("disk", look)


def _platforms(read: settings.Settings) -> Finding:
    def look() -> str:
        if not read.sandbox.enabled:
            on = [f"Slack is on, {read.slack.url or 'by Socket Mode'}."] if read.slack.enabled else []
            on += ["Discord is on."] if read.discord.enabled else []
            if on:
                return " ".join(on)
            raise VoisinError(
                "No platform is turned on: set enabled of [sandbox], of [slack] or of [discord] to true."
            )
        return f"The sandbox is on, at http://{read.web.host}:{read.web.port or '<any free port>'}."

    return _looked("platforms", look)


def _slack(read: settings.Settings) -> Iterator[Finding]:
    try:
        amiss = look(read)
    except VoisinError as error:
        amiss = [str(error)]
    yield from (Finding(what="slack", well=False, sentence=sentence) for sentence in amiss)
    if not amiss:
        said = [WELL[bool(read.slack.url)], STAYS[0]]
        said += [] if read.slack.url or read.slack.installer else [UNKNOWN]
        yield Finding(what="slack", well=True, sentence=" ".join(said))


def _discord(read: settings.Settings) -> Iterator[Finding]:
    try:
        amiss = look_at_discord(read)
    except VoisinError as error:
        amiss = [str(error)]
    yield from (Finding(what="discord", well=False, sentence=sentence) for sentence in amiss)
    if not amiss:
        yield Finding(
            what="discord",
            well=True,
            sentence="The token is good, and every channel with a program grants what is used.",
        )


def _zones() -> Finding:
    def look() -> str:
        try:
            paris = ZoneInfo("Europe/Paris")
        except ZoneInfoNotFoundError:
            raise VoisinError("There are no time zones: install the package tzdata.") from None
        if datetime(2026, 7, 1, tzinfo=paris).utcoffset() != timedelta(hours=2):
            raise VoisinError("The time zones are wrong: install the package tzdata again.")
        try:
            return f"Known, from tzdata {version('tzdata')}."
        except PackageNotFoundError:
            return "Known, from this machine."

    return _looked("time zones", look)


def _clock(now: datetime, read: settings.Settings | None) -> Finding:
    def look() -> str:
        if not BUILT <= now <= BUILT + FAR:
            raise VoisinError(f"It says {now:%Y-%m-%d %H:%M} UTC, which cannot be: set this machine's clock.")
        # A database that cannot be asked is told of already.
        with suppress(StorageError):
            if read is not None and address(read.database.url).postgresql:
                in_time(*asyncio.run(_both_clocks(read.database.url)))
                return f"It says {now:%Y-%m-%d %H:%M} UTC, and so does the database's."
        return f"It says {now:%Y-%m-%d %H:%M} UTC: compare."

    return _looked("clock", look)


async def _both_clocks(url: str) -> tuple[datetime, datetime]:
    """This machine's and the database's."""
    async with opened(url) as storage:
        there = await storage.now()
        return datetime.now(UTC), there


def _looked(what: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(what=what, well=True, sentence=look())
    except VoisinError as error:
        return Finding(what=what, well=False, sentence=str(error))
