"""The outbox and the clock: deaths, doubts, outages and nights, through the real engine and memory."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from bot.actions import introduce
from bot.domain.delivery import DeliveryState
from bot.domain.ids import ExternalId
from bot.domain.round import RoundState
from bot.engine import sent
from bot.engine.deliver import Deliverer
from bot.engine.heartbeat import Heartbeat
from bot.errors import Gone, Impossible, NotSent, TryLater, Uncertain
from bot.messages import Circle, Destination, Message, Person
from storage.database import OpenStorage
from storage.tables import deliveries
from tests.town import TUESDAY, Ledger, found, names, ready

pytestmark = pytest.mark.parametrize("memory", ["sqlite", "postgresql"], indirect=True)

WEEK = timedelta(days=7)
TOM = ExternalId("U-tom")


class Killed(BaseException):
    """The process died here."""


@pytest.fixture
def storage(memory: OpenStorage) -> OpenStorage:
    """Each database, for real: what the engine promises must not depend on which it is."""
    return memory


def once(error: BaseException, *, name: str) -> Callable[[Destination, Message, str], None]:
    """Raise this at the first message of a kind, and never again."""
    left = [error]

    def fail(destination: Destination, message: Message, key: str) -> None:
        if message.name == name and left:
            raise left.pop()

    return fail


async def test_a_death_before_the_send_is_asked_about_and_never_repeated(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom", lease=timedelta(0))
    town.platform.before = once(Killed(), name="introduction")
    with pytest.raises(Killed):
        await town.move_to(TUESDAY)

    await town.heart.tick()

    assert names(town) == ["interrupted", "interrupted"]


async def test_a_death_after_the_send_is_asked_about_and_never_repeated(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom", lease=timedelta(0))
    town.platform.after = once(Killed(), name="introduction")
    with pytest.raises(Killed):
        await town.move_to(TUESDAY)

    await town.heart.tick()
    await town.heart.tick()

    assert names(town) == ["introduction", "interrupted", "interrupted"]


async def test_a_platform_that_knows_the_key_gets_it_again_and_shows_it_once(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom", lease=timedelta(0))
    town.platform.remembers = timedelta(days=1)
    town.platform.after = once(Killed(), name="introduction")
    with pytest.raises(Killed):
        await town.move_to(TUESDAY)

    await town.heart.tick()

    assert names(town) == ["introduction"]


async def test_a_platform_that_has_forgotten_the_key_is_not_given_it_again(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom", lease=timedelta(0))
    town.platform.remembers = timedelta(minutes=5)
    town.platform.after = once(Killed(), name="introduction")
    with pytest.raises(Killed):
        await town.move_to(TUESDAY)
    given: list[str] = []
    town.platform.before = lambda _destination, message, _key: given.append(message.name)

    town.clock.move_to(TUESDAY + timedelta(hours=5))
    await town.heart.tick()

    assert "introduction" not in given
    assert names(town) == ["introduction", "interrupted", "interrupted"]


async def test_what_was_to_be_sent_once_more_is_not_when_the_platform_has_forgotten_it_meanwhile(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "lea", "tom")
    town.platform.remembers = timedelta(minutes=5)
    town.platform.after = once(Uncertain("the answer was lost"), name="introduction")
    town.clock.move_to(TUESDAY)
    await town.heart.beat()
    assert names(town) == ["introduction"]
    # Nobody was there for an hour, and the platform knows no key of an hour ago.
    town.platform.remembers = timedelta(0)
    town.clock.move_to(TUESDAY + timedelta(hours=1))

    await town.heart.tick()

    assert names(town) == ["introduction", "interrupted", "interrupted"]


@pytest.mark.parametrize(
    "second", [TryLater(TUESDAY + timedelta(minutes=20)), NotSent("down"), Impossible("closed")], ids=repr
)
async def test_whatever_comes_of_sending_once_more_says_nothing_of_the_first_time(
    storage: OpenStorage, second: Exception
) -> None:
    town = await ready(storage, "lea", "tom")
    town.platform.remembers = timedelta(minutes=5)
    town.platform.after = once(Uncertain("the answer was lost"), name="introduction")
    given: list[str] = []

    def refuse(_destination: Destination, message: Message, _key: str) -> None:
        given.append(message.name)
        if given.count("introduction") > 1 and message.name == "introduction":
            raise second

    town.platform.before = refuse
    await town.move_to(TUESDAY + timedelta(hours=1))

    assert names(town) == ["introduction", "interrupted", "interrupted"]
    assert town.platform.of(town.people["ada"], "given_up") == []


async def test_a_platform_that_never_answers_is_not_asked_for_ever(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")
    town.platform.remembers = timedelta.max
    given: list[str] = []

    def silent(_destination: Destination, message: Message, _key: str) -> None:
        given.append(message.name)
        if message.name == "introduction":
            raise Uncertain("no answer")

    town.platform.before = silent

    await town.move_to(TUESDAY)

    assert given.count("introduction") == 3
    assert given.count("interrupted") == 2


async def test_a_post_in_a_space_that_may_have_arrived_is_never_repeated_and_its_convener_looks(
    storage: OpenStorage,
) -> None:
    town = await found(storage, "lea", "tom")
    town.platform.before = once(Uncertain("the answer was lost"), name="invitation")
    await town.set_up()

    await town.move_to(town.clock.now() + timedelta(hours=1))

    assert town.platform.posted("invitation") == []
    [told] = town.platform.of(town.people["ada"], "unsure")
    assert "atelier" in told.message.plain


async def test_show_it_shows_the_introduction_to_those_it_was_for_only(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom", "zoe", "max", lease=timedelta(0))
    town.platform.before = once(Uncertain("the answer was lost"), name="introduction")
    await town.move_to(TUESDAY)
    asked = [one for one in town.platform.seen if one.message.name == "interrupted"]
    action = asked[0].message.buttons[0].action
    concerned = {one.people[0].removeprefix("U-") for one in asked}
    stranger = next(name for name in ("lea", "tom", "zoe", "max") if name not in concerned)

    shown = await town.press(town.people[concerned.pop()], action)
    refused = await town.press(town.people[stranger], action)

    assert shown.message is not None
    assert shown.message.name == "introduction"
    assert refused.message is not None
    assert refused.message.name == "refusal.not_yours"


async def test_what_was_surely_not_sent_is_tried_again(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")
    town.platform.before = once(NotSent("the network is down"), name="introduction")

    await town.move_to(TUESDAY + timedelta(minutes=2))

    assert names(town) == ["introduction"]


async def test_the_platforms_own_delay_is_kept(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")
    later = TUESDAY + timedelta(hours=1)
    town.platform.before = once(TryLater(later), name="introduction")

    await town.move_to(TUESDAY + timedelta(hours=2))

    [seen] = town.platform.of(town.people["lea"], "introduction")
    assert seen.at == later


async def test_what_can_never_be_sent_is_told_to_the_convener_once(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")
    town.platform.before = once(Impossible("The channel was archived."), name="introduction")

    await town.move_to(TUESDAY + timedelta(hours=2))

    told = town.platform.of(town.people["ada"], "given_up")
    assert len(told) == 1
    assert "The channel was archived." in told[0].message.plain


async def test_when_no_circle_can_be_had_each_is_introduced_alone(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")
    town.platform.before = once(Impossible("They share no conversation."), name="introduction")

    await town.move_to(TUESDAY + timedelta(hours=2))

    for name in ("lea", "tom"):
        [seen] = town.platform.of(town.people[name], "introduction")
        assert isinstance(seen.destination, Person)


async def test_someone_whom_one_message_cannot_reach_leaves_nobody_waiting(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")

    def no_way(destination: Destination, message: Message, key: str) -> None:
        circle = isinstance(destination, Circle)
        if message.name == "introduction" and (circle or destination == Person(external_id=TOM)):
            raise Impossible("Messages are closed.")

    town.platform.before = no_way
    await town.move_to(TUESDAY + timedelta(hours=2))

    told = [one.message.name for one in town.platform.of(town.people["lea"])]
    assert told in (["parted"], ["introduction", "parted"])


async def test_someone_the_platform_cannot_reach_is_not_named_and_the_other_is_told(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "lea", "tom")
    town.platform.before = once(Gone(town.people["tom"].external_id), name="introduction")

    await town.move_to(TUESDAY + timedelta(hours=2))

    assert [one.message.name for one in town.platform.of(town.people["lea"])] == ["parted"]
    assert all("Tom" not in one.message.plain for one in town.platform.of(town.people["lea"]))


async def test_whoever_is_left_of_a_circle_is_introduced_without_the_one_who_is_gone(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "lea", "tom", "zoe")
    town.platform.before = once(Gone(town.people["zoe"].external_id), name="introduction")

    await town.move_to(TUESDAY + timedelta(hours=2))

    for name in ("lea", "tom"):
        [seen] = town.platform.of(town.people[name])
        assert sorted(seen.people) == ["U-lea", "U-tom"]


async def test_a_defect_of_one_delivery_does_not_hold_up_the_others(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom", "zoe", "max")
    town.platform.before = once(RuntimeError("a defect of the adapter"), name="introduction")

    await town.move_to(TUESDAY)

    assert sorted(names(town)) == ["interrupted", "interrupted", "introduction"]


async def test_what_was_due_while_nobody_was_there_is_done_at_start(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")

    town.clock.move_to(TUESDAY + timedelta(hours=3))
    await town.heart.tick()

    assert names(town) == ["introduction"]


async def test_a_round_that_is_too_late_is_told_and_not_sent(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")

    town.clock.move_to(TUESDAY + timedelta(days=4))
    await town.heart.tick()
    await town.move_to(TUESDAY + timedelta(days=5))

    assert [one.message.name for one in town.platform.of(town.people["lea"])] == ["cancelled"]
    assert len(town.platform.of(town.people["ada"], "late")) == 1


async def test_past_a_quarter_it_is_sent_with_a_shortened_frame(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")

    town.clock.move_to(TUESDAY + timedelta(days=2))
    await town.heart.tick()

    [seen] = town.platform.of(town.people["lea"], "introduction")
    assert "Twenty minutes" not in seen.message.plain


async def test_an_outage_of_six_weeks_gives_one_round_and_not_six(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom", "zoe", "max")

    town.clock.move_to(TUESDAY + 6 * WEEK + timedelta(hours=1))
    await town.heart.tick()

    assert names(town).count("introduction") == 2
    assert len(town.platform.of(town.people["ada"], "late")) == 1


async def test_what_an_outage_kept_from_going_out_was_no_introduction(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom")
    await town.set_up(at="07:00")
    await town.join("lea", "tom")
    # The round opens at seven, and before eight the machine is gone for eight days.
    await town.move_to(TUESDAY - timedelta(hours=3))

    town.clock.move_to(TUESDAY + WEEK + timedelta(days=1))
    await town.heart.tick()

    [seen] = town.platform.of(town.people["lea"], "introduction")
    assert "before" not in seen.message.plain


async def test_an_outage_in_the_night_waits_for_the_morning(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")

    town.clock.move_to(TUESDAY + timedelta(hours=13))
    await town.heart.tick()
    assert names(town) == []
    await town.move_to(TUESDAY + timedelta(days=1))

    [seen] = town.platform.of(town.people["lea"], "introduction")
    assert seen.at == datetime(2026, 11, 25, 7, 0, tzinfo=UTC)


async def test_a_blackout_skips_the_round_and_shifts_nothing(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")
    await town.type(town.people["ada"], "blackout 2026-11-24")

    await town.move_to(TUESDAY + WEEK - timedelta(minutes=1))
    assert names(town) == ["skipped"]
    assert town.platform.posted("skipped")[0].at >= datetime(2026, 11, 25, 7, 0, tzinfo=UTC)
    await town.move_to(TUESDAY + WEEK)

    assert names(town).count("introduction") == 1


async def test_a_clock_that_jumps_back_opens_nothing_twice(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom")
    await town.move_to(TUESDAY)

    town.clock._now -= timedelta(hours=1)
    await town.heart.tick()
    await town.move_to(TUESDAY + timedelta(hours=1))

    assert names(town) == ["introduction"]


async def test_two_engines_that_tick_together_open_one_round(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom", "zoe", "max")
    other = Heartbeat(storage=storage, platforms={"sandbox": town.platform}, clock=town.clock, owner="two")
    town.clock.move_to(TUESDAY)

    await asyncio.gather(town.heart.tick(), other.tick())
    await town.heart.tick()

    assert names(town).count("introduction") == 2
    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
        [round] = await work.rounds.latest(program.id, limit=5)
    assert round.state is RoundState.INTRODUCED


async def test_a_sender_that_slept_past_half_its_lease_sends_nothing_and_loses_nothing(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "lea", "tom")
    moments = iter([0.0, *[31.0] * 9])
    sleepy = Deliverer(
        storage=storage,
        platforms={"sandbox": town.platform},
        clock=town.clock,
        owner="sleepy",
        batch=20,
        lease=timedelta(seconds=60),
        monotonic=lambda: next(moments),
    )
    town.clock.move_to(TUESDAY)
    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
    await introduce.open_round(storage.open_work, town.community.id, program.id, now=TUESDAY)

    await sleepy.deliver()
    assert names(town) == []
    await town.heart.tick()

    assert names(town) == ["introduction"]


async def test_nothing_stays_in_the_outbox_after_a_round(storage: OpenStorage) -> None:
    town = await ready(storage, "lea", "tom", "zoe")

    await town.move_to(TUESDAY + WEEK - timedelta(minutes=1))

    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
        [round] = await work.rounds.latest(program.id, limit=5)
        states = {one.state for one in await work.deliveries.of_round(round.id)}
    assert states <= {DeliveryState.SENT, DeliveryState.VOID, DeliveryState.EXPIRED}


async def test_a_day_passes_between_an_introduction_that_came_late_and_its_nudge(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "lea", "tom")
    town.platform.before = once(TryLater(TUESDAY + timedelta(hours=25)), name="introduction")

    await town.move_to(TUESDAY + timedelta(days=3))

    [introduced] = [one for one in town.platform.seen if one.message.name == "introduction"]
    [nudged] = [one for one in town.platform.seen if one.message.name == "nudge"]
    assert nudged.at - introduced.at >= timedelta(hours=24)


async def test_who_was_never_told_of_their_introduction_hears_an_honest_word_after_the_round(
    storage: OpenStorage,
) -> None:
    town = await found(storage, "lea", "tom")
    await town.set_up(at="07:00")
    await town.join("lea", "tom")
    await town.move_to(datetime(2026, 11, 24, 6, 30, tzinfo=UTC))

    town.clock.move_to(datetime(2026, 12, 1, 5, 30, tzinfo=UTC))
    await town.move_to(datetime(2026, 12, 1, 8, 0, tzinfo=UTC))

    for name in ("lea", "tom"):
        assert "cancelled" in [one.message.name for one in town.platform.of(town.people[name])]


async def test_answers_that_come_in_the_wrong_order_settle_each_its_own(storage: OpenStorage) -> None:
    town = await ready(storage, "ben", "cleo", "dora", "emil")
    called: list[str] = []
    last = asyncio.Event()

    class Crossed(Ledger):
        async def send(
            self, community: ExternalId, destination: Destination, message: Message, *, key: str
        ) -> str:
            if message.name == "introduction":
                called.append(key)
                if len(called) == 1:
                    await last.wait()
                    raise NotSent("down")
                last.set()
            return await super().send(community, destination, message, key=key)

    crossed = Crossed(clock=town.clock, present=town.platform.present)
    heart = Heartbeat(storage=storage, platforms={"sandbox": crossed}, clock=town.clock, owner="one")
    town.clock.move_to(TUESDAY)

    await heart.beat()

    async with storage.engine.connect() as connection:
        rows = await connection.execute(select(deliveries.c.key, deliveries.c.state, deliveries.c.room))
        found = {key: (state, room) for key, state, room in rows if key in called}
    assert found == {
        called[0]: (DeliveryState.QUEUED, ""),
        called[1]: (DeliveryState.SENT, f"room/{called[1]}"),
    }


async def test_what_was_answered_is_written_down_while_the_rest_of_its_batch_is_on_its_way(
    storage: OpenStorage,
) -> None:
    town = await ready(storage, "ben", "cleo", "dora", "emil")
    answered: list[str] = []

    async def states() -> dict[str, str]:
        async with storage.engine.connect() as connection:
            rows = await connection.execute(select(deliveries.c.key, deliveries.c.state))
            return {row.key: row.state for row in rows}

    class OneIsSlow(Ledger):
        async def send(
            self, community: ExternalId, destination: Destination, message: Message, *, key: str
        ) -> str:
            if message.name == "introduction" and answered:
                for _ in range(10_000):
                    if (await states())[answered[0]] == DeliveryState.SENT:
                        raise Killed
                raise AssertionError("The first one waits for the second.")
            answered.append(key)
            return await super().send(community, destination, message, key=key)

    slow = OneIsSlow(clock=town.clock, present=town.platform.present)
    heart = Heartbeat(storage=storage, platforms={"sandbox": slow}, clock=town.clock, owner="one")
    town.clock.move_to(TUESDAY)

    with pytest.raises(Killed):
        await heart.beat()

    # A death in this moment leaves the other in doubt, and that one alone.
    states_now = await states()
    assert states_now.pop(answered[0]) == DeliveryState.SENT
    assert list(states_now.values()).count(DeliveryState.SENDING) == 1


@pytest.mark.parametrize("within", [0.0, 60.0], ids=["the others are slow", "all at once"])
async def test_who_cannot_be_reached_is_named_to_nobody_who_does_not_hear_that_they_are_gone(
    storage: OpenStorage, monkeypatch: pytest.MonkeyPatch, within: float
) -> None:
    monkeypatch.setattr(sent, "SETTLED_WITHIN", within)
    town = await ready(storage, "lea", "tom", "zoe")

    class Alone(Ledger):
        async def send(
            self, community: ExternalId, destination: Destination, message: Message, *, key: str
        ) -> str:
            if message.name == "introduction":
                if isinstance(destination, Circle):
                    raise Impossible("They share no conversation.")
                if isinstance(destination, Person) and destination.external_id == TOM:
                    raise Gone(TOM)
                for _ in range(20):
                    # Time enough to write down what became of Tom's.
                    await storage.agenda.next_due()
            return await super().send(community, destination, message, key=key)

    alone = Alone(clock=town.clock, present=town.platform.present)
    heart = Heartbeat(storage=storage, platforms={"sandbox": alone}, clock=town.clock, owner="one")
    town.clock.move_to(TUESDAY)

    await heart.tick()

    for name in ("lea", "zoe"):
        read = [one for one in alone.of(town.people[name]) if one.message.name != "invitation"]
        assert [one.message.name for one in read] == ["introduction", "fewer"]


async def test_a_stop_leaves_what_a_slow_platform_has_not_answered_in_doubt(storage: OpenStorage) -> None:
    town = await ready(storage, "ben", "cleo")
    called = asyncio.Event()

    class Silent(Ledger):
        async def send(
            self, community: ExternalId, destination: Destination, message: Message, *, key: str
        ) -> str:
            called.set()
            await asyncio.Event().wait()
            raise AssertionError

    deliverer = Deliverer(
        storage=storage,
        platforms={"sandbox": Silent(clock=town.clock)},
        clock=town.clock,
        owner="one",
        batch=20,
        lease=timedelta(seconds=60),
        slow=timedelta(0),
    )
    town.clock.move_to(TUESDAY)
    await town.heart.step()
    await deliverer.deliver()
    await called.wait()

    deliverer.cut()
    await deliverer.finish()

    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
        [round] = await work.rounds.latest(program.id, limit=5)
        states = {one.state for one in await work.deliveries.of_round(round.id)}
    assert DeliveryState.SENDING not in states
    assert DeliveryState.DOUBT in states
