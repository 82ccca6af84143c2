"""The sandbox as the core sees it: a platform like the others."""

from collections.abc import Sequence
from datetime import timedelta

from adapters.sandbox import render
from adapters.sandbox.ledger import Ledger
from adapters.sandbox.rooms import Room
from adapters.sandbox.town import Town
from bot.domain.community import Community, Space
from bot.domain.ids import ExternalId
from bot.errors import Gone, Impossible, NotSent, StorageError
from bot.messages import Asker, Circle, Destination, Message, Person
from bot.ports import Clock

NAME = "sandbox"


class Sandbox:
    """One town and its ledger. Close it when the site has stopped."""

    def __init__(self, *, town: Town, community: Community, ledger: Ledger, clock: Clock) -> None:
        self.town = town
        self.community = community
        self._ledger = ledger
        self._clock = clock

    @property
    def name(self) -> str:
        return NAME

    @property
    def remembers(self) -> timedelta:
        # Every key stands in the ledger, for as long as there is one.
        return timedelta.max

    @property
    def aside(self) -> bool:
        # As on Slack.
        return False

    @property
    def together(self) -> int | None:
        return None

    async def send(
        self, community: ExternalId, destination: Destination, message: Message, *, key: str
    ) -> str:
        room = self._room(community, destination)
        try:
            entry = self._ledger.post(
                room, at=self._clock.now(), author=None, body=render.message(message), key=f"voisin/{key}"
            )
        except StorageError as error:
            raise NotSent(str(error)) from error
        return f"{entry.room.name}/{entry.id}" if entry.room.channel else entry.room.name

    async def people(self, community: ExternalId, space: ExternalId) -> Sequence[Asker]:
        self._channel(community, space)
        return [resident.asker for resident in self.town.residents]

    def close(self) -> None:
        """Let go of the ledger's file."""
        self._ledger.close()

    def _room(self, community: ExternalId, destination: Destination) -> Room:
        match destination:
            case Space():
                self._channel(community, destination.external_id)
                return Room.of_channel(destination.external_id)
            case Person():
                self._reach(community, destination.external_id)
                return Room.of_person(destination.external_id)
            case Circle():
                self._reach(community, *destination.people)
                return Room.of_circle(destination.people)

    def _here(self, community: ExternalId) -> None:
        if community != self.town.id:
            raise Impossible(f"This sandbox is {self.town.id}: it knows no community {community}.")

    def _channel(self, community: ExternalId, space: ExternalId) -> None:
        self._here(community)
        if self.town.channel(space) is None:
            raise Impossible(f"{self.town.name} has no channel {space} any more.")

    def _reach(self, community: ExternalId, *people: ExternalId) -> None:
        self._here(community)
        if gone := [person for person in people if person not in self.town.by_id]:
            raise Gone(*gone)
