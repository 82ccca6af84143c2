import os
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from tests import postgres
from tests.postgres import CannotStart, PostgresServer, find_binaries, start_server


async def test_a_real_postgresql_answers_over_the_url_that_voisin_uses(postgres_url: str) -> None:
    engine = create_async_engine(postgres_url)

    async with engine.connect() as connection:
        version = (await connection.execute(text("SHOW server_version_num"))).scalar_one()
        zone = (await connection.execute(text("SHOW timezone"))).scalar_one()
    await engine.dispose()

    assert int(version) >= 150000
    assert zone == "UTC"


@pytest.mark.parametrize("_turn", [1, 2])
async def test_each_test_has_a_database_of_its_own(postgres_url: str, _turn: int) -> None:
    engine = create_async_engine(postgres_url)

    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE seen (turn integer)"))
        rows = (await connection.execute(text("SELECT count(*) FROM seen"))).scalar_one()
    await engine.dispose()

    assert rows == 0


async def test_a_database_can_be_copied_from_a_prepared_one(postgres_server: PostgresServer) -> None:
    prepared = postgres_server.create()
    engine = create_async_engine(postgres_server.url(prepared))
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE ready AS SELECT 7 AS answer"))
    await engine.dispose()

    copy = postgres_server.create(template=prepared)
    engine = create_async_engine(postgres_server.url(copy))
    async with engine.connect() as connection:
        answer = (await connection.execute(text("SELECT answer FROM ready"))).scalar_one()
    await engine.dispose()

    assert answer == 7


def test_the_wheel_goes_before_what_the_machine_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VOISIN_TEST_PG", raising=False)

    assert postgres.WHEEL in str(find_binaries())


def test_a_named_folder_without_postgresql_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VOISIN_TEST_PG", str(tmp_path))

    with pytest.raises(CannotStart, match="no initdb in it"):
        find_binaries()


@pytest.mark.skipif(os.geteuid() != 0, reason="Only root needs this: others start the server as themselves.")
def test_root_can_use_a_wheel_from_a_folder_that_only_root_may_enter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("VOISIN_TEST_PG", raising=False)
    installed = find_binaries().parent
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(installed, closed / postgres.WHEEL / installed.name, symlinks=True)
    libraries = f"{postgres.WHEEL}.libs"
    shutil.copytree(installed.parent.parent / libraries, closed / libraries, symlinks=True)
    monkeypatch.setenv("VOISIN_TEST_PG", str(closed / postgres.WHEEL / installed.name / "bin"))

    server, keeper = start_server()
    name = server.create()
    keeper.stop()

    assert name
    assert (server.folder / "site").is_dir()
    shutil.rmtree(server.folder)


def _wait_for_end(process: int) -> None:
    try:
        handle = os.pidfd_open(process)
    except ProcessLookupError:
        return
    ended, _, _ = select.select([handle], [], [], 60)
    os.close(handle)
    assert ended


@pytest.mark.skipif(sys.platform != "linux", reason="Only Linux lets one wait for another's process.")
def test_the_server_ends_when_the_process_that_started_it_is_killed() -> None:
    program = (
        "import os, signal, sys\n"
        "from tests.postgres import start_server\n"
        "server, keeper = start_server()\n"
        "print(server.folder, keeper.process.pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )

    killed = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    folder, keeper = killed.stdout.split()
    _wait_for_end(int(keeper))

    assert not (Path(folder) / "data").exists()
    shutil.rmtree(folder)
