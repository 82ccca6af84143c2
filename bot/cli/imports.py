"""`voisin import …`: a file is read whole and checked, then written in one transaction."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from adapters.files.roster import read_roster
from adapters.files.slack_export import read_slack_export
from adapters.files.ties import read_ties
from bot import settings
from bot.actions import bring_in
from bot.actions.bring_in import Brought
from bot.cli.console import as_json, progress, say
from bot.cli.finding import community_named, database_of
from bot.domain.ids import CommunityId
from bot.ports import Storage

Done = TypeVar("Done")


def roster(file: Path, *, community: str, config: Path | None, as_object: bool) -> None:
    """People."""
    read = settings.read(config)
    with progress(f"Reading {file.name}"):
        lines = read_roster(file)
    people = _written(
        read, community, lambda storage, id, now: bring_in.people(storage.open_work, id, lines, now=now)
    )
    _tell(people, None, as_object=as_object)


def ties(file: Path, *, community: str, config: Path | None, as_object: bool) -> None:
    """Ties."""
    read = settings.read(config)
    with progress(f"Reading {file.name}"):
        lines = read_ties(file)
    told = _written(
        read, community, lambda storage, id, now: bring_in.ties(storage.open_work, id, lines, now=now)
    )
    _tell(None, told, as_object=as_object)


def slack_export(path: Path, *, community: str, config: Path | None, as_object: bool) -> None:
    """People and ties, out of what Slack hands over."""
    read = settings.read(config)
    with progress(f"Reading {path.name}"):
        export = read_slack_export(path)
    people, told = _written(
        read,
        community,
        lambda storage, id, now: bring_in.everything(
            storage.open_work, id, export.people, export.ties, now=now
        ),
    )
    _tell(people, told, as_object=as_object)


def _written(
    read: settings.Settings,
    name: str,
    write: Callable[[Storage, CommunityId, datetime], Awaitable[Done]],
) -> Done:
    async def done() -> Done:
        async with database_of(read) as storage:
            community = await community_named(storage, name)
            return await write(storage, community.id, datetime.now(UTC))

    with progress("Writing"):
        return asyncio.run(done())


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
