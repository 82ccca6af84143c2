"""What columns hold: the domain's own values on this side, what both databases can keep on the other."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any, TypeVar

from sqlalchemy import JSON, Boolean, ColumnElement, DateTime, Dialect, LargeBinary, Text, literal
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from bot.domain.hours import Blackouts

E = TypeVar("E", bound=StrEnum)


class Moment(TypeDecorator[datetime]):
    """Aware UTC, in and out. PostgreSQL keeps TIMESTAMPTZ, SQLite text: ``2026-10-25 02:30:00.000000``."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is not None and value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} does not say in which zone it is.")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, _dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


class Words(TypeDecorator[str]):
    """Text that sorts by code point on both databases, as Python does."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[str]:
        return postgresql.TEXT(collation="C") if dialect.name == "postgresql" else Text()

    def process_bind_param(self, value: str | None, _dialect: Dialect) -> str | None:
        # PostgreSQL cannot hold NUL, and nobody can see it: the same without it, on both.
        return value.replace("\0", "") if value and "\0" in value else value


class OneOf(TypeDecorator[E]):
    """A member of an enumeration, by its value."""

    impl = Words
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: E | None, _dialect: Dialect) -> str | None:
        return None if value is None else self.kind(value).value

    def process_result_value(self, value: str | None, _dialect: Dialect) -> E | None:
        return None if value is None else self.kind(value)


class TimeOfDay(TypeDecorator[time]):
    """``10:00``, on the wall."""

    impl = Words
    cache_ok = True

    def process_bind_param(self, value: time | None, _dialect: Dialect) -> str | None:
        return None if value is None else value.isoformat("minutes")

    def process_result_value(self, value: str | None, _dialect: Dialect) -> time | None:
        return None if value is None else time.fromisoformat(value)


class Listed(TypeDecorator[tuple[str, ...]]):
    """A few words in their order; nobody searches for one of them."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, _dialect: Dialect) -> list[str]:
        return [word.replace("\0", "") for word in value or ()]

    def process_result_value(self, value: Sequence[str] | None, _dialect: Dialect) -> tuple[str, ...]:
        return tuple(value or ())


class SomeOf(TypeDecorator[tuple[E, ...]]):
    """Members of an enumeration in their order, by their values; NULL: none."""

    impl = JSON
    cache_ok = True

    def __init__(self, kind: type[E]) -> None:
        super().__init__()
        self.kind = kind

    def process_bind_param(self, value: tuple[E, ...] | None, _dialect: Dialect) -> list[str]:
        return [each.value for each in value or ()]

    def process_result_value(self, value: Sequence[str] | None, _dialect: Dialect) -> tuple[E, ...]:
        return tuple(self.kind(each) for each in value or ())


class DaysOff(TypeDecorator[Blackouts]):
    """Ranges of dates, as ``[["2026-12-24", "2027-01-02"]]``."""

    impl = JSON
    cache_ok = True

    def process_bind_param(self, value: Blackouts | None, _dialect: Dialect) -> list[list[str]]:
        return [[first.isoformat(), last.isoformat()] for first, last in value.dates] if value else []

    def process_result_value(self, value: Sequence[Sequence[str]] | None, _dialect: Dialect) -> Blackouts:
        return Blackouts(
            dates=tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in value or ())
        )


class database_now(FunctionElement[datetime]):  # noqa: N801 -- it stands in statements, like every SQL function
    """The moment it is by the database's clock, the one that all who send agree on."""

    type = Moment()
    inherit_cache = True
    name = "database_now"


@compiles(database_now, "postgresql")
def _postgresql_now(_element: database_now, _compiler: SQLCompiler, **_: Any) -> str:
    return "clock_timestamp()"


@compiles(database_now, "sqlite")
def _sqlite_now(_element: database_now, _compiler: SQLCompiler, **_: Any) -> str:
    # As Moment writes it, so that the two compare as text.
    return "strftime('%Y-%m-%d %H:%M:%f000', 'now')"


class blob_holds(FunctionElement[bool]):  # noqa: N801 -- it stands in statements, like every SQL function
    """Whether bytes contain an id."""

    type = Boolean()
    inherit_cache = True
    name = "blob_holds"

    def __init__(self, blob: ColumnElement[bytes], word: str) -> None:
        super().__init__(blob, literal(word.encode(), LargeBinary()))


@compiles(blob_holds, "postgresql")
def _postgresql_holds(element: blob_holds, compiler: SQLCompiler, **options: Any) -> str:
    blob, word = (compiler.process(clause, **options) for clause in element.clauses)
    return f"(position({word} IN {blob}) > 0)"


@compiles(blob_holds, "sqlite")
def _sqlite_holds(element: blob_holds, compiler: SQLCompiler, **options: Any) -> str:
    return f"(instr({compiler.process(element.clauses, **options)}) > 0)"
