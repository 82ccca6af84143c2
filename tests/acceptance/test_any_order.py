"""Joins, leaves, pauses, answers, wishes, rounds, jumps of the clock and deaths, in any order.

Hypothesis looks for an order in which one of the promises of the core breaks: opt-in, nobody without a word,
no repeat that could be avoided, keep-apart, nothing lost, nothing twice, few messages at decent hours, each
in their language, the wall clock, and forgetting. (That nothing is read, no order can change: the core has no
way to ask.) ``make test ARGS="tests/acceptance/test_any_order.py --hypothesis-profile=long"`` looks longer.
"""

import asyncio
import shutil
import tempfile
from collections import Counter, defaultdict
from collections.abc import Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from adapters.clock import MovableClock
from bot.domain.community import Language
from bot.domain.delivery import DeliveryState
from bot.domain.ids import ExternalId, MemberId, ProgramId
from bot.domain.member import Standing
from bot.domain.round import Introduction, IntroductionState, Round, RoundState
from bot.engine.heartbeat import Heartbeat
from bot.engine.settle import LET_GO
from bot.matching import match
from bot.matching.record import unpack
from bot.messages import Asker, Circle, Destination, Mention, Message, Person
from bot.ports import UnitOfWork
from storage import outbox
from storage.database import OpenStorage, opened
from storage.ids import numbered
from tests.fragile import Killed, Steps, fragile
from tests.town import Ledger, found, person

BEGINS = datetime(2026, 10, 19, 8, 0, tzinfo=UTC)
"""A Monday: the clocks change on the Sunday after it."""

PARIS = ZoneInfo("Europe/Paris")
PEOPLE = {
    "ada": ("Europe/Paris", Language.ENGLISH),
    "ben": ("Europe/Paris", Language.FRENCH),
    "cleo": ("Europe/London", Language.ENGLISH),
    "dan": ("America/Montreal", Language.FRENCH),
    "eva": ("Europe/Paris", Language.FRENCH),
    "finn": ("Europe/London", Language.ENGLISH),
}
NAMES = st.sampled_from(tuple(PEOPLE))

INTRODUCED = frozenset({"introduction", "joined"})
HONEST = frozenset({"nobody", "cancelled"})
REMINDERS = frozenset({"nudge", "slots"})
CLOSING = frozenset({"question", "rest"})
OF_A_CHANGE = frozenset({"parted", "fewer"})
BY_ITSELF = INTRODUCED | HONEST | REMINDERS | CLOSING
"""What Voisin says unasked: by day only."""


class AnyClock(MovableClock):
    """It can be set to any moment, to an earlier one too."""

    def jump(self, by: timedelta) -> None:
        self._now += by


@dataclass
class Wary(Ledger):
    """A platform that looks at each message before it is shown."""

    gone: set[ExternalId] = field(default_factory=set)
    """Who takes no part at this moment, by their own last word."""
    left: set[ExternalId] = field(default_factory=set)
    """Who has left, or never came, or is forgotten: nothing is said to them unasked, and nothing of them."""
    wishes: set[frozenset[ExternalId]] = field(default_factory=set)
    """Who is never to be introduced to whom."""
    everyone: dict[ExternalId, Asker] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)
    """Promises that a message broke. To raise here would not do: a platform's defect holds up nothing."""

    async def send(
        self, community: ExternalId, destination: Destination, message: Message, *, key: str
    ) -> str:
        match destination:
            case Person(external_id=one):
                readers: Sequence[ExternalId] = [one]
            case Circle(people=several):
                readers = several
            case _:
                readers = []
        self.broken += [f"{key}: {what}" for what in self._complaints(message, destination, readers)]
        return await super().send(community, destination, message, key=key)

    def _complaints(
        self, message: Message, destination: Destination, readers: Sequence[ExternalId]
    ) -> Iterator[str]:
        named = {*readers, *_mentioned(message)}
        if message.name in BY_ITSELF and named & self.left:
            yield f"{named & self.left} have left"
        if message.name in INTRODUCED and named & self.gone:
            yield f"{named & self.gone} take no part"
        if message.name in INTRODUCED and (apart := [both for both in self.wishes if both <= named]):
            yield f"{apart} are to be kept apart"
        spoken = {part.language for part in message.parts}
        for reader in readers:
            who = self.everyone[reader]
            if who.language not in spoken:
                yield f"it is in {spoken}, and {who.name} reads {who.language}"
            hour = self.clock.now().astimezone(ZoneInfo(who.zone or "UTC")).hour
            if message.name in BY_ITSELF and not 8 <= hour < 20:
                yield f"it wakes {who.name} at {hour}"
        if isinstance(destination, Person) and spoken != {self.everyone[readers[0]].language}:
            yield "it says everything twice"


def _line(name: str) -> str:
    """What somebody says they are learning: words that stand nowhere else."""
    return f"the knots of {name}"


def _mentioned(message: Message) -> Iterator[ExternalId]:
    for part in message.parts:
        for paragraph in part.paragraphs:
            for span in paragraph:
                if isinstance(span, Mention):
                    yield span.external_id


class AnyOrder(RuleBasedStateMachine):
    """A town of six, in which anything may happen next."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self._loop = asyncio.Runner()
        self._open = AsyncExitStack()
        self._folder = tempfile.TemporaryDirectory()
        self._sound = True
        self._away: set[ExternalId] = set()

    def _do(self, what: Coroutine[Any, Any, None]) -> None:
        try:
            self._loop.run(what)
        except BaseException:
            self._sound = False
            raise

    # ── What people do ──────────────────────────────────────────────────────────────────────────────

    @initialize()
    def begins(self) -> None:
        self._do(self._begin())

    @rule(name=NAMES, line=st.sampled_from(("join", "join", "leave", "skip", "resume", "pause", "")))
    def types(self, name: str, line: str) -> None:
        self._do(self._type(name, line))

    @rule(name=NAMES, days=st.integers(1, 12))
    def pauses_until_a_day(self, name: str, days: int) -> None:
        self._do(self._type(name, f"pause {(self.town.clock.now() + timedelta(days=days)).date()}"))

    @rule(name=NAMES, other=NAMES, what=st.sampled_from(("avoid", "know")))
    def speaks_of(self, name: str, other: str, what: str) -> None:
        self._do(self._type(name, f"{what} @{other}"))

    @rule(line=st.sampled_from(("run-now", "pause-program", "resume-program")))
    def convenes(self, line: str) -> None:
        self._do(self._type("ada", line))

    @rule(days=st.integers(0, 9))
    def takes_a_day_off(self, days: int) -> None:
        self._do(self._type("ada", f"blackout add {(self.town.clock.now() + timedelta(days=days)).date()}"))

    @rule(name=NAMES, which=st.integers(0, 3), button=st.integers(0, 9))
    def presses(self, name: str, which: int, button: int) -> None:
        self._do(self._press(name, which, button))

    @rule(name=NAMES)
    def says_what_they_learn(self, name: str) -> None:
        self._do(self._type(name, f"learning {_line(name)}"))

    @rule(name=NAMES)
    def is_forgotten(self, name: str) -> None:
        self._do(self._forget(name))

    # ── What time does ──────────────────────────────────────────────────────────────────────────────

    @rule(hours=st.sampled_from((1, 7, 26, 74, 168)))
    def time_passes(self, hours: int) -> None:
        self._do(self.town.move_to(self.town.clock.now() + timedelta(hours=hours)))

    @rule()
    def a_round_opens_and_nothing_of_it_is_sent_yet(self) -> None:
        self._do(self._open_round())

    @rule(name=NAMES, then=st.sampled_from(("leave", "pause", "avoid", "is forgotten")))
    def somebody_changes_their_mind_before_it_is_sent(self, name: str, then: str) -> None:
        self._do(self._change_before_it_is_sent(name, then))

    @rule(
        name=NAMES,
        verb=st.sampled_from(("known", "bow")),
        before=st.sampled_from(("", "avoid")),
        other=NAMES,
    )
    def seeks_a_new_neighbour(self, name: str, verb: str, before: str, other: str) -> None:
        self._do(self._seek(name, verb, f"{before} @{other}" if before else ""))

    @rule(name=NAMES, hours=st.sampled_from((20, 60, 150)))
    def leaves_after_the_introduction(self, name: str, hours: int) -> None:
        self._do(self._leave_later(name, timedelta(hours=hours)))

    @rule(days=st.sampled_from((1, 3, 8, 40)))
    def is_away(self, days: int) -> None:
        self._do(self._jump(timedelta(days=days)))

    @rule(hours=st.sampled_from((1, 30)))
    def is_set_back(self, hours: int) -> None:
        self._do(self._jump(-timedelta(hours=hours)))

    @rule(fatal=st.integers(1, 40), hours=st.sampled_from((26, 168)))
    def dies(self, fatal: int, hours: int) -> None:
        self._do(self._die(fatal, timedelta(hours=hours)))

    # ── What always holds ───────────────────────────────────────────────────────────────────────────

    @invariant()
    def nothing_was_said_that_broke_a_promise_or_twice(self) -> None:
        if self._sound and hasattr(self, "town"):
            assert isinstance(self.town.platform, Wary)
            assert self.town.platform.broken == []
            keys = Counter(one.key for one in self.town.platform.seen)
            assert [key for key, times in keys.items() if times > 1] == []

    def teardown(self) -> None:
        try:
            if self._sound and hasattr(self, "town"):
                self._do(self._judge())
        finally:
            self._loop.run(self._open.aclose())
            self._loop.close()
            self._folder.cleanup()

    # ── How it is done ──────────────────────────────────────────────────────────────────────────────

    async def _begin(self) -> None:
        self.file = Path(shutil.copy(self.template, Path(self._folder.name) / "voisin.db"))
        self.storage = await self._open.enter_async_context(
            opened(f"sqlite:///{self.file}", ids=numbered(), durable=False)
        )
        town = await found(self.storage, *PEOPLE, start=BEGINS)
        for name, (zone, language) in PEOPLE.items():
            who = person(name, zone=zone, language=language, admin=name == "ada")
            town.people[name] = replace(who, name=f"{who.name} Trousseau")
        town.clock = AnyClock(BEGINS)
        everyone = {one.external_id: one for one in town.people.values()}
        town.platform = Wary(clock=town.clock, present=list(everyone.values()), everyone=everyone)
        self.town = town
        self._revive(self.storage)
        self.program = ProgramId(await town.set_up())
        await town.join("ada", "ben", "cleo", "dan")
        await self._look()

    def _revive(self, storage: OpenStorage) -> None:
        """A process begins."""
        self.town.storage = storage
        self.town.heart = Heartbeat(
            storage=storage,
            platforms={"sandbox": self.town.platform},
            clock=self.town.clock,
            lease=timedelta(0),
        )

    async def _type(self, name: str, line: str) -> None:
        await self.town.type(self.town.people[name], line)
        await self._look()

    async def _press(self, name: str, which: int, button: int) -> None:
        who = self.town.people[name]
        theirs = [one.message.buttons for one in self.town.platform.of(who) if one.message.buttons]
        if theirs:
            buttons = theirs[-1 - which % min(4, len(theirs))]
            reply = await self.town.press(who, buttons[button % len(buttons)].action)
            assert reply.message is None or reply.message.name != "refusal.broken"
        await self._look()

    async def _forget(self, name: str) -> None:
        who = self.town.people[name]
        await self.town.press(who, "forget:")
        stored = b"".join(each.read_bytes() for each in self.file.parent.glob("voisin.db*"))
        for trace in (who.external_id, who.name, _line(name)):
            assert trace.encode() not in stored, trace
        await self._look()

    async def _open_round(self) -> None:
        # What was said before is sent first: one round at a time waits for its sender.
        await self.town.heart.tick()
        async with self.storage.open_work(self.town.community.id) as work:
            program = await work.programs.get(self.program)
        if program.next_at is not None:
            await self.town.move_to(program.next_at - timedelta(seconds=1))
            self.town.clock.move_to(program.next_at)
            await self.town.heart.step()
        await self._look()

    async def _change_before_it_is_sent(self, name: str, then: str) -> None:
        """Between the match and the sending, whoever is concerned leaves, pauses, is forgotten, or wishes."""
        await self._open_round()
        if then == "is forgotten":
            await self._forget(name)
        elif then != "avoid":
            await self._type(name, then)
        else:
            for neighbour in await self._neighbours(name):
                await self._type(name, f"avoid @{neighbour}")
        await self.town.heart.tick()

    async def _seek(self, name: str, verb: str, before: str) -> None:
        """A round that everybody has heard of, perhaps a wish, and then one who looks for somebody else."""
        await self._open_round()
        await self.town.move_to(self.town.clock.now() + timedelta(hours=20))
        if before:
            await self._type(name, before)
        who = self.town.people[name]
        for one in reversed(self.town.platform.of(who)):
            if one.message.name in INTRODUCED:
                action = next(
                    each.action for each in one.message.buttons if each.action.startswith(f"{verb}:")
                )
                await self.town.press(who, action)
                break
        await self._look()
        await self.town.heart.tick()

    async def _leave_later(self, name: str, after: timedelta) -> None:
        await self._open_round()
        await self.town.move_to(self.town.clock.now() + after)
        await self._type(name, "leave")
        await self.town.move_to(self.town.clock.now() + timedelta(hours=170) - after)

    async def _neighbours(self, name: str) -> Sequence[str]:
        """Whom somebody is about to be introduced to, or was last."""
        async with self.storage.open_work(self.town.community.id) as work:
            member = await work.members.find(self.town.people[name].external_id)
            if member is None:
                return []
            made = await work.introductions.of_member(member.id, limit=1)
            others = await work.members.many({each for one in made for each in one.others(member.id)})
            there = {one.external_id for one in others.values()}
        return [each for each, who in self.town.people.items() if who.external_id in there]

    async def _jump(self, by: timedelta) -> None:
        clock = self.town.clock
        assert isinstance(clock, AnyClock)
        clock.jump(by)
        await self.town.heart.tick()
        await self._look()

    async def _die(self, fatal: int, by: timedelta) -> None:
        step = Steps(fatal)
        self.town.platform.before = self.town.platform.after = step
        self._revive(fragile(self.storage, step))
        until = self.town.clock.now() + by
        with suppress(Killed):
            await self.town.move_to(until)
        self.town.platform.before = self.town.platform.after = None
        self._revive(self.storage)
        await self.town.move_to(until)
        await self._look()

    async def _look(self) -> None:
        """What people have said last is what the platform holds Voisin to."""
        platform = self.town.platform
        assert isinstance(platform, Wary)
        async with self.storage.open_work(self.town.community.id) as work:
            members = {one.id: one.external_id for one in await work.members.all()}
            yeses = await work.participations.of_program(self.program)
            here = {
                members[yes.member_id]
                for yes in yeses
                # A pause that ends by itself may have ended by the time that something is said.
                if yes.standing is Standing.ACTIVE or (yes.standing is Standing.PAUSED and yes.wake_at)
            }
            platform.gone = set(platform.everyone) - here
            platform.left = set(platform.everyone) - {
                members[yes.member_id] for yes in yeses if yes.standing is not Standing.LEFT
            }
            self._away |= set(platform.everyone) - {
                members[yes.member_id] for yes in yeses if yes.standing is Standing.ACTIVE
            }
            traces = {self.town.community.trace(one): one for one in platform.everyone}
            platform.wishes = {
                frozenset((members[author], traces[wish.trace]))
                for author in members
                for wish in await work.keep_aparts.of_author(author)
            }

    # ── The verdict ─────────────────────────────────────────────────────────────────────────────────

    async def _judge(self) -> None:
        """All that was begun comes to its end; then what was promised is held against what was seen."""
        await self.town.move_to(self.town.clock.now() + timedelta(days=16))
        async with self.storage.open_work(self.town.community.id) as work:
            rounds = await work.rounds.latest(self.program, limit=1000)
            people = {member.id: member.external_id for member in await work.members.all()}
            await self._settled(work, rounds)
            for round in rounds:
                await self._one_word_each(work, round, people)
                _one_neighbour_each(await work.introductions.of_round(round.id))
                await self._nothing_forgotten(work, round, rounds)
                _no_repeat_that_could_be_avoided(round)
        _on_the_wall(rounds)

    async def _settled(self, work: UnitOfWork, rounds: Sequence[Round]) -> None:
        """Each promise was kept once, or its readers were asked, or it says why not."""
        now = self.town.clock.now()
        seen = Counter(one.key for one in self.town.platform.seen)
        promised = [each for round in rounds for each in await work.deliveries.of_round(round.id)]
        asking = {(one.about, one.member_id) for one in promised if one.about}
        for one in promised:
            assert one.state is not DeliveryState.SENDING, one
            assert one.state is not DeliveryState.QUEUED or one.due_at > now, one
            assert one.state is not DeliveryState.SENT or seen[one.key] == 1, one
            assert one.state is not DeliveryState.QUEUED or not seen[one.key], one
            assert one.state is not DeliveryState.DEAD, one
            if one.state is DeliveryState.DOUBT and one.kind not in LET_GO and one.member_id:
                assert (one.id, one.member_id) in asking, one

    async def _nothing_forgotten(self, work: UnitOfWork, round: Round, rounds: Sequence[Round]) -> None:
        """Who was introduced in an earlier round was known to have met when this one was made."""
        if round.inputs is None:
            return
        problem, ids = unpack(round.inputs)
        known = {frozenset(ids[at] for at in pair[:2]) for pair in problem.met.tolist()}
        for earlier in rounds:
            if earlier.closes_at > round.opens_at or earlier.number >= round.number:
                continue
            for made in await work.introductions.of_round(earlier.id):
                if made.state not in (IntroductionState.PROPOSED, IntroductionState.VOID):
                    met = {frozenset(two) for two in combinations(made.members, 2) if {*two} <= {*ids}}
                    assert met <= known, (round.wall, earlier.wall, met - known)

    async def _one_word_each(
        self, work: UnitOfWork, round: Round, people: dict[MemberId, ExternalId]
    ) -> None:
        sent = {one.key: one for one in await work.deliveries.of_round(round.id)}
        doubted = {one.about for one in sent.values() if one.about}
        made = {one.id: one for one in await work.introductions.of_round(round.id)}
        names: dict[ExternalId, Counter[str]] = defaultdict(Counter)
        told: dict[ExternalId, list[str]] = defaultdict(list)
        for message in self.town.platform.seen:
            delivery = sent.get(message.key)
            for reader in message.people if delivery else ():
                names[reader][message.message.name] += 1
                if delivery and delivery.introduction_id and message.message.name in INTRODUCED:
                    told[reader].append(delivery.introduction_id)
        for delivery in sent.values():
            circle = made[delivery.introduction_id].members if delivery.introduction_id else ()
            concerned = [delivery.member_id] if delivery.member_id else circle
            readers = [people[one] for one in concerned if one in people]
            if delivery.id in doubted:
                _count(names, readers, "asked")
            if delivery.state is DeliveryState.EXPIRED and delivery.kind in HONEST:
                # Voisin was away in every open hour until the word was too old to say.
                _count(names, readers, "stale")
        for reader, theirs in names.items():
            where = (round.wall, reader, dict(theirs))
            assert _many(theirs, REMINDERS) <= 1, where
            assert _many(theirs, CLOSING) <= 1, where
            assert _many(theirs, HONEST) <= 1, where
            assert len(set(told[reader])) == len(told[reader]), where
        if round.state is not RoundState.CLOSED:
            return
        for seat in await work.rounds.seats(round.id):
            reader = people[seat.member_id]
            if reader not in self._away:
                word = _many(names[reader], INTRODUCED | HONEST | OF_A_CHANGE | {"asked", "stale"})
                assert word, (round.wall, reader, dict(names[reader]), seat)


def _count(names: dict[ExternalId, Counter[str]], readers: Sequence[ExternalId], what: str) -> None:
    for reader in readers:
        names[reader][what] += 1


def _many(names: Counter[str], kinds: frozenset[str]) -> int:
    return sum(names[kind] for kind in kinds)


def _one_neighbour_each(introductions: Sequence[Introduction]) -> None:
    """Whoever has somebody new has left whom they had."""
    stand = Counter(
        member for one in introductions if one.state is not IntroductionState.VOID for member in one.members
    )
    assert [member for member, times in stand.items() if times > 1] == []


def _no_repeat_that_could_be_avoided(round: Round) -> None:
    if round.inputs is not None:
        problem, _ = unpack(round.inputs)
        matching = match(problem, seed=round.seed)
        assert matching.fewest_repeats in (None, matching.repeats), round.wall


def _on_the_wall(rounds: Sequence[Round]) -> None:
    """Tuesdays at ten, whatever the clocks do, but for those that were asked for by hand."""
    walls = [round.wall for round in rounds]
    assert len(set(walls)) == len(walls)
    for round in rounds:
        local = round.opens_at.astimezone(PARIS)
        assert round.wall == f"{local:%Y-%m-%dT%H:%M}", round
    for one, other in combinations(sorted(rounds, key=lambda each: each.opens_at), 2):
        running = (RoundState.SKIPPED, RoundState.CANCELLED, RoundState.QUIET)
        if one.state not in running and other.state not in running:
            assert one.closes_at <= other.opens_at or one.state is RoundState.CLOSED, (one, other)


LONG = settings.get_current_profile_name() == "long"


def test_no_order_of_events_breaks_a_promise(empty_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    AnyOrder.template = empty_file
    # One process at a time lives here: a doubt whose holder died has no other who might be at it still.
    monkeypatch.setattr(outbox, "TIME_TO_SETTLE", timedelta(0))

    run_state_machine_as_test(
        AnyOrder,
        settings=settings(
            max_examples=1000 if LONG else 10,
            stateful_step_count=40 if LONG else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
