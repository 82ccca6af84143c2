"""What follows from what became of a delivery: who is introduced now, and who hears that something failed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.compose import FIRST_WORDS
from bot.domain.delivery import Delivery, DeliveryKind
from bot.domain.ids import DeliveryId, MemberId
from bot.ports import UnitOfWork

OF_USE = timedelta(days=3)
"""How long a line about another message says anything to anyone."""


async def made(work: UnitOfWork, *arrived: Delivery, now: datetime) -> None:
    """The introductions have been delivered, or may have been: from this moment on they are."""
    first = [each.introduction_id for each in arrived if each.kind in FIRST_WORDS]
    await work.introductions.make(*(each for each in first if each is not None), at=now)


async def concerned(work: UnitOfWork, delivery: Delivery) -> Sequence[MemberId]:
    """Whom a delivery was for, one by one; a post in a space concerns nobody by name."""
    if delivery.member_id is not None:
        return [delivery.member_id]
    if delivery.introduction_id is not None:
        introduction = await work.introductions.find(delivery.introduction_id)
        return introduction.members if introduction else []
    return []


async def give_up(work: UnitOfWork, delivery: Delivery, *, now: datetime) -> None:
    """Tell the conveners in words what could not be delivered, once."""
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
