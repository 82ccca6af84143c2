"""`voisin import …`: a file is read whole and checked, then written in one transaction."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from adapters.files.roster import read_roster
from adapters.files.slack_export import read_slack_export
from adapters.files.ties import read_ties
from bot import settings
from bot.actions import bring_in
from bot.actions.bring_in import Brought, RosterLine, TieLine
from bot.cli.console import as_json, progress, say
from bot.cli.finding import community_named
from bot.domain.community import Community
from bot.ports import Storage
from storage.database import opened


def roster(file: Path, *, community: str, config: Path | None, as_object: bool) -> None:
    """People."""
    read = settings.read(config)
    with progress(f"Reading {file.name}"):
        lines = read_roster(file)
    people, _ = asyncio.run(_bring(read, community, lines, None))
    _tell(people, None, as_object=as_object)


def ties(file: Path, *, community: str, config: Path | None, as_object: bool) -> None:
    """Ties."""
    read = settings.read(config)
    with progress(f"Reading {file.name}"):
        lines = read_ties(file)
    _, told = asyncio.run(_bring(read, community, None, lines))
    _tell(None, told, as_object=as_object)


def slack_export(path: Path, *, community: str, config: Path | None, as_object: bool) -> None:
    """People and ties, out of what Slack hands over."""
    read = settings.read(config)
    with progress(f"Reading {path.name}"):
        export = read_slack_export(path)
    people, told = asyncio.run(_bring(read, community, export.people, export.ties))
    _tell(people, told, as_object=as_object)


async def _bring(
    read: settings.Settings,
    name: str,
    people: Sequence[RosterLine] | None,
    told: Sequence[TieLine] | None,
) -> tuple[Brought | None, Brought | None]:
    now = datetime.now(UTC)
    with progress("Writing"):
        async with opened(read.database.url) as storage:
            community = await community_named(storage, name)
            return await _write(storage, community, people, told, now=now)


async def _write(
    storage: Storage,
    community: Community,
    people: Sequence[RosterLine] | None,
    told: Sequence[TieLine] | None,
    *,
    now: datetime,
) -> tuple[Brought | None, Brought | None]:
    brought_people = brought_ties = None
    if people is not None:
        brought_people = await bring_in.people(storage.open_work, community.id, people, now=now)
    if told is not None:
        brought_ties = await bring_in.ties(storage.open_work, community.id, told, now=now)
    return brought_people, brought_ties


def _tell(people: Brought | None, told: Brought | None, *, as_object: bool) -> None:
    if as_object:
        brought = {"people": people, "ties": told}
        as_json(
            {
                what: {"new": one.new, "known": one.known, "left_out": one.left_out}
                for what, one in brought.items()
                if one is not None
            }
        )
        return
    if people is not None:
        say(f"{people.new:,} people are new, {people.known:,} were known. Nobody was enrolled.")
    if told is not None:
        alone = f" {told.left_out:,} ties of someone with themselves were left out." if told.left_out else ""
        say(f"{told.new:,} ties are new, {told.known:,} were known.{alone}")
