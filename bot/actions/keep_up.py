"""What a platform tells of its people: they move, are called otherwise, leave the space, or are gone."""

from datetime import datetime

from bot.domain.ids import CommunityId, ExternalId
from bot.domain.member import Member, Participation, Standing
from bot.groundwork.departure import departs
from bot.groundwork.reception import described
from bot.messages import Asker
from bot.ports import OpenWork, UnitOfWork


async def changed(open_work: OpenWork, community: CommunityId, asker: Asker) -> None:
    """Somebody has another name, zone, language or standing; of strangers to Voisin nothing is kept."""
    async with open_work(community) as work:
        member = await work.members.find(asker.external_id)
        if member is None:
            return
        await work.members.save(described(member, asker))
        if asker.guest:
            # Guests look after nothing; where no convener is left, the admins do.
            await _no_longer_convenes(work, member)
        await work.commit()


async def gone(open_work: OpenWork, community: CommunityId, person: ExternalId, *, now: datetime) -> None:
    """Somebody's account is closed: they take part in nothing any more. Nobody is told why."""
    async with open_work(community) as work:
        member = await work.members.find(person)
        if member is None:
            return
        for yes in await work.participations.of_member(member.id):
            await _ends(work, yes, reason="no longer in the community", now=now)
        await work.deliveries.void(member=member.id, reason="no longer in the community")
        await _no_longer_convenes(work, member)
        await work.commit()


async def left_space(
    open_work: OpenWork, community: CommunityId, person: ExternalId, space: ExternalId, *, now: datetime
) -> None:
    """Somebody left the space of a program, and with it the program: silently, until they say yes again."""
    async with open_work(community) as work:
        member, where = await work.members.find(person), await work.spaces.find(space)
        program = await work.programs.in_space(where.id) if where else None
        yes = await work.participations.find(program.id, member.id) if program and member else None
        if yes is not None:
            await _ends(work, yes, reason="left the space", now=now)
            await work.commit()


async def _ends(work: UnitOfWork, yes: Participation, *, reason: str, now: datetime) -> None:
    if yes.standing is not Standing.LEFT:
        await work.participations.save(yes.left())
        await departs(work, await work.programs.get(yes.program_id), yes.member_id, now=now)
        await work.deliveries.void(member=yes.member_id, program=yes.program_id, reason=reason)


async def _no_longer_convenes(work: UnitOfWork, member: Member) -> None:
    for program in await work.programs.all():
        await work.programs.remove_convener(program.id, member.id)
