"""Who asks, and where: from a payload's ids to what the core is told."""

import asyncio
import re
from dataclasses import replace

import structlog
from slack_bolt.async_app import AsyncBoltContext

from adapters.slack.answers import Answers, Came
from adapters.slack.api import Home
from adapters.slack.desk import FindPerson
from adapters.slack.homes import Homes
from adapters.slack.payloads import MENTION, Known, mentioned
from adapters.slack.roster import Roster
from bot.actions import settle_in
from bot.domain.community import TieSource
from bot.domain.ids import ExternalId
from bot.errors import PlatformError
from bot.messages import Ask, Asker, Form
from bot.ports import Clock, Storage

log = structlog.get_logger()

WAITS = 2.5
"""Seconds after which what Slack has not told is done without: it waits three for an answer of ours."""

WHO = 1.5
"""Of which so many are for who it is that asks."""

NAMED = 3
"""People that one line may name."""

ALONE = re.compile(r"^(D|mpdm-)|^directmessage$")
"""Rooms and their names in which nobody convenes anything: they are no channel."""


UNNAMED = "privategroup"
"""What Slack calls every private channel where something comes from, and group conversations too."""


class Asking:
    """Knows the workspaces and the people in them."""

    def __init__(
        self,
        *,
        homes: Homes,
        roster: Roster,
        storage: Storage,
        clock: Clock,
        answers: Answers,
        sources: tuple[TieSource, ...],
    ) -> None:
        self._homes = homes
        self._roster = roster
        self._storage = storage
        self._clock = clock
        self._answers = answers
        self._sources = sources
        self._met: set[tuple[ExternalId, ExternalId]] = set()

    async def came(
        self, context: AsyncBoltContext, *, user: str, room: str, room_name: str, event: str
    ) -> Came | None:
        """Who asks, as the core knows it; None: nobody who could."""
        home, began = home_of(context), asyncio.get_running_loop().time()
        if home is None:
            return None
        id = ExternalId(user)
        try:
            known = await self._roster.find(home, id, by=began + WHO)
        except PlatformError as error:
            # They are there, and Slack cannot say more of them now: with no right beyond a member's.
            log.warning("slack.asker_unknown", error=str(error))
            known = Known(asker=Asker(external_id=id, name=""), counts=True)
        if known is None or not known.counts:
            return None
        community = await self._homes.community(home, self._roster)
        now = self._clock.now()
        if known.asker.admin and (home.installer is None or home.team) and (home.place, id) not in self._met:
            # Slack does not say who installed it here: the first admins who come by are told how to begin.
            self._met.add((home.place, id))
            await settle_in.welcome_admin(self._storage.open_work, community.id, known.asker, now=now)
        space = None if ALONE.match(room) or ALONE.match(room_name) else ExternalId(room) if room else None
        return Came(
            home=home,
            by=began + WAITS,
            ask=Ask(
                community=community.id,
                asker=known.asker,
                now=now,
                space=space,
                space_name="" if room_name == UNNAMED else room_name,
                sources=self._sources,
                event=f"slack/{event}" if event else None,
            ),
        )

    async def about(self, came: Came, form: Form) -> Came | None:
        """The same, with the name of the channel that a form is about; None: that is no channel.

        Asked of Slack for such a form alone: introductions have many buttons, and Slack takes few questions.
        """
        space = came.ask.space
        if space is None or came.ask.space_name or not form.action.endswith(f":{space}"):
            return came
        name = await self._answers.channel(came, space)
        return None if name is None else replace(came, ask=replace(came.ask, space_name=name))

    async def people(self, came: Came, line: str) -> FindPerson:
        """Whom a line names, looked up beforehand: from a mention to the person, or to nobody."""
        ids = [ExternalId(found["id"]) for found in MENTION.finditer(line)][:NAMED]
        people: dict[ExternalId, Asker] = {}
        for id in ids:
            try:
                known = await self._roster.find(came.home, id, by=came.by)
            except PlatformError:
                continue
            if known is not None and known.counts:
                people[id] = known.asker

        def find(text: str) -> Asker | None:
            id = mentioned(text)
            return people.get(id) if id is not None else None

        return find


def home_of(context: AsyncBoltContext) -> Home | None:
    """What the doorkeeper found."""
    home = context.get("home")
    return home if isinstance(home, Home) else None
