"""From what an operator types to the database, community, program or round that is meant."""

import difflib
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from bot.domain.community import Community
from bot.domain.ids import RoundId
from bot.domain.program import Program
from bot.domain.round import Round
from bot.errors import BadInput, StorageError, Unknown
from bot.ports import Storage
from bot.settings import Settings
from storage.database import OpenStorage, opened
from storage.engines import address


def made(read: Settings) -> None:
    """Raise StorageError where the database of the settings is still to be made: a look makes none."""
    where = address(read.database.url)
    if not where.there:
        raise StorageError(
            f"There is no database yet at {where.file}: `voisin run` makes it. "
            "If yours is elsewhere, name its settings with --config."
        )


@asynccontextmanager
async def database_of(read: Settings, *, exclusive: bool = False) -> AsyncIterator[OpenStorage]:
    """The one that the settings name. Raises StorageError where there is none."""
    made(read)
    async with opened(
        read.database.url, exclusive=exclusive, key=read.database.key.get_secret_value()
    ) as storage:
        yield storage


async def community_named(storage: Storage, name: str) -> Community:
    """By its name or its id on its platform, also as ``slack/T024``. Raises BadInput with those there are."""
    there = await storage.communities.all()
    wanted = name.strip().casefold()
    found = [
        one
        for one in there
        if wanted in {one.name.casefold(), one.external_id.casefold(), _spelled(one).casefold(), one.id}
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise BadInput(f"{name!r} names several communities: write {' or '.join(map(_spelled, found))}.")
    if not there:
        raise BadInput(
            "There is no community in this database yet: start Voisin once with `voisin run`, then import."
        )
    names = [*map(_spelled, there), *(one.name for one in there)]
    raise BadInput(f"There is no community {name!r}: {_instead(name, names)}")


async def program_named(storage: Storage, name: str) -> tuple[Community, Program]:
    """By its id or the name of its channel. Raises BadInput with those there are."""
    wanted = name.strip().removeprefix("#").casefold()
    known: dict[str, tuple[Community, Program]] = {}
    found: list[tuple[Community, Program]] = []
    for community in await storage.communities.all():
        async with storage.open_work(community.id) as work:
            for program in await work.programs.all():
                space = await work.spaces.get(program.space_id)
                known[f"#{space.name}"] = community, program
                if wanted in {program.id, space.name.casefold()}:
                    found.append((community, program))
    if len(found) == 1:
        return found[0]
    if found:
        ids = " or ".join(program.id for _, program in found)
        raise BadInput(f"{name!r} names several programs: write {ids}.")
    if not known:
        raise BadInput("There is no program yet: type /voisin setup in a channel.")
    raise BadInput(f"There is no program {name!r}: {_instead(name, list(known))}")


async def round_named(storage: Storage, id: str) -> tuple[Community, Round]:
    """By its id. Raises BadInput."""
    for community in await storage.communities.all():
        async with storage.open_work(community.id) as work:
            try:
                return community, await work.rounds.get(RoundId(id))
            except Unknown:
                continue
    raise BadInput(f"There is no round {id!r}: the log names each round by its id.")


def _spelled(community: Community) -> str:
    return f"{community.platform}/{community.external_id}"


def _instead(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"there is {', '.join(dict.fromkeys(known))}."
