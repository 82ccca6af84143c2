"""Who is who in a workspace: asked when needed, kept for a while, corrected by events."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from zoneinfo import available_timezones

import structlog

from adapters.slack.api import Api, Home
from adapters.slack.errors import Meaning, Refused
from adapters.slack.payloads import Known, known, listed, words
from adapters.slack.render import Json
from bot.domain.ids import ExternalId
from bot.errors import NotSent, PlatformError, TryLater
from bot.messages import Asker

log = structlog.get_logger()

FRESH = 600.0
"""Seconds for which what Slack said of someone holds; events correct it sooner."""

KEPT = 200_000
"""People at most: then they are forgotten and asked for again."""

PAGE = 200
ONE_BY_ONE = 40
"""Unknown people up to which each is asked for; beyond, the list of all is shorter."""

AT_A_CLICK, BEFORE_A_ROUND = 1.0, 3.0
"""Seconds that a call may wait for its turn."""

TOLD_WITHIN = 5.0
"""Seconds in which Slack says who those in a channel are; that they are there is known before."""

Key = tuple[ExternalId, ExternalId]


class Roster:
    """Within one process; nothing of it is stored."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._zones = frozenset(available_timezones())
        self._people: dict[Key, tuple[float, Known | None]] = {}

    async def find(self, home: Home, user: ExternalId, *, by: float | None = None) -> Known | None:
        """Somebody of this workspace, or with whom it shares a channel; None: Slack knows nobody like that.

        When Slack cannot be asked, what was true a while ago. Raises PlatformError where nothing is known.
        """
        kept = self._people.get((home.place, user))
        if kept is not None and kept[0] > _now():
            return kept[1]
        try:
            return await self.ask(home, user, by=by)
        except PlatformError:
            if kept is None:
                raise
            return kept[1]

    async def ask(
        self, home: Home, user: ExternalId, *, patience: float = AT_A_CLICK, by: float | None = None
    ) -> Known | None:
        """The same, as it is at this moment."""
        try:
            answer = await self._api.call(
                home, "users.info", {"user": user, "include_locale": True}, patience=patience, by=by
            )
        except Refused as refused:
            if refused.meaning is not Meaning.PERSON:
                raise
            self._keep(home, user, None)
            return None
        return self.learn(home, answer.get("user"))

    def learn(self, home: Home, user: Json) -> Known:
        """What an event or an answer says of someone."""
        teams = frozenset(filter(None, (*home.place.split("/"), home.team)))
        read = known(user, zones=self._zones, teams=teams)
        before = self._people.get((home.place, read.asker.external_id))
        if read.asker.language is None and before is not None and before[1] is not None:
            # Events come without a locale.
            read = replace(read, asker=replace(read.asker, language=before[1].asker.language))
        self._keep(home, read.asker.external_id, read)
        return read

    async def people(self, home: Home, channel: ExternalId) -> Sequence[Known]:
        """Who is in a channel now: people only. Raises PlatformError."""
        ids = await self._room(home, channel)
        strange = [id for id in sorted(ids) if not self._is_fresh(home, id)]
        try:
            async with asyncio.timeout(TOLD_WITHIN):
                await self._describe(home, strange)
        except (TryLater, NotSent, TimeoutError) as error:
            # Who is there is known; what they are called is not, and waits. A bot never said yes to anything.
            log.info("slack.roster_unfinished", community=home.place, error=type(error).__name__)
        return [each for id in sorted(ids - {home.bot}) if (each := self._kept(home, id)).counts]

    async def founder(self, home: Home) -> Known | None:
        """Who brought Voisin here, or else the one that the workspace belongs to; None: not to be found."""
        if home.installer is not None:
            return await self.find(home, home.installer)
        async for page in self._pages(home, "users.list", "members", include_locale=True):
            for user in page:
                read = self.learn(home, user)
                if read.owner:
                    return read
        return None

    async def _room(self, home: Home, channel: ExternalId) -> set[ExternalId]:
        ids: set[ExternalId] = set()
        async for page in self._pages(home, "conversations.members", "members", channel=channel):
            ids |= {ExternalId(id) for id in page if isinstance(id, str)}
        return ids

    async def _describe(self, home: Home, strange: Sequence[ExternalId]) -> None:
        if len(strange) > ONE_BY_ONE:
            await self._everyone(home)
            # Those of other workspaces are not in the list of all.
            strange = [id for id in strange if not self._is_fresh(home, id)]
        for id in strange:
            await self.ask(home, id, patience=BEFORE_A_ROUND)

    def _kept(self, home: Home, user: ExternalId) -> Known:
        """What was said of someone, however long ago; of who Slack does not know, that they do not count."""
        if (home.place, user) not in self._people:
            return Known(asker=Asker(external_id=user, name=""), counts=True)
        read = self._people[home.place, user][1]
        return read or Known(asker=Asker(external_id=user, name=""), counts=False)

    async def _everyone(self, home: Home) -> None:
        async for page in self._pages(home, "users.list", "members", include_locale=True):
            for user in page:
                self.learn(home, user)

    def _pages(self, home: Home, method: str, what: str, **arguments: Json) -> AsyncIterator[list[Json]]:
        given: dict[str, Json] = {"limit": PAGE, **arguments}
        return paged(self._api, home, method, what, given, patience=BEFORE_A_ROUND)

    def _is_fresh(self, home: Home, user: ExternalId) -> bool:
        kept = self._people.get((home.place, user))
        return kept is not None and kept[0] > _now()

    def _keep(self, home: Home, user: ExternalId, read: Known | None) -> None:
        if len(self._people) >= KEPT:
            self._people.clear()
        self._people[home.place, user] = (_now() + FRESH, read)


async def paged(
    api: Api, home: Home, method: str, what: str, arguments: Mapping[str, Json], *, patience: float
) -> AsyncIterator[list[Json]]:
    """A list of Slack's, page by page. Raises PlatformError."""
    cursor = ""
    while True:
        more: dict[str, Json] = {"cursor": cursor} if cursor else {}
        answer = await api.call(home, method, {**arguments, **more}, patience=patience)
        yield listed(answer, what)
        cursor = words(answer, "response_metadata", "next_cursor")
        if not cursor:
            return


def _now() -> float:
    return asyncio.get_running_loop().time()
