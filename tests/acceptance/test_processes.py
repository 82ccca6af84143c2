"""`voisin run` several times on one PostgreSQL, started and stopped as in life."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog
from aiohttp import ClientSession

from bot.domain.delivery import DeliveryState
from storage.database import opened
from tests.acceptance.typed import typed
from tests.loopback.slack_faults import How
from tests.loopback.slack_server import Slack, listening
from tests.postgres import PostgresServer
from tests.processes import PATIENCE, Village, all_joined, run_now, settled

NAMES = ("ada", "ben", "cleo", "dan", "eva", "finn", "gus", "hana")


@pytest.fixture
async def session() -> AsyncIterator[ClientSession]:
    async with ClientSession() as session:
        yield session


@pytest.fixture
async def village(
    postgres_server: PostgresServer, postgres_template: str, tmp_path: Path
) -> AsyncIterator[Village]:
    name = postgres_server.create(template=postgres_template)
    async with listening(Slack()) as slack:
        yield await settled(slack, url=postgres_server.url(name), folder=tmp_path, names=NAMES)
    postgres_server.drop(name)


async def _states(village: Village) -> set[DeliveryState]:
    """In which anything stands that was promised."""
    async with opened(village.url) as storage:
        [community] = await storage.communities.all()
        async with storage.open_work(community.id) as work:
            [program] = await work.programs.all()
            [round] = await work.rounds.latest(program.id, limit=1)
            return {delivery.state for delivery in await work.deliveries.of_round(round.id)}


async def _until_settled(village: Village) -> None:
    """Wait until nothing of the round is in anybody's hands, and nothing waits."""
    async with asyncio.timeout(PATIENCE):
        while await _states(village) & {DeliveryState.QUEUED, DeliveryState.SENDING}:  # noqa: ASYNC110 -- other processes tell nobody
            await asyncio.sleep(0.1)


async def test_one_process_hears_two_send_and_everyone_is_introduced_once(
    village: Village, session: ClientSession
) -> None:
    async with (
        village.life("--role", "web") as web,
        village.life("--role", "worker", VOISIN_ENGINE_BATCH="1") as one,
        village.life("--role", "worker", VOISIN_ENGINE_BATCH="1") as other,
    ):
        await all_joined(village, web, session, *NAMES)
        await run_now(village, web, session, "ada")
        await village.until_introduced(len(NAMES) // 2)
        ended = [await life.end() for life in (web, one, other)]

    people = [person for group in village.introduced() for person in group]
    assert sorted(people) == sorted([*village.workspace.users][1:] + [village.workspace.bot.id] * 4)
    assert ended == [0, 0, 0]
    assert "SENDING" not in {state.name for state in await _states(village)}


async def test_a_stop_ends_what_is_under_way_and_the_next_start_goes_on(
    village: Village, session: ClientSession
) -> None:
    async with village.life() as first:
        await all_joined(village, first, session, *NAMES)
        village.slack.latency = 0.4
        await run_now(village, first, session, "ada")
        await village.until_introduced(1)
        status = await first.end()
    left = await _states(village)
    async with village.life() as second:
        await village.until_introduced(len(NAMES) // 2)
        await second.end()

    assert status == 0
    assert "Voisin has stopped" in first.said
    assert left <= {DeliveryState.SENT, DeliveryState.QUEUED}
    assert len(village.introduced()) == len(NAMES) // 2


async def test_a_platform_that_gives_no_answer_holds_up_no_stop_and_is_asked_about(
    village: Village, session: ClientSession
) -> None:
    async with village.life(VOISIN_ENGINE_DRAIN="2") as first:
        await all_joined(village, first, session, "ada", "ben")
        held = village.slack.fail("chat.postMessage", How.HOLD, saying="known:")
        await run_now(village, first, session, "ada")
        await held.struck.wait()
        status = await first.end()
    held.let_go.set()
    left = await _states(village)
    async with village.life():
        asked = await village.slack.until(
            lambda: [post for post in village.workspace.posts if "show:" in str(post.buttons)][1:],
            what="question to each of two",
        )

    assert status == 0
    assert DeliveryState.DOUBT in left
    assert DeliveryState.SENDING not in left
    assert len(asked) == 1
    assert len(village.introduced()) == 1


@pytest.mark.parametrize("what", [signal.SIGSTOP, signal.SIGKILL])
async def test_a_process_that_falls_silent_is_taken_over_from_and_says_nothing_twice_if_it_wakes(
    village: Village, session: ClientSession, what: signal.Signals
) -> None:
    short = {"VOISIN_ENGINE_LEASE": "2", "VOISIN_ENGINE_BATCH": "2"}
    async with village.life("--role", "web") as web, village.life("--role", "worker", **short) as one:
        await all_joined(village, web, session, *NAMES)
        village.slack.latency = village.slack.lag = 0.1
        await run_now(village, web, session, "ada")
        await village.slack.until(lambda: village.slack.called("conversations.open"), what="first call")
        one.process.send_signal(what)
        async with village.life("--role", "worker", **short) as other:
            await _until_settled(village)
            taken_over = len(village.introduced())
            if what is signal.SIGSTOP:
                one.process.send_signal(signal.SIGCONT)
                await one.end()
            await other.end()

    introduced = Counter(person for group in village.introduced() for person in group)
    asked = {
        person
        for post in village.workspace.posts
        if any(action.startswith("show:") for action in post.buttons)
        for person in village.workspace.rooms[post.channel].members
    }
    people = [user.id for user in village.workspace.users.values() if not user.bot]
    assert taken_over > 0
    assert [person for person in people if introduced[person] > 1] == []
    assert [person for person in people if not introduced[person] and person not in asked] == []


@pytest.mark.parametrize(
    "role, settings, words",
    [
        ("worker", {"VOISIN_DATABASE_URL": "sqlite:///voisin.db"}, "SQLite has room for one process"),
        ("worker", {"VOISIN_SANDBOX_ENABLED": "true"}, "the sandbox lives within one process"),
        ("gateway", {}, "nothing here would reach it"),
    ],
)
def test_a_process_that_could_not_do_its_part_is_refused_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    role: str,
    settings: dict[str, str],
    words: str,
) -> None:
    # What is typed goes before what is set.
    set_here = {"VOISIN_ENGINE_ROLE": "all", "VOISIN_DATABASE_URL": "postgresql:///none"}
    told = set_here | {"VOISIN_SANDBOX_ENABLED": "false"} | settings
    for name, value in told.items():
        monkeypatch.setenv(name, value)

    said = typed(capsys, "run", "--role", role)
    structlog.reset_defaults()

    assert (said.status, said.out) == (1, "")
    assert words in said.err
    assert "Traceback" not in said.err
