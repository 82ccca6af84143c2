"""What is due, over all communities: ids only."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Select, Table, delete, exists, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.sql.base import Executable

from bot.domain.delivery import DeliveryState
from bot.domain.ids import CommunityId, MemberId, PartnershipId, ProgramId, ReflectionId, RoundId
from bot.domain.member import Standing
from bot.domain.program import ProgramState
from bot.ports import Figures
from storage.engines import READER
from storage.errors import translated
from storage.tables import (
    communities,
    deliveries,
    inbox,
    lanes,
    participations,
    partnerships,
    programs,
    reflections,
    rounds,
)
from storage.uncut import uncut

RUNNING = programs.c.state == ProgramState.RUNNING
AWAY = select(communities.c.id).where(communities.c.away_since.is_not(None))
PAUSED = participations.c.standing == Standing.PAUSED
ACTIVE = participations.c.standing == Standing.ACTIVE


def _here(table: Table) -> ColumnElement[bool]:
    """Voisin is in the community of this row."""
    return table.c.community_id.not_in(AWAY)


def _soonest(moment: Column[Any], *where: ColumnElement[bool]) -> Select[Any]:
    # That it is not NULL goes without saying, but not for the planner: it takes the index then.
    return select(func.min(moment).label("at")).where(moment.is_not(None), _here(moment.table), *where)


class SqlAgenda:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def programs(self, now: datetime) -> Sequence[tuple[CommunityId, ProgramId]]:
        statement = (
            select(programs.c.community_id, programs.c.id)
            .where(RUNNING, _here(programs), programs.c.next_at <= now)
            .order_by(programs.c.next_at, programs.c.community_id, programs.c.id)
        )
        return [(CommunityId(community), ProgramId(id)) for community, id in await self._rows(statement)]

    async def rounds(self, now: datetime) -> Sequence[tuple[CommunityId, RoundId]]:
        statement = (
            select(rounds.c.community_id, rounds.c.id)
            .where(_here(rounds), rounds.c.wake_at <= now)
            .order_by(rounds.c.wake_at, rounds.c.community_id, rounds.c.id)
        )
        return [(CommunityId(community), RoundId(id)) for community, id in await self._rows(statement)]

    async def returns(self, now: datetime) -> Sequence[tuple[CommunityId, ProgramId, MemberId]]:
        yes = participations.c
        statement = (
            select(yes.community_id, yes.program_id, yes.member_id)
            .where(PAUSED, _here(participations), yes.wake_at <= now)
            .order_by(yes.wake_at, yes.community_id, yes.program_id, yes.member_id)
        )
        return [
            (CommunityId(community), ProgramId(program), MemberId(member))
            for community, program, member in await self._rows(statement)
        ]

    async def waiting(self, now: datetime) -> Sequence[tuple[CommunityId, ProgramId]]:
        yes = participations.c
        statement = (
            select(yes.community_id, yes.program_id)
            .where(ACTIVE, _here(participations), yes.wake_at <= now)
            .order_by(yes.wake_at, yes.community_id, yes.program_id)
        )
        # Each once: to group them in the statement would make SQLite go through everyone's yes.
        found = dict.fromkeys(await self._rows(statement))
        return [(CommunityId(community), ProgramId(program)) for community, program in found]

    async def prompts(self, now: datetime) -> Sequence[tuple[CommunityId, ProgramId]]:
        statement = (
            select(programs.c.community_id, programs.c.id)
            .where(RUNNING, _here(programs), programs.c.prompt_at <= now)
            .order_by(programs.c.prompt_at, programs.c.community_id, programs.c.id)
        )
        return [(CommunityId(community), ProgramId(id)) for community, id in await self._rows(statement)]

    async def partnerships(self, now: datetime) -> Sequence[tuple[CommunityId, PartnershipId]]:
        statement = (
            select(partnerships.c.community_id, partnerships.c.id)
            .where(_here(partnerships), partnerships.c.wake_at <= now)
            .order_by(partnerships.c.wake_at, partnerships.c.community_id, partnerships.c.id)
        )
        return [(CommunityId(community), PartnershipId(id)) for community, id in await self._rows(statement)]

    async def unheard(self, now: datetime) -> Sequence[tuple[CommunityId, ReflectionId]]:
        statement = (
            select(reflections.c.community_id, reflections.c.id)
            .where(_here(reflections), reflections.c.wake_at <= now)
            .order_by(reflections.c.wake_at, reflections.c.community_id, reflections.c.id)
        )
        return [(CommunityId(community), ReflectionId(id)) for community, id in await self._rows(statement)]

    @uncut
    async def next_due(self) -> datetime | None:
        same_lane = (lanes.c.community_id == deliveries.c.community_id) & (lanes.c.scope == deliveries.c.lane)
        queued = (deliveries.c.state == DeliveryState.QUEUED) & _here(deliveries)
        # What waits in a paused lane is due when the lane is ready: else the heartbeat would never rest.
        waits = queued & same_lane & (deliveries.c.due_at < lanes.c.ready_at)
        first = (
            select(deliveries.c.due_at)
            .where(queued, ~exists().where(waits).correlate(deliveries))
            .order_by(deliveries.c.due_at)
            .limit(1)
            .subquery()
        )
        each = union_all(
            _soonest(programs.c.next_at, RUNNING),
            _soonest(programs.c.prompt_at, RUNNING),
            *(_soonest(table.c.wake_at) for table in (participations, rounds, reflections, partnerships)),
            select(first.c.due_at),
            select(func.min(lanes.c.ready_at)).where(exists().where(waits).correlate(lanes)),
        ).subquery()
        [(moment,)] = await self._rows(select(func.min(each.c.at)))
        return moment if isinstance(moment, datetime) else None

    async def figures(self, now: datetime, *, late_before: datetime) -> Figures:
        paused = exists().where(
            lanes.c.community_id == deliveries.c.community_id,
            lanes.c.scope == deliveries.c.lane,
            lanes.c.ready_at > now,
        )
        queued = deliveries.c.state == DeliveryState.QUEUED
        late = union_all(
            select(programs.c.id).where(RUNNING, _here(programs), programs.c.next_at < late_before),
            select(rounds.c.id).where(_here(rounds), rounds.c.wake_at < late_before),
        ).subquery()
        states = await self._rows(select(deliveries.c.state, func.count()).group_by(deliveries.c.state))
        [(many,)] = await self._rows(select(func.count()).select_from(communities))
        [(oldest,)] = await self._rows(
            select(func.min(deliveries.c.due_at)).where(
                queued, _here(deliveries), deliveries.c.due_at <= now, ~paused
            )
        )
        [(rounds_late,)] = await self._rows(select(func.count()).select_from(late))
        return Figures(
            communities=many, deliveries=dict(states), oldest_due_at=oldest, rounds_late=rounds_late
        )

    @uncut
    async def purge(self, *, before: datetime) -> int:
        with translated():
            async with self._engine.begin() as connection:
                return (await connection.execute(delete(inbox).where(inbox.c.heard_at < before))).rowcount

    @uncut
    async def _rows(self, statement: Executable) -> Sequence[tuple[Any, ...]]:
        with translated():
            async with self._engine.execution_options(**READER).connect() as connection:
                return [tuple(row) for row in await connection.execute(statement)]
