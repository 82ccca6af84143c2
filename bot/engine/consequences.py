"""What follows from what became of a delivery: who is introduced now, and who hears that something failed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.compose import EXPIRED, FIRST_WORDS, UNSPEAKABLE, Apart, Composed, Mend
from bot.domain.delivery import Delivery, DeliveryKind, DeliveryState
from bot.domain.ids import DeliveryId, MemberId
from bot.engine.sent import Sent
from bot.groundwork.mending import each_alone, mend, miss
from bot.ports import UnitOfWork

OF_USE = timedelta(days=3)
"""How long a line about another message says anything to anyone."""


async def made(work: UnitOfWork, *arrived: Delivery, now: datetime) -> None:
    """The introductions have been delivered, or may have been: from this moment on they are."""
    first = [each.introduction_id for each in arrived if each.kind in FIRST_WORDS]
    await work.introductions.make(*(each for each in first if each is not None), at=now)


def remade(delivery: Delivery, became: Composed | Sent) -> bool:
    """Whether what became of it changes the introduction that it speaks of."""
    if delivery.introduction_id is None or delivery.kind not in FIRST_WORDS:
        return False
    if isinstance(became, Sent):
        return became.gone is not None or became.state is DeliveryState.DEAD
    return isinstance(became, Mend | Apart) or became in (EXPIRED, UNSPEAKABLE)


async def remake(work: UnitOfWork, delivery: Delivery, became: Composed | Sent, *, now: datetime) -> None:
    """Change that introduction: for those who are left, to each alone, or an honest word instead."""
    id, reader = delivery.introduction_id, delivery.member_id
    if id is None or not remade(delivery, became):
        return
    match became:
        case Mend():
            await mend(work, id, now=now)
        case Apart():
            await each_alone(work, id, now=now)
        case Sent(gone=gone) if gone is not None:
            await mend(work, id, now=now, gone=gone.people)
        case Sent() if reader is None:
            await each_alone(work, id, now=now)
        case Sent() if reader is not None:
            await mend(work, id, now=now, unreachable=[reader])
        case _:
            await miss(work, id, now=now)


async def concerned(work: UnitOfWork, delivery: Delivery) -> Sequence[MemberId]:
    """Whom a delivery was for, one by one; a post in a space concerns nobody by name."""
    if delivery.member_id is not None:
        return [delivery.member_id]
    if delivery.introduction_id is not None:
        introduction = await work.introductions.find(delivery.introduction_id)
        return introduction.members if introduction else []
    return []


async def give_up(work: UnitOfWork, delivery: Delivery, *, now: datetime) -> None:
    """Tell the conveners in words what could not be delivered, or may not have been, once."""
    if delivery.program_id is None or delivery.kind is DeliveryKind.GIVEN_UP:
        return
    for convener in await work.programs.conveners(delivery.program_id):
        if convener != delivery.member_id:
            await speak_of(work, delivery, DeliveryKind.GIVEN_UP, convener, now=now)


async def speak_of(
    work: UnitOfWork, delivery: Delivery, kind: DeliveryKind, member: MemberId, *, now: datetime
) -> None:
    """One line to one member about another delivery, once; no longer of use after three days."""
    await work.deliveries.add(
        Delivery(
            id=DeliveryId(work.new_id()),
            community_id=delivery.community_id,
            key=f"{kind}/{delivery.id}/{member}",
            kind=kind,
            due_at=now,
            expires_at=now + OF_USE,
            member_id=member,
            program_id=delivery.program_id,
            round_id=delivery.round_id,
            about=delivery.id,
        )
    )
