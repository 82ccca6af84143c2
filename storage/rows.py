"""The rows of one community in one transaction: nothing here can reach another's."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar, cast

from sqlalchemy import ColumnElement, Delete, Select, Table, Update, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.base import Executable

from bot.domain.ids import CommunityId
from bot.errors import StorageError, Unknown
from storage.errors import translated
from storage.uncut import uncut

T = TypeVar("T")
Values = Mapping[str, object]

MOST = 5_000
"""Ids in one IN: below what SQLite and PostgreSQL accept as parameters."""


@cache
def names(kind: Callable[..., object]) -> tuple[str, ...]:
    """Of the fields of a dataclass."""
    return tuple(field.name for field in fields(cast(Any, kind)))


@cache
def _reader(kind: Callable[..., object]) -> Callable[[object], tuple[object, ...]]:
    return attrgetter(*names(kind))


def values(thing: Any) -> dict[str, object]:
    """A dataclass as the row that has its fields as columns."""
    kind: Callable[..., object] = type(thing)
    return dict(zip(names(kind), _reader(kind)(thing), strict=True))


def chunks(items: Collection[T], size: int = MOST) -> Iterator[list[T]]:
    ordered = list(items)
    for start in range(0, len(ordered), size):
        yield ordered[start : start + size]


class Rows:
    """Statements within one community; no error of a driver leaves it."""

    def __init__(self, connection: AsyncConnection, community: CommunityId) -> None:
        self._connection = connection
        self._insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        self.community = community
        self.erased = False
        """Something was erased: the file is to be scrubbed once this is committed."""
        self._failed = False
        self._at_hand: dict[tuple[str, ...], object] = {}

    def own(self, table: Table) -> ColumnElement[bool]:
        return table.c.community_id == self.community

    def select(self, kind: type, table: Table) -> Select[Any]:
        """The columns of a table that a dataclass has as fields."""
        return select(*(table.c[name] for name in names(kind))).where(self.own(table))

    def update(self, table: Table) -> Update:
        return update(table).where(self.own(table))

    def delete(self, table: Table) -> Delete:
        return delete(table).where(self.own(table))

    @contextmanager
    def guarded(self) -> Iterator[None]:
        """Around everything said to the database, of which nothing is said after a failure.

        SQLite may then have taken the transaction back by itself, and would write at once what came next.
        """
        if self._failed:
            raise StorageError(
                "The database failed in this unit of work, and nothing of it was kept: open another."
            )
        try:
            with translated():
                yield
        except StorageError:
            self._failed = True
            raise

    async def once(self, what: tuple[str, ...], load: Callable[[], Awaitable[T]]) -> T:
        """What was read before in this unit of work, until it changes something: nobody else can."""
        if what not in self._at_hand:
            self._at_hand[what] = await load()
        return cast(T, self._at_hand[what])

    def keep(self, what: tuple[str, ...], thing: object) -> None:
        """Have it at hand, since it was read together with others."""
        self._at_hand[what] = thing

    def has(self, what: tuple[str, ...]) -> bool:
        """Whether it is at hand."""
        return what in self._at_hand

    @uncut
    async def read(self, statement: Executable) -> Sequence[Mapping[str, Any]]:
        with self.guarded():
            found = await self._connection.execute(statement)
            return [dict(row) for row in found.mappings()]

    @uncut
    async def tuples(self, statement: Executable) -> Sequence[tuple[Any, ...]]:
        with self.guarded():
            return [tuple(row) for row in await self._connection.execute(statement)]

    async def fetch(self, kind: type[T], statement: Executable) -> list[T]:
        return [kind(**row) for row in await self.read(statement)]

    async def first(self, kind: type[T], statement: Executable) -> T | None:
        return next(iter(await self.fetch(kind, statement)), None)

    @uncut
    async def run(self, statement: Executable, each: Sequence[Values] | None = None) -> int:
        """Change what stands there, once or with the values of each; returns in how many rows."""
        self._at_hand.clear()
        with self.guarded():
            if each is not None:
                return (await self._connection.execute(statement, each)).rowcount
            return (await self._connection.execute(statement)).rowcount

    async def replace(self, table: Table, row: Values, *where: ColumnElement[bool], what: str) -> None:
        """Replace one that exists, or raise Unknown."""
        self.refuse_strangers([row])
        if not await self.run(self.update(table).where(*where).values(dict(row))):
            raise Unknown(f"There is no such {what} here.")

    async def insert(self, table: Table, rows: Sequence[Values]) -> None:
        """All of them, or AlreadyThere and none."""
        await self._execute(self._insert(table), rows)

    async def upsert(self, table: Table, rows: Sequence[Values]) -> None:
        """Insert or replace, by primary key; AlreadyThere where another unique key refuses, and then none."""
        if not rows:
            return
        key = [column.name for column in table.primary_key]
        statement = self._insert(table)
        rest = {name: statement.excluded[name] for name in rows[0] if name not in key}
        await self._execute(statement.on_conflict_do_update(index_elements=key, set_=rest), rows)

    async def add_new(self, table: Table, rows: Sequence[Values], *, unique: Sequence[str]) -> int:
        """Insert those that are not there yet; returns how many."""
        statement = self._insert(table).on_conflict_do_nothing(index_elements=["community_id", *unique])
        return await self._execute(statement, rows)

    @uncut
    async def _execute(self, statement: Executable, rows: Sequence[Values]) -> int:
        if not rows:
            return 0
        self.refuse_strangers(rows)
        self._at_hand.clear()
        with self.guarded():
            # After a refusal, PostgreSQL would not hear another word in this transaction but for a savepoint.
            savepoint = await self._connection.begin_nested()
            try:
                done = await self._connection.execute(
                    statement,
                    rows,
                    execution_options={"preserve_rowcount": True},
                )
            except DBAPIError:
                # On a full disk, SQLite has taken everything back already, and knows no savepoint.
                with suppress(DBAPIError):
                    await savepoint.rollback()
                raise
            await savepoint.commit()
            return done.rowcount

    def refuse_strangers(self, rows: Sequence[Values]) -> None:
        if any(row.get("community_id", self.community) != self.community for row in rows):
            raise Unknown("This belongs to another community.")
