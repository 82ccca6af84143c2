"""Beside the communities: where Voisin is installed, and what its processes hold in common."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.ids import ExternalId


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """A platform lets Voisin act in one community, or in every one of an organization."""

    platform: str
    external_id: ExternalId
    """What the platform calls the place that it was installed in."""
    name: str
    token: str = field(repr=False)
    """Encrypted wherever it rests; empty where one token opens every community."""
    scopes: tuple[str, ...]
    bot: ExternalId
    """What the platform calls Voisin there."""
    installer: ExternalId | None
    """Who brought it; None: nobody said."""
    at: datetime


class Installations(Protocol):
    """Where Voisin was installed by an "Add to …" page, and the proof that such a page was ours."""

    async def find(self, platform: str, external_id: ExternalId) -> Installation | None:
        """None also for one that was removed. Raises StorageError when its token cannot be decrypted."""
        ...

    async def all(self, platform: str) -> Sequence[Installation]:
        """Those that were not removed, by external id."""
        ...

    async def save(self, installation: Installation) -> None:
        """Insert or replace; what was removed is there again. Raises BadSetting when there is no key to
        encrypt with.
        """
        ...

    async def reseal(self) -> int:
        """Encrypt every token with the first of the keys, all of them or none; returns how many. Raises
        BadSetting when there is no key, StorageError when none of them opens one.
        """
        ...

    async def remove(self, platform: str, external_id: ExternalId, *, at: datetime) -> None:
        """Forget its token now, if there is one, and remember since when it is gone; a second time changes
        nothing.
        """
        ...

    async def gone(self, platform: str, *, before: datetime) -> Sequence[ExternalId]:
        """Those that were removed before a moment and have not come back."""
        ...

    async def forget(self, platform: str, external_id: ExternalId) -> None:
        """Nothing of one that is gone is kept."""
        ...

    async def issue_state(self, *, until: datetime) -> str:
        """A word that cannot be guessed, good for one use until that moment."""
        ...

    async def consume_state(self, state: str, *, now: datetime) -> bool:
        """Whether it was issued here, is still good and was never used: true once, however many ask."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Held:
    """A post that is ours until its lease runs out."""

    platform: str
    post: str
    owner: str
    epoch: int


class Posts(Protocol):
    """What only one process may do at a time, such as listening to one part of a platform; and what was done
    once for all of them. Leases are judged by the database's clock.
    """

    async def take(self, platform: str, post: str, *, owner: str, lease: timedelta) -> Held | None:
        """Ours, if it is free, or ours already, or its holder fell silent; else None. Every taking has an
        epoch of its own: what an earlier one holds is worth nothing any more.
        """
        ...

    async def keep(self, held: Held, *, lease: timedelta) -> bool:
        """Hold it for longer; False when another has it by now."""
        ...

    async def leave(self, held: Held) -> None:
        """Let others have it at once; does nothing when another has it."""
        ...

    async def noted(self, platform: str, what: str) -> str:
        """What was noted last under this name; empty: nothing."""
        ...

    async def note(self, platform: str, what: str, value: str) -> None:
        """Insert or replace."""
        ...
