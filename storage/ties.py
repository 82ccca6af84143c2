"""Who knows whom, and who is to be kept apart."""

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy.sql.base import Executable

from bot.domain.ids import MemberId
from bot.domain.member import KeepApart, Tie, TieKind
from storage import tables
from storage.rows import Rows, values
from storage.tables import keep_aparts, ties

# Before every real date, so that the undated come first; a day off the calendar's edge, for every zone.
UNDATED = datetime(1, 1, 2, tzinfo=UTC)


class SqlTies:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def all(self) -> Sequence[Tie]:
        return await self._fetch(
            self._rows.select(Tie, ties).order_by(ties.c.source, ties.c.target, ties.c.kind, ties.c.at)
        )

    async def add_all(self, ties: Sequence[Tie]) -> int:
        rows = [values(tie) | {"at": tie.at or UNDATED} for tie in ties]
        return await self._rows.add_new(tables.ties, rows, unique=["source", "target", "kind", "at"])

    async def of_source(self, source: MemberId, kind: TieKind) -> Sequence[Tie]:
        return await self._fetch(
            self._rows.select(Tie, ties)
            .where(ties.c.source == source, ties.c.kind == kind)
            .order_by(ties.c.target, ties.c.at)
        )

    async def replace_all(self, kind: TieKind, ties: Sequence[Tie]) -> None:
        await self._rows.run(self._rows.delete(tables.ties).where(tables.ties.c.kind == kind))
        await self.add_all(ties)

    async def remove(self, *, source: MemberId, target: MemberId, kind: TieKind) -> None:
        await self._rows.run(
            self._rows.delete(ties).where(
                ties.c.source == source, ties.c.target == target, ties.c.kind == kind
            )
        )

    async def _fetch(self, statement: Executable) -> list[Tie]:
        return [
            Tie(**{**row, "at": None if row["at"] == UNDATED else row["at"]})
            for row in await self._rows.read(statement)
        ]


class SqlKeepAparts:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def all(self) -> Sequence[KeepApart]:
        return await self._rows.fetch(
            KeepApart,
            self._rows.select(KeepApart, keep_aparts).order_by(keep_aparts.c.author, keep_aparts.c.trace),
        )

    async def of_author(self, author: MemberId) -> Sequence[KeepApart]:
        return await self._rows.fetch(
            KeepApart,
            self._rows.select(KeepApart, keep_aparts)
            .where(keep_aparts.c.author == author)
            .order_by(keep_aparts.c.at, keep_aparts.c.trace),
        )

    async def add(self, wish: KeepApart) -> None:
        await self._rows.add_new(keep_aparts, [values(wish)], unique=["author", "trace"])

    async def remove(self, *, author: MemberId, trace: str) -> None:
        await self._rows.run(
            self._rows.delete(keep_aparts).where(keep_aparts.c.author == author, keep_aparts.c.trace == trace)
        )

    async def recognise(self, *, trace: str, member: MemberId) -> None:
        await self._rows.run(
            self._rows.update(keep_aparts)
            .where(keep_aparts.c.trace == trace, keep_aparts.c.other.is_(None))
            .values(other=member)
        )
