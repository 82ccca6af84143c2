"""An introduction that cannot go out as it was made: anew for who is left, to each alone, or not at all.

Done in the transaction that says what became of its delivery: a death in between would leave them in silence.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from bot.domain.delivery import DeliveryKind
from bot.domain.ids import ExternalId, IntroductionId, MemberId
from bot.domain.member import Standing
from bot.domain.round import Introduction, IntroductionState
from bot.groundwork.circumstances import promises_of
from bot.groundwork.departure import take_out
from bot.groundwork.placement import Turn, put_first, seek
from bot.ports import UnitOfWork


async def mend(
    work: UnitOfWork,
    id: IntroductionId,
    *,
    now: datetime,
    gone: Collection[ExternalId] = (),
    unreachable: Collection[MemberId] = (),
) -> None:
    """Someone of it is no longer there, and nothing that names them is sent.

    ``gone``: whom the platform does not know any more; they leave the program. ``unreachable``: whom this
    message could not reach.
    """
    introduction = await work.introductions.find(id)
    if introduction is None:
        return
    turn = await _turn(work, introduction)
    lost = await _lost(turn, introduction, gone) | set(unreachable)
    seats = {seat.member_id: seat for seat in await work.rounds.seats(turn.round.id)}
    stranded = [
        member
        for member, seat in seats.items()
        if seat.introduction_id == introduction.id and member not in lost
    ]
    if not lost and introduction.state is not IntroductionState.VOID:
        return
    for member in lost & seats.keys():
        await work.rounds.save_seat(replace(seats[member], introduction_id=None, bowed_out=True))
    if await take_out(turn, introduction, lost, now=now) is None:
        for member in stranded:
            await work.rounds.save_seat(replace(seats[member], introduction_id=None))
        for member in stranded:
            seat = await work.rounds.seat(turn.round.id, member)
            # Of three of whom one was erased, the first may have found the second.
            if seat is not None and seat.introduction_id is None:
                await seek(turn, member, after=introduction, now=now)


async def each_alone(work: UnitOfWork, id: IntroductionId, *, now: datetime) -> None:
    """Their shared conversation cannot be had, so each gets the introduction alone."""
    introduction = await work.introductions.find(id)
    if introduction is None or introduction.state is IntroductionState.VOID or not introduction.shared:
        return
    turn = await _turn(work, introduction)
    apart = replace(introduction, shared=False)
    await work.introductions.save(apart)
    promises = await promises_of(work, turn.program, apart.members)
    await work.deliveries.add(*promises.introduction(apart, turn.round, at=now))


async def miss(work: UnitOfWork, id: IntroductionId, *, now: datetime) -> None:
    """It could not go out in time, or at all: each gets an honest word and comes first next time."""
    introduction = await work.introductions.find(id)
    if introduction is None or introduction.state is not IntroductionState.PROPOSED:
        return
    turn = await _turn(work, introduction)
    await take_out(turn, introduction, introduction.members, now=now)
    for member in introduction.members:
        await put_first(turn, member, kind=DeliveryKind.CANCELLED, about=introduction.id, now=now)


async def _turn(work: UnitOfWork, introduction: Introduction) -> Turn:
    """The round in which it was made."""
    round = await work.rounds.get(introduction.round_id)
    return Turn(work=work, program=await work.programs.get(round.program_id), round=round)


async def _lost(turn: Turn, introduction: Introduction, gone: Collection[ExternalId]) -> set[MemberId]:
    """Who of the introduction is no longer there; whom the platform cannot reach leaves the program."""
    work = turn.work
    members = await work.members.many(introduction.members)
    lost = {member for member in introduction.members if member not in members}
    for id, member in members.items():
        yes = await work.participations.find(turn.program.id, id)
        if yes is not None and member.external_id in gone:
            await work.participations.save(yes.left())
        if yes is None or yes.standing is not Standing.ACTIVE or member.external_id in gone:
            lost.add(id)
    return lost
