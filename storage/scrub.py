"""Wiping what erased rows leave behind in the file."""

from sqlalchemy.ext.asyncio import AsyncEngine

from storage.engines import BARE
from storage.errors import translated
from storage.uncut import uncut


@uncut
async def scrub(engine: AsyncEngine) -> None:
    """Rewrite the file without what was erased, and its log with it; with no unit of work open."""
    sqlite = engine.dialect.name == "sqlite"
    with translated():
        async with engine.connect() as connection:
            await connection.execution_options(**(BARE if sqlite else {"isolation_level": "AUTOCOMMIT"}))
            if sqlite:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            await connection.exec_driver_sql("VACUUM")
            if sqlite:
                await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
