"""The outbox keeps its word: claim → compose → send with nothing open → settle.

A delivery is marked as sending before the platform is called, so that a death at any instant leaves a doubt
and never a second message. What is in doubt is sent again only where the platform recognises the key;
elsewhere each member concerned is asked once, with a button that shows it.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from bot.actions import rematch
from bot.compose import EXPIRED, FIRST_WORDS, Apart, Composed, Letter, Mend, Void, Wait, compose, foresee
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.ids import CommunityId, ExternalId
from bot.engine.consequences import concerned, give_up, made, speak_of
from bot.engine.pulse import Pulse
from bot.engine.sent import LATER, SLEPT, Sent, failed
from bot.engine.serving import Batch, Serving
from bot.errors import PlatformError, Unknown
from bot.messages import Circle
from bot.ports import Claim, Clock, Platform, Storage, UnitOfWork

log = structlog.get_logger()

LET_GO = frozenset({DeliveryKind.NUDGE, DeliveryKind.SLOTS, DeliveryKind.UNHEARD, DeliveryKind.INTERRUPTED})
"""In doubt, these are not even asked about: a reminder is not worth a second interruption."""

AGAIN = 3
"""Sends of one delivery to a platform that knows its key but never answers; then people are asked."""

LONGEST, LOOKS = 4, 20
"""Communities with the longest queues that are fed all the time, and after how many batches one looks again
which those are."""


class Deliverer:
    """Takes what is due and brings it to the platforms.

    A community whose platform has not answered after ``slow`` is left to itself, and gets nothing more until
    it has, but for those with the longest queues, whose platforms' pace is all that they wait for; None: a
    batch is waited for whole.
    """

    def __init__(
        self,
        *,
        storage: Storage,
        platforms: Mapping[str, Platform],
        clock: Clock,
        owner: str,
        batch: int,
        lease: timedelta,
        slow: timedelta | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        pulse: Pulse | None = None,
    ) -> None:
        self._storage = storage
        self._platforms = platforms
        self._clock = clock
        self._owner = owner
        self._batch = batch
        self._lease = lease
        self._slow = None if slow is None else slow.total_seconds()
        self._monotonic = monotonic
        self._pulse = pulse or Pulse()
        self._sending: set[asyncio.Task[object]] = set()
        self._serving = Serving(enough=batch, slow=self._slow, monotonic=monotonic)
        self._longest: Sequence[CommunityId] = ()
        self._beats = 0
        self._was_cut = False

    async def deliver(self) -> int:
        """Send a batch of what is due now; returns how many deliveries were taken up.

        Communities do not wait for each other: trouble in one is raised when its batch has ended.
        """
        taken = await self._take(self._batch, besides=self._serving.communities)
        if self._slow is not None and self._serving:
            taken += await self._feed_the_longest()
        if taken:
            await self._serving.make_room()
        else:
            await self._serving.one_ended()
        return taken

    async def finish(self) -> int:
        """Wait for those that were slow to answer; returns how many there were."""
        return await self._serving.ended()

    async def abandon(self) -> None:
        """Leave what has no answer yet as it is: its lease runs out, and it is in doubt."""
        await self._serving.abandon()

    async def _feed_the_longest(self) -> int:
        """Whoever has the most to send decides when everyone has heard: its platform never waits for us."""
        if self._beats % LOOKS == 0:
            self._longest = await self._storage.outbox.longest(
                now=self._clock.now(), limit=LONGEST, least=self._batch
            )
        self._beats += 1
        hungry = [each for each in self._longest if self._serving.in_hand(each) <= self._batch // 2]
        return await self._take(-(-self._batch // 4) * len(hungry), among=hungry) if hungry else 0

    async def _take(
        self,
        limit: int,
        *,
        among: Collection[CommunityId] | None = None,
        besides: Collection[CommunityId] = (),
    ) -> int:
        since = self._monotonic()
        claims = await self._storage.outbox.claim(
            now=self._clock.now(),
            owner=self._owner,
            limit=limit,
            lease=self._lease,
            among=among,
            besides=besides,
        )
        for community, theirs in _by_community(claims):
            batch = Batch(community=community, since=since, left=len(theirs))
            self._serving.begin(batch, self._deliver(batch, theirs))
        return len(claims)

    def cut(self) -> None:
        """Wait for no platform any longer: what has no answer yet is in doubt, and settled as such."""
        self._was_cut = True
        for task in self._sending:
            task.cancel()

    async def resolve(self) -> int:
        """Settle what was left in doubt by a sender that fell silent; returns how many."""
        lapsed = await self._storage.outbox.lapsed()
        for community, theirs in _by_community(lapsed):
            platform = await self._platform(community)
            async with self._storage.open_work(community) as work:
                for claim in theirs:
                    await self._doubted(work, platform, claim)
                await work.commit()
        return len(lapsed)

    # ── One community's batch ───────────────────────────────────────────────────────────────────────

    async def _deliver(self, batch: Batch, claims: Sequence[Claim]) -> None:
        community = batch.community
        platform = await self._platform(community)
        if platform is None:
            await self._put_back(community, claims)
            return
        composed, address = await self._compose(community, claims, aside=platform.aside)
        if any(isinstance(what, Mend) for _, what in composed):
            # Whoever lost a neighbour may be added to one of the others: those wait, and are composed again.
            now = self._clock.now()
            composed = [
                (claim, Wait(until=now) if isinstance(what, Letter) else what) for claim, what in composed
            ]
        letters = [(claim, what) for claim, what in composed if isinstance(what, Letter)]
        batch.left = len(letters)
        sent = await asyncio.gather(
            *(self._send(platform, address, claim, letter, batch=batch) for claim, letter in letters)
        )
        self._pulse.sends.update((platform.name, one.outcome) for one in sent)
        async with self._storage.open_work(community) as work:
            for claim, what in composed:
                await self._settle_unsent(work, claim, what)
            await self._settle_sent(work, [one for one in sent if one.state is DeliveryState.SENT])
            for outcome in sent:
                if outcome.state is not DeliveryState.SENT:
                    await self._settle_failed(work, platform, outcome)
            await work.commit()
        await self._make_anew(community, composed, sent)
        await self._slow_down(community, sent)

    async def _compose(
        self, community: CommunityId, claims: Sequence[Claim], *, aside: bool
    ) -> tuple[Sequence[tuple[Claim, Composed]], ExternalId]:
        now = self._clock.now()
        async with self._storage.open_work(community) as work:
            await foresee(work, [claim.delivery for claim in claims])
            composed = [(claim, await self._composed(work, claim, now=now)) for claim in claims]
            if not aside:
                composed = [(claim, _parted(what)) for claim, what in composed]
            return composed, work.community.external_id

    async def _composed(self, work: UnitOfWork, claim: Claim, *, now: datetime) -> Composed:
        try:
            return await compose(work, claim.delivery, now=now)
        except (LookupError, ValueError, Unknown) as error:
            # One that cannot be put into words must not hold up its neighbours.
            log.warning("delivery.unspeakable", delivery=claim.delivery.id, error=type(error).__name__)
            return Void(reason="could not be put into words")

    async def _send(
        self, platform: Platform, address: ExternalId, claim: Claim, letter: Letter, *, batch: Batch
    ) -> Sent:
        """One call of a platform, with no transaction open; never tried again by itself."""
        now = self._clock.now()
        if self._lease and self._monotonic() - batch.since > self._lease.total_seconds() / 2:
            # This process slept (a paused machine): by now another may have been given the same delivery.
            return Sent(claim=claim, state=DeliveryState.QUEUED, due_at=now, reason=SLEPT)
        task = asyncio.current_task()
        if task is not None:
            self._sending.add(task)
        try:
            room = await platform.send(address, letter.destination, letter.message, key=claim.delivery.key)
        except (PlatformError, TimeoutError) as error:
            return failed(claim, error, now=now)
        except asyncio.CancelledError:
            if not self._was_cut or task is None:
                raise
            task.uncancel()
            return Sent(claim=claim, state=DeliveryState.DOUBT, reason="cut off at the stop")
        except Exception:
            # An adapter's defect: what it did is not known, so nothing is repeated.
            log.exception("delivery.defect", delivery=claim.delivery.id)
            return Sent(claim=claim, state=DeliveryState.DOUBT, reason="defect")
        finally:
            batch.left -= 1
            if task is not None:
                self._sending.discard(task)
        return Sent(claim=claim, state=DeliveryState.SENT, room=room)

    # ── Settling ────────────────────────────────────────────────────────────────────────────────────

    async def _settle_unsent(self, work: UnitOfWork, claim: Claim, what: Composed) -> None:
        match what:
            case Void(reason=reason):
                state = DeliveryState.EXPIRED if what == EXPIRED else DeliveryState.VOID
                await work.deliveries.settle(claim, state=state, reason=reason)
            case Wait(until=until):
                await work.deliveries.settle(claim, state=DeliveryState.QUEUED, due_at=until, spent=False)
            case Mend():
                # Taken back by the mending, or composed again for those who are left.
                now = self._clock.now()
                await work.deliveries.settle(claim, state=DeliveryState.QUEUED, due_at=now, spent=False)
            case Apart():
                await work.deliveries.settle(claim, state=DeliveryState.VOID, reason="to each alone")
            case Letter():
                pass

    async def _settle_sent(self, work: UnitOfWork, sent: Sequence[Sent]) -> None:
        ours = await work.deliveries.sent(*((one.claim, one.room) for one in sent))
        arrived = [one.claim.delivery for one in sent if one.claim.delivery.id in ours]
        await made(work, *arrived, now=self._clock.now())

    async def _settle_failed(self, work: UnitOfWork, platform: Platform, sent: Sent) -> None:
        if sent.state is DeliveryState.DOUBT:
            await self._doubted(work, platform, sent.claim, reason=sent.reason)
            return
        ours = await work.deliveries.settle(
            sent.claim,
            state=sent.state,
            reason=sent.reason,
            due_at=sent.due_at,
            spent=sent.reason not in (LATER, SLEPT),
        )
        if ours and sent.state is DeliveryState.DEAD:
            await give_up(work, sent.claim.delivery, now=self._clock.now())

    async def _doubted(
        self, work: UnitOfWork, platform: Platform | None, claim: Claim, *, reason: str = "interrupted"
    ) -> None:
        """It may have arrived. Again with its key where that is harmless; else ask each of them, once."""
        now = self._clock.now()
        delivery = claim.delivery
        # Due before it was first sent: what is not older than this is surely known to the platform still.
        if platform is not None and now - delivery.due_at < platform.remembers and delivery.attempts < AGAIN:
            await work.deliveries.settle(claim, state=DeliveryState.QUEUED, reason=reason)
            return
        if not await work.deliveries.settle(claim, state=DeliveryState.DOUBT, reason=reason):
            return
        await made(work, delivery, now=now)
        if delivery.kind in LET_GO:
            return
        for member in await concerned(work, delivery):
            await speak_of(work, delivery, DeliveryKind.INTERRUPTED, member, now=now)

    async def _make_anew(
        self, community: CommunityId, composed: Sequence[tuple[Claim, Composed]], sent: Sequence[Sent]
    ) -> None:
        """After the settling: introductions that lost someone, and those that came too late."""
        now, open_work = self._clock.now(), self._storage.open_work
        for claim, what in composed:
            made = claim.delivery.introduction_id
            if made is None or claim.delivery.kind not in FIRST_WORDS:
                continue
            if isinstance(what, Mend):
                await rematch.mend(open_work, community, made, now=now)
            elif isinstance(what, Apart):
                await rematch.each_alone(open_work, community, made, now=now)
            elif what == EXPIRED:
                await rematch.miss(open_work, community, made, now=now)
        for outcome in sent:
            made, reader = outcome.claim.delivery.introduction_id, outcome.claim.delivery.member_id
            if made is None or outcome.claim.delivery.kind not in FIRST_WORDS:
                continue
            if outcome.gone is not None:
                await rematch.mend(open_work, community, made, now=now, gone=outcome.gone.people)
            elif outcome.state is DeliveryState.DEAD and reader is None:
                await rematch.each_alone(open_work, community, made, now=now)
            elif outcome.state is DeliveryState.DEAD and reader is not None:
                await rematch.mend(open_work, community, made, now=now, unreachable=[reader])

    async def _slow_down(self, community: CommunityId, sent: Sequence[Sent]) -> None:
        """A lane that was told to wait rests as a whole."""
        for outcome in sent:
            if outcome.state is DeliveryState.QUEUED and outcome.reason == LATER and outcome.due_at:
                await self._storage.outbox.pause(community, outcome.claim.delivery.lane, until=outcome.due_at)

    async def _put_back(self, community: CommunityId, claims: Sequence[Claim]) -> None:
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

    async def _platform(self, community: CommunityId) -> Platform | None:
        return self._platforms.get((await self._storage.communities.get(community)).platform)


def _parted(what: Composed) -> Composed:
    """Someone of the circle asked for a message of their own: each gets one."""
    if isinstance(what, Letter) and isinstance(what.destination, Circle) and what.destination.aside:
        return Apart()
    return what


def _by_community(claims: Sequence[Claim]) -> Sequence[tuple[CommunityId, Sequence[Claim]]]:
    ordered = sorted(claims, key=lambda claim: claim.delivery.community_id)
    return [
        (community, list(theirs))
        for community, theirs in groupby(ordered, key=lambda claim: claim.delivery.community_id)
    ]
