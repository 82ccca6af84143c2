"""The platforms and time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.ids import ExternalId
from bot.messages import Asker, Destination, Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """How much of a platform's limit this process uses now."""

    method: str
    share: float
    """From 0 to 1, of the community where it is highest."""
    refused: int
    """Times that the platform said "too fast", since the start."""


class Platform(Protocol):
    """A place where communities live. Called with no unit of work open."""

    @property
    def name(self) -> str:
        """``slack``, ``discord``, ``sandbox``: what Community.platform says."""
        ...

    @property
    def remembers(self) -> timedelta:
        """How long after a send the platform recognises the same key and does not post a second time; zero:
        never.
        """
        ...

    @property
    def aside(self) -> bool:
        """Whether it brings a message to a circle also, in private, to those ``aside`` in it; elsewhere a
        circle with such people is never sent, and each of them gets a message instead.
        """
        ...

    @property
    def together(self) -> int | None:
        """How many messages may be on their way at once where all communities share one pace; None: each
        has its own.
        """
        ...

    async def send(
        self, community: ExternalId, destination: Destination, message: Message, *, key: str
    ) -> str:
        """Post once; returns the platform's name of the room where it went, and for a space that of the
        post in it after a slash: whoever takes it up there points at it by this name.

        Raises TryLater, NotSent (surely not sent), Uncertain (perhaps sent), Gone (people who cannot be
        reached; nothing was sent), Impossible.
        """
        ...

    async def people(self, community: ExternalId, space: ExternalId) -> Sequence[Asker]:
        """Who is in this space now, bots left out. Raises TryLater, NotSent, Closed, Impossible."""
        ...


class Clock(Protocol):
    """The time it is, and a way to wait for it."""

    def now(self) -> datetime:
        """Aware, UTC."""
        ...

    async def rest(self, *, until: datetime | None) -> None:
        """Wait a second at most, less if ``until`` comes earlier or a bell rings."""
        ...

    def ring(self) -> None:
        """End the rest of whoever rests: something may be due."""
        ...
