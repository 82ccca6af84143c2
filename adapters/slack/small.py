"""Which small channels people share: asked for once a night, where conveners switched it on."""

from collections.abc import AsyncIterator

import structlog

from adapters.slack.api import Api, Home
from adapters.slack.homes import NAME, Homes
from adapters.slack.payloads import needed, within
from adapters.slack.render import Json
from adapters.slack.roster import PAGE, paged
from bot.actions import notice
from bot.domain.community import TieSource
from bot.domain.ids import ExternalId
from bot.domain.member import SMALL_SPACE
from bot.errors import PlatformError
from bot.ports import Storage

log = structlog.get_logger()

AT_NIGHT = 120.0
"""Seconds that a call may wait for its turn: nobody is waiting for the answer."""

BOTS = 5
"""Beyond the people: so many of those whom Slack counts in a channel may be none."""


class SmallChannels:
    """Public ones only: Voisin is in no private one but where it was invited."""

    def __init__(self, *, api: Api, homes: Homes, storage: Storage) -> None:
        self._api = api
        self._homes = homes
        self._storage = storage

    async def look(self) -> None:
        """Every workspace that wants it, one after the other: trouble in one leaves its ties as they are."""
        for community in await self._storage.communities.all():
            if community.platform != NAME or TieSource.CHANNELS not in community.sources:
                continue
            home = await self._homes.find(community.external_id)
            if home is None:
                continue
            try:
                seen = [each async for each in self._small(home)]
            except PlatformError as error:
                log.warning("slack.channels_unknown", community=home.place, error=str(error))
                continue
            await notice.spaces(self._storage.open_work, community.id, seen)

    async def _small(self, home: Home) -> AsyncIterator[notice.Gathered]:
        listing: dict[str, Json] = {"types": "public_channel", "exclude_archived": True, "limit": PAGE}
        async for channels in paged(
            self._api, home, "conversations.list", "channels", listing, patience=AT_NIGHT
        ):
            for channel in channels:
                size = within(channel, "num_members")
                if not isinstance(size, int) or not 2 <= size <= SMALL_SPACE + BOTS:
                    continue
                room = ExternalId(needed(channel, "id"))
                people: set[ExternalId] = set()
                inside: dict[str, Json] = {"channel": room, "limit": PAGE}
                async for ids in paged(
                    self._api, home, "conversations.members", "members", inside, patience=AT_NIGHT
                ):
                    people |= {ExternalId(id) for id in ids if isinstance(id, str)}
                yield notice.Gathered(space=room, people=frozenset(people - {home.bot}))
