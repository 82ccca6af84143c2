"""How SQLite finds what is due: a look of each second must not cost more because there are more people."""

from datetime import timedelta
from typing import Any

from sqlalchemy import event

from storage.database import OpenStorage
from storage.tables import metadata
from tests.contract.village import NOW

FEW = {"communities", "lanes"}
"""Tables that are gone through: they grow with the communities, and not with what these do."""


async def test_no_look_of_a_beat_goes_through_what_members_and_rounds_leave_behind(
    storage: OpenStorage,
) -> None:
    said: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        if statement.startswith("SELECT"):
            said.append((statement, parameters))

    event.listen(storage.engine.sync_engine, "before_cursor_execute", note)
    agenda = storage.agenda
    for look in (
        agenda.programs,
        agenda.rounds,
        agenda.returns,
        agenda.waiting,
        agenda.prompts,
        agenda.partnerships,
        agenda.unheard,
    ):
        await look(NOW)
    await agenda.next_due()
    await storage.outbox.lapsed()
    await storage.outbox.claim(now=NOW, owner="one", limit=20, lease=timedelta(seconds=60))
    await storage.outbox.longest(now=NOW, limit=4, least=20)
    event.remove(storage.engine.sync_engine, "before_cursor_execute", note)

    many = {f"SCAN {name}" for name in set(metadata.tables) - FEW}
    gone_through = []
    async with storage.engine.connect() as connection:
        for statement, parameters in said:
            plan = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            gone_through += [row.detail for row in plan if " ".join(row.detail.split()[:2]) in many]
    assert len(said) > 10
    assert gone_through == []
