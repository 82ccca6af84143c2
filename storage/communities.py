"""Which communities there are."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, delete, select, union_all, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.domain.community import Community, Language
from bot.domain.ids import CommunityId, ExternalId
from bot.errors import Unknown
from storage.engines import READER
from storage.errors import translated
from storage.rows import values
from storage.tables import communities, members, metadata
from storage.uncut import uncut

SECRET_BYTES = 32


def secret_from(ids: Callable[[], str] | None) -> Callable[[], bytes]:
    """Real secrets, or, where ids are given, secrets as repeatable as they are."""
    if ids is None:
        return lambda: secrets.token_bytes(SECRET_BYTES)
    return lambda: hashlib.sha256(ids().encode()).digest()


class SqlCommunities:
    def __init__(self, engine: AsyncEngine, *, ids: Callable[[], str], secret: Callable[[], bytes]) -> None:
        self._engine = engine
        self._ids = ids
        self._secret = secret

    async def find(self, platform: str, external_id: ExternalId) -> Community | None:
        found = await self._where(
            communities.c.platform == platform, communities.c.external_id == external_id
        )
        return found[0] if found else None

    async def get(self, id: CommunityId) -> Community:
        found = await self._where(communities.c.id == id)
        if not found:
            raise Unknown(f"There is no community {id}.")
        return found[0]

    async def all(self) -> Sequence[Community]:
        return await self._where()

    @uncut
    async def whose(self, platform: str, person: ExternalId, thing: str) -> Community | None:
        statement = (
            select(communities)
            .join(members, members.c.community_id == communities.c.id)
            .where(communities.c.platform == platform, members.c.external_id == person)
            .order_by(members.c.last_seen_at.desc(), communities.c.id)
        )
        with translated():
            async with self._engine.execution_options(**READER).connect() as connection:
                found = [Community(**row) for row in (await connection.execute(statement)).mappings()]
                if not thing:
                    return found[0] if found else None
                for community in found:
                    if await _holds(connection, community, thing):
                        return community
                # Nothing that is there any more: whichever it was, its answer is a sentence.
                return found[0] if found else None

    @uncut
    async def settle(
        self, *, platform: str, external_id: ExternalId, name: str, zone: str, language: Language
    ) -> Community:
        there = await self.find(platform, external_id)
        if there:
            return there
        made = Community(
            id=CommunityId(self._ids()),
            platform=platform,
            external_id=external_id,
            name=name,
            zone=zone,
            language=language,
            secret=self._secret(),
        )
        with translated():
            async with self._engine.begin() as connection:
                insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
                # Two processes may meet here; the second takes what the first has made.
                await connection.execute(insert(communities).on_conflict_do_nothing(), [values(made)])
                return await _one(connection, platform, external_id)

    @uncut
    async def away(self, id: CommunityId, *, since: datetime | None) -> None:
        there = communities.c.away_since.is_(None) if since else communities.c.away_since.is_not(None)
        with translated():
            async with self._engine.begin() as connection:
                await connection.execute(
                    update(communities).where(communities.c.id == id, there).values(away_since=since)
                )

    @uncut
    async def erase(self, id: CommunityId) -> None:
        with translated():
            async with self._engine.begin() as connection:
                for table in metadata.tables.values():
                    if "community_id" in table.c:
                        await connection.execute(delete(table).where(table.c.community_id == id))
                await connection.execute(delete(communities).where(communities.c.id == id))

    @uncut
    async def _where(self, *where: ColumnElement[bool]) -> list[Community]:
        statement = select(communities).where(*where)
        with translated():
            async with self._engine.execution_options(**READER).connect() as connection:
                found = await connection.execute(
                    statement.order_by(communities.c.platform, communities.c.name, communities.c.id)
                )
                return [Community(**row) for row in found.mappings()]


async def _holds(connection: AsyncConnection, community: Community, thing: str) -> bool:
    """Whether a row of a community has this id, in whatever table."""
    held = [
        select(table.c.id).where(table.c.community_id == community.id, table.c.id == thing)
        for table in metadata.tables.values()
        if "id" in table.c and "community_id" in table.c
    ]
    return (await connection.execute(union_all(*held).limit(1))).first() is not None


async def _one(connection: AsyncConnection, platform: str, external_id: ExternalId) -> Community:
    found = await connection.execute(
        select(communities).where(
            communities.c.platform == platform, communities.c.external_id == external_id
        )
    )
    return Community(**found.mappings().one())
