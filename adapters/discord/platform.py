"""Discord as the core sees it: a platform like the others."""

import asyncio
import hashlib
from collections.abc import Awaitable, Sequence
from datetime import timedelta

import structlog
from discord.ui import LayoutView

from adapters.discord import render
from adapters.discord.api import Api
from adapters.discord.doors import Doors
from adapters.discord.errors import UNSEEN, Meaning, Refused
from adapters.discord.homes import NAME, SHUT_OUT, Homes
from adapters.discord.roster import Roster
from adapters.discord.threads import PATIENCE, Threads
from bot.domain.community import Community, Language, Space
from bot.domain.ids import ExternalId
from bot.domain.member import Standing
from bot.errors import Closed, Gone, Impossible, NotSent, PlatformError, TryLater, Uncertain
from bot.messages import Asker, Circle, Destination, Message, Person
from bot.ports import Clock, Storage
from bot.wording.voice import words

log = structlog.get_logger()

REMEMBERS = timedelta(minutes=1)
"""Discord documents "the past few minutes" for which it recognises a nonce."""

TO_THE_END, AHEAD = 20.0, 14.0
"""Seconds that the words themselves may wait for their turn, and by how many they go before the rest: where
one has heard and another not yet, giving up would be a doubt.
"""

OWN = "own"
"""The occasion of a thread that somebody has for themselves, where their direct messages are closed."""

TOLD = 50_000
"""Sends that are remembered, so that one which is tried again says nothing twice to who heard it."""

ADDRESS = "https://discord.com/channels/{guild}/{channel}"


class Platform:
    """Posts, each of them once."""

    def __init__(
        self,
        *,
        api: Api,
        homes: Homes,
        roster: Roster,
        doors: Doors,
        threads: Threads,
        storage: Storage,
        clock: Clock,
        requests: int,
    ) -> None:
        """``requests``: so many a second are this process's."""
        self._requests = requests
        self._api = api
        self._homes = homes
        self._roster = roster
        self._doors = doors
        self._threads = threads
        self._storage = storage
        self._clock = clock
        self._told: dict[tuple[str, str], None] = {}

    @property
    def name(self) -> str:
        return NAME

    @property
    def remembers(self) -> timedelta:
        return REMEMBERS

    @property
    def aside(self) -> bool:
        # A thread rings at nobody's door: who likes it so is written to, and talks there.
        return True

    @property
    def together(self) -> int | None:
        # Discord counts for the bot: of more than it takes in a second, each would wait for all the others,
        # and the longest round for those that are over sooner.
        return self._requests

    async def send(
        self, community: ExternalId, destination: Destination, message: Message, *, key: str
    ) -> str:
        if await self._homes.is_gone(community):
            # Nothing is lost: it waits for a return as long as it is of use.
            raise self._later()
        home = await self._homes.community(community)
        try:
            match destination:
                case Person():
                    return await self._to_person(home, destination.external_id, message, key=key)
                case Circle():
                    return await self._to_circle(home, destination, message, key=key)
                case Space():
                    return await self._to_space(destination.external_id, message, key=key)
        except Refused as refused:
            raise await self._consequence(community, refused) from refused

    async def people(self, community: ExternalId, space: ExternalId) -> Sequence[Asker]:
        if await self._homes.is_gone(community):
            raise self._later()
        home = await self._homes.community(community)
        try:
            return await self._roster.people(home, space)
        except Refused as refused:
            if refused.code == 10003:
                raise Closed(str(refused)) from refused
            trouble = await self._consequence(community, refused)
            raise (
                trouble if isinstance(trouble, TryLater | Impossible) else NotSent(str(trouble))
            ) from refused

    async def _to_space(self, space: ExternalId, message: Message, *, key: str) -> str:
        post = await self._post(space, message, key=key)
        return named(space, post) if post else space

    async def greet(self, home: Community, person: ExternalId, message: Message, *, key: str) -> None:
        """The first words in somebody's direct messages, inside the click that opened them."""
        door = await self._doors.find(home.id, person)
        try:
            if door is not None:
                await self._post(door, message, key=key, named=True)
        except Refused as refused:
            log.info("discord.not_greeted", code=refused.code)
            if refused.meaning in (Meaning.SHUT, Meaning.PERSON):
                await self._doors.shut(home.id, person)
        except PlatformError as error:
            # What they joined is said below their click already.
            log.info("discord.not_greeted", error=type(error).__name__)

    # ── To one ──────────────────────────────────────────────────────────────────────────────────────

    async def _to_person(self, home: Community, person: ExternalId, message: Message, *, key: str) -> str:
        door = await self._doors.find(home.id, person)
        if door is not None:
            try:
                await self._post(door, message, key=key, named=True)
            except Refused as refused:
                if refused.meaning is Meaning.PERSON:
                    raise await self._gone(home, [person], refused) from refused
                if refused.meaning is not Meaning.SHUT:
                    raise
                await self._doors.shut(home.id, person)
            else:
                return door
        space = await self._space_of(home, person)
        if space is None:
            raise NotSent("Discord: there is no way to them until they press a button of Voisin’s")
        room = await self._thread(home, [person], space=space, occasion=OWN)
        await self._post(room, message, key=key, ringing=[person])
        return room

    async def _space_of(self, home: Community, person: ExternalId) -> ExternalId | None:
        """A channel in which somebody takes part, or that they look after."""
        async with self._storage.open_work(home.id) as work:
            member = await work.members.find(person)
            if member is None:
                return None
            theirs = [
                yes.program_id
                for yes in await work.participations.of_member(member.id)
                if yes.standing is not Standing.LEFT
            ]
            if not theirs:
                theirs = [
                    program.id
                    for program in await work.programs.all()
                    if member.id in await work.programs.conveners(program.id)
                ]
            program = await work.programs.find(theirs[0]) if theirs else None
            return (await work.spaces.get(program.space_id)).external_id if program else None

    # ── To a circle ─────────────────────────────────────────────────────────────────────────────────

    async def _to_circle(self, home: Community, circle: Circle, message: Message, *, key: str) -> str:
        """A thread for them to talk in; the message comes to each in private, or calls them there."""
        if circle.space is None:
            raise Impossible("Discord: a conversation needs a channel to be held near")
        room = await self._thread(home, circle.people, space=circle.space, occasion=circle.occasion)
        apart = [person for person in circle.people if circle.first and person not in circle.within]
        doors = await self._doors.of(home.id, apart)
        aside = list(doors.items())
        within = [person for person in circle.people if person not in doors]
        there = (_talk(message), ADDRESS.format(guild=home.external_id, channel=room))
        # All of them are on their way at once; what became of each is looked at when all have ended.
        done = await asyncio.gather(
            *(self._post(door, message, key=key, named=True, link=there) for _, door in aside),
            return_exceptions=True,
        )
        troubles: list[BaseException] = []
        for (person, _), outcome in zip(aside, done, strict=True):
            if isinstance(outcome, Refused) and outcome.meaning in (Meaning.SHUT, Meaning.PERSON):
                await self._doors.shut(home.id, person)
                within.append(person)
            elif isinstance(outcome, BaseException):
                troubles.append(outcome)
        if within and not troubles:
            try:
                await self._post(room, message, key=key, ringing=within)
            except PlatformError as error:
                troubles.append(error)
        if troubles:
            raise self._halfway(troubles, some=len(troubles) < len(aside) + bool(within))
        return room

    async def _thread(
        self, home: Community, people: Sequence[ExternalId], *, space: ExternalId, occasion: str
    ) -> ExternalId:
        """Their thread, with all of them in it. Raises Gone for those who are no longer in the server."""
        room = await self._threads.of(home, people, space=space, occasion=occasion)
        brought = await asyncio.gather(
            *(self._bring(room, person) for person in people), return_exceptions=True
        )
        refused = [
            (person, outcome)
            for person, outcome in zip(people, brought, strict=True)
            if isinstance(outcome, Refused)
        ]
        gone = [person for person, said in refused if said.meaning is Meaning.PERSON]
        blind = [person for person, said in refused if said.code == UNSEEN]
        if blind and await self._roster.sees(space):
            # It is they who do not see the channel any more: they left it, as far as one can on Discord.
            gone += blind
        if gone:
            raise await self._gone(home, gone, Refused(404, 10007))
        for outcome in brought:
            if isinstance(outcome, BaseException):
                raise outcome
        return room

    def _bring(self, room: ExternalId, person: ExternalId) -> Awaitable[None]:
        return self._threads.people(room, person)

    # ── Saying it ───────────────────────────────────────────────────────────────────────────────────

    async def _post(
        self,
        channel: ExternalId,
        message: Message,
        *,
        key: str,
        named: bool = False,
        ringing: Sequence[ExternalId] = (),
        link: tuple[str, str] | None = None,
    ) -> str:
        """What Discord calls the post, its last page if it has several; empty if it was there before."""
        post = ""
        for number, view in enumerate(render.layouts(message, named=named, link=link)):
            nonce = _nonce(key, channel, number)
            if (key, nonce) in self._told:
                continue
            post = await self._say(channel, view, nonce=nonce, ringing=ringing)
            if len(self._told) >= TOLD:
                self._told.clear()
            self._told[key, nonce] = None
        return post

    async def _say(
        self, channel: ExternalId, view: LayoutView, *, nonce: str, ringing: Sequence[ExternalId]
    ) -> str:
        try:
            return await self._api.post(
                channel, view, nonce=nonce, ringing=ringing, patience=TO_THE_END, ahead=AHEAD
            )
        except Refused as refused:
            if refused.meaning is not Meaning.ASLEEP:
                raise
        # Somebody put the conversation away in this very moment.
        await self._api.rest(channel, resting=False, patience=PATIENCE)
        return await self._api.post(
            channel, view, nonce=nonce, ringing=ringing, patience=TO_THE_END, ahead=AHEAD
        )

    @staticmethod
    def _halfway(troubles: Sequence[BaseException], *, some: bool) -> BaseException:
        """Where one has heard it and another has not, it must not begin anew: it is in doubt."""
        worst = next((each for each in troubles if isinstance(each, Uncertain)), troubles[0])
        if some and isinstance(worst, PlatformError):
            return Uncertain(str(worst))
        return worst

    async def _gone(self, home: Community, people: Sequence[ExternalId], refused: Refused) -> PlatformError:
        """They are, or Voisin is."""
        if await self._roster.is_in(home.external_id):
            return Gone(*people)
        log.warning("discord.shut_out", community=home.external_id, code=refused.code)
        return self._later()

    async def _consequence(self, guild: ExternalId, refused: Refused) -> PlatformError:
        match refused.meaning:
            case Meaning.LATER | Meaning.TOKEN | Meaning.OPENING | Meaning.FULL:
                return self._later()
            case Meaning.PLACE if not await self._roster.is_in(guild):
                return self._later()
            case _:
                return refused.consequence

    def _later(self) -> TryLater:
        return TryLater(self._clock.now() + SHUT_OUT)


def named(room: str, post: str) -> str:
    """What a post is called, in the room where it stands."""
    return f"{room}/{post}"


def _talk(message: Message) -> str:
    language = message.parts[0].language if message.parts else Language.ENGLISH
    return words("discord.talk", language)


def _nonce(key: str, channel: str, number: int) -> str:
    """25 characters at most; the same for the same thing said in the same place."""
    return hashlib.blake2s(f"{key}\n{channel}\n{number}".encode(), digest_size=12).hexdigest()
