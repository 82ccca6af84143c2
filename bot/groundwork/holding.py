"""One round: its slot, who waits for it, who meets whom in it with which words, and what each is told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.domain.cadence import Wall, rhythm_of, zone_named
from bot.domain.delivery import Delivery, DeliveryKind
from bot.domain.ids import IntroductionId, MemberId, RoundId
from bot.domain.member import WITHIN, Participation, Standing, looked_after_at
from bot.domain.planning import Plan, plan, ticket
from bot.domain.program import RESPITE, SMALL, Program
from bot.domain.promises import Promises
from bot.domain.round import UNDER_WAY, Introduction, Round, RoundState, Seat
from bot.domain.seasons import counted
from bot.domain.steps import AFTERWARDS, digests_at, wakes_at
from bot.groundwork.circumstances import around, promises_of
from bot.matching import ENGINE, pack
from bot.ports import UnitOfWork
from bot.wording.phrases import Level, choose, latest


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """The moment of a round, and its end."""

    wall: Wall
    opens_at: datetime
    closes_at: datetime
    missed: int = 0
    """Rounds before it that fell into an outage."""


A_DAY = timedelta(days=1)


async def under_way(work: UnitOfWork, program: Program, *, now: datetime) -> Round | None:
    """The round of this program that still runs, if any: two never run side by side."""
    return next(
        (
            round
            for round in await work.rounds.latest(program.id, limit=2)
            if round.state in UNDER_WAY and round.closes_at > now
        ),
        None,
    )


def slot_from(program: Program, *, wall: Wall, opens_at: datetime, missed: int = 0) -> Slot:
    following = program.cadence.next_after(opens_at)
    if following is not None and following[1] - opens_at < RESPITE:
        following = program.cadence.next_after(following[1])
    closes_at = following[1] if following else opens_at + timedelta(days=7)
    return Slot(wall=wall, opens_at=opens_at, closes_at=closes_at, missed=missed)


def wall_at(program: Program, now: datetime) -> Wall:
    """The slot of a round that is opened besides the rhythm."""
    local = now.astimezone(zone_named(program.cadence.zone)).replace(tzinfo=None)
    return Wall(local.isoformat(timespec="minutes"))


def begun(work: UnitOfWork, program: Program, slot: Slot) -> Round:
    return Round(
        id=RoundId(work.new_id()),
        community_id=work.community.id,
        program_id=program.id,
        wall=slot.wall,
        number=0,
        state=RoundState.QUIET,
        opens_at=slot.opens_at,
        closes_at=slot.closes_at,
        wake_at=None,
        seed=work.community.seed(program=program.id, wall=slot.wall),
        engine=ENGINE,
    )


async def keep_waiting(work: UnitOfWork, program: Program, *, now: datetime) -> None:
    """No round took place: who has not met anyone since they said yes is looked after before the next one."""
    for yes in await work.participations.of_program(program.id):
        if yes.standing is Standing.ACTIVE and now - yes.since < WITHIN + A_DAY:
            met = await work.introductions.of_member(yes.member_id, limit=1)
            at = looked_after_at(yes, next_at=program.next_at, now=now)
            if at is not None and not any(one.due_at >= yes.since for one in met):
                await work.participations.save(replace(yes, wake_at=at))


async def hold(
    work: UnitOfWork,
    program: Program,
    round: Round,
    here: Sequence[Participation],
    promises: Promises,
    *,
    now: datetime,
) -> Round:
    circumstances = await around(work, program, here, now=now)
    planned = plan(circumstances, seed=round.seed)
    round = replace(
        round,
        number=program.rounds + 1,
        state=RoundState.INTRODUCED if planned.groups else RoundState.QUIET,
        inputs=pack(planned.problem, [member.id for member in circumstances.members]),
    )
    round = replace(round, wake_at=wakes_at(round, zone=program.cadence.zone))
    program, announced = counted(program, circumstances, promises, round, now=now)
    await work.rounds.add(round)
    await work.programs.save(program)

    introductions = await _introductions(work, planned, round, promises, now=now)
    await work.introductions.add_all(introductions)
    seated = {member: one.id for one in introductions for member in one.members}
    await work.rounds.add_seats(
        [
            Seat(
                round_id=round.id,
                member_id=yes.member_id,
                community_id=work.community.id,
                introduction_id=seated.get(yes.member_id),
                why_not=planned.alone.get(yes.member_id),
            )
            for yes in here
        ]
    )
    await work.participations.save_all(_remembered(here, introductions, round, size=program.group_size))
    sent: list[Delivery] = [*announced]
    for introduction in introductions:
        sent.extend(promises.introduction(introduction, round, at=now))
    sent.extend(
        promises.honest(DeliveryKind.NOBODY, member, round, at=now, about=round.id)
        for member in planned.alone
    )
    if planned.groups:
        sent.extend(_digests(promises, round))
    await work.deliveries.add(*sent)
    if not planned.groups:
        await tell_conveners(work, promises, DeliveryKind.QUIET, at=now, about=round.id)
    if 0 < len(here) < SMALL and rhythm_of(program.cadence) == "weekly":
        await tell_conveners(work, promises, DeliveryKind.SMALL, at=now, about=program.id)
    return round


def _digests(promises: Promises, round: Round) -> Sequence[Delivery]:
    """In a round of weeks, what was released comes back each week: where nothing was, nothing is said."""
    return [
        promises.to_space(
            DeliveryKind.HARVEST, at=at, about=f"{round.id}/{week}", round=round, expires_at=at + AFTERWARDS
        )
        for week, at in enumerate(digests_at(round), start=1)
    ]


async def _introductions(
    work: UnitOfWork, planned: Plan, round: Round, promises: Promises, *, now: datetime
) -> list[Introduction]:
    everyone = [member for group in planned.groups for member in group.members]
    heard = await work.introductions.heard(everyone)
    made: list[Introduction] = []
    said: list[tuple[MemberId, str]] = []
    first = ticket(round.seed, MemberId(round.wall))
    for turn, group in enumerate(planned.groups):
        before = latest(heard.get(member, {}) for member in group.members)
        # In turn, from where chance begins: neighbours of one round do not all say the same.
        phrase = choose(Level.PRACTICE, heard=before, ticket=first + turn)
        introduction = Introduction(
            id=IntroductionId(work.new_id()),
            community_id=work.community.id,
            round_id=round.id,
            members=group.members,
            opener=group.opener,
            phrase=phrase,
            due_at=now,
            met_before=group.met_before,
            last_met=group.last_met.date() if group.last_met else None,
            acquainted=group.acquainted,
            hours=group.hours,
            crosses_teams=group.crosses_teams,
            in_common=group.in_common,
            unavoidable=planned.proved and group.met_before > 0,
            greeter=group.greeter,
        )
        made.append(promises.placed(introduction, at=now))
        said.extend((member, phrase) for member in group.members)
    await work.introductions.hear_all(said, at=now)
    return made


def _remembered(
    here: Sequence[Participation], introductions: Sequence[Introduction], round: Round, *, size: int
) -> list[Participation]:
    """What fairness must know at the next round."""
    openers = {one.opener for one in introductions}
    seated = {member: len(one.members) for one in introductions for member in one.members}
    return [
        replace(
            yes,
            last_round=round.number,
            first_next=yes.member_id not in seated,
            left_out=yes.left_out + (yes.member_id not in seated),
            trios=yes.trios + (seated.get(yes.member_id, size) != size),
            opened=yes.opened + (yes.member_id in openers),
        )
        for yes in here
    ]


async def promises_for(work: UnitOfWork, program: Program, here: Sequence[Participation]) -> Promises:
    conveners = await work.programs.conveners(program.id)
    return await promises_of(work, program, {*conveners, *(yes.member_id for yes in here)})


async def tell_conveners(
    work: UnitOfWork,
    promises: Promises,
    kind: DeliveryKind,
    *,
    at: datetime,
    about: str,
    round: Round | None = None,
) -> None:
    await work.deliveries.add(
        *(
            promises.to_member(kind, convener, at=at, about=about, round=round)
            for convener in await work.programs.conveners(promises.program.id)
        )
    )
