"""Private threads, where the introduced talk. Before one is made a second time, one looks for the first."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from weakref import WeakValueDictionary

import structlog

from adapters.discord.api import Api
from adapters.discord.errors import Meaning, Refused
from bot.domain.community import Community
from bot.domain.ids import ExternalId
from bot.errors import NotSent, TryLater
from bot.ports import Clock, Conversation, Storage

log = structlog.get_logger()

NAMES = 100
"""Characters of a thread's name."""

ALERT = 0.8
"""Share of the limit from which on the log says so."""

WAVE = timedelta(hours=1)
"""How long conversations of this very round stay awake when there is no room for all of them at once."""

PUT_AWAY = 2
"""Conversations of earlier rounds that are put away for each that is made, so that none wait for all."""

COUNTED_FOR = 600.0
"""Seconds for which the number of active threads of a server is not asked for again: Voisin counts its own,
and should others make many meanwhile, Discord says that there are too many.
"""

MAKING = 16.0
"""Seconds that the making may wait for its turn; beyond, the introduction goes back into the line. Enough for
a batch of one server: what is to be made in a channel goes in fives.
"""

PATIENCE = 8.0
"""The same for what follows, once something was done."""

KEPT = 50_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """What is known of a conversation before anything is asked of Discord."""

    kept: Conversation | None
    name: str = ""
    """What it is to be called; empty: it has a room."""
    earlier: Sequence[Conversation] = ()
    """Those of earlier rounds that are still awake."""


@dataclass(kw_only=True, slots=True)
class Count:
    """Active threads of a server, as far as we know."""

    until: float
    threads: int
    making: int = 0
    """Those on their way, for which there has to be room too."""
    many: bool = False
    """They were many the last time one looked: told once, until there is room again."""


class Threads:
    """Finds or makes the conversation of a circle."""

    def __init__(self, *, api: Api, storage: Storage, clock: Clock, limit: int) -> None:
        """``limit``: active threads of one server at which one waits; Discord publishes no number."""
        self._api = api
        self._storage = storage
        self._clock = clock
        self.me = ExternalId("")
        """What Discord calls Voisin; known once it is logged in."""
        self._limit = limit
        self._counts: dict[ExternalId, Count] = {}
        self._going: set[ExternalId] = set()
        """Rooms that are being put away: many introductions of a round look for some at the same time."""
        self._locks: WeakValueDictionary[tuple[str, ...], asyncio.Lock] = WeakValueDictionary()

    async def of(
        self, community: Community, people: Sequence[ExternalId], *, space: ExternalId, occasion: str
    ) -> ExternalId:
        """The thread of these people for this occasion, with all of them in it.

        Raises TryLater, NotSent, Refused; Refused with a person's meaning names nobody.
        """
        key = (community.id, occasion, *sorted(people))
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            plan = await self._plan(community, people, space=space, occasion=occasion)
            kept = plan.kept
            if kept is None or kept.room is None:
                begun = kept or Conversation(
                    people=tuple(people), occasion=occasion, room=None, space=space, at=self._clock.now()
                )
                kept = await self._make(community, begun, space, plan)
            elif kept.resting:
                await self._wake(community, kept)
        room = kept.room
        if room is None:
            raise NotSent("Discord made a conversation and did not say which.")
        return room

    async def people(self, room: ExternalId, person: ExternalId) -> None:
        """Bring somebody into a thread. Raises Refused."""
        try:
            await self._api.add(room, person, patience=PATIENCE)
        except Refused as refused:
            if refused.meaning is not Meaning.ASLEEP:
                raise
            await self._api.rest(room, resting=False, patience=PATIENCE)
            await self._api.add(room, person, patience=PATIENCE)

    # ── Making one ──────────────────────────────────────────────────────────────────────────────────

    async def _plan(
        self, community: Community, people: Sequence[ExternalId], *, space: ExternalId, occasion: str
    ) -> Plan:
        """All that is to be read, in one go: others wait for the memory meanwhile."""
        async with self._storage.open_work(community.id) as work:
            kept = await work.conversations.find(people, occasion=occasion)
            if kept is not None and kept.room is not None:
                return Plan(kept=kept)
            known = [await work.members.find(person) for person in people]
            earlier = await work.conversations.awake(space, besides=occasion)
        names = " · ".join(" ".join(member.name.split()) for member in known if member is not None)
        # Discord takes spaces from the end of a name, and one looks for it by its name.
        return Plan(kept=kept, name=names[:NAMES].strip() or "Voisin", earlier=earlier)

    async def _make(
        self, community: Community, begun: Conversation, space: ExternalId, plan: Plan
    ) -> Conversation:
        found = await self._look(community, space, plan.name) if plan.kept is not None else None
        if found is None:
            await self._put_away(community, plan.earlier)
            count = await self._room_for_one(community, space)
            try:
                # Written down before it is tried: should the answer get lost, one knows that one has to look.
                noted = partial(self._save, community, begun)
                found = await self._api.make_thread(space, plan.name, before=noted, patience=MAKING)
                count.threads += 1
            except Refused as refused:
                if refused.meaning is Meaning.FULL:
                    count.until = 0.0
                    raise self._later(WAVE / 4) from refused
                raise
            finally:
                count.making -= 1
        made = replace(begun, room=found, at=self._clock.now())
        await self._save(community, made)
        return made

    async def _look(self, community: Community, space: ExternalId, name: str) -> ExternalId | None:
        """One that an earlier try may have made: of this name, by Voisin, and nobody else's."""
        threads = await self._api.active_threads(community.external_id, patience=PATIENCE)
        async with self._storage.open_work(community.id) as work:
            taken = {held.room for held in await work.conversations.awake(space, besides="")}
        for thread in threads:
            id = ExternalId(str(thread.get("id")))
            ours = str(thread.get("owner_id")) == self.me and str(thread.get("parent_id")) == space
            if ours and thread.get("name") == name and id not in taken:
                return id
        return None

    # ── Room for all ────────────────────────────────────────────────────────────────────────────────

    async def _room_for_one(self, community: Community, space: ExternalId) -> Count:
        """A server never meets its limit: near it, the oldest of this round go to rest, in waves."""
        async with self._locks.setdefault((community.id,), asyncio.Lock()):
            count = await self._count(community.external_id)
            open_now = count.threads + count.making
            before, count.many = count.many, open_now >= ALERT * self._limit
            if count.many and not before:
                log.warning(
                    "discord.many_threads", community=community.external_id, open=open_now, limit=self._limit
                )
            if open_now >= self._limit:
                async with self._storage.open_work(community.id) as work:
                    awake = await work.conversations.awake(space, besides="")
                earlier = [held for held in awake if held.at <= self._clock.now() - WAVE]
                if not earlier:
                    raise self._later(WAVE / 4)
                await self._put_away(community, earlier)
            count.making += 1
            return count

    async def _count(self, guild: ExternalId) -> Count:
        kept = self._counts.get(guild)
        if kept is None:
            kept = self._counts[guild] = Count(until=0.0, threads=0)
        if kept.until <= _now():
            kept.threads = len(await self._api.active_threads(guild, patience=PATIENCE))
            kept.until = _now() + COUNTED_FOR
        return kept

    def _counted(self, guild: ExternalId, more: int) -> None:
        if guild in self._counts:
            self._counts[guild].threads += more

    async def _put_away(self, community: Community, earlier: Sequence[Conversation]) -> None:
        """Conversations that are over, a few at a time and each of them once."""
        free = [(held, held.room) for held in earlier if held.room and held.room not in self._going]
        mine = free[:PUT_AWAY]
        self._going.update(room for _, room in mine)
        try:
            for held, room in mine:
                await self._rest(community, held, room)
        finally:
            self._going.difference_update(room for _, room in mine)

    async def _rest(self, community: Community, held: Conversation, room: ExternalId) -> None:
        try:
            await self._api.rest(room, patience=PATIENCE)
        except Refused as refused:
            # Gone, or out of reach: nothing of it is to be put away any more.
            log.info("discord.not_put_away", code=refused.code)
        self._counted(community.external_id, -1)
        await self._save(community, replace(held, resting=True))

    async def _wake(self, community: Community, held: Conversation) -> None:
        if held.room is not None:
            await self._api.rest(held.room, resting=False, patience=PATIENCE)
            self._counted(community.external_id, 1)
            await self._save(community, replace(held, resting=False))

    async def _save(self, community: Community, conversation: Conversation) -> None:
        async with self._storage.open_work(community.id) as work:
            await work.conversations.save(conversation)
            await work.commit()

    def _later(self, wait: timedelta) -> TryLater:
        return TryLater(self._clock.now() + wait)


def _now() -> float:
    return asyncio.get_running_loop().time()
