"""Months of a community that does as it likes, on a platform that fails, and what must hold at every step.

Members join, pause, leave, erase themselves, come back, press old buttons and those of others; the machine
dies and is away for days; sends are refused, lost or doubtful. The chances are seeded: a failure comes again.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot.domain.community import Language
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.ids import ExternalId, ProgramId
from bot.domain.member import Standing
from bot.domain.round import IntroductionState, RoundState
from bot.engine.heartbeat import Heartbeat
from bot.errors import Gone, Impossible, NotSent, TryLater, Uncertain
from bot.messages import Asker, Circle, Destination, Mention, Message, Person
from storage.database import OpenStorage
from tests.town import Seen, Town, found, person

WEEKS = 9
ZONES = (
    "Europe/Paris",
    "Europe/London",
    "America/Montreal",
    "Asia/Tokyo",
    "Pacific/Auckland",
    "America/Los_Angeles",
)
ABOUT_OTHERS = frozenset(
    {"introduction", "joined", "nobody", "parted", "nudge", "question", "cancelled"}
    | {"said", "fewer", "slots", "times", "card", "called_off"}
)
"""What only who said yes may ever get."""

ONE_WORD = frozenset(
    {
        DeliveryKind.INTRODUCTION,
        DeliveryKind.JOINED,
        DeliveryKind.NOBODY,
        DeliveryKind.PARTED,
        DeliveryKind.CANCELLED,
    }
)
"""An introduction, or the honest word."""

TYPED = (
    "join",
    "join",
    "join",
    "pause",
    "pause in 9 days",
    "resume",
    "skip",
    "leave",
    "why",
    "",
    "export-me",
)
BY_CONVENERS = ("preview", "run-now", "pause-program", "resume-program")


class Killed(BaseException):
    """The process died here."""


@dataclass
class Year:
    """A town left to chance, and a memory of what was promised to whom."""

    town: Town
    chance: random.Random
    program: ProgramId
    names: list[str]
    trouble: float = 0.0
    said_yes: set[ExternalId] = field(default_factory=set)
    wishes: set[tuple[ExternalId, ExternalId]] = field(default_factory=set)
    checked: int = 0

    # ── A platform that fails ───────────────────────────────────────────────────────────────────────

    def before(self, destination: Destination, _message: Message, _key: str) -> None:
        if self.chance.random() >= self.trouble:
            return
        people = destination.people if isinstance(destination, Circle) else ()
        people = (destination.external_id,) if isinstance(destination, Person) else people
        later = self.town.clock.now() + timedelta(minutes=self.chance.choice([0, 5, 600]))
        errors: list[BaseException] = [
            TryLater(later),
            NotSent("refused"),
            Uncertain("lost"),
            Impossible("the channel was archived"),
            Killed(),
        ]
        errors += [Gone(self.chance.choice(people))] if people else []
        raise self.chance.choice(errors)

    def after(self, _destination: Destination, _message: Message, _key: str) -> None:
        if self.chance.random() < self.trouble / 3:
            raise self.chance.choice([Killed(), Uncertain("lost")])

    # ── Time ────────────────────────────────────────────────────────────────────────────────────────

    async def beat(self) -> None:
        """Do what is due; a process that dies is started again."""
        while True:
            try:
                await self.town.heart.tick()
            except Killed:
                self.town.heart = Heartbeat(
                    storage=self.town.storage,
                    platforms={"sandbox": self.town.platform},
                    clock=self.town.clock,
                    lease=timedelta(0),
                )
            else:
                break
        await self.check()

    async def live_until(self, moment: datetime) -> None:
        """Time passes, from one due moment to the next."""
        agenda, clock = self.town.storage.agenda, self.town.clock
        in_vain = 0
        while (due := await agenda.next_due()) is not None and due <= moment:
            # What fell silent a moment ago may need a second look, but not for ever.
            in_vain = in_vain + 1 if due <= clock.now() else 0
            assert in_vain < 6, f"Due at {due}, and nothing is done about it."
            clock.move_to(due)
            await self.beat()
        clock.move_to(moment)
        await self.beat()

    # ── What people do ──────────────────────────────────────────────────────────────────────────────

    async def do_something(self) -> None:
        name, other = self.chance.sample(self.names, 2)
        who = self.town.people[name]
        match self.chance.choice(["type", "press", "press", "press", "me", "wish", "erase", "convene"]):
            case "type":
                line = self.chance.choice(TYPED)
                await self.town.type(who, line, private=self.chance.random() < 0.5)
                self.said_yes |= {who.external_id} if line == "join" else set()
            case "press":
                await self.press(who)
            case "me":
                values = {
                    "zone": self.chance.choice([*ZONES, ""]),
                    "languages": self.chance.choice(["", "fr"]),
                }
                values["rhythm"] = self.chance.choice(["every", "every", "second"])
                values["room"] = self.chance.choice(["usual", "shared", "own"])
                await self.town.submit(who, "me:", **values)
            case "wish" if len(self.wishes) < len(self.names) // 3:
                await self.town.type(who, f"avoid @{other}")
                self.wishes.add((who.external_id, self.town.people[other].external_id))
            case "erase" if self.chance.random() < 0.3:
                await self.town.press(who, "forget:")
                self.said_yes.discard(who.external_id)
                self.wishes = {wish for wish in self.wishes if wish[0] != who.external_id}
            case "convene":
                await self.convene()

    async def press(self, who: Asker) -> None:
        """A button of one of the latest messages, their own or another's."""
        latest = [one for one in self.town.platform.seen if one.message.buttons][-8:]
        own = [one for one in self.town.platform.of(who) if one.message.buttons][-4:]
        within = own if own and self.chance.random() < 0.8 else latest
        if not within:
            return
        action = self.chance.choice(self.chance.choice(within).message.buttons).action
        reply = await self.town.press(who, action)
        self.said_yes |= {who.external_id} if action.startswith("join") else set()
        assert reply.message is None or reply.message.name != "refusal.broken", action

    async def convene(self) -> None:
        ada, today = self.town.people["ada"], self.town.clock.now().date()
        days = f"{today + timedelta(days=self.chance.randint(0, 9))}"
        line = self.chance.choice([*BY_CONVENERS, f"blackout {days}", f"blackout remove {days}"])
        await self.town.type(ada, line)
        if line == "pause-program":
            await self.town.type(ada, "resume-program")

    # ── What must hold ──────────────────────────────────────────────────────────────────────────────

    async def check(self) -> None:
        async with self.town.storage.open_work(self.town.community.id) as work:
            program = await work.programs.get(self.program)
            zones = {member.external_id: member.zone for member in await work.members.all()}
        for one in self.town.platform.seen[self.checked :]:
            where = (one.message.name, one.at, one.people)
            day = one.at.astimezone(ZoneInfo(program.cadence.zone)).date()
            assert not program.blackouts.contains(day), where
            for reader in one.people:
                zone = ZoneInfo(zones.get(reader) or program.cadence.zone)
                assert 8 <= one.at.astimezone(zone).hour < 20, where
                assert one.message.name not in ABOUT_OTHERS or reader in self.said_yes, where
            together = {*one.people, *_named(one)} if one.message.name in ABOUT_OTHERS else set()
            assert not any(set(wish) <= together for wish in self.wishes), where
        self.checked = len(self.town.platform.seen)
        twice = Counter(one.key for one in self.town.platform.seen)
        assert set(twice.values()) <= {1}, twice.most_common(1)

    async def check_rounds(self) -> None:
        """Nobody was left out without a word, or a reason that one can name."""
        async with self.town.storage.open_work(self.town.community.id) as work:
            for round in await work.rounds.latest(self.program, limit=100):
                if round.state is not RoundState.CLOSED:
                    continue
                introductions = {one.id: one for one in await work.introductions.of_round(round.id)}
                states = {one.state for one in introductions.values()}
                assert IntroductionState.PROPOSED not in states
                deliveries = await work.deliveries.of_round(round.id)
                for seat in await work.rounds.seats(round.id):
                    words = [
                        each
                        for each in deliveries
                        if each.kind in ONE_WORD
                        and (
                            each.member_id == seat.member_id
                            if each.member_id
                            else each.introduction_id in introductions
                            and seat.member_id in introductions[each.introduction_id].members
                        )
                    ]
                    yes = await work.participations.find(self.program, seat.member_id)
                    stayed = yes and yes.standing is Standing.ACTIVE and yes.since < round.opens_at
                    arrived = [
                        each for each in words if each.state in (DeliveryState.SENT, DeliveryState.DOUBT)
                    ]
                    assert arrived or seat.bowed_out or not stayed or all(each.reason for each in words)
                    assert words or seat.bowed_out or not stayed, (round.wall, seat)


def _named(one: Seen) -> set[ExternalId]:
    spans = [span for part in one.message.parts for paragraph in part.paragraphs for span in paragraph]
    return {span.external_id for span in spans if isinstance(span, Mention)}


async def begun(storage: OpenStorage, *, seed: int) -> Year:
    chance = random.Random(seed)
    names = [f"p{number}" for number in range(chance.randint(3, 12))]
    town = await found(storage, *names, lease=timedelta(0))
    for name in names:
        language = chance.choice(list(Language))
        town.people[name] = person(name, zone=chance.choice(ZONES), language=language)
    town.platform.present = list(town.people.values())
    town.platform.remembers = chance.choice([timedelta(0), timedelta(0), timedelta(days=1)])
    at, size = chance.choice(["10:00", "07:00", "21:00"]), chance.choice(["2", "2", "3"])
    program = ProgramId(await town.set_up(at=at, size=size))
    year = Year(town=town, chance=chance, program=program, names=names)
    await town.join(*names)
    year.said_yes = {town.people[name].external_id for name in names}
    town.platform.before, town.platform.after = year.before, year.after
    return year


@pytest.mark.parametrize("seed", range(4))
async def test_whatever_people_and_platforms_do_the_promises_hold(storage: OpenStorage, seed: int) -> None:
    year = await begun(storage, seed=seed)
    town, chance = year.town, year.chance
    end = town.clock.now() + timedelta(weeks=WEEKS)

    while town.clock.now() < end:
        year.trouble = chance.choice([0, 0, 0, 0.05, 0.3])
        for _ in range(chance.randint(0, 3)):
            await year.do_something()
        if chance.random() < 0.08:
            # The machine is away: everything that was due meanwhile is found at once.
            town.clock.move_to(town.clock.now() + timedelta(hours=chance.choice([3, 12, 24, 72, 220])))
            await year.beat()
        await year.live_until(town.clock.now() + timedelta(hours=chance.choice([1, 5, 12, 24, 48])))
    year.trouble = 0
    await year.live_until(town.clock.now() + timedelta(weeks=1))

    await year.check_rounds()
    due = await storage.agenda.next_due()
    assert due is None or due > town.clock.now()
