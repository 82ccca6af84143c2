"""PostgreSQL dies, freezes, comes back and refuses, in the middle of a round."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from bot.engine.heartbeat import Heartbeat
from bot.errors import StorageError
from bot.messages import Destination, Message
from storage.database import OpenStorage, opened
from storage.ids import numbered
from storage.upgrade import upgrade
from tests.postgres import CannotStart, start_server
from tests.postmaster import Postmaster
from tests.required import missing
from tests.town import Town, found

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
NAMES = ("lea", "tom")


@pytest.fixture(scope="module")
def postmaster() -> Iterator[Postmaster]:
    """A server that is killed: not the one that the other tests share."""
    try:
        server, keeper = start_server()
    except (CannotStart, OSError) as error:
        missing(f"PostgreSQL cannot be started: {error}", remedy="`make test` installs what it needs.")
    postmaster = Postmaster.of(server)
    yield postmaster
    keeper.stop()
    postmaster.bury()
    shutil.rmtree(server.folder)


@pytest.fixture
async def own(postmaster: Postmaster) -> AsyncIterator[OpenStorage]:
    url = postmaster.server.url(postmaster.server.create())
    upgrade(url)
    async with opened(url, ids=numbered()) as storage:
        yield storage


async def ready(storage: OpenStorage) -> Town:
    town = await found(storage, *NAMES, lease=timedelta(0))
    await town.set_up()
    await town.join(*NAMES)
    await town.move_to(TUESDAY - timedelta(minutes=1))
    town.clock.move_to(TUESDAY)
    return town


def again(town: Town) -> Heartbeat:
    return Heartbeat(
        storage=town.storage,
        platforms={"sandbox": town.platform},
        clock=town.clock,
        lease=timedelta(0),
        owner="again",
    )


def told(town: Town) -> list[list[str]]:
    return [[one.message.name for one in town.platform.of(town.people[name])] for name in NAMES]


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGQUIT, signal.SIGINT], ids=lambda how: how.name)
async def test_rows_9_and_10_a_server_that_ends_after_a_send_leaves_a_doubt_and_all_goes_on_when_it_is_back(
    own: OpenStorage, postmaster: Postmaster, how: signal.Signals
) -> None:
    town = await ready(own)

    def end(_destination: Destination, message: Message, _key: str) -> None:
        if message.name == "introduction":
            postmaster.end(how)

    town.platform.after = end
    with pytest.raises(StorageError):
        await town.heart.tick()
    with pytest.raises(StorageError):
        await again(town).tick()
    town.platform.after = None

    await asyncio.to_thread(postmaster.start)
    await again(town).tick()

    assert told(town) == [["introduction", "interrupted"]] * 2


async def test_a_server_that_freezes_for_a_moment_is_waited_for(
    own: OpenStorage, postmaster: Postmaster
) -> None:
    town = await ready(own)

    def freeze(_destination: Destination, message: Message, _key: str) -> None:
        if message.name == "introduction":
            postmaster.freeze()
            asyncio.get_running_loop().call_later(0.3, postmaster.thaw)

    town.platform.after = freeze

    await town.heart.tick()

    assert told(town) == [["introduction"]] * 2


@pytest.mark.parametrize("state", ["40001", "40P01", "55P03"])
async def test_row_11_a_step_that_the_server_refuses_is_done_whole_at_the_next_beat(
    own: OpenStorage, state: str
) -> None:
    town = await ready(own)
    await _say(
        own,
        f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION 'not now' USING ERRCODE = '{state}'; END $$",
        "CREATE TRIGGER refusing BEFORE INSERT ON introductions FOR EACH ROW EXECUTE FUNCTION refuse()",
    )

    with pytest.raises(StorageError, match="tried again"):
        await town.heart.tick()
    silent = told(town)
    await _say(own, "DROP TRIGGER refusing ON introductions")
    await town.heart.tick()

    assert silent == [[], []]
    assert told(town) == [["introduction"]] * 2


async def _say(storage: OpenStorage, *statements: str) -> None:
    async with storage.engine.begin() as connection:
        for statement in statements:
            await connection.exec_driver_sql(statement)
