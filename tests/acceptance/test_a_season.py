"""A season of two hundred members who answer, ignore, leave and return at random: never more than promised.

Voisin writes few messages: per round and member one introduction or an honest word, one reminder at most,
one closing question at most. What a neighbour says or proposes by their own click is the neighbour's word;
what is said to answers and a partnership's own messages are counted apart.
"""

import os
import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise

import pytest

from bot.domain.community import Language
from bot.domain.ids import ExternalId, MemberId, ProgramId, RoundId
from bot.domain.member import Standing
from bot.domain.round import Introduction, IntroductionState, Round, RoundState, Seat
from bot.messages import Asker, FieldKind, Form, Message
from storage.database import OpenStorage
from tests.town import Town, found, person

MEMBERS, ROUNDS = 200, int(os.environ.get("VOISIN_SEASON", "5"))
"""Five rounds in every run, so that whoever was silent in three is asked whether to rest;
``VOISIN_SEASON=26`` plays the whole season."""

SEED = 2013

INTRODUCED = ("introduction", "joined")
HONEST = ("nobody", "cancelled")
REMINDERS = ("nudge", "slots")
CLOSING = ("question", "question.met", "rest")
OF_A_CHANGE = ("parted", "fewer")
"""Somebody else swapped or bowed out: what was said before is set right."""

BY_A_NEIGHBOURS_CLICK = ("said", "times", "card", "called_off", "response")
OF_A_PARTNERSHIP = ("partners", "partners.renewed", "session", "check", "ending", "ended")
ASKED_FOR = ("prompt", "welcome_back")
"""In private only for who wants the questions so; a note to who comes back from a pause."""

ALL = (
    *(*INTRODUCED, *HONEST, *REMINDERS, *CLOSING, *OF_A_CHANGE),
    *(*BY_A_NEIGHBOURS_CLICK, *OF_A_PARTNERSHIP, *ASKED_FOR, "unheard"),
)

WEEK = timedelta(days=7)

LINES = ("My bowline slips.", "J’apprends à épisser une corde.", "Knots, and who ties them.")

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
            for name in self.chance.sample(self.names, MEMBERS // 14):
                await self.do_something(self.town.people[name])
            await self.town.move_to(self.town.clock.now() + timedelta(hours=12))

    async def some_go_on(self) -> None:
        """Of the first introductions, those who can still say so have met, and would go on."""
        known = {one.external_id: one for one in self.town.people.values()}
        made = [one for one in self.town.platform.seen if one.message.name == "introduction"]
        for seen in made[: MEMBERS // 10]:
            id = next(one.action for one in seen.message.buttons if one.action.startswith("times:"))[6:]
            for verb in ("met", "go_on"):
                for reader in seen.people:
                    await self.town.press(known[reader], f"{verb}:{id}")

    async def do_something(self, who: Asker) -> None:
        if self.chance.random() < 0.15:
            line = self.chance.choice(TYPED)
            await self.town.type(who, line)
            if line in ("leave", "pause"):
                self.went[who.external_id].append(self.town.clock.now())
            return
        # What was said to them, the last question in the space, now and then an answer that somebody shared.
        posted = self.town.platform.posted
        theirs = [*self.town.platform.of(who)[-3:], *posted("prompt")[-1:]]
        if self.chance.random() < 0.1:
            theirs += posted("reflection")[-1:]
        theirs = [one for one in theirs if one.message.buttons]
        if theirs:
            await self.press(who, self.chance.choice(theirs).message, again=True)

    async def press(self, who: Asker, message: Message, *, again: bool) -> None:
        """One of its buttons, a form that it opens, and perhaps a button of the answer."""
        # Whoever has met somebody mostly would go on.
        likely = [one for one in message.buttons if one.action.startswith("go_on:")]
        action = self.chance.choice([*message.buttons, *likely * 3]).action
        if action.partition(":")[0] in ("leave", "pause", "rest"):
            self.went[who.external_id].append(self.town.clock.now())
        reply = await self.town.press(who, action)
        if reply.form is not None:
            reply = await self.town.submit(who, reply.form.action, **self.filled(reply.form))
            assert not reply.errors
        assert reply.message is None or reply.message.name != "refusal.broken"
        if again and reply.message is not None and reply.message.buttons:
            await self.press(who, reply.message, again=False)

    def filled(self, form: Form) -> dict[str, str]:
        """A line where words are wanted, chance where there is a choice."""
        return {
            field.name: self.chance.choice(field.choices).value
            if field.kind is FieldKind.CHOICE
            else field.value or self.chance.choice(LINES)
            for field in form.fields
            if field.kind is not FieldKind.CHOICES
        }


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
    await town.type(town.people["ada"], "prompt on")
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


@pytest.mark.timeout(150 * ROUNDS)
async def test_a_season_of_two_hundred_brings_each_few_messages_and_nobody_none(storage: OpenStorage) -> None:
    season = await begun(storage)
    begins = season.town.clock.now()
    await season.live(until=begins + timedelta(days=3))
    await season.some_go_on()
    await season.live(until=begins + timedelta(days=7 * ROUNDS + 2))

    held = await looked_back(season)

    # Nothing but what is known, and counted below or asked for by somebody's click.
    seen = Counter(one.message.name for one in season.town.platform.seen if one.people)
    conveners = {one.message.name for one in season.town.platform.of(season.town.people["ada"])}
    assert seen.keys() - conveners <= set(ALL)
    assert all(seen[name] for name in ("unheard", "response", "partners")), seen
    for who in season.town.people.values():
        asked = [one.at for one in season.town.platform.of(who, "unheard")]
        assert all(later - earlier >= WEEK for earlier, later in pairwise(asked)), who
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
    # Whoever took part all along until then, in every round that they had a seat in.
    words = [
        (round.id, whose)
        for round in closed
        for seat in held.seats[round.id]
        if (whose := held.people.get(seat.member_id))
        and (whose in held.steady or min(season.went[whose], default=begins) >= round.closes_at)
    ]
    assert len(words) > ROUNDS * MEMBERS / 2
    assert [each for each in words if not many(held.seen[each], (*INTRODUCED, *HONEST, *OF_A_CHANGE))] == []
