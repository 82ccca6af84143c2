"""What one process holds at a time, and what was noted for all of them."""

from datetime import timedelta

from sqlalchemy import ColumnElement, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.ports import Held
from storage.columns import database_now
from storage.errors import translated
from storage.tables import notes, posts
from storage.uncut import uncut


class SqlPosts:
    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @uncut
    async def take(self, platform: str, post: str, *, owner: str, lease: timedelta) -> Held | None:
        with translated():
            async with self._engine.begin() as connection:
                now = (await connection.execute(select(database_now()))).scalar_one()
                insert = _insert(connection)(posts)
                # One statement: of two who come at once, the second finds the lease of the first.
                taken = await connection.execute(
                    insert.values(platform=platform, post=post, owner=owner, epoch=1, lease_until=now + lease)
                    .on_conflict_do_update(
                        index_elements=["platform", "post"],
                        set_={
                            "owner": owner,
                            "epoch": posts.c.epoch + 1,
                            "lease_until": now + lease,
                        },
                        where=or_(
                            posts.c.owner.is_(None), posts.c.owner == owner, posts.c.lease_until <= now
                        ),
                    )
                    .returning(posts.c.epoch)
                )
                epoch = taken.scalar_one_or_none()
        return None if epoch is None else Held(platform=platform, post=post, owner=owner, epoch=epoch)

    @uncut
    async def keep(self, held: Held, *, lease: timedelta) -> bool:
        with translated():
            async with self._engine.begin() as connection:
                now = (await connection.execute(select(database_now()))).scalar_one()
                kept = await connection.execute(
                    update(posts).where(_this(held)).values(lease_until=now + lease)
                )
        return kept.rowcount == 1

    @uncut
    async def leave(self, held: Held) -> None:
        with translated():
            async with self._engine.begin() as connection:
                await connection.execute(update(posts).where(_this(held)).values(owner=None))

    @uncut
    async def noted(self, platform: str, what: str) -> str:
        statement = select(notes.c.value).where(notes.c.platform == platform, notes.c.what == what)
        with translated():
            async with self._engine.connect() as connection:
                return (await connection.execute(statement)).scalar_one_or_none() or ""

    @uncut
    async def note(self, platform: str, what: str, value: str) -> None:
        with translated():
            async with self._engine.begin() as connection:
                insert = _insert(connection)(notes)
                await connection.execute(
                    insert.values(platform=platform, what=what, value=value).on_conflict_do_update(
                        index_elements=["platform", "what"], set_={"value": value}
                    )
                )


def _insert(connection: AsyncConnection) -> type[postgresql.Insert] | type[sqlite.Insert]:
    return postgresql.Insert if connection.dialect.name == "postgresql" else sqlite.Insert


def _this(held: Held) -> ColumnElement[bool]:
    return and_(
        posts.c.platform == held.platform,
        posts.c.post == held.post,
        posts.c.owner == held.owner,
        posts.c.epoch == held.epoch,
    )
