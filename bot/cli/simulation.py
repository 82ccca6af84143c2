"""Rounds over a community that exists, played by the real actions on a real database that is thrown away.

What is told of them comes from a record of its own, kept beside: who had to do with whom by the files, and
who was introduced. Chance pairs the same people in parallel, with a memory of its own.
"""

import random
import time as watch
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from math import nan

from bot.actions import bring_in, follow, introduce
from bot.actions.bring_in import RosterLine, TieLine
from bot.cli.figures import Figures, Pair, mean, pair, pairs_in
from bot.domain.acquaintance import Distance
from bot.domain.cadence import weekly
from bot.domain.community import Community, Language, Space
from bot.domain.ids import CommunityId, ExternalId, MemberId, ProgramId, SpaceId
from bot.domain.member import Participation, Standing, TieKind
from bot.domain.program import Program
from bot.domain.round import IntroductionState, Round
from bot.errors import VoisinError
from bot.matching import Matching, acquaints, match, tie_strength
from bot.matching.record import unpack
from bot.ports import Storage, UnitOfWork

FIRST_DAY = datetime(2026, 1, 5, tzinfo=UTC)
"""A Monday: where the clock starts when no tie is dated."""

TUESDAY, TEN = 1, time(10)
ZONE = "UTC"
DAY_SECONDS = 86_400.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Script:
    """What is to be played."""

    people: Sequence[RosterLine]
    ties: Sequence[TieLine]
    rounds: int
    group_size: int = 2
    churn: float = 0.0
    skip: float = 0.0
    seed: int = 1
    far: bool = False
    """Whether people without an acquaintance in common are preferred."""


def alike(members: int) -> tuple[RosterLine, ...]:
    """So many people of whom nothing is known."""
    return tuple(
        RosterLine(member=ExternalId(str(number)), name=f"Member {number}") for number in range(members)
    )


def starts(ties: Sequence[TieLine]) -> datetime:
    """The Monday after the last dated tie."""
    last = max((tie.at for tie in ties if tie.at is not None), default=None)
    if last is None:
        return FIRST_DAY
    midnight = last.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(days=7 - midnight.weekday())


@dataclass(slots=True)
class _Record:
    """Who had to do with whom, by the files and by what was introduced since; people by external ids."""

    ties: Sequence[TieLine]
    tied: set[Pair] = field(default_factory=set)
    introduced: set[Pair] = field(default_factory=set)
    circles: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Whom everyone knows by the files."""

    def __post_init__(self) -> None:
        for tie in self.ties:
            if tie.source != tie.target:
                self.tied.add(pair(tie.source, tie.target))
                if acquaints(tie.kind.value, tie.people):
                    self.circles[tie.source].add(tie.target)
                    self.circles[tie.target].add(tie.source)
                if tie.kind is TieKind.INTRODUCED:
                    self.introduced.add(pair(tie.source, tie.target))

    def strangers(self, pairs: Sequence[Pair]) -> float | None:
        return _share([key not in self.tied and key not in self.introduced for key in pairs])

    def far(self, pairs: Sequence[Pair]) -> float | None:
        """The share of pairs three steps apart, or more, by the files."""
        circles = {end: self.circles.get(end, set()) | {end} for key in pairs for end in key}
        return _share([not circles[one] & circles[other] for one, other in pairs])

    def strengths(self, now: datetime) -> Mapping[Pair, float]:
        """How well those with a tie know each other at a moment, 0 to 1."""
        told = [tie for tie in self.ties if tie.source != tie.target]
        names = sorted({end for tie in told for end in (tie.source, tie.target)})
        index = {name: place for place, name in enumerate(names)}
        pairs, strength = tie_strength(
            source=[index[tie.source] for tie in told],
            target=[index[tie.target] for tie in told],
            kind=[tie.kind.value for tie in told],
            age=[nan if tie.at is None else (now - tie.at).total_seconds() / DAY_SECONDS for tie in told],
            people=[tie.people for tie in told],
        )
        keys = (pair(names[one], names[other]) for one, other in pairs.tolist())
        return dict(zip(keys, strength.tolist(), strict=True))


class Simulation:
    """A community, its program and its clock."""

    def __init__(self, storage: Storage, script: Script) -> None:
        self._storage, self._script = storage, script
        self._now = starts(script.ties)
        self._own, self._random = _Record(script.ties), _Record(script.ties)
        # Streams of their own: whoever skips does not change who leaves, nor whom chance pairs.
        self._leavers, self._skippers, self._shuffles = (
            random.Random(f"{script.seed}/{use}")  # noqa: S311 -- a simulation wants chance that comes again
            for use in ("churn", "skip", "random")
        )
        self._teams = {line.member: line.team for line in script.people}
        self._arrived = 0
        self._owed = {"churn": 0.0, "skip": 0.0}
        self._community: CommunityId
        self._program: ProgramId

    async def settle(self) -> None:
        """The community with its people and ties, and a weekly program that all of them joined."""
        community = await self._storage.communities.settle(
            platform="simulation",
            external_id=ExternalId(f"simulation-{self._script.seed}"),
            name="Simulation",
            zone=ZONE,
            language=Language.ENGLISH,
        )
        self._community = community.id
        await bring_in.people(self._storage.open_work, community.id, self._script.people, now=self._now)
        await bring_in.ties(self._storage.open_work, community.id, self._script.ties, now=self._now)
        async with self._storage.open_work(community.id) as work:
            program = _program(work, community, self._script, now=self._now)
            self._program = program.id
            await work.spaces.save(
                Space(
                    id=program.space_id,
                    community_id=community.id,
                    external_id=ExternalId("neighbours"),
                    name="neighbours",
                )
            )
            await work.programs.save(program)
            await self._join(work, [line.member for line in self._script.people])
            await work.commit()

    async def rounds(self) -> AsyncIterator[Figures]:
        """Play them one after the other."""
        for number in range(self._script.rounds):
            began = watch.perf_counter()
            await self._come_and_go(first=number == 0)
            opened = await self._open()
            names = await self._names()
            groups = await self._groups(opened, names)
            await self._close(opened)
            seconds_all = watch.perf_counter() - began
            matching, seconds = self._again(opened, names, groups)
            yield self._told(groups, matching, opened, names, seconds=seconds, seconds_all=seconds_all)

    # ── The real actions ──────────────────────────────────────────────────────────────────────────

    async def _open(self) -> Round:
        async with self._storage.open_work(self._community) as work:
            program = await work.programs.get(self._program)
        if program.next_at is None:
            raise VoisinError("The simulation ran out of calendar.")
        self._now = program.next_at
        opened = await introduce.open_round(
            self._storage.open_work, self._community, self._program, now=self._now
        )
        if opened is None:
            raise VoisinError(f"No round opened on {self._now.date()}: another one is still under way.")
        return opened

    async def _close(self, opened: Round) -> None:
        async with self._storage.open_work(self._community) as work:
            # Nothing is sent here, and what never went out would be no introduction.
            introductions = await work.introductions.of_round(opened.id)
            await work.introductions.save_all(
                [replace(one, state=IntroductionState.MADE) for one in introductions]
            )
            await work.commit()
        current: Round | None = opened
        while current is not None and current.wake_at is not None:
            current = await follow.advance(
                self._storage.open_work, self._community, opened.id, now=current.wake_at
            )

    async def _join(self, work: UnitOfWork, people: Sequence[ExternalId]) -> None:
        ids = {member.external_id: member.id for member in await work.members.all()}
        await work.participations.save_all(
            [
                Participation(
                    program_id=self._program,
                    member_id=ids[person],
                    community_id=self._community,
                    standing=Standing.ACTIVE,
                    since=self._now,
                )
                for person in people
            ]
        )

    async def _come_and_go(self, *, first: bool) -> None:
        """Some leave, as many join in their place; some sit the round out."""
        leaving: Sequence[Participation] = []
        async with self._storage.open_work(self._community) as work:
            active = [
                yes
                for yes in await work.participations.of_program(self._program)
                if yes.standing is Standing.ACTIVE
            ]
            if not first:
                leaving = self._draw(active, "churn", self._script.churn, self._leavers)
            gone = {yes.member_id for yes in leaving}
            staying = [yes for yes in active if yes.member_id not in gone]
            skipping = self._draw(staying, "skip", self._script.skip, self._skippers)
            names = await work.members.many(gone)
            await work.participations.save_all(
                [*(yes.left() for yes in leaving), *(replace(yes, skips_next=True) for yes in skipping)]
            )
            await work.commit()
        if leaving:
            await self._arrive([self._teams[names[yes.member_id].external_id] for yes in leaving])

    async def _arrive(self, teams: Sequence[str | None]) -> None:
        people = []
        for team in teams:
            self._arrived += 1
            person = ExternalId(f"newcomer-{self._arrived}")
            self._teams[person] = team
            people.append(RosterLine(member=person, name=f"Newcomer {self._arrived}", team=team))
        await bring_in.people(self._storage.open_work, self._community, people, now=self._now)
        async with self._storage.open_work(self._community) as work:
            await self._join(work, [line.member for line in people])
            await work.commit()

    def _draw(
        self, yes: Sequence[Participation], use: str, share: float, chance: random.Random
    ) -> Sequence[Participation]:
        """So many that the share comes out right over the rounds, where a round alone cannot have it."""
        self._owed[use] += share * len(yes)
        count = min(len(yes), int(self._owed[use]))
        self._owed[use] -= count
        return chance.sample(yes, count)

    # ── What is told ──────────────────────────────────────────────────────────────────────────────

    async def _names(self) -> Mapping[MemberId, ExternalId]:
        async with self._storage.open_work(self._community) as work:
            return {member.id: member.external_id for member in await work.members.all()}

    async def _groups(self, opened: Round, names: Mapping[MemberId, ExternalId]) -> list[list[str]]:
        async with self._storage.open_work(self._community) as work:
            made = await work.introductions.of_round(opened.id)
        return sorted(sorted(names[member] for member in one.members) for one in made)

    def _again(
        self, opened: Round, names: Mapping[MemberId, ExternalId], groups: list[list[str]]
    ) -> tuple[Matching, float]:
        """The matching alone, from what the round wrote down: timed, and the same as the first time."""
        if opened.inputs is None:
            raise VoisinError(f"Round {opened.number} wrote down no inputs: it cannot be played again.")
        problem, ids = unpack(opened.inputs)
        began = watch.perf_counter()
        matching = match(problem, seed=opened.seed)
        seconds = watch.perf_counter() - began
        played = sorted(sorted(names[MemberId(ids[place])] for place in group) for group in matching.groups)
        if played != groups:
            raise VoisinError(f"Round {opened.number} comes out otherwise when it is played again.")
        return matching, seconds

    def _told(
        self,
        groups: list[list[str]],
        matching: Matching,
        opened: Round,
        names: Mapping[MemberId, ExternalId],
        *,
        seconds: float,
        seconds_all: float,
    ) -> Figures:
        here = sorted(_present(opened, names))
        chance = self._by_chance(here, [len(group) for group in groups])
        pairs, random_pairs = pairs_in(groups), pairs_in(chance)
        strengths = self._own.strengths(opened.opens_at)
        repeats = sum(key in self._own.introduced for key in pairs)
        figures = Figures(
            introduced=sum(len(group) for group in groups),
            unmatched=len(here) - sum(len(group) for group in groups),
            groups=len(groups),
            trios=sum(len(group) != self._script.group_size for group in groups),
            repeats=repeats,
            avoidable_repeats=_avoidable(repeats, matching),
            stranger_share=self._own.strangers(pairs),
            random_stranger_share=self._random.strangers(random_pairs),
            tie_mean=mean([strengths.get(key, 0.0) for key in pairs]),
            random_tie_mean=mean([strengths.get(key, 0.0) for key in random_pairs]),
            department_crossings=self._crossings(pairs),
            far_share=self._own.far(pairs) if self._script.far else None,
            random_far_share=self._random.far(random_pairs) if self._script.far else None,
            seconds=seconds,
            seconds_all=seconds_all,
        )
        self._own.introduced.update(pairs)
        self._random.introduced.update(random_pairs)
        return figures

    def _by_chance(self, here: Sequence[str], sizes: Sequence[int]) -> list[list[str]]:
        """The same people, shuffled into groups of the same sizes."""
        shuffled = self._shuffles.sample(here, len(here))
        ends = [0]
        for size in sizes:
            ends.append(ends[-1] + size)
        return [shuffled[start:end] for start, end in pairwise(ends)]

    def _crossings(self, pairs: Sequence[Pair]) -> float | None:
        teams = [(self._teams[ExternalId(one)], self._teams[ExternalId(other)]) for one, other in pairs]
        return _share([one != other for one, other in teams if one and other])


def _program(work: UnitOfWork, community: Community, script: Script, *, now: datetime) -> Program:
    return Program(
        id=ProgramId(work.new_id()),
        community_id=community.id,
        space_id=SpaceId(work.new_id()),
        cadence=weekly(TUESDAY, TEN, ZONE, now.date()),
        group_size=script.group_size,
        distance=Distance.FAR if script.far else Distance.ANY,
        next_wall=None,
        next_at=None,
        created_at=now,
    ).aimed(after=now)


def _present(opened: Round, names: Mapping[MemberId, ExternalId]) -> list[str]:
    _, ids = unpack(opened.inputs or b"")
    return [names[MemberId(id)] for id in ids]


def _avoidable(repeats: int, matching: Matching) -> int | None:
    if repeats == 0:
        return 0
    return None if matching.fewest_repeats is None else repeats - matching.fewest_repeats


def _share(answers: Sequence[bool]) -> float | None:
    return sum(answers) / len(answers) if answers else None
