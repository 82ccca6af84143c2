"""How a round comes to its introductions: from who is there and what they share, to who meets whom."""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations, product
from math import nan

from bot.domain.acquaintance import Circles, Distance, Pair, as_asked, circles_of, outside, pair
from bot.domain.cadence import zone_named
from bot.domain.hours import CLOSES, OPENS, overlap_hours
from bot.domain.ids import MemberId
from bot.domain.member import Format, Member, Participation, Tie, TieKind
from bot.domain.topics import met_topics
from bot.matching import Matching, Problem, WhyNot, explain_alone, match, problem, tie_strength
from bot.matching.problem import ANY_DISTANCE, FAR, GREETER, NEAR, NEWCOMER, NO_ROLE, SPENT_GREETER, VETERAN
from bot.matching.rules import rules

DAY_SECONDS = 86_400.0

ALL_INTRODUCED = 1_000
"""No larger community has been introduced to itself all the way round."""

LANGUAGES = 64
"""Bits of a number in which the matching keeps what someone speaks."""


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
    other_teams: bool = False
    """Two of the same team may never be introduced."""
    common_hour: bool = False
    """Without an hour in common nobody may be introduced."""
    distance: Distance = Distance.ANY
    """Whether strangers had better have nobody in common, or somebody."""
    greeters: Mapping[MemberId, int] = field(default_factory=dict)
    """Who volunteers to welcome newcomers, and how many welcomes each has left."""
    wants: Mapping[MemberId, Sequence[str]] = field(default_factory=dict)
    """What members learn or are stuck with, in their words, besides the line about themselves."""
    offers: Mapping[MemberId, Sequence[str]] = field(default_factory=dict)
    """The same of what they can help with."""

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
    in_common: bool | None
    """Whether they have acquaintances in common, where that is as the program would have it."""
    greeter: MemberId | None
    """Who of them welcomes a newcomer among the others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Who meets whom in a round, and how it was found."""

    groups: tuple[Group, ...]
    alone: Mapping[MemberId, WhyNot]
    """Who has nobody, and why, as they may be told it."""
    problem: Problem
    matching: Matching
    seed: bytes

    @property
    def proved(self) -> bool:
        """Whether it is certain that no matching of this round has fewer repeats."""
        return self.matching.fewest_repeats == self.matching.repeats


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
    circles = acquaintances(circumstances)
    return Plan(
        groups=tuple(
            describe(
                circumstances, [members[place] for place in group], tied=tied, circles=circles, seed=seed
            )
            for group in matching.groups
        ),
        alone={members[place].id: explain_alone(posed, place) for place in matching.alone},
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
    ruled = _ruled(circumstances)
    offers, wants, worth = met_topics(
        offered=[[member.can_help, *circumstances.offers.get(member.id, ())] for member in members],
        wanted=[[member.learning, *circumstances.wants.get(member.id, ())] for member in members],
    )
    return problem(
        len(members),
        size=circumstances.size,
        forbidden=[*apart, *ruled.forbidden.tolist()],
        speaks=ruled.speaks,
        met=[(a, b, times) for a, b, times, _ in met],
        met_age=[age for _, _, _, age in met],
        ties=[*pairs.tolist(), *known],
        strength=[*strength.tolist(), *(1.0 for _ in known)],
        team=ruled.team,
        waking=ruled.waking,
        first=[one.first_next for one in yes],
        left_out=[one.left_out for one in yes],
        trios=[one.trios for one in yes],
        format=[{Format.EITHER: 0, Format.PAIR: 2, Format.TRIO: 3}[member.format] for member in members],
        role=_roles(circumstances),
        offers=offers,
        wants=wants,
        worth=worth,
        distance={Distance.ANY: ANY_DISTANCE, Distance.FAR: FAR, Distance.NEAR: NEAR}[circumstances.distance],
        knows=outside(circumstances.ties, index, asked=circumstances.distance),
        team_hard=circumstances.other_teams,
        hours_hard=circumstances.common_hour,
    )


def _roles(circumstances: Circumstances) -> list[int]:
    """Newcomers and who may welcome them; nobody has a role where nobody is new."""
    now, left = circumstances.now, circumstances.greeters
    roles = [
        (GREETER if left[member.id] > 0 else SPENT_GREETER)
        if member.id in left
        else NEWCOMER
        if member.newcomer(now)
        else VETERAN
        if member.veteran(now)
        else NO_ROLE
        for member in circumstances.members
    ]
    # Among newcomers alone there is nobody to prefer.
    return roles if NEWCOMER in roles and set(roles) != {NEWCOMER} else [NO_ROLE] * len(roles)


def spoken(members: Sequence[Member]) -> list[int] | None:
    """The languages of each as bits, 0 where they did not say; None where there are too many for that."""
    bits = {code: 1 << place for place, code in enumerate(sorted({c for m in members for c in m.languages}))}
    if len(bits) > LANGUAGES:
        return None
    return [sum(bits[code] for code in set(member.languages)) for member in members]


def _ruled(circumstances: Circumstances) -> Problem:
    """What parts members besides wishes, as arrays."""
    members = circumstances.members
    speaks = spoken(members)
    teams = {team: number for number, team in enumerate(sorted({m.team for m in members if m.team}))}
    return problem(
        len(members),
        forbidden=() if speaks is not None else speechless(members),
        speaks=speaks,
        team=[teams[member.team] if member.team else -1 for member in members],
        waking=[_waking(circumstances, member) for member in members] or None,
        team_hard=circumstances.other_teams,
        hours_hard=circumstances.common_hour,
    )


def allowing(circumstances: Circumstances) -> Callable[[Collection[MemberId]], bool]:
    """Whether members may be introduced together, wishes aside: they share a language, and what the convener
    asked for.
    """
    index = {member.id: place for place, member in enumerate(circumstances.members)}
    ruled = _ruled(circumstances)
    hard, speechless_pairs = rules(ruled), {tuple(sorted(two)) for two in ruled.forbidden.tolist()}

    def allow(together: Collection[MemberId]) -> bool:
        places = tuple(sorted(index[member] for member in together if member in index))
        return hard.allow(places) and not any(two in speechless_pairs for two in combinations(places, 2))

    return allow


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


def acquaintances(circumstances: Circumstances) -> Circles:
    """Whom everyone knows, for what a round may say of it."""
    return circles_of(circumstances.ties, circumstances.past, asked=circumstances.distance)


def describe(
    circumstances: Circumstances,
    group: Sequence[Member],
    *,
    tied: Collection[Pair],
    circles: Circles,
    seed: bytes,
) -> Group:
    """Who has the first word in a group, and what is true between its members."""
    order = sorted(
        group,
        key=lambda member: (circumstances.participations[member.id].opened, ticket(seed, member.id)),
    )
    pairs = [pair(a.id, b.id) for a, b in combinations(group, 2)]
    met = [circumstances.past[key] for key in pairs if key in circumstances.past]
    acquainted = bool(met) or any(key in tied for key in pairs)
    teams = [member.team for member in group]
    return Group(
        members=tuple(member.id for member in order),
        opener=order[0].id,
        met_before=max((past.times for past in met), default=0),
        last_met=max((past.last for past in met), default=None),
        acquainted=acquainted,
        hours=min(
            (
                overlap_hours(circumstances.zone_of(a), circumstances.zone_of(b), circumstances.now.date())
                for a, b in combinations(group, 2)
            ),
            default=None,
        ),
        crosses_teams=all(teams) and len(set(teams)) == len(teams),
        in_common=None if acquainted else as_asked(pairs, circles, asked=circumstances.distance),
        greeter=_greeter(circumstances, order),
    )


def _greeter(circumstances: Circumstances, group: Sequence[Member]) -> MemberId | None:
    """Who of a group welcomes a newcomer in it."""
    greeters = [member.id for member in group if member.id in circumstances.greeters]
    others = [member for member in group if member.id not in circumstances.greeters]
    new = any(member.newcomer(circumstances.now) for member in others)
    return greeters[0] if greeters and new else None


def exhausted(circumstances: Circumstances, *, season: int) -> bool:
    """Whether everyone has been introduced to everyone they may meet, once for each season so far."""
    index = {member.id for member in circumstances.members}
    if len(index) > ALL_INTRODUCED:
        return False
    done = {key for key, past in circumstances.past.items() if past.times >= season}
    done |= circumstances.apart | _parted(circumstances)
    here = sum(1 for one, other in done if one in index and other in index)
    return len(index) > 1 and here == len(index) * (len(index) - 1) // 2


def _parted(circumstances: Circumstances) -> set[Pair]:
    members, ruled = circumstances.members, _ruled(circumstances)
    by_rule = zip(*rules(ruled).among(len(members)).nonzero(), strict=True)
    return {pair(members[one].id, members[other].id) for one, other in (*by_rule, *ruled.forbidden.tolist())}


def _waking(circumstances: Circumstances, member: Member) -> tuple[float, float]:
    """Open hours as hours UTC, 0 to 24; a start after its end runs over midnight."""
    zone = zone_named(circumstances.zone_of(member))
    offset = circumstances.now.astimezone(zone).utcoffset() or timedelta()
    shift = offset.total_seconds() / 3600
    return ((OPENS.hour - shift) % 24, (CLOSES.hour - shift) % 24)
