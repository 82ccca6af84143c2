"""Two who are never to be introduced to each other again: from this moment on, on every path."""

from dataclasses import replace
from datetime import datetime

from bot.compose import FIRST_WORDS
from bot.domain.delivery import DeliveryState
from bot.domain.ids import MemberId
from bot.domain.member import KeepApart, Member
from bot.domain.partnership import PartnershipState
from bot.domain.round import IntroductionState
from bot.ports import UnitOfWork

RECENT = 20
"""Introductions of someone that may still be on their way: one a week at most, so this is ample."""

PAIR = 2

UNDECIDED = frozenset({IntroductionState.PROPOSED, IntroductionState.MADE})


async def part(work: UnitOfWork, author: Member, other: Member, *, now: datetime) -> bool:
    """Note the author's wish and take back what is on its way; False: it was noted before."""
    trace = work.community.trace(other.external_id)
    if any(wish.trace == trace for wish in await work.keep_aparts.of_author(author.id)):
        return False
    await work.keep_aparts.add(
        KeepApart(
            community_id=work.community.id,
            author=author.id,
            other=other.id,
            trace=trace,
            at=now,
        )
    )
    await _take_back(work, author.id, other.id)
    await _leave_partnerships(work, author.id, other.id)
    return True


async def _take_back(work: UnitOfWork, one: MemberId, other: MemberId) -> None:
    """An introduction of the two that is still on its way does not go out; the engine makes it anew."""
    for introduction in await work.introductions.of_member(one, limit=RECENT):
        if other in introduction.members and introduction.state in UNDECIDED:
            on_its_way = await work.deliveries.of_introduction(introduction.id)
            if any(each.kind in FIRST_WORDS and each.state is DeliveryState.QUEUED for each in on_its_way):
                await work.introductions.save(replace(introduction, state=IntroductionState.VOID))


async def _leave_partnerships(work: UnitOfWork, one: MemberId, other: MemberId) -> None:
    """The author is in none with the other any longer, without a word; where two are left, these go on."""
    for partnership in await work.partnerships.of_member(one):
        company = [each.member_id for each in await work.partnerships.partners(partnership.id)]
        if other not in company or partnership.state is PartnershipState.ENDED:
            continue
        if len(company) > PAIR:
            await work.partnerships.remove_partner(partnership.id, one)
        else:
            await work.partnerships.save(partnership.ended())
