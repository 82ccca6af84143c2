"""Direct messages: opened inside a click of whoever they belong to, and never anywhere else."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import structlog

from adapters.discord.api import Api
from adapters.discord.errors import Meaning, Refused
from adapters.discord.homes import NAME
from bot.domain.ids import CommunityId, ExternalId
from bot.errors import PlatformError
from bot.ports import Clock, Conversation, Storage

log = structlog.get_logger()

AT_A_CLICK = 1.0
"""Seconds that it may wait for its turn: a click is answered within three."""

TOO_FAST = timedelta(hours=6)
"""How long no direct message is opened once Discord said that it goes too fast: it blocks bots for that."""

CLOSED = "opening closed until"

KEPT = 100_000


class Doors:
    """Knows the way to each member; what it knows is stored."""

    def __init__(self, *, api: Api, storage: Storage, clock: Clock) -> None:
        self._api = api
        self._storage = storage
        self._clock = clock
        self._known: dict[tuple[CommunityId, ExternalId], ExternalId] = {}

    async def find(self, community: CommunityId, person: ExternalId) -> ExternalId | None:
        """The channel of their direct messages; None: there is none, or it is closed."""
        return (await self.of(community, [person])).get(person)

    async def of(
        self, community: CommunityId, people: Sequence[ExternalId]
    ) -> Mapping[ExternalId, ExternalId]:
        """The same for several; whoever has none is left out."""
        unknown = [person for person in people if (community, person) not in self._known]
        if unknown:
            async with self._storage.open_work(community) as work:
                found = {person: await work.conversations.find([person]) for person in unknown}
            for person, kept in found.items():
                if kept is not None and kept.room is not None:
                    self._keep(community, person, kept.room)
        known = {person: self._known.get((community, person)) for person in people}
        return {person: room for person, room in known.items() if room is not None}

    async def open(self, community: CommunityId, person: ExternalId) -> ExternalId | None:
        """Inside a click of theirs: their channel, opened if it never was. None: it cannot be now."""
        kept = await self.find(community, person)
        if kept is not None or await self._closed():
            return kept
        try:
            room = await self._api.open(person, patience=AT_A_CLICK)
        except Refused as refused:
            if refused.meaning is Meaning.OPENING:
                await self._close()
            log.info("discord.door_shut", code=refused.code)
            return None
        except PlatformError as error:
            log.info("discord.door_not_opened", error=type(error).__name__)
            return None
        await self._save(community, person, room)
        self._keep(community, person, room)
        return room

    async def shut(self, community: CommunityId, person: ExternalId) -> None:
        """They take no direct messages (any more): the next click of theirs tries again."""
        self._known.pop((community, person), None)
        await self._save(community, person, None)

    async def _save(self, community: CommunityId, person: ExternalId, room: ExternalId | None) -> None:
        async with self._storage.open_work(community) as work:
            # Of who is not written down, nothing is.
            if await work.members.find(person) is None:
                return
            now = self._clock.now()
            await work.conversations.save(Conversation(people=(person,), room=room, at=now))
            await work.commit()

    def _keep(self, community: CommunityId, person: ExternalId, room: ExternalId) -> None:
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known[community, person] = room

    async def _closed(self) -> bool:
        until = await self._storage.posts.noted(NAME, CLOSED)
        return bool(until) and datetime.fromisoformat(until) > self._clock.now()

    async def _close(self) -> None:
        until = self._clock.now() + TOO_FAST
        log.warning("discord.opening_too_fast", until=until.isoformat())
        await self._storage.posts.note(NAME, CLOSED, until.isoformat())
