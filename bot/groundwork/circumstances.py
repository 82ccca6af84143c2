"""What a round may look at, brought together from the memory."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.acquaintance import pair
from bot.domain.cadence import Wall
from bot.domain.community import Language
from bot.domain.ids import ExternalId, MemberId, PromptId
from bot.domain.member import Participation, Standing
from bot.domain.planning import Circumstances, Past, Plan, history, plan
from bot.domain.program import WELCOMES_IN, Program
from bot.domain.promises import Promises
from bot.domain.reflection import FRESH, PromptKind
from bot.ports import UnitOfWork
from bot.wording.prompts import bank


async def around(
    work: UnitOfWork, program: Program, taking_part: Sequence[Participation], *, now: datetime
) -> Circumstances:
    """The circumstances of a round for those who take part; history, wishes and ties are the community's."""
    yes = {one.member_id: one for one in taking_part}
    members = await work.members.many(yes.keys())
    ties = await work.ties.all()
    meetings = [
        (pair(met.one, met.other), Past(times=met.times, last=met.last))
        for met in await work.introductions.meetings()
    ]
    told = await lately(work, now=now)
    return Circumstances(
        now=now,
        size=program.group_size,
        zone=program.cadence.zone,
        members=tuple(members[id] for id in sorted(members)),
        participations=yes,
        apart=frozenset(
            pair(wish.author, wish.other) for wish in await work.keep_aparts.all() if wish.other is not None
        ),
        past=history(meetings, ties),
        ties=ties,
        other_teams=program.other_teams,
        common_hour=program.common_hour,
        distance=program.distance,
        greeters=await _welcomes_left(work, program, now=now),
        wants=told.wants,
        offers=told.offers,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Lately:
    """What members wrote of late for others to read, by what it says of them; newest first."""

    wants: Mapping[MemberId, Sequence[str]]
    offers: Mapping[MemberId, Sequence[str]]


async def lately(work: UnitOfWork, *, now: datetime) -> Lately:
    """Answers while they are fresh; what somebody keeps to themselves is not even looked at."""
    wants: dict[MemberId, list[str]] = defaultdict(list)
    offers: dict[MemberId, list[str]] = defaultdict(list)
    kinds: dict[PromptId | None, PromptKind | None] = {None: None}
    for told in await work.reflections.since(now - FRESH):
        if not told.fresh(now=now):
            continue
        if told.prompt_id not in kinds:
            kinds[told.prompt_id] = await _kind(work, told.prompt_id)
        kind = kinds[told.prompt_id]
        # Unasked, or to a question of the convener's: what one is busy with, as ``learning`` says.
        if kind is None or kind.learns:
            wants[told.member_id].append(told.text)
        if kind is not None and kind.helps:
            offers[told.member_id].append(told.text)
    return Lately(wants=wants, offers=offers)


async def _kind(work: UnitOfWork, id: PromptId | None) -> PromptKind | None:
    prompt = await work.prompts.find(id) if id else None
    question = bank(Language.ENGLISH).get(prompt.question) if prompt else None
    return question.kind if question else None


async def _welcomes_left(work: UnitOfWork, program: Program, *, now: datetime) -> Mapping[MemberId, int]:
    """Who welcomes newcomers, and how many each may still be introduced to."""
    greeters = await work.greeters.of_program(program.id)
    if not greeters:
        return {}
    welcomed = await work.introductions.welcomed(since=now - WELCOMES_IN)
    return {one.member_id: max(0, one.welcomes - welcomed.get(one.member_id, 0)) for one in greeters}


async def promises_of(work: UnitOfWork, program: Program, members: Collection[MemberId]) -> Promises:
    """What makes the program's deliveries to these members, each at an hour that is open where they live."""
    people = await work.members.many(members)
    return Promises(
        program=program,
        zones={id: member.zone for id, member in people.items() if member.zone},
        new_id=work.new_id,
    )


ONE_A_WEEK = timedelta(days=6)
"""One introduction a week at most, over all programs; a day of grace for two hours of the day."""


async def taking_part(
    work: UnitOfWork,
    program: Program,
    *,
    at: datetime,
    present: frozenset[ExternalId] | None,
    spend: bool = False,
) -> tuple[Sequence[Participation], Sequence[Participation]]:
    """Who is to be introduced in the round to come, and who of the active rests; ``spend`` uses skips up."""
    active = [
        yes
        for yes in await work.participations.of_program(program.id)
        if yes.standing is Standing.ACTIVE
        or (yes.standing is Standing.PAUSED and yes.wake_at is not None and yes.wake_at <= at)
    ]
    members = await work.members.many({yes.member_id for yes in active})
    elsewhere = await work.rounds.seated_since(at - ONE_A_WEEK, besides=program.id)
    here: list[Participation] = []
    resting: list[Participation] = []
    skipped: list[Participation] = []
    for yes in active:
        member = members[yes.member_id]
        if present is not None and member.external_id not in present:
            continue
        if yes.skips_next:
            skipped.append(replace(yes, skips_next=False))
            resting.append(yes)
        elif (
            yes.last_round and program.rounds + 1 - yes.last_round < member.rhythm.rounds
        ) or yes.member_id in elsewhere:
            resting.append(yes)
        else:
            here.append(yes)
    if spend and skipped:
        await work.participations.save_all(skipped)
    return here, resting


async def still_waiting(work: UnitOfWork, program: Program) -> Sequence[Participation]:
    """Who said yes, has met nobody yet, and would wait too long for the next round."""
    return [
        yes
        for yes in await work.participations.of_program(program.id)
        if yes.standing is Standing.ACTIVE and yes.wake_at is not None
    ]


async def companions(
    work: UnitOfWork,
    program: Program,
    waiting: Sequence[Participation],
    *,
    now: datetime,
    present: frozenset[ExternalId] | None,
) -> Sequence[Participation]:
    """Those who wait, with whom each of them would meet if everyone were free who had nobody this week."""
    here, _ = await taking_part(work, program, at=now, present=present)
    recent = {
        round.number
        for round in await work.rounds.latest(program.id, limit=RECENT_ROUNDS)
        if round.opens_at > now - ONE_A_WEEK and round.number
    }
    them = {yes.member_id for yes in waiting}
    here = [yes for yes in here if yes.member_id in them or yes.last_round not in recent]
    circumstances = await around(work, program, here, now=now)
    seed = work.community.seed(program=program.id, wall=Wall(now.isoformat()))
    chosen: set[MemberId] = set()
    for group in plan(circumstances, seed=seed).groups:
        # Those who wait; besides them no more than it takes, and a greeter first.
        wait = [member for member in group.members if member in them]
        free = sorted(set(group.members) - them, key=lambda member: (member != group.greeter, member))
        if wait:
            chosen.update(wait, free[: max(0, program.group_size - len(wait))])
    return [yes for yes in here if yes.member_id in chosen]


RECENT_ROUNDS = 8
"""More than a week can hold."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Foresight:
    """The next round as it would be with today's roster."""

    at: datetime
    circumstances: Circumstances
    plan: Plan
    resting: int


async def foresee(work: UnitOfWork, program: Program, *, now: datetime) -> Foresight | None:
    """Play the next round with its own seed, writing nothing; None when no round is planned."""
    if program.next_wall is None or program.next_at is None:
        return None
    at = max(now, program.next_at)
    here, resting = await taking_part(work, program, at=at, present=None)
    circumstances = await around(work, program, here, now=at)
    seed = work.community.seed(program=program.id, wall=program.next_wall)
    return Foresight(
        at=at, circumstances=circumstances, plan=plan(circumstances, seed=seed), resting=len(resting)
    )
