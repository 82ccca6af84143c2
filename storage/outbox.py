"""Who sends what: claims with a lease, shared out so that every lane has its turn."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import RowMapping, Select, and_, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.delivery import Delivery, DeliveryState
from bot.domain.ids import CommunityId
from bot.ports import Claim
from storage.columns import database_now
from storage.deliveries import OURS
from storage.errors import translated
from storage.ids import random_id
from storage.rows import names
from storage.tables import deliveries, lanes

TIME_TO_SETTLE = timedelta(seconds=2)
"""At least, however short the lease was: what is in doubt is handed to one caller, not to two in a row."""

QUEUED = deliveries.c.state == DeliveryState.QUEUED
COLUMNS = [deliveries.c[name] for name in names(Delivery)]


class SqlOutbox:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def claim(self, *, now: datetime, owner: str, limit: int, lease: timedelta) -> Sequence[Claim]:
        with translated():
            async with self._engine.begin() as connection:
                found = (await connection.execute(_in_turn(now, limit))).mappings().all()
                until = await _database_time(connection) + lease
                return [
                    await _take(
                        connection,
                        row,
                        owner=owner,
                        state=DeliveryState.SENDING,
                        attempts=row["attempts"] + 1,
                        lease_until=until,
                        lease_seconds=lease.total_seconds(),
                    )
                    for row in found
                ]

    async def lapsed(self) -> Sequence[Claim]:
        with translated():
            async with self._engine.begin() as connection:
                now = await _database_time(connection)
                found = (await connection.execute(_fallen_silent(now))).mappings().all()
                # The claim to settle it has a lease of its own: should its holder die too, another gets it.
                return [
                    await _take(
                        connection,
                        row,
                        owner=random_id(),
                        state=DeliveryState.DOUBT,
                        attempts=row["attempts"],
                        lease_until=now + max(timedelta(seconds=row["lease_seconds"]), TIME_TO_SETTLE),
                        lease_seconds=row["lease_seconds"],
                    )
                    for row in found
                ]

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


def _in_turn(now: datetime, limit: int) -> Select[Any]:
    paused = and_(
        lanes.c.community_id == deliveries.c.community_id,
        lanes.c.scope == deliveries.c.lane,
        lanes.c.ready_at > now,
    )
    place = func.row_number().over(
        partition_by=(deliveries.c.community_id, deliveries.c.lane),
        order_by=(deliveries.c.due_at, deliveries.c.id),
    )
    line = (
        select(deliveries.c.community_id, deliveries.c.id, place.label("place"))
        .where(QUEUED, deliveries.c.due_at <= now, ~select(lanes.c.scope).where(paused).exists())
        .subquery()
    )
    return (
        select(*COLUMNS, deliveries.c.epoch)
        .join(line, and_(line.c.community_id == deliveries.c.community_id, line.c.id == deliveries.c.id))
        # Asked again of the row itself: when two look at once, the second sees what the first has taken.
        .where(QUEUED)
        .order_by(line.c.place, deliveries.c.due_at, deliveries.c.id)
        .limit(limit)
        .with_for_update(of=deliveries, skip_locked=True)
    )


def _fallen_silent(now: datetime) -> Select[Any]:
    return (
        select(*COLUMNS, deliveries.c.epoch, deliveries.c.lease_seconds)
        .where(deliveries.c.state.in_(OURS), deliveries.c.lease_until <= now)
        .order_by(deliveries.c.lease_until, deliveries.c.community_id, deliveries.c.id)
        .with_for_update(skip_locked=True)
    )


async def _take(connection: AsyncConnection, row: RowMapping, *, owner: str, **changed: Any) -> Claim:
    epoch = row["epoch"] + 1
    await connection.execute(
        update(deliveries)
        .where(deliveries.c.community_id == row["community_id"], deliveries.c.id == row["id"])
        .values(owner=owner, epoch=epoch, **changed)
    )
    stood = {name: row[name] for name in names(Delivery)}
    stood |= {"state": changed["state"], "attempts": changed["attempts"]}
    return Claim(delivery=Delivery(**stood), owner=owner, epoch=epoch)


async def _database_time(connection: AsyncConnection) -> datetime:
    now: datetime = (await connection.execute(select(database_now()))).scalar_one()
    return now
