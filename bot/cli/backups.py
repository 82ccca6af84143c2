"""`voisin db backup`, `restore` and `restored`."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from adapters.clock import SystemClock
from bot import settings
from bot.cli.console import as_json, progress, say
from bot.cli.finding import database_of
from bot.engine.aftermath import Aftermath, take_stock
from bot.errors import BadInput
from storage import copies
from storage.engines import address
from storage.lock import lock_beside
from storage.upgrade import known

AGAIN = "Whoever was erased since the backup is in it again: erase them again, or have them do it."


def back_up(config: Path | None, to: Path) -> None:
    """A copy, while Voisin runs or not."""
    where = address(settings.read(config).database.url)
    with progress("Copying"):
        copies.back_up(where, to)
    say(f"{to} is a backup of the database, and intact. Delete it after 30 days: so members are told.")


def restore(config: Path | None, backup: Path, *, as_object: bool) -> None:
    """A backup in the place of the database, and what was due since in doubt."""
    read = settings.read(config)
    where = address(read.database.url)
    if where.file is not None and backup.is_file():
        known(address(f"sqlite:///{backup}"))
        lock = lock_beside(where.file)
        try:
            kept = copies.put_back(where, backup, now=datetime.now(UTC))
        finally:
            lock.release()
    else:
        kept = copies.put_back(where, backup, now=datetime.now(UTC))
    found = asyncio.run(_aftermath(read))
    _tell(found, as_object=as_object, first=f"{backup} is in the place of {where.file}.")
    if kept is not None and not as_object:
        say(f"What stood there is in {kept}; it goes after 30 days.")


def restored(config: Path | None, *, as_object: bool) -> None:
    """The database was put back by other tools: what was due since is in doubt."""
    read = settings.read(config)
    _tell(asyncio.run(_aftermath(read)), as_object=as_object, first="The database is ready to run.")


async def _aftermath(read: settings.Settings) -> Aftermath:
    async with database_of(read, exclusive=True) as storage:
        if others := await storage.others():
            raise BadInput(f"{others} Voisin processes have this database open: stop them first.")
        return await take_stock(storage, clock=SystemClock())


def _tell(found: Aftermath, *, as_object: bool, first: str) -> None:
    if as_object:
        as_json(
            {
                "in_doubt": found.doubted,
                "passed_over": [{"space": one.space, "wall": one.wall} for one in found.passed_over],
            }
        )
        return
    say(first)
    say(
        f"{found.doubted} messages that were due since may have gone out: none is sent again, "
        "their readers are asked."
    )
    for one in found.passed_over:
        say(
            f"#{one.space}: the round of {one.wall} may have taken place and is not opened again. If it did "
            f"not, `voisin round run --program {one.space}` opens one."
        )
    say(AGAIN)
