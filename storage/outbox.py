"""Who sends what: claims with a lease, shared out so that every lane has its turn."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, RowMapping, Select, and_, case, func, select, tuple_, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.ids import CommunityId, DeliveryId
from bot.ports import Claim
from storage.columns import database_now
from storage.deliveries import OURS
from storage.errors import translated
from storage.ids import random_id
from storage.rows import MOST, chunks, names
from storage.tables import communities, deliveries, lanes
from storage.uncut import uncut

TIME_TO_SETTLE = timedelta(seconds=2)
"""At least, however short the lease was: what is in doubt is handed to one caller, not to two in a row."""

LANES_PER_CLAIM = 4
"""Lanes looked into for each delivery wanted."""

SEEN_PER_CLAIM = 80
"""Deliveries looked at for each one wanted: in an hour in which everything is due, those of many lanes."""

SHARE = 5
"""Lanes that share a claim, if so many have something: what goes out together costs less."""

QUEUED = deliveries.c.state == DeliveryState.QUEUED
_HERE = deliveries.c.community_id.not_in(
    select(communities.c.id).where(communities.c.away_since.is_not(None))
)
COLUMNS = [deliveries.c[name] for name in names(Delivery)]


class SqlOutbox:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @uncut
    async def claim(
        self,
        *,
        now: datetime,
        owner: str,
        limit: int,
        lease: timedelta,
        among: Collection[CommunityId] | None = None,
        besides: Collection[CommunityId] = (),
        platforms: Collection[str] | None = None,
    ) -> Sequence[Claim]:
        which = _which(among, besides)
        if platforms is not None:
            living = select(communities.c.id).where(communities.c.platform.in_(sorted(platforms)))
            which = and_(which, deliveries.c.community_id.in_(living))
        with translated():
            async with self._engine.begin() as connection:
                found = await _in_turn(connection, now=now, limit=limit, which=which)
                until = await _database_time(connection) + lease
                return await _take(
                    connection,
                    found,
                    owner=owner,
                    state=DeliveryState.SENDING,
                    lease_until=until,
                    lease_seconds=lease.total_seconds(),
                    attempts=1,
                )

    async def longest(self, *, now: datetime, limit: int, least: int) -> Sequence[CommunityId]:
        many = func.count()
        statement = (
            select(deliveries.c.community_id)
            .where(*_due(now, _which(None, ())))
            .group_by(deliveries.c.community_id)
            .having(many >= least)
            .order_by(many.desc(), deliveries.c.community_id)
            .limit(limit)
        )
        with translated():
            async with self._engine.connect() as connection:
                found = (await connection.execute(statement)).scalars().all()
        return [CommunityId(each) for each in found]

    @uncut
    async def lapsed(self) -> Sequence[Claim]:
        with translated():
            async with self._engine.begin() as connection:
                now = await _database_time(connection)
                found = (await connection.execute(_fallen_silent(now))).mappings().all()
                # The claim to settle them has a lease of its own: should its holder die too, another gets it.
                lease = max([timedelta(seconds=row["lease_seconds"]) for row in found] + [TIME_TO_SETTLE])
                return await _take(
                    connection,
                    found,
                    owner=random_id(),
                    state=DeliveryState.DOUBT,
                    lease_until=now + lease,
                    lease_seconds=lease.total_seconds(),
                    attempts=0,
                )

    @uncut
    async def forsake(self, community: CommunityId, ids: Collection[DeliveryId]) -> int:
        count = 0
        with translated():
            async with self._engine.begin() as connection:
                now = await _database_time(connection)
                for some in chunks(list(ids)):
                    done = await connection.execute(
                        update(deliveries)
                        .where(
                            deliveries.c.state.in_((DeliveryState.QUEUED, DeliveryState.SENDING)),
                            deliveries.c.community_id == community,
                            deliveries.c.id.in_(some),
                        )
                        .values(
                            state=DeliveryState.SENDING,
                            owner=random_id(),
                            epoch=deliveries.c.epoch + 1,
                            attempts=deliveries.c.attempts + 1,
                            lease_until=now,
                            lease_seconds=0.0,
                        )
                    )
                    count += done.rowcount
        return count

    @uncut
    async def pause(self, community: CommunityId, lane: str, *, until: datetime) -> None:
        with translated():
            async with self._engine.begin() as connection:
                insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
                statement = insert(lanes).values(community_id=community, scope=lane, ready_at=until)
                await connection.execute(
                    statement.on_conflict_do_update(
                        index_elements=["community_id", "scope"], set_={"ready_at": until}
                    )
                )


async def _in_turn(
    connection: AsyncConnection, *, now: datetime, limit: int, which: ColumnElement[bool]
) -> Sequence[RowMapping]:
    """What is first in line, lane by lane: the first few of each, then the next of each, up to the limit."""
    found = await connection.execute(_oldest(now, limit, which=which))
    oldest: Sequence[RowMapping] = found.mappings().all()
    if not oldest:
        return []
    many_lanes = oldest[0]["lanes"] >= limit and oldest[-1]["go"] == 0
    if oldest[0]["many"] < SEEN_PER_CLAIM * limit or (len(oldest) == limit and many_lanes):
        return oldest
    # A few long lanes fill all that was looked at: others may stand behind them.
    return await _from_each(connection, now=now, limit=limit, which=which)


def _oldest(now: datetime, limit: int, *, which: ColumnElement[bool]) -> Select[Any]:
    """The same among what has been due longest, which is nearly always enough, and costs the same however
    much is due.
    """
    seen = (
        select(deliveries.c.community_id, deliveries.c.id, deliveries.c.lane, deliveries.c.due_at)
        .where(*_due(now, which))
        .order_by(deliveries.c.due_at, deliveries.c.community_id, deliveries.c.lane)
        .limit(SEEN_PER_CLAIM * limit)
        .subquery()
    )
    lane = [seen.c.community_id, seen.c.lane]
    turn = func.row_number().over(partition_by=lane, order_by=[seen.c.due_at, seen.c.id]).label("turn")
    placed = select(
        seen,
        turn,
        func.min(seen.c.due_at).over(partition_by=lane).label("since"),
        func.min(seen.c.id).over(partition_by=lane).label("head"),
    ).subquery()
    go = ((placed.c.turn - 1) // max(1, limit // SHARE)).label("go")
    lanes_seen = func.sum(case((placed.c.turn == 1, 1), else_=0)).over().label("lanes")
    row = [placed.c.since, placed.c.head, placed.c.community_id, placed.c.lane, placed.c.turn]
    first = (
        select(placed, go, func.count().over().label("many"), lanes_seen)
        .order_by(go, *row)
        # More than are wanted: another may hold some.
        .limit(LANES_PER_CLAIM * limit)
        .subquery()
    )
    same = and_(first.c.community_id == deliveries.c.community_id, first.c.id == deliveries.c.id)
    return (
        select(*COLUMNS, deliveries.c.epoch, first.c.go, first.c.many, first.c.lanes)
        .select_from(first.join(deliveries, same))
        .where(QUEUED)
        .order_by(first.c.go, first.c.since, first.c.head, first.c.community_id, first.c.lane, first.c.turn)
        .limit(limit)
        # Two who look at once: the second passes over what the first holds.
        .with_for_update(skip_locked=True, of=deliveries)
    )


async def _from_each(
    connection: AsyncConnection, *, now: datetime, limit: int, which: ColumnElement[bool]
) -> Sequence[RowMapping]:
    # More lanes than are needed: another may hold the first in line of some.
    due = (await connection.execute(_lanes_due(now, LANES_PER_CLAIM * limit, which=which))).all()
    share = -(-limit // max(len(due), 1))
    line: list[tuple[int, RowMapping]] = []
    full: list[tuple[Row[Any], list[str]]] = []
    for lane in due:
        found = await _first_of(connection, lane, now=now, limit=share)
        line += enumerate(found)
        full += [(lane, [row["id"] for row in found])] if len(found) == share else []
        if share == 1 and len(line) == limit:
            break
    if len(line) < limit:
        # Some had less than their share: what they left is for those who have more.
        for lane, had in full:
            more = await _first_of(connection, lane, now=now, limit=limit - share, besides=had)
            line += enumerate(more, start=share)
    line.sort(key=lambda placed: (placed[0], placed[1]["due_at"], placed[1]["id"]))
    return [row for _, row in line[:limit]]


def _which(among: Collection[CommunityId] | None, besides: Collection[CommunityId]) -> ColumnElement[bool]:
    ours = deliveries.c.community_id
    others = ours.not_in(sorted(besides))
    return others if among is None else and_(ours.in_(sorted(among)), others)


def _due(now: datetime, which: ColumnElement[bool]) -> Sequence[ColumnElement[bool]]:
    paused = and_(
        lanes.c.community_id == deliveries.c.community_id,
        lanes.c.scope == deliveries.c.lane,
        lanes.c.ready_at > now,
    )
    return (
        QUEUED,
        _HERE,
        deliveries.c.due_at <= now,
        which,
        ~select(lanes.c.scope).where(paused).exists(),
    )


def _lanes_due(now: datetime, limit: int, *, which: ColumnElement[bool]) -> Select[Any]:
    return (
        select(deliveries.c.community_id, deliveries.c.lane)
        .where(*_due(now, which))
        .group_by(deliveries.c.community_id, deliveries.c.lane)
        .order_by(func.min(deliveries.c.due_at), deliveries.c.community_id, deliveries.c.lane)
        .limit(limit)
    )


async def _first_of(
    connection: AsyncConnection, lane: Row[Any], *, now: datetime, limit: int, besides: Sequence[str] = ()
) -> Sequence[RowMapping]:
    found = await connection.execute(
        select(*COLUMNS, deliveries.c.epoch)
        .where(
            QUEUED,
            deliveries.c.community_id == lane.community_id,
            deliveries.c.lane == lane.lane,
            deliveries.c.due_at <= now,
            deliveries.c.id.not_in(besides),
        )
        .order_by(deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
        # Two who look at once: the second passes over what the first holds.
        .with_for_update(skip_locked=True)
    )
    return found.mappings().all()


def _fallen_silent(now: datetime) -> Select[Any]:
    return (
        select(*COLUMNS, deliveries.c.epoch, deliveries.c.lease_seconds)
        .where(deliveries.c.state.in_(OURS), deliveries.c.lease_until <= now)
        .order_by(deliveries.c.lease_until, deliveries.c.community_id, deliveries.c.id)
        .with_for_update(skip_locked=True)
    )


async def _take(
    connection: AsyncConnection, found: Sequence[RowMapping], *, owner: str, attempts: int, **changed: Any
) -> list[Claim]:
    which = tuple_(deliveries.c.community_id, deliveries.c.id)
    for some in chunks(found, MOST // 2):
        await connection.execute(
            update(deliveries)
            .where(which.in_([(row["community_id"], row["id"]) for row in some]))
            .values(
                owner=owner,
                epoch=deliveries.c.epoch + 1,
                attempts=deliveries.c.attempts + attempts,
                **changed,
            )
        )
    return [
        Claim(
            delivery=replace(
                Delivery(**{name: row[name] for name in names(Delivery)}),
                state=changed["state"],
                attempts=row["attempts"] + attempts,
            ),
            owner=owner,
            epoch=row["epoch"] + 1,
        )
        for row in found
    ]


async def _database_time(connection: AsyncConnection) -> datetime:
    now: datetime = (await connection.execute(select(database_now()))).scalar_one()
    return now
