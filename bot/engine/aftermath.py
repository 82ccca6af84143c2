"""After a backup was put back: what may have been said since is in doubt, and nothing of it is repeated.

What the backup promised for the time until now may have been kept by whoever ran after it was taken. So it is
taken for promises of a sender that fell silent: each reader is asked once, with a button that shows it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.domain.ids import CommunityId, DeliveryId, ProgramId
from bot.domain.program import ProgramState
from bot.engine.deliver import Deliverer
from bot.engine.heartbeat import STEPS, Heartbeat
from bot.ports import Clock, Storage


@dataclass(frozen=True, kw_only=True, slots=True)
class PassedOver:
    """A round that is not opened: it may have been, after the backup."""

    space: str
    wall: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Aftermath:
    """What came of it."""

    doubted: int
    """Deliveries that may or may not have arrived."""
    passed_over: Sequence[PassedOver]


async def take_stock(storage: Storage, *, clock: Clock) -> Aftermath:
    """Once, after the backup is in its place and before anything runs on it. A second time does nothing."""
    now = clock.now()
    # No platform is called here, so that none can say that it remembers: everyone is asked.
    deliverer = Deliverer(
        storage=storage, platforms={}, clock=clock, owner="restore", batch=1, lease=timedelta(0)
    )
    doubted = 0
    passed_over: list[PassedOver] = []
    for community, program in await storage.agenda.programs(now):
        passed_over += await _pass_over(storage, community, program, now=now)
    communities = [one.id for one in await storage.communities.all()]
    for community in communities:
        due = [id for id, at in (await _unsettled(storage, community)).items() if at <= now]
        doubted += await storage.outbox.forsake(community, due)
    # First these, so that an introduction that may have gone out counts as made in the steps that follow.
    await deliverer.resolve()
    before = {community: await _unsettled(storage, community) for community in communities}
    heart = Heartbeat(storage=storage, platforms={}, clock=clock)
    for _ in range(STEPS):
        while await heart.step(opening=False):
            pass
    for community in communities:
        new = [id for id in await _unsettled(storage, community) if id not in before[community]]
        doubted += await storage.outbox.forsake(community, new)
    await deliverer.resolve()
    return Aftermath(doubted=doubted, passed_over=passed_over)


async def _unsettled(storage: Storage, community: CommunityId) -> dict[DeliveryId, datetime]:
    async with storage.open_work(community) as work:
        return {delivery.id: delivery.due_at for delivery in await work.deliveries.unsettled()}


async def _pass_over(
    storage: Storage, community: CommunityId, program_id: ProgramId, *, now: datetime
) -> Sequence[PassedOver]:
    async with storage.open_work(community) as work:
        program = await work.programs.get(program_id)
        if program.state is not ProgramState.RUNNING or program.next_at is None or program.next_at > now:
            return []
        space = await work.spaces.get(program.space_id)
        await work.programs.save(program.aimed(after=now))
        await work.commit()
        return [PassedOver(space=space.name, wall=program.next_wall or "")]
