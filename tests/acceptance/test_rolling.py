"""An upgrade while everything runs: old and new side by side, over a migration that only adds.

Today's code plays the old version, and a migration made here plays the next one's: every table gets a column
that may be empty, and there is a new table. The new version is the same program, told of that migration.
"""

from dataclasses import replace
from pathlib import Path

import pytest
from aiohttp import ClientSession

from bot.errors import FromTheFuture
from storage import upgrade as revisions
from storage.engines import address
from storage.tables import metadata
from storage.upgrade import MIGRATIONS, bring_up, check
from tests.loopback.slack_server import Slack, listening
from tests.postgres import PostgresServer
from tests.processes import LAUNCH, all_joined, run_now, settled

NEXT = '''
"""What comes next."""
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table("mottos", sa.Column("id", sa.String, primary_key=True), sa.Column("words", sa.String))
    for table in {tables}:
        op.add_column(table, sa.Column("motto", sa.String, nullable=True))
'''

TOLD = """
import sys
from pathlib import Path
from storage import upgrade
upgrade.check.__kwdefaults__["versions"] = Path(sys.argv.pop(1))
"""
"""Before a launch: the migrations of the next version."""


def _next(tmp_path: Path) -> Path:
    versions = tmp_path / "versions"
    versions.mkdir()
    for path in (MIGRATIONS / "versions").glob("*.py"):
        (versions / path.name).write_text(path.read_text())
    tables = [table.name for table in metadata.sorted_tables]
    (versions / "9999_next.py").write_text(NEXT.format(before=revisions.newest(), tables=tables))
    return versions


async def test_old_and_new_run_side_by_side_over_a_migration_that_adds(
    postgres_server: PostgresServer, postgres_template: str, tmp_path: Path
) -> None:
    name = postgres_server.create(template=postgres_template)
    url, versions, names = postgres_server.url(name), _next(tmp_path), ("ada", "ben", "cleo", "dan")
    async with listening(Slack()) as slack, ClientSession() as session:
        village = await settled(slack, url=url, folder=tmp_path, names=names)
        newer = replace(village, launch=TOLD + LAUNCH, given=(str(versions),))
        [room] = [room for room in village.workspace.rooms.values() if room.kind == "channel"]
        async with village.life(VOISIN_ENGINE_BATCH="1") as old:
            await all_joined(village, old, session, "ada", "ben")
            bring_up(address(url), versions=versions)
            by_old = await village.hand("cleo", old, session).asks("join", room)
            async with newer.life(VOISIN_ENGINE_BATCH="1") as new:
                by_new = await village.hand("dan", new, session).asks("join", room)
                await run_now(village, old, session, "ada")
                await village.until_introduced(2)
                ended = [await old.end(), await new.end()]
    with pytest.raises(FromTheFuture):
        check(address(url))
    postgres_server.drop(name)

    assert ended == [0, 0]
    assert all("Welcome" in answer.text for answer in (by_old, by_new))
    assert len(village.introduced()) == 2
    assert not any(word in old.said + new.said for word in ("beat.failed", "beat.defect", "Traceback"))
