"""What can go wrong beneath the engine and around it, one by one: docs/reliability.md has the table."""

import asyncio
import errno
import gc
import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import structlog

from adapters.clock import MovableClock
from bot import commands
from bot.cli.log import set_up
from bot.domain.delivery import Delivery, DeliveryKind, DeliveryState
from bot.domain.ids import DeliveryId, ExternalId
from bot.domain.member import Member
from bot.engine.heartbeat import Heartbeat
from bot.errors import FullDisk, Gone, Impossible, NotSent, StorageError, TryLater, Uncertain
from bot.messages import Asker, Circle, Destination, Message
from bot.settings import LogSettings
from storage.database import OpenStorage, opened
from storage.engines import BARE
from storage.ids import numbered
from tests.fragile import Killed, Steps, fragile
from tests.town import TUESDAY, Town, found, ready

WEEK = timedelta(days=7)
HOUR = timedelta(hours=1)
PARIS = ZoneInfo("Europe/Paris")


def again(town: Town, *, owner: str = "another") -> Heartbeat:
    """A new process."""
    return Heartbeat(
        storage=town.storage,
        platforms={"sandbox": town.platform},
        clock=town.clock,
        lease=timedelta(0),
        owner=owner,
    )


def seen(town: Town, *kinds: str) -> list[str]:
    return [one.message.name for one in town.platform.seen if one.message.name in kinds]


# ── A death at every step ───────────────────────────────────────────────────────────────────────────


async def test_row_1_a_death_at_any_step_of_a_round_loses_nothing_and_says_nothing_twice(
    empty_file: Path, tmp_path: Path
) -> None:
    died = fatal = 0
    while died == fatal:
        fatal += 1
        file = shutil.copy(empty_file, tmp_path / f"{fatal}.db")
        async with opened(f"sqlite:///{file}", ids=numbered(), durable=False) as storage:
            town = await ready(storage, "lea", "tom")
            step = Steps(fatal)
            town.platform.before = town.platform.after = step
            town.storage = fragile(storage, step)
            town.heart = again(town)
            try:
                await town.move_to(TUESDAY + WEEK - HOUR)
            except Killed:
                died += 1
            town.storage, town.platform.before, town.platform.after = storage, None, None
            town.heart = again(town)
            await town.move_to(TUESDAY + WEEK - HOUR)

            for name in ("lea", "tom"):
                for kind in ("introduction", "question"):
                    times = len(town.platform.of(town.people[name], kind))
                    asked = len(town.platform.of(town.people[name], "interrupted"))
                    assert times <= 1, (fatal, name, kind)
                    assert times or asked, (fatal, name, kind)
            assert len(seen(town, "nudge")) <= 1

    assert died > 20


def _no_circle(destination: Destination, message: Message, _key: str) -> None:
    if message.name == "introduction" and isinstance(destination, Circle):
        raise Impossible("They share no conversation.")


def _tom_is_gone(destination: Destination, message: Message, _key: str) -> None:
    if message.name == "introduction" and ExternalId("U-tom") in (
        destination.people if isinstance(destination, Circle) else ()
    ):
        raise Gone(ExternalId("U-tom"))


@pytest.mark.parametrize("hindrance", [_no_circle, _tom_is_gone, None], ids=["alone", "gone", "left"])
async def test_row_1_a_death_while_an_introduction_is_made_anew_leaves_nobody_without_a_word(
    empty_file: Path, tmp_path: Path, hindrance: Callable[[Destination, Message, str], None] | None
) -> None:
    died = fatal = 0
    while died == fatal:
        fatal += 1
        file = shutil.copy(empty_file, tmp_path / f"{fatal}.db")
        async with opened(f"sqlite:///{file}", ids=numbered(), durable=False) as storage:
            town = await ready(storage, "lea", "tom")
            town.clock.move_to(TUESDAY)
            await town.heart.step()
            if hindrance is None:
                await town.type(town.people["tom"], "pause")
            step = Steps(fatal)
            town.platform.before = hindrance
            town.storage = fragile(storage, step)
            town.heart = again(town)
            try:
                await town.heart.tick()
            except Killed:
                died += 1
            town.storage = storage
            town.heart = again(town)
            await town.move_to(TUESDAY + HOUR)

            told = [one.message.name for one in town.platform.of(town.people["lea"])]
            assert set(told) & {"introduction", "parted", "interrupted"}, (fatal, told)
            assert told.count("introduction") + told.count("parted") <= 1, (fatal, told)

    assert died > 5


# ── The disk, the database ──────────────────────────────────────────────────────────────────────────


async def _pragma(storage: OpenStorage, pragma: str) -> int:
    # Outside of any transaction: a writer's would be refused where nothing may be written.
    async with storage.engine.execution_options(**BARE).connect() as connection:
        answer = await connection.exec_driver_sql(f"PRAGMA {pragma}")
        return int(answer.scalar_one()) if answer.returns_rows else 0


async def _fill_the_disk(storage: OpenStorage) -> None:
    await _pragma(storage, f"max_page_count = {await _pragma(storage, 'page_count')}")


async def test_rows_13_and_15_a_full_disk_sends_nothing_without_its_promise_and_repeats_nothing_after_it(
    storage: OpenStorage,
) -> None:
    people = [f"p{number}" for number in range(40)]
    town = await ready(storage, *people)
    # Each post takes a page or more away: the disk is full in the middle of the round.
    await _fill_the_disk(storage)
    town.clock.move_to(TUESDAY)

    with pytest.raises(FullDisk):
        await town.heart.tick()
    full = len(seen(town, "introduction"))
    await _pragma(storage, "max_page_count = 1000000")
    town.heart = again(town)
    await town.move_to(TUESDAY + HOUR)

    assert full == 0
    assert len(seen(town, "introduction")) == 20
    assert len({one.key for one in town.platform.seen}) == len(town.platform.seen)


async def test_row_14_a_database_that_may_only_be_read_sends_nothing_and_goes_on_afterwards(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "lea", "tom")
    await _pragma(storage, "query_only = ON")
    town.clock.move_to(TUESDAY)

    with pytest.raises(StorageError, match="cannot be written to"):
        await town.heart.tick()
    silent = seen(town, "introduction")
    await _pragma(storage, "query_only = OFF")
    await town.heart.tick()

    assert silent == []
    assert seen(town, "introduction") == ["introduction"]


async def test_row_15_a_database_that_fails_just_when_a_send_is_settled_leaves_a_doubt_and_no_second_message(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "lea", "tom", lease=timedelta(0))
    reached = asyncio.get_running_loop().create_future()

    def fill(_destination: Destination, message: Message, _key: str) -> None:
        if message.name == "introduction" and not reached.done():
            reached.set_result(None)

    town.platform.after = fill
    beating = asyncio.create_task(_tick_at(town, TUESDAY))
    await reached
    await _pragma(storage, "query_only = ON")
    with pytest.raises(StorageError):
        await beating
    await _pragma(storage, "query_only = OFF")
    await again(town).tick()

    for name in ("lea", "tom"):
        told = [one.message.name for one in town.platform.of(town.people[name])]
        assert told == ["introduction", "interrupted"]


async def _tick_at(town: Town, moment: datetime) -> None:
    town.clock.move_to(moment)
    await town.heart.tick()


# ── Doubt, and the question about it ────────────────────────────────────────────────────────────────


def failing(*errors: BaseException, name: str) -> Callable[[Destination, Message, str], None]:
    """The first sends of a kind fail like this, one after the other."""
    left = list(errors)

    def fail(_destination: Destination, message: Message, _key: str) -> None:
        if message.name == name and left:
            raise left.pop(0)

    return fail


async def test_row_27_the_asking_line_is_tried_again_only_while_it_was_surely_not_sent(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "lea", "tom", lease=timedelta(0))
    town.platform.after = failing(Uncertain("lost"), name="introduction")
    town.platform.before = failing(NotSent("down"), NotSent("down"), name="interrupted")

    await town.move_to(TUESDAY + HOUR)

    assert seen(town, "introduction", "interrupted") == ["introduction", "interrupted", "interrupted"]


async def test_row_27_an_asking_line_in_doubt_is_never_repeated_and_why_still_names_the_neighbour(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "lea", "tom", lease=timedelta(0))
    asking = failing(Uncertain("lost"), Uncertain("lost"), name="interrupted")
    introducing = failing(Uncertain("lost"), name="introduction")

    def fail(destination: Destination, message: Message, key: str) -> None:
        introducing(destination, message, key)
        asking(destination, message, key)

    town.platform.before = fail

    await town.move_to(TUESDAY + timedelta(days=3))
    why = await town.type(town.people["lea"], "why")
    await town.move_to(TUESDAY + WEEK - HOUR)

    assert seen(town, "introduction", "interrupted") == []
    assert why.message is not None
    assert "Tom" in why.message.plain
    assert [one.message.name for one in town.platform.of(town.people["lea"], "question")] == ["question"]


async def test_row_28_the_message_is_shown_each_time_to_those_it_was_for_and_after_the_round_too(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "lea", "tom", lease=timedelta(0))
    town.platform.before = failing(Uncertain("lost"), name="introduction")
    await town.move_to(TUESDAY)
    [asked] = town.platform.of(town.people["lea"], "interrupted")
    show = asked.message.buttons[0].action

    first = await town.press(town.people["lea"], show)
    second = await town.press(town.people["lea"], show)
    await town.move_to(TUESDAY + WEEK + HOUR)
    late = await town.press(town.people["lea"], show)

    assert first.message is not None
    assert first == second
    assert late.message is not None


# ── Who holds things up ─────────────────────────────────────────────────────────────────────────────


async def test_row_19_an_hour_of_429_holds_one_lane_up_and_spends_no_attempt(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom", "zoe", "max")
    town.platform.before = failing(TryLater(TUESDAY + HOUR), name="introduction")
    await town.move_to(TUESDAY)

    await _set_up_elsewhere(town)
    await town.move_to(TUESDAY + timedelta(minutes=1))
    meanwhile = seen(town, "introduction"), len(town.platform.posted("invitation"))
    await town.move_to(TUESDAY + HOUR)

    assert meanwhile == (["introduction"], 2)
    assert seen(town, "introduction") == ["introduction", "introduction"]
    assert {one.attempts for one in await _promised(town) if one.kind is DeliveryKind.INTRODUCTION} == {1}


async def _set_up_elsewhere(town: Town) -> None:
    """A second program, at the same hour."""
    form = {"rhythm": "weekly", "day": "1", "at": "10:00", "zone": "Europe/Paris", "size": "2"}
    reply = await town.submit(town.people["ada"], "setup:C-other", **form)
    assert reply.message is not None, reply.errors


async def _promised(town: Town) -> list[Delivery]:
    async with town.storage.open_work(town.community.id) as work:
        rounds = [
            round
            for program in await work.programs.all()
            for round in await work.rounds.latest(program.id, limit=9)
        ]
        return [one for round in rounds for one in await work.deliveries.of_round(round.id)]


async def test_row_58_what_cannot_be_put_into_words_holds_up_nothing(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom", "zoe", "max")
    town.clock.move_to(TUESDAY)
    await town.heart.step()
    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
        [round] = await work.rounds.latest(program.id, limit=1)
        poisoned, other = await work.introductions.of_round(round.id)
        await work.introductions.save(replace(poisoned, phrase="of which nobody has heard"))
        await work.commit()
        people = await work.members.many([*poisoned.members, *other.members])

    await town.move_to(TUESDAY + HOUR)

    told = {
        one.id: [seen.message.name for seen in town.platform.of(_asker(town, one))] for one in people.values()
    }
    assert {told[member][0] for member in other.members} == {"introduction"}
    # An honest word at once, and not silence until the round is over.
    assert {told[member][0] for member in poisoned.members} == {"cancelled"}
    assert len(town.platform.of(town.people["ada"], "given_up")) == 1
    states = [one.state for one in await _promised(town) if one.introduction_id == poisoned.id]
    assert states == [DeliveryState.DEAD]


def _asker(town: Town, member: Member) -> Asker:
    return town.people[member.name.lower()]


async def test_row_59_ten_thousand_due_at_start_do_not_hold_up_the_one_in_another_lane(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "lea", "tom")
    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
        crowd = [
            Delivery(
                id=DeliveryId(work.new_id()),
                community_id=town.community.id,
                key=f"crowd/{number}",
                kind=DeliveryKind.SKIPPED,
                due_at=TUESDAY - timedelta(minutes=1),
                program_id=program.id,
            )
            for number in range(10_000)
        ]
        await work.deliveries.add(*crowd)
        await work.commit()
    town.clock.move_to(TUESDAY)

    taken = [await town.heart.beat()]
    taken += [await town.heart.beat()]

    assert taken == [20, 20]
    assert seen(town, "introduction") == ["introduction"]


# ── Time ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("ahead", [timedelta(minutes=5), timedelta(minutes=-5), HOUR, -HOUR], ids=str)
async def test_rows_49_and_50_processes_whose_clocks_differ_open_one_round_and_share_its_deliveries(
    memory: OpenStorage, ahead: timedelta
) -> None:
    town = await ready(memory, "lea", "tom", "zoe", "max")
    skewed = MovableClock(TUESDAY + ahead)
    other = Heartbeat(storage=memory, platforms={"sandbox": town.platform}, clock=skewed, owner="other")
    town.clock.move_to(TUESDAY)

    await asyncio.gather(other.tick(), town.heart.tick())
    skewed.move_to(TUESDAY + abs(ahead))
    await other.tick()
    await town.move_to(TUESDAY + HOUR)

    assert seen(town, "introduction", "interrupted") == ["introduction", "introduction"]


class Bells:
    """A clock whose rest ends at once, as if somebody rang all the time; it stops after so many."""

    def __init__(self, clock: MovableClock, stop: asyncio.Event, *, rests: int) -> None:
        self._clock, self._stop, self._left = clock, stop, rests

    def now(self) -> datetime:
        return self._clock.now()

    async def rest(self, *, until: datetime | None) -> None:
        self._left -= 1
        if self._left <= 0:
            self._stop.set()
        await asyncio.sleep(0)

    def ring(self) -> None:
        pass


@pytest.mark.parametrize("rests", [1, 10])
async def test_row_51_a_bell_that_rings_ten_times_or_never_changes_nothing(
    storage: OpenStorage, rests: int
) -> None:
    town = await ready(storage, "lea", "tom")
    town.clock.move_to(TUESDAY)
    stop = asyncio.Event()
    heart = Heartbeat(
        storage=storage, platforms={"sandbox": town.platform}, clock=Bells(town.clock, stop, rests=rests)
    )

    await heart.run(stop)

    assert seen(town, "introduction") == ["introduction"]


async def test_the_clocks_change_in_the_middle_of_a_round_and_each_step_keeps_its_hour(
    storage: OpenStorage,
) -> None:
    # The round opens on 20 October; on the 25th the night is an hour longer in Paris.
    town = await found(storage, "lea", "tom", start=datetime(2026, 10, 19, 8, 0, tzinfo=UTC))
    await town.set_up()
    await town.join("lea", "tom")

    await town.move_to(datetime(2026, 10, 27, 12, 0, tzinfo=UTC))

    hours = [
        (one.message.name, one.at.astimezone(PARIS).strftime("%d %H:%M"))
        for one in town.platform.of(town.people["lea"])
        if one.message.name in ("introduction", "question")
    ]
    assert hours == [("introduction", "20 10:00"), ("question", "26 18:00"), ("introduction", "27 10:00")]


async def test_two_rounds_due_at_once_introduce_nobody_twice_in_a_week(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom", "zoe", "max")
    await _set_up_elsewhere(town)
    for name in ("lea", "tom", "zoe", "max"):
        ask = replace(town.ask(town.people[name]), space=ExternalId("C-other"))
        await commands.run(storage.open_work, ask, "join", town.find)

    await town.move_to(TUESDAY + HOUR)

    for name in ("lea", "tom", "zoe", "max"):
        assert len(town.platform.of(town.people[name], "introduction")) == 1


# ── Around it ───────────────────────────────────────────────────────────────────────────────────────


async def test_row_64_beats_leave_nothing_behind(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")
    for _ in range(20):
        await town.heart.tick()
    gc.collect()
    before = _held()

    for _ in range(300):
        await town.heart.tick()

    gc.collect()
    after = _held()
    assert after[1] <= before[1]
    assert after[0] - before[0] < 300


def _held() -> tuple[int, int]:
    """Objects, and open files."""
    return len(gc.get_objects()), len(list(Path("/dev/fd").iterdir()))


class BrokenPipe:
    """Where the log goes, nobody reads any more; or its disk is full."""

    def write(self, _: str) -> int:
        raise OSError(errno.EPIPE, "Broken pipe")

    def flush(self) -> None:
        raise OSError(errno.EPIPE, "Broken pipe")

    def isatty(self) -> bool:
        return False


async def test_row_65_where_nobody_can_be_told_the_engine_goes_on(
    storage: OpenStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = await ready(storage, "lea", "tom")
    monkeypatch.setattr("sys.stderr", BrokenPipe())
    set_up(LogSettings())
    town.platform.before = failing(RuntimeError("a defect"), name="introduction")
    town.clock.move_to(TUESDAY)
    stop = asyncio.Event()
    heart = Heartbeat(
        storage=storage, platforms={"sandbox": town.platform}, clock=Bells(town.clock, stop, rests=3)
    )

    try:
        await heart.run(stop)
    finally:
        structlog.reset_defaults()

    assert seen(town, "introduction", "interrupted") == ["interrupted", "interrupted"]
