"""Opening a round: who meets whom, who speaks first, with which phrase, and what each is told."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.circumstances import around, promises_of, taking_part
from bot.domain.cadence import Wall, rhythm_of, zone_named
from bot.domain.delivery import Delivery, DeliveryKind
from bot.domain.ids import CommunityId, ExternalId, IntroductionId, MemberId, ProgramId, RoundId
from bot.domain.member import Participation
from bot.domain.planning import Circumstances, Plan, exhausted, plan, ticket
from bot.domain.program import RESPITE, SEASON_ROUNDS, SMALL, Program, ProgramState
from bot.domain.promises import Promises
from bot.domain.round import (
    UNDER_WAY,
    Introduction,
    Lateness,
    Round,
    RoundState,
    Seat,
    lateness,
)
from bot.domain.steps import AFTERWARDS, digests_at, wakes_at
from bot.errors import Refusal
from bot.matching import ENGINE, pack
from bot.messages import Ask, Given, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.reception import language_of, program_asked, require_convener
from bot.wording import replies
from bot.wording.phrases import Level, choose, latest
from bot.wording.voice import say


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """The moment of a round, and its end."""

    wall: Wall
    opens_at: datetime
    closes_at: datetime
    missed: int = 0
    """Rounds before it that fell into an outage."""


async def open_round(
    open_work: OpenWork,
    community: CommunityId,
    program_id: ProgramId,
    *,
    now: datetime,
    present: frozenset[ExternalId] | None = None,
) -> Round | None:
    """Open the program's round that is due, once; None when none is.

    ``present``: who is in the space now, as the platform said a moment ago; None: not known, everyone counts.
    """
    async with open_work(community) as work:
        program = await work.programs.get(program_id)
        if program.state is not ProgramState.RUNNING or program.next_at is None or program.next_at > now:
            return None
        if program.next_wall is None or await under_way(work, program, now=now):
            return None
        due = program.cadence.latest_until(now, not_before=program.next_wall)
        if due is None:
            return None
        slot = _slot(program, wall=due.wall, opens_at=due.moment, missed=due.passed_over)
        opened = await _open(work, program, slot, now=now, present=present)
        await work.commit()
        return opened


async def open_now(
    open_work: OpenWork,
    community: CommunityId,
    program_id: ProgramId,
    *,
    now: datetime,
    present: frozenset[ExternalId] | None = None,
) -> tuple[Round, int]:
    """An operator opens a round by hand; returns it and how many introductions it makes: none, none held.

    Raises Refusal while a round is under way, or when the program is paused.
    """
    async with open_work(community) as work:
        program = await work.programs.get(program_id)
        opened, made = await _by_hand(work, program, now=now, present=present)
        if made:
            await work.commit()
        return opened, made


async def _by_hand(
    work: UnitOfWork, program: Program, *, now: datetime, present: frozenset[ExternalId] | None
) -> tuple[Round, int]:
    if program.state is not ProgramState.RUNNING:
        raise Refusal("program_paused")
    running = await under_way(work, program, now=now)
    if running is not None:
        raise Refusal("round_running", day=running.closes_at.date().isoformat())
    local = now.astimezone(zone_named(program.cadence.zone)).replace(tzinfo=None)
    slot = _slot(program, wall=Wall(local.isoformat(timespec="minutes")), opens_at=now)
    opened = await _open(work, program, slot, now=now, present=present)
    return opened, len(await work.introductions.of_round(opened.id))


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


def _slot(program: Program, *, wall: Wall, opens_at: datetime, missed: int = 0) -> Slot:
    following = program.cadence.next_after(opens_at)
    if following is not None and following[1] - opens_at < RESPITE:
        following = program.cadence.next_after(following[1])
    closes_at = following[1] if following else opens_at + timedelta(days=7)
    return Slot(wall=wall, opens_at=opens_at, closes_at=closes_at, missed=missed)


async def _open(
    work: UnitOfWork, program: Program, slot: Slot, *, now: datetime, present: frozenset[ExternalId] | None
) -> Round:
    local = slot.opens_at.astimezone(zone_named(program.cadence.zone)).date()
    aimed = program.aimed(after=slot.closes_at - timedelta(microseconds=1))
    late = lateness(now=now, opens_at=slot.opens_at, closes_at=slot.closes_at)
    seed = work.community.seed(program=program.id, wall=slot.wall)
    round = Round(
        id=RoundId(work.new_id()),
        community_id=work.community.id,
        program_id=program.id,
        wall=slot.wall,
        number=0,
        state=RoundState.QUIET,
        opens_at=slot.opens_at,
        closes_at=slot.closes_at,
        wake_at=None,
        seed=seed,
        engine=ENGINE,
    )
    if program.blackouts.contains(local):
        return await _skip(work, aimed, replace(round, state=RoundState.SKIPPED), now=now)
    here, _ = await taking_part(work, program, at=now, present=present, spend=True)
    promises = await _promises(work, aimed, here)
    if late is Lateness.TOO_LATE:
        opened = await _cancel(
            work, aimed, replace(round, state=RoundState.CANCELLED), here, promises, now=now
        )
    else:
        round = replace(round, late=late is Lateness.SHORTENED)
        opened = await _introduce(work, aimed, round, here, promises, now=now)
    if slot.missed or late is Lateness.TOO_LATE:
        await _tell_conveners(work, promises, DeliveryKind.LATE, at=now, about=opened.id, round=opened)
    return opened


async def _skip(work: UnitOfWork, program: Program, round: Round, *, now: datetime) -> Round:
    """A blackout date: the round is skipped and announced, never shifted."""
    promises = await _promises(work, program, [])
    await work.rounds.add(round)
    await work.programs.save(program)
    await work.deliveries.add(
        promises.to_space(
            DeliveryKind.SKIPPED, at=now, about=round.id, round=round, expires_at=round.closes_at
        )
    )
    return round


async def _cancel(
    work: UnitOfWork,
    program: Program,
    round: Round,
    here: Sequence[Participation],
    promises: Promises,
    *,
    now: datetime,
) -> Round:
    """Too late: everyone is told, and those concerned come first next time."""
    await work.rounds.add(round)
    await work.programs.save(program)
    await work.participations.save_all([replace(yes, first_next=True) for yes in here])
    await work.deliveries.add(
        *(
            promises.honest(DeliveryKind.CANCELLED, yes.member_id, round, at=now, about=round.id)
            for yes in here
        )
    )
    return round


async def _introduce(
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
    program, announced = _season(program, circumstances, promises, round, now=now)
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
        await _tell_conveners(work, promises, DeliveryKind.QUIET, at=now, about=round.id)
    if 0 < len(here) < SMALL and rhythm_of(program.cadence) == "weekly":
        await _tell_conveners(work, promises, DeliveryKind.SMALL, at=now, about=program.id)
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


def _season(
    program: Program, circumstances: Circumstances, promises: Promises, round: Round, *, now: datetime
) -> tuple[Program, list[Delivery]]:
    """Count the round; begin a new season when they have gone all the way round, and say so."""
    program = replace(program, rounds=round.number, season_rounds=program.season_rounds + 1)
    if not exhausted(circumstances, season=program.season) and program.season_rounds <= SEASON_ROUNDS:
        return program, []
    held = program.season_rounds - 1
    if not held:
        # The first round of a season that is over already: nothing new to begin.
        return program, []
    program = replace(program, season=program.season + 1, season_rounds=1)
    if held == 1:
        # Two or three people go round in one round: that is no news, week after week.
        return program, []
    about = f"{program.id}/{program.season}"
    told = promises.to_space(DeliveryKind.SEASON, at=now, about=about, expires_at=round.closes_at)
    # The rounds of the season that ends: their harvest goes with it.
    return program, [replace(told, subject=f"{round.number - held}-{round.number - 1}")]


async def _promises(work: UnitOfWork, program: Program, here: Sequence[Participation]) -> Promises:
    conveners = await work.programs.conveners(program.id)
    return await promises_of(work, program, {*conveners, *(yes.member_id for yes in here)})


async def _tell_conveners(
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


async def run_now(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """A convener opens a round by hand, besides the rhythm."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask)
        await require_convener(work, ask, program)
        language = await language_of(work, ask.asker)
        today = ask.now.astimezone(zone_named(program.cadence.zone)).date()
        if last := program.blackouts.last_day(today):
            return Reply(message=replies.blackouts(language, dates=[(today, last)]))
        _, made = await _by_hand(work, program, now=ask.now, present=None)
        if not made:
            # As if it had not been asked: the next round keeps its date, and nobody's skip is used up.
            return Reply(message=say("reply.run_now_quiet", language))
        await work.commit()
        return Reply(message=say("reply.run_now", language, n=made))
