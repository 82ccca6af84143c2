"""The outbox keeps its word: claim → compose → send with nothing open → settle.

A delivery is marked as sending before the platform is called, so that a death at any instant leaves a doubt
and never a second message.
"""

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import aclosing
from datetime import datetime, timedelta
from itertools import groupby

import structlog

from bot.compose import UNSPEAKABLE, Apart, Composed, Letter, Mend, Wait, compose, foresee
from bot.domain.delivery import DeliveryState
from bot.domain.ids import CommunityId, ExternalId
from bot.engine.consequences import remade
from bot.engine.pulse import Pulse
from bot.engine.sent import SLEPT, Sent, answered, failed, held, known, once_more
from bot.engine.serving import Batch, Serving
from bot.engine.settle import Settler
from bot.errors import PlatformError, StorageError
from bot.messages import Circle
from bot.ports import Claim, Clock, Platform, Storage, UnitOfWork

log = structlog.get_logger()

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
        self._settler = Settler(storage=storage, clock=clock)
        self._sending: set[asyncio.Task[object]] = set()
        self._serving = Serving(enough=batch, slow=self._slow, monotonic=monotonic)
        self._longest: Sequence[CommunityId] = ()
        self._beats = 0
        self._was_cut = False

    @property
    def at_rest(self) -> bool:
        """Nothing is under way."""
        return not self._serving

    async def deliver(self, *, at_once: bool = False) -> int:
        """Send a batch of what is due now; returns how many deliveries were taken up.

        ``at_once``: where there is nothing to send, wait for nobody.

        Communities do not wait for each other: trouble in one is raised when its batch has ended.
        """
        taken = await self._take(self._batch, besides=self._serving.communities, platforms=self._with_room())
        if self._slow is not None and self._serving:
            taken += await self._feed_the_longest()
        if taken:
            await self._serving.make_room()
        elif not at_once:
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

    def _with_room(self) -> Collection[str] | None:
        """Platforms that have not as much on its way as all their communities share; None: all of them."""
        room = [
            name
            for name, platform in self._platforms.items()
            if platform.together is None or self._serving.on_its_way(name) < platform.together
        ]
        return room if len(room) < len(self._platforms) else None

    async def _take(
        self,
        limit: int,
        *,
        among: Collection[CommunityId] | None = None,
        besides: Collection[CommunityId] = (),
        platforms: Collection[str] | None = None,
    ) -> int:
        since = self._monotonic()
        claims = await self._storage.outbox.claim(
            now=self._clock.now(),
            owner=self._owner,
            limit=limit,
            lease=self._lease,
            among=among,
            besides=besides,
            platforms=platforms,
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
            try:
                await self._settler.doubt(community, await self._platform(community), theirs)
            except StorageError:
                raise
            except Exception:
                # Found again when this claim runs out too; the others are not to wait for it.
                log.exception("delivery.unresolved", community=community)
        return len(lapsed)

    # ── One community's batch ───────────────────────────────────────────────────────────────────────

    async def _deliver(self, batch: Batch, claims: Sequence[Claim]) -> None:
        community = batch.community
        platform = await self._platform(community)
        if platform is None:
            await self._settler.put_back(community, claims)
            return
        batch.platform = platform.name
        composed, address = await self._compose(community, claims, aside=platform.aside)
        if any(isinstance(what, Mend) for _, what in composed):
            # Whoever lost a neighbour may be added to one of the others: those wait, and are composed again.
            now = self._clock.now()
            composed = [
                (claim, Wait(until=now) if isinstance(what, Letter) else what) for claim, what in composed
            ]
        unsure = _unsure(platform, composed, now=self._clock.now())
        composed = [each for each in composed if each[0] not in {one.claim for one in unsure}]
        letters = [(claim, what) for claim, what in composed if isinstance(what, Letter)]
        batch.left = len(letters)
        sends = [
            asyncio.create_task(self._send(platform, address, claim, letter, batch=batch))
            for claim, letter in letters
        ]
        unsent = [(claim, what) for claim, what in composed if not isinstance(what, Letter)]
        # What changes an introduction waits for all that was said of it, and has a transaction of its own:
        # should that go wrong, it is no other's trouble.
        apart = [(claim, what) for claim, what in unsent if remade(claim.delivery, what)]
        unsent = [(claim, what) for claim, what in unsent if not remade(claim.delivery, what)]
        changing: list[Sent] = []
        troubles: list[Exception] = []
        async with aclosing(answered(sends)) as parts:
            async for part in parts:
                self._pulse.sends.update((platform.name, one.outcome) for one in part)
                sent = [one for one in (*unsure, *part) if not remade(one.claim.delivery, one)]
                changing += [one for one in part if remade(one.claim.delivery, one)]
                try:
                    await self._settler.settle(community, platform, unsent, sent)
                except Exception as trouble:  # noqa: BLE001 -- raised when all have ended
                    # Those of this part are in doubt; the others are on their way, and may be settled yet.
                    troubles.append(trouble)
                unsent, unsure = [], []
        if troubles:
            raise troubles[0]
        await self._settler.settle(community, platform, apart, changing)

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
        except StorageError:
            raise
        except Exception:
            # One that cannot be put into words must not hold up its neighbours.
            log.exception("delivery.unspeakable", delivery=claim.delivery.id)
            return UNSPEAKABLE

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

    async def _platform(self, community: CommunityId) -> Platform | None:
        return self._platforms.get((await self._storage.communities.get(community)).platform)


def _unsure(
    platform: Platform, composed: Sequence[tuple[Claim, Composed]], *, now: datetime
) -> Sequence[Sent]:
    """Of what was to be sent once more with its key: what cannot be, since that would be a second time."""
    kept = [
        (claim, held(claim, what, known=known(platform, claim, now=now), now=now))
        for claim, what in composed
        if once_more(claim)
    ]
    return [one for _, one in kept if one is not None]


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
