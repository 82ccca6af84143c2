"""A memory in which a process dies at a chosen step."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from bot.domain.ids import CommunityId
from bot.ports import Claim, UnitOfWork
from storage.database import OpenStorage
from storage.ids import random_id
from storage.outbox import SqlOutbox
from storage.work import SqlWork


class Killed(BaseException):
    """The process died here."""


class Steps:
    """Counts everything that changes the memory or the platform, and dies at one of them."""

    def __init__(self, fatal: int) -> None:
        self.left = fatal

    def __call__(self, *_: object) -> None:
        self.left -= 1
        if self.left == 0:
            raise Killed


def fragile(storage: OpenStorage, step: Steps) -> OpenStorage:
    """The same memory, where each claim and each commit is a step before it and a step after it."""

    class Work(SqlWork):
        async def commit(self) -> None:
            step()
            await super().commit()
            step()

    class Outbox(SqlOutbox):
        async def claim(
            self,
            *,
            now: datetime,
            owner: str,
            limit: int,
            lease: timedelta,
            among: Collection[CommunityId] | None = None,
            besides: Collection[CommunityId] = (),
            platforms: Collection[str] | None = None,
        ) -> Sequence[Claim]:
            step()
            claims = await super().claim(
                now=now,
                owner=owner,
                limit=limit,
                lease=lease,
                among=among,
                besides=besides,
                platforms=platforms,
            )
            step()
            return claims

    def open_work(community: CommunityId, *, event: str | None = None) -> UnitOfWork:
        return Work(storage.engine, community, event=event, ids=random_id)

    return replace(storage, open_work=open_work, outbox=Outbox(storage.engine))
