"""How to reach the database that an address names."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    AsyncAdaptedQueuePool,
    Connection,
    Engine,
    NullPool,
    create_engine,
    event,
    make_url,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolResetState

from bot.errors import StorageError
from storage.ids import random_id

NAME = "voisin"
"""What PostgreSQL lists our connections as, with an id for each process."""

PATIENCE = 30
"""Seconds that a unit of work waits for its turn before it gives up."""

VANISHED: dict[str, int] = {
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""For libpq, in seconds but for the last: a server that vanished without a word is away, and not waited for
until the system gives up, which takes a quarter of an hour. One that is frozen still is waited for.
"""

BEGIN = "begin"
"""Execution option: how SQLite begins. By default as a writer: a reader that turns writer may be refused."""

READER = {BEGIN: "BEGIN"}
BARE = {BEGIN: ""}
"""No transaction at all, for what SQLite does outside of one only (VACUUM, checkpoints)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Address:
    """Where the database is."""

    url: URL
    file: Path | None
    """Of SQLite; None: PostgreSQL, or in memory."""

    @property
    def postgresql(self) -> bool:
        return self.url.get_backend_name() == "postgresql"

    @property
    def in_memory(self) -> bool:
        return self.file is None and not self.postgresql

    @property
    def there(self) -> bool:
        """Whether there is something to look at: to look must not make a file."""
        return self.file is None or self.file.exists()


def address(url: str) -> Address:
    """Read ``sqlite:///path``, ``sqlite://`` (in memory) or ``postgresql://…``, or raise StorageError."""
    try:
        read = make_url(url)
    except ArgumentError as error:
        raise StorageError(
            "The address of the database is not readable: "
            "write it like sqlite:///voisin.db or postgresql://user@host/name."
        ) from error
    backend = read.get_backend_name()
    if backend == "postgresql":
        return Address(url=read.set(drivername="postgresql+psycopg"), file=None)
    if backend != "sqlite":
        raise StorageError(f"Voisin keeps its data in SQLite or PostgreSQL, not in {backend}.")
    if read.database in (None, "", ":memory:"):
        # A name of its own, so that several connections of this process see the same memory.
        shared = f"file:voisin-{random_id()}"
        return Address(url=_sqlite(shared, mode="memory", cache="shared", uri="true"), file=None)
    return Address(url=_sqlite(read.database), file=Path(read.database or ""))


def _sqlite(database: str | None, **query: str) -> URL:
    return URL.create("sqlite+aiosqlite", database=database, query=query)


def asynchronous(where: Address, *, durable: bool) -> AsyncEngine:
    """The engine that units of work use."""
    if where.postgresql:
        # Whatever the server's own default: a claim that a crash makes it forget would be sent again.
        told = " ".join(where.url.normalized_query.get("options", ()))
        options = _patient(where) | {
            "application_name": f"{NAME} {random_id()}",
            "options": f"{told} -c synchronous_commit={'on' if durable else 'off'}".strip(),
        }
        return create_async_engine(
            where.url, connect_args=options, pool_pre_ping=True, pool_timeout=PATIENCE, hide_parameters=True
        )
    engine = create_async_engine(
        where.url,
        # SQLite has one writer. Here they wait in line for one connection, instead of asking again and again.
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1,
        max_overflow=0,
        pool_reset_on_return=None,
        pool_timeout=PATIENCE,
        hide_parameters=True,
    )
    _prepare(engine.sync_engine, durable=durable)
    return engine


def synchronous(where: Address) -> Engine:
    """For migrations: one connection, no pool; on SQLite, references are not checked."""
    if where.postgresql:
        return create_engine(
            where.url, connect_args=_patient(where), poolclass=NullPool, hide_parameters=True
        )
    engine = create_engine(where.url.set(drivername="sqlite"), poolclass=NullPool, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def _connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _patient(where: Address) -> dict[str, Any]:
    """What the address says for itself counts."""
    return {name: value for name, value in VANISHED.items() if name not in where.url.query}


def _prepare(engine: Engine, *, durable: bool) -> None:
    pragmas = [
        f"busy_timeout = {PATIENCE * 1000}",
        "journal_mode = WAL",
        f"synchronous = {'FULL' if durable else 'OFF'}",
        "foreign_keys = ON",
        "secure_delete = ON",
    ]

    @event.listens_for(engine, "connect")
    def _connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
        # The driver would begin transactions by itself, too late and too weakly.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in pragmas:
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "reset")
    def _reset(connection: DBAPIConnection, _: ConnectionPoolEntry, state: PoolResetState) -> None:
        # Where SQLite refuses to commit, the transaction stays open: the next one would be refused too.
        if not state.terminate_only:
            connection.rollback()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if begin := connection.get_execution_options().get(BEGIN, "BEGIN IMMEDIATE"):
            connection.exec_driver_sql(begin)


def keep_in_memory(where: Address) -> sqlite3.Connection:
    """As long as this is open, the memory keeps what it holds, whatever happens to other connections."""
    query: dict[str, Any] = dict(where.url.query)
    return sqlite3.connect(
        f"{where.url.database}?mode={query['mode']}&cache={query['cache']}", uri=True, check_same_thread=False
    )
