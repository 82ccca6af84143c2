import asyncio
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest
from sqlalchemy import event

from bot.domain.delivery import DeliveryState
from bot.errors import AlreadyThere, FullDisk, StorageError
from storage.database import OpenStorage, opened
from storage.engines import address, asynchronous, synchronous
from storage.upgrade import upgrade
from tests.contract.village import HOUR, NOW, a_delivery, a_member, a_village, settle
from tests.postgres import PostgresServer


async def _pragma(storage: OpenStorage, pragma: str) -> int:
    async with storage.engine.connect() as connection:
        answer = await connection.exec_driver_sql(f"PRAGMA {pragma}")
        return int(answer.scalar_one()) if answer.returns_rows else 0


async def _fill_the_disk(storage: OpenStorage) -> None:
    await _pragma(storage, f"max_page_count = {await _pragma(storage, 'page_count')}")


async def _make_room(storage: OpenStorage) -> None:
    await _pragma(storage, "max_page_count = 1000000")


async def test_a_full_disk_is_a_sentence_and_nothing_is_half_written(storage: OpenStorage) -> None:
    community = await settle(storage)
    await _fill_the_disk(storage)

    async def import_roster() -> None:
        async with storage.open_work(community.id) as work:
            await work.members.save(a_member(work))
            await work.members.save_all([a_member(work, f"U{number}") for number in range(5_000)])
            await work.commit()

    with pytest.raises(FullDisk, match="free some space"):
        await import_roster()

    async with storage.open_work(community.id) as work:
        assert await work.members.all() == []
    await _make_room(storage)
    await import_roster()
    async with storage.open_work(community.id) as work:
        assert len(await work.members.all()) == 5_001


async def test_after_a_full_disk_nothing_more_is_written_in_the_same_unit_of_work(
    storage: OpenStorage,
) -> None:
    community = await settle(storage)
    await _fill_the_disk(storage)

    async with storage.open_work(community.id) as work:
        with pytest.raises(FullDisk):
            await work.members.save_all([a_member(work, f"U{number}") for number in range(5_000)])
        with pytest.raises(StorageError, match="open another"):
            await work.members.save(a_member(work))
        with pytest.raises(StorageError, match="open another"):
            await work.commit()

    async with storage.open_work(community.id) as work:
        assert await work.members.all() == []


async def test_a_disk_that_is_full_while_settling_leaves_the_claim(storage: OpenStorage) -> None:
    community = await settle(storage)
    async with storage.open_work(community.id) as work:
        await work.deliveries.add(a_delivery(work, "nudge"))
        await work.commit()
    [claim] = await storage.outbox.claim(now=NOW, owner="w", limit=1, lease=HOUR)
    await _fill_the_disk(storage)

    with pytest.raises(FullDisk):
        async with storage.open_work(community.id) as work:
            await work.deliveries.settle(claim, state=DeliveryState.SENT, reason="long " * 10_000)

    await _make_room(storage)
    async with storage.open_work(community.id) as work:
        assert await work.deliveries.find(claim.delivery.id) == claim.delivery
        assert await work.deliveries.settle(claim, state=DeliveryState.SENT)


async def test_a_database_that_may_only_be_read_says_so_and_can_be_read(storage: OpenStorage) -> None:
    community = await settle(storage)
    await _pragma(storage, "query_only = ON")

    with pytest.raises(StorageError, match="cannot be written to"):
        await settle(storage, "T2")
    with pytest.raises(StorageError, match="cannot be written to"):
        async with storage.open_work(community.id) as work:
            await work.members.save(a_member(work))

    assert await storage.communities.all() == [community]


async def test_a_database_that_another_holds_is_a_sentence(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.engines.PATIENCE", 0)
    with closing(connect(sqlite_file, isolation_level=None)) as other:
        async with opened(f"sqlite:///{sqlite_file}") as storage:
            community = await settle(storage)
            other.execute("BEGIN IMMEDIATE")

            with pytest.raises(StorageError, match="busy for too long"):
                async with storage.open_work(community.id):
                    pytest.fail("Two write at once.")

            other.execute("ROLLBACK")
            async with storage.open_work(community.id) as work:
                assert work.community == community


def test_a_damaged_file_is_a_sentence(sqlite_file: Path) -> None:
    raw = bytearray(sqlite_file.read_bytes())
    raw[200:] = b"\xff" * len(raw[200:])
    sqlite_file.write_bytes(raw)

    with pytest.raises(StorageError, match="backup"):
        upgrade(f"sqlite:///{sqlite_file}")


async def test_what_is_no_unicode_is_refused(storage: OpenStorage) -> None:
    community = await settle(storage)
    async with storage.open_work(community.id) as work:
        with pytest.raises(StorageError, match="Unicode"):
            await work.members.save(a_member(work, name="\ud800"))


async def test_no_error_tells_what_members_wrote(memory: OpenStorage) -> None:
    community = await settle(memory)
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        await work.commit()

    async with memory.open_work(community.id) as work:
        with pytest.raises(AlreadyThere) as caught:
            await work.members.save(a_member(work))

    assert village.amina.learning not in f"{caught.value!r} {caught.value.__cause__}"


async def test_a_server_that_was_down_is_used_again_when_it_is_back(
    postgres_server: PostgresServer, postgres_template: str
) -> None:
    name = postgres_server.create(template=postgres_template)
    async with opened(postgres_server.url(name)) as storage:
        await settle(storage)
        await asyncio.to_thread(postgres_server.drop, name)

        with pytest.raises(StorageError, match=r"no database of this name|cannot be reached"):
            await storage.communities.all()

        again = postgres_server.create(template=postgres_template)
        await asyncio.to_thread(_rename, postgres_server, again, name)
        assert await storage.communities.all() == []
    postgres_server.drop(name)


async def test_the_zone_of_the_server_changes_nothing(
    postgres_server: PostgresServer, postgres_template: str
) -> None:
    name = postgres_server.create(template=postgres_template)
    _say(postgres_server, f"ALTER DATABASE {name} SET timezone = 'America/Los_Angeles'")
    async with opened(postgres_server.url(name)) as storage:
        community = await settle(storage)
        async with storage.open_work(community.id) as work:
            village = await a_village(work)
            await work.commit()

        async with storage.open_work(community.id) as work:
            assert await work.members.get(village.amina.id) == village.amina
            assert {tie.at for tie in await work.ties.all()} == {None, NOW}
        assert await storage.agenda.next_due() == NOW
    postgres_server.drop(name)


async def test_a_connection_that_breaks_in_a_unit_of_work_takes_it_back(
    postgres_server: PostgresServer, postgres_template: str
) -> None:
    name = postgres_server.create(template=postgres_template)
    async with opened(postgres_server.url(name)) as storage:
        community = await settle(storage)

        async with storage.open_work(community.id) as work:
            await work.members.save(a_member(work))
            await asyncio.to_thread(_disconnect, postgres_server, name)
            with pytest.raises(StorageError):
                await work.members.all()
            with pytest.raises(StorageError):
                await work.commit()

        async with storage.open_work(community.id) as work:
            assert await work.members.all() == []
    postgres_server.drop(name)


def _rename(server: PostgresServer, old: str, new: str) -> None:
    _say(server, f"ALTER DATABASE {old} RENAME TO {new}")


def _disconnect(server: PostgresServer, name: str) -> None:
    _say(server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")


def _say(server: PostgresServer, statement: str) -> None:
    with synchronous(address(server.url("postgres"))).connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(statement)


async def test_on_sqlite_whoever_clicked_does_not_wait_behind_what_the_clock_does(sqlite_file: Path) -> None:
    async with opened(f"sqlite:///{sqlite_file}") as storage:
        community = await settle(storage)
        served: list[str] = []

        async def at_work(who: str, *, event: str | None = None) -> None:
            async with storage.open_work(community.id, event=event):
                served.append(who)

        async with storage.open_work(community.id):
            clock = [asyncio.create_task(at_work("clock")) for _ in range(3)]
            click = asyncio.create_task(at_work("click", event="discord/1"))
            await asyncio.sleep(0)
        await asyncio.gather(click, *clock)

    assert served == ["click", "clock", "clock", "clock"]


async def test_on_sqlite_who_waited_too_long_for_their_turn_reads_a_sentence(
    sqlite_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database.PATIENCE", 0)
    async with opened(f"sqlite:///{sqlite_file}") as storage:
        community = await settle(storage)

        async with storage.open_work(community.id):
            with pytest.raises(StorageError, match="busy for too long"):
                async with storage.open_work(community.id):
                    pytest.fail("Two work at once.")
        async with storage.open_work(community.id) as work:
            assert work.community == community


class Asked(Exception):
    """What was to be said to PostgreSQL's driver."""


@pytest.mark.parametrize("said, counts", [("", 10), ("?connect_timeout=3", 3)])
def test_a_server_that_vanished_without_a_word_is_not_waited_for_and_the_address_has_the_last_word(
    said: str, counts: int
) -> None:
    where = address(f"postgresql://voisin@localhost/voisin{said}")
    engines = synchronous(where), asynchronous(where, durable=True).sync_engine
    given: list[dict[str, int]] = []

    def ask(_dialect: object, _record: object, _words: object, parameters: dict[str, object]) -> None:
        raise Asked(parameters)

    for engine in engines:
        event.listen(engine, "do_connect", ask)
        with pytest.raises(Asked) as asked:
            engine.raw_connection()
        given += asked.value.args

    assert [int(one["connect_timeout"]) for one in given] == [counts, counts]
    assert [one["tcp_user_timeout"] for one in given] == [30_000, 30_000]
