"""Where Voisin was installed. Tokens rest encrypted, states as hashes."""

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.domain.ids import ExternalId
from bot.ports import Installation
from storage.engines import READER
from storage.errors import translated
from storage.rows import values
from storage.seal import Seal
from storage.tables import installations, oauth_states
from storage.uncut import uncut

STATE_BYTES = 32


class SqlInstallations:
    def __init__(self, engine: AsyncEngine, *, seal: Seal) -> None:
        self._engine = engine
        self._seal = seal

    async def find(self, platform: str, external_id: ExternalId) -> Installation | None:
        found = await self._where(_this(platform, external_id))
        return found[0] if found else None

    async def all(self, platform: str) -> Sequence[Installation]:
        return await self._where(installations.c.platform == platform)

    @uncut
    async def save(self, installation: Installation) -> None:
        place = _place(installation.platform, installation.external_id)
        row = values(installation) | {
            "token": self._seal.close(installation.token, place=place) if installation.token else None,
            "gone_at": None,
        }
        with translated():
            async with self._engine.begin() as connection:
                insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
                await connection.execute(
                    insert(installations)
                    .values(row)
                    .on_conflict_do_update(index_elements=["platform", "external_id"], set_=row)
                )

    @uncut
    async def reseal(self) -> int:
        sealed = select(installations.c.platform, installations.c.external_id, installations.c.token).where(
            installations.c.token.is_not(None)
        )
        with translated():
            async with self._engine.begin() as connection:
                rows = (await connection.execute(sealed.with_for_update())).all()
                for platform, external_id, token in rows:
                    place = _place(platform, external_id)
                    again = self._seal.close(self._seal.open(token, place=place), place=place)
                    await connection.execute(
                        update(installations).where(_this(platform, external_id)).values(token=again)
                    )
        return len(rows)

    @uncut
    async def remove(self, platform: str, external_id: ExternalId, *, at: datetime) -> None:
        with translated():
            async with self._engine.begin() as connection:
                insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
                nothing = {"name": "", "scopes": (), "bot": "", "at": at}
                await connection.execute(
                    insert(installations)
                    # Where one token stands in the settings, nothing was kept of it before.
                    .values(platform=platform, external_id=external_id, token=None, gone_at=at, **nothing)
                    .on_conflict_do_update(
                        index_elements=["platform", "external_id"],
                        set_={"token": None, "gone_at": at},
                        where=installations.c.gone_at.is_(None),
                    )
                )

    @uncut
    async def gone(self, platform: str, *, before: datetime) -> Sequence[ExternalId]:
        statement = (
            select(installations.c.external_id)
            .where(installations.c.platform == platform, installations.c.gone_at < before)
            .order_by(installations.c.external_id)
        )
        with translated():
            async with self._engine.execution_options(**READER).connect() as connection:
                return [ExternalId(id) for id in (await connection.execute(statement)).scalars()]

    @uncut
    async def forget(self, platform: str, external_id: ExternalId) -> None:
        with translated():
            async with self._engine.begin() as connection:
                await connection.execute(
                    delete(installations).where(
                        _this(platform, external_id), installations.c.gone_at.is_not(None)
                    )
                )

    @uncut
    async def issue_state(self, *, until: datetime) -> str:
        state = secrets.token_urlsafe(STATE_BYTES)
        with translated():
            async with self._engine.begin() as connection:
                await connection.execute(oauth_states.insert().values(trace=_trace(state), until=until))
        return state

    @uncut
    async def consume_state(self, state: str, *, now: datetime) -> bool:
        with translated():
            async with self._engine.begin() as connection:
                # One statement, so that of many who come with the same state one succeeds.
                taken = await connection.execute(
                    delete(oauth_states)
                    .where(oauth_states.c.trace == _trace(state))
                    .returning(oauth_states.c.until)
                )
                until = taken.scalar_one_or_none()
                await connection.execute(delete(oauth_states).where(oauth_states.c.until < now))
        return until is not None and until >= now

    @uncut
    async def _where(self, where: ColumnElement[bool]) -> list[Installation]:
        statement = (
            select(installations)
            .where(where, installations.c.gone_at.is_(None))
            .order_by(installations.c.external_id)
        )
        with translated():
            async with self._engine.execution_options(**READER).connect() as connection:
                rows = (await connection.execute(statement)).mappings().all()
        return [self._read(dict(row)) for row in rows]

    def _read(self, row: Mapping[str, Any]) -> Installation:
        place = _place(row["platform"], row["external_id"])
        kept = {name: value for name, value in row.items() if name != "gone_at"}
        token = self._seal.open(row["token"], place=place) if row["token"] is not None else ""
        return Installation(**(kept | {"token": token}))


def _this(platform: str, external_id: ExternalId) -> ColumnElement[bool]:
    return and_(installations.c.platform == platform, installations.c.external_id == external_id)


def _place(platform: str, external_id: str) -> str:
    return f"installations/{platform}:{external_id}/token"


def _trace(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
