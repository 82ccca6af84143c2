"""A backup put back: what was due since is in doubt, asked about once, and never said again."""

import asyncio
import json
import subprocess
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.actions import introduce
from bot.engine.aftermath import take_stock
from storage.copies import back_up, put_back
from storage.database import OpenStorage, opened
from storage.engines import address
from storage.ids import numbered
from tests.acceptance.test_partner_stories import go_on_together
from tests.acceptance.typed import typed, typed_apart
from tests.postgres import PostgresServer, find_binaries
from tests.town import Town, found

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
PEOPLE = ("lea", "tom", "uma", "ben")


async def _lives(town: Town, *, until: datetime) -> list[str]:
    """What members see from here on, by name; what the convener alone is told is left out."""
    before = len(town.platform.seen)
    await town.move_to(until)
    convener = [town.people["ada"].external_id]
    return [one.message.name for one in town.platform.seen[before:] if list(one.people) != convener]


async def _told(town: Town, *, during: timedelta) -> Counter[str]:
    """How often what was said to anybody, the convener too."""
    before = len(town.platform.seen)
    await town.move_to(town.clock.now() + during)
    return Counter(one.message.name for one in town.platform.seen[before:])


async def _again(town: Town, storage: OpenStorage) -> Town:
    """Another life on this memory: the same people, the same platform, the same clock."""
    again = await found(storage, *PEOPLE)
    again.platform.seen = town.platform.seen
    again.clock.move_to(town.clock.now())
    return again


async def _first_life(storage: OpenStorage, *, until: datetime) -> Town:
    town = await found(storage, *PEOPLE)
    await town.set_up()
    await town.join(*PEOPLE)
    await town.move_to(until)
    return town


async def _opened(town: Town) -> None:
    """The round is there, and nothing of it was sent yet."""
    async with town.storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
    town.clock.move_to(TUESDAY)
    opened_round = await introduce.open_round(
        town.storage.open_work, town.community.id, program.id, now=TUESDAY
    )
    assert opened_round is not None


def _introductions(town: Town) -> list[str]:
    return [one.key for one in town.platform.seen if one.message.name == "introduction"]


@pytest.mark.parametrize("when", ["queued", "being sent"])
async def test_what_the_backup_had_still_to_say_is_asked_about_and_not_sent_again(
    sqlite_file: Path, tmp_path: Path, when: str
) -> None:
    where, backup = address(f"sqlite:///{sqlite_file}"), tmp_path / "backup.db"
    async with opened(f"sqlite:///{sqlite_file}", ids=numbered()) as storage:
        town = await _first_life(storage, until=TUESDAY - timedelta(minutes=1))
        await _opened(town)
        if when == "queued":
            back_up(where, backup)
        else:
            town.platform.before = lambda *_: None if backup.exists() else back_up(where, backup)
        await town.heart.tick()
        assert len(_introductions(town)) == 2
    put_back(where, backup, now=TUESDAY)

    async with opened(f"sqlite:///{sqlite_file}") as storage:
        again = await _again(town, storage)
        stock = await take_stock(storage, clock=again.clock)
        seen = await _lives(again, until=TUESDAY + timedelta(hours=2))
        nothing = await take_stock(storage, clock=again.clock)

    # Two introductions, and a line to the convener.
    assert (stock.doubted, stock.passed_over) == (3, [])
    assert len(_introductions(again)) == 2
    assert seen.count("interrupted") == 4
    assert (nothing.doubted, nothing.passed_over) == (0, [])


async def test_a_round_that_opened_since_the_backup_is_not_opened_again(
    sqlite_file: Path, tmp_path: Path
) -> None:
    where, backup = address(f"sqlite:///{sqlite_file}"), tmp_path / "backup.db"
    async with opened(f"sqlite:///{sqlite_file}", ids=numbered()) as storage:
        town = await _first_life(storage, until=TUESDAY - timedelta(minutes=1))
        back_up(where, backup)
        await town.move_to(TUESDAY + timedelta(hours=1))
        assert len(_introductions(town)) == 2
    put_back(where, backup, now=TUESDAY)

    async with opened(f"sqlite:///{sqlite_file}") as storage:
        again = await _again(town, storage)
        stock = await take_stock(storage, clock=again.clock)
        since = await _lives(again, until=TUESDAY + timedelta(days=6))
        after = await _lives(again, until=TUESDAY + timedelta(days=7, hours=1))

    assert [one.wall for one in stock.passed_over] == ["2026-11-24T10:00"]
    assert "introduction" not in since
    assert after.count("introduction") == 2


async def test_steps_of_a_round_that_were_taken_since_are_not_taken_aloud_again(
    sqlite_file: Path, tmp_path: Path
) -> None:
    where, backup = address(f"sqlite:///{sqlite_file}"), tmp_path / "backup.db"
    async with opened(f"sqlite:///{sqlite_file}", ids=numbered()) as storage:
        town = await _first_life(storage, until=TUESDAY + timedelta(hours=1))
        back_up(where, backup)
        await town.move_to(TUESDAY + timedelta(days=6, hours=12))
        told = [one.message.name for one in town.platform.seen]
        assert (told.count("nudge"), told.count("question")) == (2, 4)
    put_back(where, backup, now=TUESDAY)

    async with opened(f"sqlite:///{sqlite_file}") as storage:
        again = await _again(town, storage)
        await take_stock(storage, clock=again.clock)
        since = await _lives(again, until=TUESDAY + timedelta(days=6, hours=23))

    assert set(since) == {"interrupted"}
    assert since.count("interrupted") == 4


async def test_questions_and_sessions_that_fell_due_since_are_not_said_again_and_those_to_come_are(
    sqlite_file: Path, tmp_path: Path
) -> None:
    where, backup = address(f"sqlite:///{sqlite_file}"), tmp_path / "backup.db"
    fortnight = timedelta(days=14)
    async with opened(f"sqlite:///{sqlite_file}", ids=numbered()) as storage:
        town, _ = await go_on_together(storage)
        await town.type(town.people["ada"], "prompt on")
        await town.move_to(town.clock.now() + timedelta(minutes=1))
        back_up(where, backup)
        told = await _told(town, during=fortnight)
    put_back(where, backup, now=TUESDAY)

    async with opened(f"sqlite:///{sqlite_file}") as storage:
        again = await _again(town, storage)
        await take_stock(storage, clock=again.clock)
        since = await _told(again, during=timedelta(hours=12))
        later = await _told(again, during=fortnight)

    assert (told["prompt"], told["session"]) == (2, 2)
    assert (since["prompt"], since["session"]) == (0, 0)
    assert since["interrupted"] > 0
    assert (later["prompt"], later["session"]) == (2, 2)


def test_backup_and_restore_are_two_commands_and_say_what_they_did(
    sqlite_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOISIN_DATABASE_URL", f"sqlite:///{sqlite_file}")
    backup = tmp_path / "backup.db"

    made = typed(capsys, "db", "backup", backup)
    again = typed(capsys, "db", "backup", backup)
    put = typed(capsys, "db", "restore", backup)
    told = json.loads(typed(capsys, "db", "restored", "--json").out)

    assert (made.status, again.status, put.status) == (0, 1, 0)
    assert "intact" in made.out
    assert "is there already" in again.err
    assert "none is sent again" in put.out
    assert told == {"in_doubt": 0, "passed_over": []}


def test_a_damaged_database_is_refused_by_run_with_the_way_back(
    sqlite_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("VOISIN_DATABASE_URL", f"sqlite:///{sqlite_file}")
    typed(capsys, "db", "backup", tmp_path / "backup.db")
    content = bytearray(sqlite_file.read_bytes())
    content[8192:16384] = b"\xff" * 8192
    sqlite_file.write_bytes(content)
    settings = {"VOISIN_DATABASE_URL": f"sqlite:///{sqlite_file}", "VOISIN_WEB_PORT": "0"}

    refused = typed_apart("run", folder=tmp_path, **settings)
    doctor = typed(capsys, "doctor", "--json")
    restored = typed(capsys, "db", "restore", tmp_path / "backup.db")
    well = typed(capsys, "doctor", "--json")

    assert refused.status == 1
    assert "voisin db restore" in refused.err
    assert "Traceback" not in refused.err
    assert (doctor.status, restored.status, well.status) == (1, 0, 0)


async def test_a_dump_of_postgresql_is_put_back_and_its_doubts_are_marked(
    postgres_server: PostgresServer, postgres_template: str, tmp_path: Path
) -> None:
    name, dump = postgres_server.create(template=postgres_template), tmp_path / "voisin.dump"
    async with opened(postgres_server.url(name), ids=numbered()) as storage:
        town = await _first_life(storage, until=TUESDAY - timedelta(minutes=1))
        await _opened(town)
        _tool(postgres_server, "pg_dump", "--format", "custom", "--file", dump, name)
        await town.move_to(TUESDAY)
        assert len(_introductions(town)) == 2

    back = postgres_server.create()
    _tool(postgres_server, "pg_restore", "--exit-on-error", "--dbname", back, dump)
    url = postgres_server.url(back)
    async with opened(url) as storage:
        again = await _again(town, storage)
        stock = await take_stock(storage, clock=again.clock)
        seen = await _lives(again, until=TUESDAY + timedelta(hours=2))
        # Whoever still runs on it would say things meanwhile.
        refused = await asyncio.to_thread(
            typed_apart, "db", "restored", folder=tmp_path, VOISIN_DATABASE_URL=url
        )
    well = await asyncio.to_thread(typed_apart, "db", "restored", folder=tmp_path, VOISIN_DATABASE_URL=url)

    assert stock.doubted == 3
    assert len(_introductions(again)) == 2
    assert seen.count("interrupted") == 4
    assert (refused.status, well.status) == (1, 0)
    assert "stop them first" in refused.err
    for each in (name, back):
        postgres_server.drop(each)


def _tool(server: PostgresServer, *words: str | Path) -> None:
    """One of PostgreSQL's own."""
    program, *rest = words
    subprocess.run(
        [find_binaries() / program, "--host", str(server.folder), "--username", "voisin", *rest], check=True
    )
