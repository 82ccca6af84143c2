"""Which workspaces let Voisin in, and what the core calls them."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import structlog

from adapters.slack.api import Home
from adapters.slack.errors import DEAD
from adapters.slack.roster import Roster
from bot.domain.community import NOWHERE, Community, Language
from bot.domain.ids import ExternalId
from bot.errors import PlatformError
from bot.ports import Clock, Installation, Storage

log = structlog.get_logger()

NAME = "slack"

FRESH = 30.0
"""Seconds for which an installation or a community is not read again; another process may have removed it."""

SHUT_OUT = timedelta(minutes=10)
"""How long a workspace that no longer lets Voisin in is left alone before the next try."""

RETURN = timedelta(days=30)
"""How long everything is kept for a return, once Voisin was taken out."""


def place(enterprise: str | None, team: str | None) -> ExternalId:
    """``T…``, or ``E…/T…`` in an organization; an organization's own installation is ``E…/``."""
    return ExternalId(f"{enterprise}/{team or ''}" if enterprise else team or "")


class Homes:
    """Reads installations, and settles a community when Voisin first hears of it."""

    def __init__(self, *, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self._single: Home | None = None
        self._kept: dict[ExternalId, tuple[float, Home | None]] = {}
        self._communities: dict[ExternalId, tuple[float, Community]] = {}
        self._shut_out: dict[tuple[ExternalId, str], float] = {}

    async def only(self, home: Home) -> None:
        """There is this one workspace, and no other; should it have been left, Voisin is back."""
        self._single = home
        await self._storage.installations.forget(NAME, home.place)
        await self._back(home.place)

    async def find(self, where: ExternalId) -> Home | None:
        """What lets Voisin into a place; None: nothing, or nothing any more."""
        if self._single is not None:
            home = self._single if _team(self._single.place) == _team(where) else None
        else:
            home = await self._installed(where)
        if home is not None and self._shut_out.get((home.place, home.token), 0.0) > _now():
            return None
        return home

    async def community(self, home: Home, roster: Roster) -> Community:
        """The community that a workspace is, made when it is new: its zone and language are those of whoever
        brought Voisin.
        """
        until, kept = self._communities.get(home.place, (0.0, None))
        if kept is None or until <= _now():
            kept = await self._storage.communities.find(NAME, home.place) or await self._settle(home, roster)
            self._communities[home.place] = (_now() + FRESH, kept)
        return kept

    async def lost(self, home: Home, code: str) -> None:
        """Slack says that this token opens nothing here now; or never again, and nobody else may tell us."""
        log.warning("slack.shut_out", community=home.place, code=code)
        # Of an organization's workspaces, one may be closed and the others open.
        self._shut_out[home.place, home.token] = _now() + SHUT_OUT.total_seconds()
        if code in DEAD and home.place:
            # An organization's token let Voisin into all of its workspaces.
            await self.left(ExternalId(f"{home.place.rpartition('/')[0]}/") if home.team else home.place)

    async def left(self, where: ExternalId) -> None:
        """Voisin was taken out of a place: its token is forgotten at once, everything else in 30 days.

        Until it is back, everything rests.
        """
        now = self._clock.now()
        if self._single is not None and self._single.place == where:
            self._single = None
        await self._storage.installations.remove(NAME, where, at=now)
        self._kept.clear()
        for community in await self._inside(where):
            if await self._read(community.external_id) is None:
                await self._storage.communities.away(community.id, since=now)
        log.info("slack.uninstalled", community=where)

    async def farewell(self) -> None:
        """Erase the communities that Voisin was taken out of and did not come back to."""
        for where in await self._storage.installations.gone(NAME, before=self._clock.now() - RETURN):
            for community in await self._inside(where):
                if await self._read(community.external_id) is None:
                    await self._storage.communities.erase(community.id)
                    log.info("slack.erased", community=community.external_id)
            await self._storage.installations.forget(NAME, where)
        self._communities.clear()

    async def arrived(self, installation: Installation) -> None:
        """Voisin was installed, or installed again."""
        before = await self._known(installation.external_id)
        if before is not None:
            installation = replace(installation, external_id=before)
        await self._storage.installations.save(installation)
        self._kept.clear()
        self._communities.clear()
        await self._back(installation.external_id)
        log.info("slack.installed", community=installation.external_id)

    async def given(self, where: ExternalId) -> None:
        """An organization's installation lets Voisin into this workspace, too, or again."""
        await self._storage.installations.forget(NAME, where)
        self._kept.clear()
        if await self._read(where) is not None:
            await self._back(where)

    async def _back(self, where: ExternalId) -> None:
        for community in await self._inside(where):
            await self._storage.communities.away(community.id, since=None)

    async def _inside(self, where: ExternalId) -> Sequence[Community]:
        """The communities that an installation let Voisin into: an organization's own (``E…/``), many."""
        return [
            community
            for community in await self._storage.communities.all()
            if community.platform == NAME
            and (
                community.external_id == where
                or (where.endswith("/") and community.external_id.startswith(where))
            )
        ]

    async def _installed(self, where: ExternalId) -> Home | None:
        kept = self._kept.get(where)
        if kept is None or kept[0] <= _now():
            home = await self._read(where)
            if home is None and (known := await self._known(where)) is not None:
                home = await self._read(known)
            kept = self._kept[where] = (_now() + FRESH, home)
        return kept[1]

    async def _known(self, where: ExternalId) -> ExternalId | None:
        """A workspace that has another name here: it has joined an organization since, or Slack names that of
        the guest who fills in a form.
        """
        team = _team(where)
        names = [each.external_id for each in await self._storage.communities.all() if each.platform == NAME]
        return (
            None if where in names else next((name for name in names if team and _team(name) == team), None)
        )

    async def _read(self, where: ExternalId) -> Home | None:
        enterprise, slash, team = where.rpartition("/")
        if not team:
            return None  # An organization is many communities, and none by itself.
        found = await self._storage.installations.find(NAME, where)
        whole = None
        if found is None and slash and where not in await self._gone():
            whole = await self._storage.installations.find(NAME, ExternalId(f"{enterprise}/"))
        made = found or whole
        if made is None:
            return None
        return Home(
            place=where,
            name=made.name,
            token=made.token,
            bot=made.bot,
            installer=made.installer,
            team=team if whole is not None else "",
        )

    async def _gone(self) -> Sequence[ExternalId]:
        """Workspaces that an organization took away are told apart from those it never named."""
        return await self._storage.installations.gone(NAME, before=self._clock.now() + RETURN)

    async def _settle(self, home: Home, roster: Roster) -> Community:
        try:
            founder = await roster.founder(home)
        except PlatformError as error:
            log.warning("slack.founder_unknown", community=home.place, error=str(error))
            founder = None
        return await self._storage.communities.settle(
            platform=NAME,
            external_id=home.place,
            name=home.name,
            zone=(founder.asker.zone if founder else None) or NOWHERE,
            language=(founder.asker.language if founder else None) or Language.ENGLISH,
        )


def _team(where: ExternalId) -> str:
    """What Slack calls the workspace, whatever organization it is in; no two have the same."""
    return where.rpartition("/")[2]


def _now() -> float:
    return asyncio.get_running_loop().time()
