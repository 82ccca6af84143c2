"""What is to be said: promised in one community, shared out among all who send."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from bot.domain.delivery import Delivery, DeliveryKind, DeliveryState
from bot.domain.ids import CommunityId, DeliveryId, ExternalId, IntroductionId, MemberId, ProgramId, RoundId


class Deliveries(Protocol):
    """Messages on their way out. The key is unique: a second promise of the same thing is not made."""

    async def add(self, *deliveries: Delivery) -> int:
        """Add those whose key is not there yet; returns how many were new."""
        ...

    async def find(self, id: DeliveryId) -> Delivery | None: ...

    async def of_round(self, round: RoundId) -> Sequence[Delivery]: ...

    async def of_introduction(self, introduction: IntroductionId) -> Sequence[Delivery]: ...

    async def of_member(self, member: MemberId) -> Sequence[Delivery]: ...

    async def of_subject(self, subject: str, *, kind: DeliveryKind) -> Sequence[Delivery]:
        """Those of a kind that speak of it, whatever became of them."""
        ...

    async def unsettled(self) -> Sequence[Delivery]:
        """All that wait, due or not, and all that are being sent, by due_at."""
        ...

    async def void(
        self,
        *,
        introduction: IntroductionId | None = None,
        member: MemberId | None = None,
        program: ProgramId | None = None,
        subject: str | None = None,
        kind: DeliveryKind | None = None,
        reason: str,
    ) -> int:
        """Take back what is still queued and matches every argument given; returns how many."""
        ...

    async def settle(
        self,
        claim: "Claim",
        *,
        state: DeliveryState,
        reason: str = "",
        due_at: datetime | None = None,
        room: str = "",
        spent: bool = True,
    ) -> bool:
        """Say what became of a claimed delivery; ``QUEUED`` with ``due_at`` puts it back, and
        ``spent=False`` says that no attempt was made. ``room`` is what ``send`` said of where it went.

        False when the claim is no longer ours (its lease ran out and another took it): nothing changed.
        """
        ...

    async def sent(self, *sent: tuple["Claim", str]) -> Collection[DeliveryId]:
        """The same for all that were sent, with what ``send`` said of where each went; returns those whose
        claim was still ours.
        """
        ...

    async def save(self, delivery: Delivery) -> None:
        """Replace state, reason and due_at of one that exists."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversation:
    """Where a platform put what these people are told; kept only where it cannot be asked for again."""

    people: tuple[ExternalId, ...]
    """One: their own; the order says nothing."""
    occasion: str = ""
    """What it is held for; empty: for good."""
    room: ExternalId | None
    """None: it was being made, and nobody knows what became of that."""
    space: ExternalId | None = None
    """The channel near which it is held."""
    at: datetime
    resting: bool = False
    """It was put away; it opens again when something is said in it."""


class Conversations(Protocol):
    """Rooms that were opened with people. (people, occasion) is unique."""

    async def find(self, people: Collection[ExternalId], *, occasion: str = "") -> Conversation | None: ...

    async def of_person(self, person: ExternalId) -> Sequence[Conversation]:
        """Oldest first."""
        ...

    async def awake(self, space: ExternalId, *, besides: str) -> Sequence[Conversation]:
        """Those near a space that have a room, are held for another occasion, and do not rest; oldest
        first. What is held for good is not among them.
        """
        ...

    async def save(self, conversation: Conversation) -> None:
        """Insert or replace, by people and occasion."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A delivery that is ours to send until its lease runs out."""

    delivery: Delivery
    owner: str
    epoch: int


class Outbox(Protocol):
    """Shares the deliveries out among those who send."""

    async def claim(
        self,
        *,
        now: datetime,
        owner: str,
        limit: int,
        lease: timedelta,
        among: Collection[CommunityId] | None = None,
        besides: Collection[CommunityId] = (),
        platforms: Collection[str] | None = None,
    ) -> Sequence[Claim]:
        """Mark up to ``limit`` due deliveries as sending and return them, longest due first within a lane,
        the lanes taking turns, so that a full one does not starve the others. Leases are judged by the
        database's clock. Lanes that are paused are passed over, and so are the communities in ``besides``
        and, unless ``among`` is None, those not in it; unless ``platforms`` is None, also those of others.
        Never the same one to two callers.
        """
        ...

    async def longest(self, *, now: datetime, limit: int, least: int) -> Sequence[CommunityId]:
        """Up to ``limit`` communities with the most deliveries due, the most first; fewer than ``least``
        are not many.
        """
        ...

    async def lapsed(self) -> Sequence[Claim]:
        """Deliveries whose sender fell silent: the lease has run out unsettled. They are marked DOUBT, and
        each is returned once, to one caller, with a claim under which it can be settled.
        """
        ...

    async def forsake(self, community: CommunityId, ids: Collection[DeliveryId]) -> int:
        """Treat these as if a sender had fallen silent with them: those that wait or are being sent are
        found by ``lapsed``, and never claimed. Returns how many.
        """
        ...

    async def pause(self, community: CommunityId, lane: str, *, until: datetime) -> None:
        """Nothing of this lane is claimed before that moment (UTC, by the Clock)."""
        ...
