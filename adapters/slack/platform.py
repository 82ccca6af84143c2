"""Slack as the core sees it: a platform like the others."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from adapters.slack import render
from adapters.slack.api import Api, Home
from adapters.slack.errors import Meaning, Refused
from adapters.slack.homes import NAME, SHUT_OUT, Homes
from adapters.slack.payloads import words
from adapters.slack.roster import Roster
from bot.domain.community import Space
from bot.domain.ids import ExternalId
from bot.errors import Closed, Gone, Impossible, NotSent, PlatformError, TryLater
from bot.messages import Asker, Circle, Destination, Message, Person
from bot.ports import Clock

MOMENT = 2.0
"""Seconds that a post may wait for its turn within a send; beyond, it goes back into the line."""

CIRCLES = 50_000
"""Conversations whose names are kept, so that a second message need not ask for them."""
Together = tuple[ExternalId, frozenset[ExternalId]]


def named(room: str, post: str) -> str:
    """What a post is called: Slack tells posts of a room apart by their moment."""
    return f"{room}/{post}"


class Platform:
    """Posts, each of them once."""

    def __init__(self, *, api: Api, homes: Homes, roster: Roster, clock: Clock) -> None:
        self._api = api
        self.homes = homes
        self._roster = roster
        self._clock = clock
        self._circles: dict[Together, str] = {}

    @property
    def name(self) -> str:
        return NAME

    @property
    def remembers(self) -> timedelta:
        # Slack has no key by which it would recognise a message that it has taken already.
        return timedelta(0)

    @property
    def aside(self) -> bool:
        # A group conversation rings at everybody's door: who wants none gets none.
        return False

    @property
    def together(self) -> int | None:
        return None

    async def send(
        self,
        community: ExternalId,
        destination: Destination,
        message: Message,
        *,
        key: str,  # noqa: ARG002 -- Slack takes none
    ) -> str:
        home = await self._home(community)
        try:
            match destination:
                case Person():
                    return await self._to_person(home, destination.external_id, message)
                case Circle():
                    return await self._to_circle(home, destination.people, message)
                case Space():
                    return await self._to_space(home, destination, message)
        except Refused as refused:
            raise self._consequence(refused) from refused

    async def people(self, community: ExternalId, space: ExternalId) -> Sequence[Asker]:
        home = await self._home(community)
        try:
            return [known.asker for known in await self._roster.people(home, space)]
        except Refused as refused:
            if refused.code == "channel_not_found":
                raise Closed(str(refused)) from refused
            trouble = self._consequence(refused)
            raise (
                trouble if isinstance(trouble, TryLater | Impossible) else NotSent(str(trouble))
            ) from refused

    async def _home(self, community: ExternalId) -> Home:
        home = await self.homes.find(community)
        if home is None:
            # Uninstalled, or shut out: nothing is lost, it waits for a return as long as it is of use.
            raise self._later()
        return home

    async def _to_person(self, home: Home, person: ExternalId, message: Message) -> str:
        try:
            return await self._post(home, person, message)
        except Refused as refused:
            # To a person's own conversation, "no such channel" says that there is no such person.
            if refused.meaning is Meaning.PERSON or refused.code in {"channel_not_found", "is_archived"}:
                raise Gone(person) from refused
            raise

    async def _to_circle(self, home: Home, people: Sequence[ExternalId], message: Message) -> str:
        together = (home.place, frozenset(people))
        room = self._circles.get(together) or await self._open(home, people)
        if len(self._circles) >= CIRCLES:
            self._circles.clear()
        self._circles[together] = room
        try:
            return await self._post(home, room, message)
        except Refused as refused:
            self._circles.pop(together, None)
            if refused.meaning is Meaning.PERSON:
                raise await self._who_is_gone(home, people, refused) from refused
            raise

    async def _open(self, home: Home, people: Sequence[ExternalId]) -> str:
        try:
            answer = await self._api.call(
                home, "conversations.open", {"users": ",".join(people)}, patience=MOMENT
            )
        except Refused as refused:
            if refused.meaning is Meaning.PERSON:
                raise await self._who_is_gone(home, people, refused) from refused
            raise
        room = words(answer, "channel", "id")
        if not room:
            raise NotSent("Slack opened a conversation and did not say which.")
        return room

    async def _who_is_gone(self, home: Home, people: Sequence[ExternalId], refused: Refused) -> PlatformError:
        """Slack says that one of them is, and not who."""
        try:
            found = await asyncio.gather(
                *(self._roster.ask(home, person, patience=MOMENT) for person in people)
            )
        except PlatformError as error:
            return NotSent(str(error))
        gone = [
            person for person, known in zip(people, found, strict=True) if known is None or not known.counts
        ]
        return Gone(*gone) if gone else refused.consequence

    async def _to_space(self, home: Home, space: Space, message: Message) -> str:
        try:
            return await self._post(home, space.external_id, message, pointed=True)
        except Refused as refused:
            if refused.code != "not_in_channel":
                raise
        # Surely not posted; a public channel can be joined.
        await self._api.call(home, "conversations.join", {"channel": space.external_id}, patience=MOMENT)
        return await self._post(home, space.external_id, message, pointed=True)

    async def _post(self, home: Home, channel: str, message: Message, *, pointed: bool = False) -> str:
        """``pointed``: the name of the post is asked for, and not of its room alone."""
        said: dict[str, render.Json] = {
            "channel": channel,
            "text": render.text(message),
            "blocks": render.blocks(message),
            "unfurl_links": False,
            "unfurl_media": False,
        }
        answer = await self._api.call(home, "chat.postMessage", said, patience=MOMENT, lane=channel)
        room, post = words(answer, "channel") or channel, words(answer, "ts")
        return named(room, post) if pointed and post else room

    def _consequence(self, refused: Refused) -> PlatformError:
        return self._later() if refused.meaning in (Meaning.LATER, Meaning.TOKEN) else refused.consequence

    def _later(self) -> TryLater:
        return TryLater(self._clock.now() + SHUT_OUT)
