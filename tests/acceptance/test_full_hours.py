"""Hours in which much is due, in many communities at once: none of them waits for all the others."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from adapters.clock import MovableClock
from benchmarks.crowd import settle
from bot.actions import settle_in
from bot.domain.community import Language
from bot.domain.ids import CommunityId, ExternalId
from bot.domain.member import Standing
from bot.engine.deliver import Deliverer
from bot.engine.heartbeat import AT_ONCE, Heartbeat
from bot.messages import Destination, Message
from bot.ports import Storage, UnitOfWork
from storage.database import OpenStorage
from tests.town import TUESDAY, Ledger, found, names, person, ready

pytestmark = pytest.mark.parametrize("memory", ["sqlite", "postgresql"], indirect=True)

MANY = 2 * AT_ONCE + 5


@pytest.fixture
def storage(memory: OpenStorage) -> OpenStorage:
    """Each database, for real."""
    return memory


@pytest.fixture
def crowd(storage: OpenStorage) -> Ledger:
    """More communities than one beat opens rounds of, all due at this moment; two members in each."""
    settle(storage.where.url.render_as_string(hide_password=False), many=MANY, members_each=2)
    ledger = Ledger(clock=MovableClock(TUESDAY))
    ledger.present = [
        replace(person("somebody"), external_id=ExternalId(f"U{number}-{one}"))
        for number in range(MANY)
        for one in range(2)
    ]
    return ledger


def heart_of(storage: Storage, ledger: Ledger) -> Heartbeat:
    return Heartbeat(
        storage=storage,
        platforms={"sandbox": ledger},
        clock=ledger.clock,
        owner="one",
        batch=AT_ONCE,
        chance=lambda: 0.0,
    )


def introduced(ledger: Ledger) -> int:
    return [one.message.name for one in ledger.seen].count("introduction")


async def rounds(storage: OpenStorage) -> int:
    """How many have been opened, over all communities."""
    opened = 0
    for community in await storage.communities.all():
        async with storage.open_work(community.id) as work:
            for program in await work.programs.all():
                opened += len(await work.rounds.latest(program.id, limit=5))
    return opened


# ── Many rounds in one hour ─────────────────────────────────────────────────────────────────────────


async def test_the_first_are_introduced_before_the_rounds_of_all_others_are_opened(
    storage: OpenStorage, crowd: Ledger
) -> None:
    heart = heart_of(storage, crowd)

    # Whoever asks is told that more is waiting: the next beat comes at once.
    assert await heart.beat() > MANY - AT_ONCE

    assert await rounds(storage) == AT_ONCE
    assert introduced(crowd) > 0
    await heart.tick()
    assert await rounds(storage) == MANY
    assert introduced(crowd) == MANY


async def test_programs_in_which_something_is_broken_do_not_hold_up_the_others(
    storage: OpenStorage, crowd: Ledger
) -> None:
    broken = {community.id for community in (await storage.communities.all())[: AT_ONCE + 1]}

    def open_work(community: CommunityId, *, event: str | None = None) -> UnitOfWork:
        if community in broken:
            raise RuntimeError("A defect in this community's affairs.")
        return storage.open_work(community, event=event)

    with capture_logs() as told:
        await heart_of(replace(storage, open_work=open_work), crowd).tick()

    assert introduced(crowd) == MANY - len(broken)
    assert {one["event"] for one in told if one["log_level"] == "error"} == {"beat.defect"}
    assert len({one["id"] for one in told if one["event"] == "beat.defect"}) == len(broken)


async def test_no_next_round_is_opened_before_all_that_are_over_are_closed(
    storage: OpenStorage, crowd: Ledger
) -> None:
    heart = heart_of(storage, crowd)
    await heart.tick()
    next_week = TUESDAY + timedelta(days=7)
    crowd.clock.move_to(next_week)

    beats = 0
    while await rounds(storage) == MANY:
        await heart.beat()
        beats += 1

    assert beats == 3
    assert await storage.agenda.rounds(next_week) == []


async def test_who_comes_back_is_back_before_the_round_that_they_take_part_in(storage: OpenStorage) -> None:
    many = [f"m{number}" for number in range(AT_ONCE + 4)]
    town = await found(storage, *many)
    await town.set_up()
    await town.join(*many)
    for name in many:
        await town.type(town.people[name], "pause 2026-11-24")
    town.platform.seen.clear()

    town.clock.move_to(TUESDAY)
    await town.heart.tick()

    assert names(town).count("introduction") == len(many) // 2
    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
        standings = [yes.standing for yes in await work.participations.of_program(program.id)]
    assert set(standings) == {Standing.ACTIVE}
    assert set(names(town)) == {"introduction", "welcome_back"}


# ── Long queues and slow platforms ──────────────────────────────────────────────────────────────────


async def test_a_community_that_is_slow_to_answer_does_not_hold_up_another(storage: OpenStorage) -> None:
    town = await ready(storage, "ben", "cleo")
    other = await storage.communities.settle(
        platform="elsewhere",
        external_id=ExternalId("T-elsewhere"),
        name="Elsewhere",
        zone="Europe/Paris",
        language=Language.ENGLISH,
    )
    answers = asyncio.Event()

    class Slow(Ledger):
        async def send(
            self, community: ExternalId, destination: Destination, message: Message, *, key: str
        ) -> str:
            await answers.wait()
            return await super().send(community, destination, message, key=key)

    slow = Slow(clock=town.clock, name="elsewhere")
    heart = Heartbeat(
        storage=storage,
        platforms={"sandbox": town.platform, "elsewhere": slow},
        clock=town.clock,
        owner="one",
        slow=timedelta(0),
    )
    await settle_in.welcome(storage.open_work, other.id, person("zed"), now=town.clock.now())
    await heart.beat()

    town.clock.move_to(TUESDAY)
    while "introduction" not in names(town):
        await heart.beat()

    assert slow.seen == []
    answers.set()
    await heart.tick()
    assert [one.message.name for one in slow.seen] == ["installed"]
    assert names(town).count("introduction") == 1


async def test_where_all_communities_share_one_pace_no_more_is_on_its_way_than_that(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "ben", "cleo")
    answers = asyncio.Event()

    class Shared(Ledger):
        on_its_way = 0

        async def send(
            self, community: ExternalId, destination: Destination, message: Message, *, key: str
        ) -> str:
            self.on_its_way += 1
            await answers.wait()
            return await super().send(community, destination, message, key=key)

    shared = Shared(clock=town.clock, name="elsewhere", together=2)
    for number in range(5):
        other = await storage.communities.settle(
            platform="elsewhere",
            external_id=ExternalId(f"T-{number}"),
            name="Elsewhere",
            zone="Europe/Paris",
            language=Language.ENGLISH,
        )
        await settle_in.welcome(storage.open_work, other.id, person("zed"), now=town.clock.now())
    heart = Heartbeat(
        storage=storage,
        platforms={"sandbox": town.platform, "elsewhere": shared},
        clock=town.clock,
        owner="one",
        batch=2,
        slow=timedelta(0),
    )
    while shared.on_its_way < 2:
        await heart.beat()

    town.clock.move_to(TUESDAY)
    while "introduction" not in names(town):
        await heart.beat()

    assert shared.on_its_way == 2
    answers.set()
    await heart.tick()
    assert [one.message.name for one in shared.seen] == ["installed"] * 5


async def test_the_longest_queue_is_fed_before_all_that_was_taken_has_gone_out(storage: OpenStorage) -> None:
    town = await ready(storage, *(f"m{number}" for number in range(32)))
    turns: list[asyncio.Event] = []

    class Paced(Ledger):
        async def send(
            self, community: ExternalId, destination: Destination, message: Message, *, key: str
        ) -> str:
            turn = asyncio.Event()
            turns.append(turn)
            await turn.wait()
            return await super().send(community, destination, message, key=key)

    paced = Paced(clock=town.clock)
    deliverer = Deliverer(
        storage=storage,
        platforms={"sandbox": paced},
        clock=town.clock,
        owner="one",
        batch=4,
        lease=timedelta(seconds=60),
        slow=timedelta(0),
    )
    town.clock.move_to(TUESDAY)
    await town.heart.step()

    most = 0
    for _ in range(10_000):
        # However long a beat's own work takes: it waits for nobody here.
        await deliverer.deliver()
        waiting = [turn for turn in turns if not turn.is_set()]
        if len(turns) > 12 and len(waiting) == 1:
            break
        most = max(most, len(waiting))
        if len(waiting) > 1:
            waiting[0].set()

    # One is always left waiting, so none of their batches was whole before the next was taken up; the last
    # few are less than a batch, and no longest queue any more.
    assert len(turns) > 12
    assert most <= 4
    while len(paced.seen) < 16:
        for turn in turns:
            turn.set()
        await deliverer.deliver()
    await deliverer.finish()
    assert [one.message.name for one in paced.seen] == ["introduction"] * 16
