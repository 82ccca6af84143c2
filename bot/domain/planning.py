"""How a round comes to its introductions: from who is there and what they share, to who meets whom."""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from math import nan

from bot.domain.cadence import zone_named
from bot.domain.hours import CLOSES, OPENS, overlap_hours
from bot.domain.ids import MemberId
from bot.domain.member import Format, Member, Participation, Tie, TieKind
from bot.matching import Matching, Problem, match, problem, tie_strength

DAY_SECONDS = 86_400.0

LANGUAGES = 64
"""Bits of a number in which the matching keeps what someone speaks."""

Pair = tuple[MemberId, MemberId]


def pair(one: MemberId, other: MemberId) -> Pair:
    """Two members in the order in which pairs are written down."""
    return (one, other) if one < other else (other, one)


@dataclass(frozen=True, kw_only=True, slots=True)
class Past:
    """How often and when two members were introduced before."""

    times: int
    last: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Circumstances:
    """All that a round's matching may look at."""

    now: datetime
    size: int
    zone: str
    """Counts for members who named none."""
    members: tuple[Member, ...]
    """In an order that never depends on the database: by id."""
    participations: Mapping[MemberId, Participation]
    apart: frozenset[Pair]
    past: Mapping[Pair, Past]
    ties: Sequence[Tie]

    def zone_of(self, member: Member) -> str:
        """Where a member lives, as far as is known."""
        return member.zone or self.zone


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Members to be introduced, in the order of their names, and what is true between them."""

    members: tuple[MemberId, ...]
    opener: MemberId
    met_before: int
    last_met: datetime | None
    acquainted: bool
    hours: float | None
    crosses_teams: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Who meets whom in a round, and how it was found."""

    groups: tuple[Group, ...]
    alone: tuple[MemberId, ...]
    problem: Problem
    matching: Matching
    seed: bytes


LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
"""Stands for an introduction of which nobody noted the day: older than any other."""


def history(meetings: Iterable[tuple[Pair, Past]], ties: Iterable[Tie]) -> dict[Pair, Past]:
    """Past introductions by pair: Voisin's own, and those that a community brought along as ties."""
    past = dict(meetings)
    brought: dict[Pair, set[datetime]] = defaultdict(set)
    for tie in ties:
        if tie.kind is TieKind.INTRODUCED:
            # Both directions of one introduction share its moment: it happened once.
            brought[pair(tie.source, tie.target)].add(tie.at or LONG_AGO)
    for key, moments in brought.items():
        own = past.get(key)
        past[key] = Past(
            times=len(moments) + (own.times if own else 0),
            last=max(moments | ({own.last} if own else set())),
        )
    return past


def ticket(seed: bytes, member: MemberId) -> int:
    """A number that chance gave a member for one round: the same at every replay."""
    return int.from_bytes(hashlib.blake2b(member.encode(), key=seed[:64], digest_size=8).digest(), "big")


def plan(circumstances: Circumstances, *, seed: bytes) -> Plan:
    """Who meets whom. Cost: that of the matching, and one pass over the ties."""
    members = circumstances.members
    index = {member.id: place for place, member in enumerate(members)}
    posed = pose(circumstances, index)
    matching = match(posed, seed=seed)
    tied = {pair(tie.source, tie.target) for tie in circumstances.ties}
    return Plan(
        groups=tuple(
            describe(circumstances, [members[place] for place in group], tied=tied, seed=seed)
            for group in matching.groups
        ),
        alone=tuple(members[place].id for place in matching.alone),
        problem=posed,
        matching=matching,
        seed=seed,
    )


def pose(circumstances: Circumstances, index: Mapping[MemberId, int]) -> Problem:
    """The circumstances as arrays, members numbered by ``index``."""
    members = circumstances.members
    yes = [circumstances.participations[member.id] for member in members]
    apart = [(index[a], index[b]) for a, b in circumstances.apart if a in index and b in index]
    met = [
        (
            index[a],
            index[b],
            past.times,
            max(0.0, (circumstances.now - past.last).total_seconds() / DAY_SECONDS),
        )
        for (a, b), past in circumstances.past.items()
        if a in index and b in index
    ]
    between = [tie for tie in circumstances.ties if tie.source in index and tie.target in index]
    # "We know each other" is said, not observed: at full strength, whatever else was seen.
    known = [(index[tie.source], index[tie.target]) for tie in between if tie.kind is TieKind.KNOWN]
    seen = [tie for tie in between if tie.kind is not TieKind.KNOWN]
    pairs, strength = tie_strength(
        source=[index[tie.source] for tie in seen],
        target=[index[tie.target] for tie in seen],
        kind=[tie.kind.value for tie in seen],
        age=[
            nan if tie.at is None else max(0.0, (circumstances.now - tie.at).total_seconds() / DAY_SECONDS)
            for tie in seen
        ],
        people=[tie.people for tie in seen],
    )
    speaks = spoken(members)
    teams = {team: number for number, team in enumerate(sorted({m.team for m in members if m.team}))}
    return problem(
        len(members),
        size=circumstances.size,
        forbidden=apart if speaks is not None else apart + speechless(members),
        speaks=speaks,
        met=[(a, b, times) for a, b, times, _ in met],
        met_age=[age for _, _, _, age in met],
        ties=[*pairs.tolist(), *known],
        strength=[*strength.tolist(), *(1.0 for _ in known)],
        team=[teams[member.team] if member.team else -1 for member in members],
        waking=[_waking(circumstances, member) for member in members],
        first=[one.first_next for one in yes],
        left_out=[one.left_out for one in yes],
        trios=[one.trios for one in yes],
        format=[{Format.EITHER: 0, Format.PAIR: 2, Format.TRIO: 3}[member.format] for member in members],
    )


def spoken(members: Sequence[Member]) -> list[int] | None:
    """The languages of each as bits, 0 where they did not say; None where there are too many for that."""
    bits = {code: 1 << place for place, code in enumerate(sorted({c for m in members for c in m.languages}))}
    if len(bits) > LANGUAGES:
        return None
    return [sum(bits[code] for code in set(member.languages)) for member in members]


def speechless(members: Sequence[Member]) -> list[tuple[int, int]]:
    """Pairs, by place, who both said which languages they speak and have none in common."""
    places: dict[frozenset[str], list[int]] = defaultdict(list)
    for place, member in enumerate(members):
        if member.languages:
            places[frozenset(member.languages)].append(place)
    return [
        (one, other)
        for (some, here), (more, there) in combinations(places.items(), 2)
        if not some & more
        for one, other in product(here, there)
    ]


def describe(
    circumstances: Circumstances, group: Sequence[Member], *, tied: Collection[Pair], seed: bytes
) -> Group:
    """Who has the first word in a group, and what is true between its members."""
    order = sorted(
        group,
        key=lambda member: (circumstances.participations[member.id].opened, ticket(seed, member.id)),
    )
    pairs = [pair(a.id, b.id) for a, b in combinations(group, 2)]
    met = [circumstances.past[key] for key in pairs if key in circumstances.past]
    teams = [member.team for member in group]
    return Group(
        members=tuple(member.id for member in order),
        opener=order[0].id,
        met_before=max((past.times for past in met), default=0),
        last_met=max((past.last for past in met), default=None),
        acquainted=bool(met) or any(key in tied for key in pairs),
        hours=min(
            (
                overlap_hours(circumstances.zone_of(a), circumstances.zone_of(b), circumstances.now.date())
                for a, b in combinations(group, 2)
            ),
            default=None,
        ),
        crosses_teams=all(teams) and len(set(teams)) == len(teams),
    )


def exhausted(circumstances: Circumstances, *, season: int) -> bool:
    """Whether everyone has been introduced to everyone they may meet, once for each season so far."""
    index = {member.id for member in circumstances.members}
    done = {key for key, past in circumstances.past.items() if past.times >= season}
    done |= circumstances.apart
    done |= {
        pair(circumstances.members[one].id, circumstances.members[other].id)
        for one, other in speechless(circumstances.members)
    }
    here = sum(1 for one, other in done if one in index and other in index)
    return len(index) > 1 and here == len(index) * (len(index) - 1) // 2


def _waking(circumstances: Circumstances, member: Member) -> tuple[float, float]:
    """Open hours as hours UTC, 0 to 24; a start after its end runs over midnight."""
    zone = zone_named(circumstances.zone_of(member))
    offset = circumstances.now.astimezone(zone).utcoffset() or timedelta()
    shift = offset.total_seconds() / 3600
    return ((OPENS.hour - shift) % 24, (CLOSES.hour - shift) % 24)
