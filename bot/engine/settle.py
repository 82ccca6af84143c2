"""What became of deliveries is written down, and what follows from it is done.

What is in doubt is sent again only where the platform recognises the key; elsewhere each member concerned is
asked once, with a button that shows it.
"""

from collections.abc import Sequence
from datetime import timedelta

from bot.compose import EXPIRED, UNSPEAKABLE, Apart, Composed, Letter, Mend, Void, Wait
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.ids import CommunityId
from bot.engine.consequences import concerned, give_up, made, remake, speak_of
from bot.engine.sent import LATER, SLEPT, UNANSWERED, Sent, known, once_more
from bot.ports import Claim, Clock, Platform, Storage, UnitOfWork

LET_GO = frozenset({DeliveryKind.NUDGE, DeliveryKind.SLOTS, DeliveryKind.UNHEARD, DeliveryKind.INTERRUPTED})
"""In doubt, these are not even asked about: a reminder is not worth a second interruption."""

AGAIN = 3
"""Sends of one delivery to a platform that knows its key but never answers; then people are asked."""


class Settler:
    """Ends what the deliverer began. A claim that is no longer ours is left to whoever has it."""

    def __init__(self, *, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock

    async def settle(
        self,
        community: CommunityId,
        platform: Platform,
        unsent: Sequence[tuple[Claim, Composed]],
        sent: Sequence[Sent],
    ) -> None:
        """Of one community: write down what became of them, and do what follows from it, in one transaction.

        Lanes that were told to wait rest as a whole.
        """
        if not unsent and not sent:
            return
        async with self._storage.open_work(community) as work:
            unsent = [each for each in unsent if await self._unsent(work, *each)]
            await self._sent(work, [one for one in sent if one.state is DeliveryState.SENT])
            others = [one for one in sent if one.state is not DeliveryState.SENT]
            failed = [one for one in others if await self._failed(work, platform, one)]
            now = self._clock.now()
            for claim, what in unsent:
                await remake(work, claim.delivery, what, now=now)
            for one in failed:
                await remake(work, one.claim.delivery, one, now=now)
            await work.commit()
        for one in sent:
            if one.state is DeliveryState.QUEUED and one.reason == LATER and one.due_at:
                await self._storage.outbox.pause(community, one.claim.delivery.lane, until=one.due_at)

    async def _unsent(self, work: UnitOfWork, claim: Claim, what: Composed) -> bool:
        now, settle = self._clock.now(), work.deliveries.settle
        match what:
            case Void() if what == UNSPEAKABLE:
                ours = await settle(claim, state=DeliveryState.DEAD, reason=what.reason)
                if ours:
                    await give_up(work, claim.delivery, now=now)
                return ours
            case Void(reason=reason):
                state = DeliveryState.EXPIRED if what == EXPIRED else DeliveryState.VOID
                return await settle(claim, state=state, reason=reason)
            case Wait(until=until):
                return await settle(claim, state=DeliveryState.QUEUED, due_at=until, spent=False)
            case Mend():
                # Taken back by the mending, or composed again for those who are left.
                return await settle(claim, state=DeliveryState.QUEUED, due_at=now, spent=False)
            case Apart():
                return await settle(claim, state=DeliveryState.VOID, reason="to each alone")
            case Letter():
                return False

    async def _sent(self, work: UnitOfWork, sent: Sequence[Sent]) -> None:
        ours = await work.deliveries.sent(*((one.claim, one.room) for one in sent))
        arrived = [one.claim.delivery for one in sent if one.claim.delivery.id in ours]
        await made(work, *arrived, now=self._clock.now())

    async def _failed(self, work: UnitOfWork, platform: Platform, sent: Sent) -> bool:
        if sent.state is DeliveryState.DOUBT:
            return await self._doubted(work, platform, sent.claim, reason=sent.reason)
        again = sent.state is DeliveryState.QUEUED and once_more(sent.claim) and sent.gone is None
        ours = await work.deliveries.settle(
            sent.claim,
            state=sent.state,
            reason=UNANSWERED if again else sent.reason,
            # By when it was due it is judged whether the platform knows its key still.
            due_at=None if again else sent.due_at,
            spent=sent.reason not in (LATER, SLEPT),
        )
        if ours and sent.state is DeliveryState.DEAD:
            await give_up(work, sent.claim.delivery, now=self._clock.now())
        return ours

    async def doubt(self, community: CommunityId, platform: Platform | None, claims: Sequence[Claim]) -> None:
        """Claims of a sender that fell silent: any of them may have arrived."""
        async with self._storage.open_work(community) as work:
            for claim in claims:
                await self._doubted(work, platform, claim)
            await work.commit()

    async def _doubted(
        self, work: UnitOfWork, platform: Platform | None, claim: Claim, *, reason: str = "interrupted"
    ) -> bool:
        """It may have arrived. Again with its key where that is harmless; else ask each of them, once."""
        now = self._clock.now()
        delivery = claim.delivery
        if platform is not None and known(platform, claim, now=now) and delivery.attempts < AGAIN:
            return await work.deliveries.settle(claim, state=DeliveryState.QUEUED, reason=UNANSWERED)
        if not await work.deliveries.settle(claim, state=DeliveryState.DOUBT, reason=reason):
            return False
        await made(work, delivery, now=now)
        if delivery.kind in LET_GO:
            return True
        if delivery.lane == "space":
            # For everybody to see, so that one look tells.
            await give_up(work, delivery, now=now)
        for member in await concerned(work, delivery):
            await speak_of(work, delivery, DeliveryKind.INTERRUPTED, member, now=now)
        return True

    async def put_back(self, community: CommunityId, claims: Sequence[Claim]) -> None:
        """No such platform runs here now: nothing is lost, it waits."""
        async with self._storage.open_work(community) as work:
            for claim in claims:
                later = self._clock.now() + timedelta(minutes=10)
                await work.deliveries.settle(
                    claim,
                    state=DeliveryState.QUEUED,
                    due_at=later,
                    reason="platform not running",
                    spent=False,
                )
            await work.commit()
