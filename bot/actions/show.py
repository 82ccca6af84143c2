"""A message that may not have arrived, shown to whoever it was for."""

from dataclasses import replace

from bot.compose import shown
from bot.domain.delivery import DeliveryState
from bot.domain.ids import DeliveryId
from bot.domain.round import IntroductionState
from bot.groundwork.reception import greet
from bot.messages import Ask, Reply
from bot.ports import OpenWork
from bot.wording.voice import say


async def show(open_work: OpenWork, ask: Ask, id: DeliveryId) -> Reply:
    """*Show it*: the content on the click, to those it was for, as long as it is true. Raises Refusal."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        delivery = await work.deliveries.find(id)
        if delivery is None or delivery.state is not DeliveryState.DOUBT:
            return Reply(message=say("reply.not_needed", member.language))
        introduction = (
            await work.introductions.find(delivery.introduction_id) if delivery.introduction_id else None
        )
        readers = introduction.members if introduction else ()
        if member.id != delivery.member_id and member.id not in readers:
            return Reply(message=say("refusal.not_yours", member.language))
        if introduction is not None and introduction.state is IntroductionState.VOID:
            return Reply(message=say("refusal.gone", member.language))
        message = await shown(work, delivery, member, now=ask.now)
        if message is None:
            return Reply(message=say("reply.not_needed", member.language))
        if introduction is not None:
            await work.introductions.save(replace(introduction, touched=True))
        await work.commit()
        return Reply(message=message)
