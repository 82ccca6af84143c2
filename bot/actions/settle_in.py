"""Voisin arrives in a community: one message to whoever brought it, two steps to the first round."""

from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.delivery import Delivery, DeliveryKind
from bot.domain.ids import CommunityId, DeliveryId, ExternalId
from bot.domain.program import ProgramState
from bot.groundwork.circumstances import promises_of
from bot.groundwork.reception import greet
from bot.messages import Asker
from bot.ports import OpenWork

OF_USE = timedelta(days=3)
"""How long such a line says anything to anyone."""


async def welcome(open_work: OpenWork, community: CommunityId, installer: Asker, *, now: datetime) -> None:
    """Tell the installer how to begin; once, however often this is called."""
    async with open_work(community) as work:
        member = await greet(work, installer, now=now)
        await work.deliveries.add(
            Delivery(
                id=DeliveryId(work.new_id()),
                community_id=community,
                key=f"{DeliveryKind.INSTALLED}/{member.id}",
                kind=DeliveryKind.INSTALLED,
                due_at=now,
                member_id=member.id,
            )
        )
        await work.commit()


async def installer_leaves(
    open_work: OpenWork, community: CommunityId, installer: ExternalId, *, now: datetime
) -> None:
    """Tell every convener while there is time: a platform may take out what a leaver brought in."""
    async with open_work(community) as work:
        leaver = await work.members.find(installer)
        conveners = {
            convener
            for program in await work.programs.all()
            for convener in await work.programs.conveners(program.id)
            if leaver is None or convener != leaver.id
        }
        await work.deliveries.add(
            *(
                Delivery(
                    id=DeliveryId(work.new_id()),
                    community_id=community,
                    key=f"{DeliveryKind.INSTALLER_LEFT}/{now.date()}/{convener}",
                    kind=DeliveryKind.INSTALLER_LEFT,
                    due_at=now,
                    expires_at=now + OF_USE,
                    member_id=convener,
                )
                for convener in sorted(conveners)
            )
        )
        await work.commit()


async def space_closed(
    open_work: OpenWork, community: CommunityId, external_id: ExternalId, *, now: datetime
) -> None:
    """A space is closed, or Voisin was taken out of it: its program rests, and conveners hear why."""
    async with open_work(community) as work:
        space = await work.spaces.find(external_id)
        program = await work.programs.in_space(space.id) if space else None
        if program is None or program.state is not ProgramState.RUNNING:
            return
        await work.programs.save(replace(program, state=ProgramState.PAUSED))
        conveners = await work.programs.conveners(program.id)
        promises = await promises_of(work, program, conveners)
        await work.deliveries.add(
            *(
                promises.to_member(
                    DeliveryKind.SPACE_CLOSED,
                    convener,
                    at=now,
                    about=f"{program.id}/{now.date()}",
                    expires_at=now + OF_USE,
                )
                for convener in conveners
            )
        )
        await work.commit()


async def space_renamed(
    open_work: OpenWork, community: CommunityId, external_id: ExternalId, name: str
) -> None:
    """A space is called otherwise."""
    async with open_work(community) as work:
        space = await work.spaces.find(external_id)
        if space is not None:
            await work.spaces.save(replace(space, name=name))
            await work.commit()


async def welcome_admin(open_work: OpenWork, community: CommunityId, admin: Asker, *, now: datetime) -> None:
    """The same for an admin who comes by while nothing is set up: where nobody says who installed it."""
    async with open_work(community) as work:
        begun = bool(await work.programs.all())
    if not begun:
        await welcome(open_work, community, admin, now=now)
