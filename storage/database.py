"""Opening the memory: an address in, everything that `bot.ports.Storage` promises out."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.ids import CommunityId
from bot.ports import OpenWork, Storage, UnitOfWork
from storage.agenda import SqlAgenda
from storage.columns import database_now
from storage.communities import SqlCommunities, secret_from
from storage.copies import intact
from storage.engines import NAME, PATIENCE, READER, Address, address, asynchronous, keep_in_memory
from storage.errors import translated
from storage.ids import random_id
from storage.installations import SqlInstallations
from storage.line import Line
from storage.lock import Lock, lock_beside
from storage.outbox import SqlOutbox
from storage.posts import SqlPosts
from storage.scrub import scrub
from storage.seal import Seal, ring
from storage.uncut import uncut
from storage.upgrade import age_out, bring_up, check
from storage.work import SqlWork

OTHERS = """
SELECT count(DISTINCT application_name) FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE :name || ' %'
AND application_name <> current_setting('application_name')
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenStorage(Storage):
    """The memory, opened: to be closed by whoever opened it."""

    where: Address
    engine: AsyncEngine
    anchor: sqlite3.Connection | None
    lock: Lock | None

    @uncut
    async def others(self) -> int:
        """How many other processes of Voisin have a PostgreSQL database open; SQLite has its lock."""
        if not self.where.postgresql:
            return 0
        with translated():
            async with self.engine.connect() as connection:
                count: int = (await connection.execute(text(OTHERS), {"name": NAME})).scalar_one()
                return count

    @uncut
    async def now(self) -> datetime:
        """The time by the database's clock, by which leases run."""
        with translated():
            async with self.engine.execution_options(**READER).connect() as connection:
                moment: datetime = (await connection.execute(select(database_now()))).scalar_one()
                return moment

    async def scrub(self) -> None:
        """Wipe what erased rows have left in the file. Done by itself after each erasure; once more for one
        that was cut off in between.
        """
        await scrub(self.engine)

    async def age_out(self, *, before: datetime) -> int:
        """Remove the copies that upgrades made before a moment; returns how many."""
        return await asyncio.to_thread(age_out, self.where, before=before)

    async def close(self) -> None:
        """Let go of the database and of its lock."""
        await self.engine.dispose()
        if self.anchor is not None:
            self.anchor.close()
        if self.lock is not None:
            self.lock.release()


async def open_storage(
    url: str,
    *,
    ids: Callable[[], str] | None = None,
    durable: bool = True,
    exclusive: bool = False,
    key: str = "",
) -> OpenStorage:
    """Open ``sqlite:///path``, ``sqlite://`` (in memory) or ``postgresql://…``.

    SQLite is brought to the newest schema; PostgreSQL only by `voisin db upgrade`, else NeedsUpgrade.
    ``ids`` makes ids and secrets repeatable, and guessable: for tests and simulations. ``durable=False`` does
    not wait for the disk. ``exclusive`` keeps a second process from the same SQLite file. ``key`` is what
    tokens are encrypted with, or several keys with commas between them, the newest first.
    Raises BadSetting for keys that are none, StorageError with its children, and then nothing was changed.
    """
    where, seal = address(url), ring(key)
    if exclusive and where.file is not None and where.file.exists():
        await asyncio.to_thread(intact, where.file, thorough=False)
    lock = lock_beside(where.file) if exclusive and where.file is not None else None
    anchor = keep_in_memory(where) if where.in_memory else None
    try:
        await asyncio.to_thread(check if where.postgresql else bring_up, where)
    except BaseException:
        if anchor is not None:
            anchor.close()
        if lock is not None:
            lock.release()
        raise
    return _opened(where, ids=ids, durable=durable, anchor=anchor, lock=lock, seal=seal)


@asynccontextmanager
async def opened(
    url: str,
    *,
    ids: Callable[[], str] | None = None,
    durable: bool = True,
    exclusive: bool = False,
    key: str = "",
) -> AsyncIterator[OpenStorage]:
    """The same, closed at the end."""
    storage = await open_storage(url, ids=ids, durable=durable, exclusive=exclusive, key=key)
    try:
        yield storage
    finally:
        await storage.close()


def _opened(
    where: Address,
    *,
    ids: Callable[[], str] | None,
    durable: bool,
    anchor: sqlite3.Connection | None,
    lock: Lock | None,
    seal: Seal,
) -> OpenStorage:
    engine = asynchronous(where, durable=durable)
    return OpenStorage(
        open_work=_open_work(
            engine, ids or random_id, line=None if where.postgresql else Line(patience=PATIENCE)
        ),
        communities=SqlCommunities(engine, ids=ids or random_id, secret=secret_from(ids)),
        agenda=SqlAgenda(engine),
        outbox=SqlOutbox(engine),
        installations=SqlInstallations(engine, seal=seal),
        posts=SqlPosts(engine),
        where=where,
        engine=engine,
        anchor=anchor,
        lock=lock,
    )


def _open_work(engine: AsyncEngine, ids: Callable[[], str], *, line: Line | None) -> OpenWork:
    def open_work(community: CommunityId, *, event: str | None = None) -> UnitOfWork:
        return SqlWork(engine, community, event=event, ids=ids, line=line)

    return open_work
