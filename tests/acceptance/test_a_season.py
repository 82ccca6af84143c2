"""A season of two hundred members who answer, ignore, leave and return at random: never more than promised.

Voisin writes few messages: per round and member one introduction or an honest word, one reminder at most, one
closing question at most. What a neighbour says or proposes by their own click is the neighbour's word.
"""

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.domain.community import Language
from bot.domain.ids import ExternalId, MemberId, ProgramId, RoundId
from bot.domain.member import Standing
from bot.domain.round import Introduction, IntroductionState, Round, RoundState, Seat
from bot.messages import Asker
from storage.database import OpenStorage
from tests.town import Town, found, person

MEMBERS, ROUNDS = 200, 4
SEED = 2013

INTRODUCED = ("introduction", "joined")
HONEST = ("nobody", "cancelled")
REMINDERS = ("nudge", "slots")
CLOSING = ("question", "rest")
OF_A_CHANGE = ("parted", "fewer")
"""Somebody else swapped or bowed out: what was said before is set right."""

ZONES = ("Europe/Paris", "Europe/London", "America/Montreal", "Asia/Tokyo", "Pacific/Auckland")
TYPED = ("leave", "join", "join", "pause", "resume", "skip")


@dataclass
class Season:
    """A town left to chance."""

    town: Town
    chance: random.Random
    names: list[str]
    program: ProgramId
    went: dict[ExternalId, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    """Who left or paused, and when."""

    async def live(self, *, until: datetime) -> None:
        """Time passes, and some people do something every half day."""
        while self.town.clock.now() < until:
            for name in self.chance.sample(self.names, MEMBERS // 10):
                await self.do_something(self.town.people[name])
            await self.town.move_to(self.town.clock.now() + timedelta(hours=12))

    async def do_something(self, who: Asker) -> None:
        if self.chance.random() < 0.15:
            line = self.chance.choice(TYPED)
            await self.town.type(who, line)
            if line in ("leave", "pause"):
                self.went[who.external_id].append(self.town.clock.now())
            return
        theirs = [one for one in self.town.platform.of(who)[-3:] if one.message.buttons]
        if theirs:
            reply = await self.town.press(
                who, self.chance.choice(self.chance.choice(theirs).message.buttons).action
            )
            assert reply.message is None or reply.message.name != "refusal.broken"


@dataclass(frozen=True, kw_only=True)
class Held:
    """What is on record of the rounds, and what each member saw in each of them."""

    rounds: Sequence[Round]
    introduced: Mapping[tuple[RoundId, ExternalId], Sequence[Introduction]]
    """Those that each was told of, as often as they were told."""
    seats: Mapping[RoundId, Sequence[Seat]]
    people: Mapping[MemberId, ExternalId]
    steady: frozenset[ExternalId]
    """Who takes part at the end and never said otherwise."""
    seen: Mapping[tuple[RoundId, ExternalId], Counter[str]]


async def begun(storage: OpenStorage) -> Season:
    chance = random.Random(SEED)
    names = [f"p{number}" for number in range(MEMBERS)]
    town = await found(storage, *names, batch=200)
    for name in names:
        town.people[name] = person(name, zone=chance.choice(ZONES), language=chance.choice(list(Language)))
    town.platform.present = list(town.people.values())
    program = ProgramId(await town.set_up())
    await town.join(*names)
    return Season(town=town, chance=chance, names=names, program=program)


async def looked_back(season: Season) -> Held:
    town = season.town
    introduced: dict[tuple[RoundId, ExternalId], list[Introduction]] = defaultdict(list)
    seen: dict[tuple[RoundId, ExternalId], Counter[str]] = defaultdict(Counter)
    async with town.storage.open_work(town.community.id) as work:
        rounds = await work.rounds.latest(season.program, limit=ROUNDS + 2)
        people = {member.id: member.external_id for member in await work.members.all()}
        standing = await work.participations.of_program(season.program)
        seats = {round.id: await work.rounds.seats(round.id) for round in rounds}
        made = {one.id: one for round in rounds for one in await work.introductions.of_round(round.id)}
        sent = {each.key: each for round in rounds for each in await work.deliveries.of_round(round.id)}
    for message in town.platform.seen:
        delivery = sent.get(message.key)
        if delivery is None or delivery.round_id is None:
            continue
        for reader in message.people:
            seen[delivery.round_id, reader][message.message.name] += 1
            if delivery.introduction_id is not None and message.message.name in INTRODUCED:
                introduced[delivery.round_id, reader].append(made[delivery.introduction_id])
    active = {people[yes.member_id] for yes in standing if yes.standing is Standing.ACTIVE}
    return Held(
        rounds=rounds,
        introduced=introduced,
        seats=seats,
        people=people,
        steady=frozenset(active - season.went.keys()),
        seen=seen,
    )


def many(names: Counter[str], kinds: Sequence[str]) -> int:
    return sum(names[kind] for kind in kinds)


def undone(introduction: Introduction) -> bool:
    return introduction.state is IntroductionState.VOID


async def test_a_season_of_two_hundred_brings_each_few_messages_and_nobody_none(storage: OpenStorage) -> None:
    season = await begun(storage)
    await season.live(until=season.town.clock.now() + timedelta(days=7 * ROUNDS + 2))

    held = await looked_back(season)

    closed = [round for round in held.rounds if round.state is RoundState.CLOSED]
    assert len(closed) == ROUNDS
    members = {external_id: id for id, external_id in held.people.items()}
    for (round, reader), names in held.seen.items():
        theirs = held.introduced[round, reader]
        where = (round, reader, dict(names))
        assert many(names, REMINDERS) <= 1, where
        assert many(names, CLOSING) <= 1, where
        assert many(names, HONEST) <= 1, where
        # A second introduction only after somebody's click undid the first, and each is told once.
        assert len({one.id for one in theirs}) == len(theirs), where
        standing = [one for one in theirs if not undone(one) and members[reader] in one.members]
        assert len(standing) <= 1, where
        if theirs == standing and not many(names, OF_A_CHANGE):
            assert many(names, (*INTRODUCED, *HONEST, *REMINDERS, *CLOSING)) <= 3, where
    # Whoever took part all along, in every round that they had a seat in.
    words = [
        (round.id, held.people[seat.member_id])
        for round in closed
        for seat in held.seats[round.id]
        if held.people.get(seat.member_id) in held.steady
    ]
    assert len(words) > ROUNDS * MEMBERS / 2
    assert [each for each in words if not many(held.seen[each], (*INTRODUCED, *HONEST, *OF_A_CHANGE))] == []
