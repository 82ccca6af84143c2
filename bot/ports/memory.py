"""The memory as a whole: the work in one community, and the view over all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from bot.domain.community import Community, Language
from bot.domain.delivery import DeliveryState
from bot.domain.ids import CommunityId, ExternalId, MemberId, PartnershipId, ProgramId, ReflectionId, RoundId
from bot.ports.installations import Installations, Posts
from bot.ports.learning import Partnerships, Prompts, Reflections
from bot.ports.outbox import Conversations, Deliveries, Outbox
from bot.ports.people import Greeters, KeepAparts, Members, Participations, Programs, Spaces, Ties
from bot.ports.rounds import Appointments, Cares, Impressions, Introductions, Rounds


class UnitOfWork(Protocol):
    """Everything that is done at once, within one community; left without commit(), nothing happened.

    Every query stays within the community: ids of another are Unknown. Not to be kept open during a network
    call.
    """

    @property
    def community(self) -> Community: ...
    @property
    def spaces(self) -> Spaces: ...
    @property
    def programs(self) -> Programs: ...
    @property
    def greeters(self) -> Greeters: ...
    @property
    def members(self) -> Members: ...
    @property
    def participations(self) -> Participations: ...
    @property
    def ties(self) -> Ties: ...
    @property
    def keep_aparts(self) -> KeepAparts: ...
    @property
    def rounds(self) -> Rounds: ...
    @property
    def introductions(self) -> Introductions: ...
    @property
    def appointments(self) -> Appointments: ...
    @property
    def prompts(self) -> Prompts: ...
    @property
    def reflections(self) -> Reflections: ...
    @property
    def impressions(self) -> Impressions: ...
    @property
    def cares(self) -> Cares: ...
    @property
    def partnerships(self) -> Partnerships: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def conversations(self) -> Conversations: ...

    def new_id(self) -> str:
        """16 characters that nothing else has: letters and digits, safe in a button."""
        ...

    async def rename(self, community: Community) -> None:
        """Replace name, zone, language and sources of the community."""
        ...

    async def commit(self) -> None:
        """Make it so. Raises FullDisk or StorageError, and then nothing happened."""
        ...

    async def __aenter__(self) -> Self:
        """Raises Unknown for a community that is not there, AlreadyHeard for an event that was handled
        before.
        """
        ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


class OpenWork(Protocol):
    """Opens a unit of work."""

    def __call__(self, community: CommunityId, *, event: str | None = None) -> UnitOfWork:
        """``event`` names what came in, where the platform says so (``slack/Ev123``): it is handled once, in
        the same transaction, however often it arrives.
        """
        ...


class Communities(Protocol):
    """Which communities there are."""

    async def find(self, platform: str, external_id: ExternalId) -> Community | None: ...

    async def get(self, id: CommunityId) -> Community:
        """Raises Unknown."""
        ...

    async def all(self) -> Sequence[Community]:
        """By platform, then name."""
        ...

    async def whose(self, platform: str, person: ExternalId, thing: str) -> Community | None:
        """The community of a platform in which a person is a member and that holds something with this id;
        with an empty id the one where they were last seen. For a click that does not say where it was done.
        """
        ...

    async def settle(
        self, *, platform: str, external_id: ExternalId, name: str, zone: str, language: Language
    ) -> Community:
        """The community of this platform and external id, made if it is new."""
        ...

    async def away(self, id: CommunityId, *, since: datetime | None) -> None:
        """Voisin was taken out of it: nothing of it is due, and nothing claimed, until it is back (None).

        A second time changes nothing: since when it is gone, the first said.
        """
        ...

    async def erase(self, id: CommunityId) -> None:
        """Remove the community with every row of it, in every table; does nothing when it is not there."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """How things stand over all communities: numbers, and nobody's."""

    communities: int
    deliveries: Mapping[DeliveryState, int]
    oldest_due_at: datetime | None
    """Of what is queued, due and in no lane that was told to wait."""
    rounds_late: int
    """Programs and rounds whose next step was due before a given moment."""


class Agenda(Protocol):
    """What is due, over all communities that Voisin is in."""

    async def programs(self, now: datetime) -> Sequence[tuple[CommunityId, ProgramId]]:
        """Running programs whose next_at has come, longest due first."""
        ...

    async def rounds(self, now: datetime) -> Sequence[tuple[CommunityId, RoundId]]:
        """Rounds whose wake_at has come, longest due first."""
        ...

    async def returns(self, now: datetime) -> Sequence[tuple[CommunityId, ProgramId, MemberId]]:
        """Pauses that have ended."""
        ...

    async def waiting(self, now: datetime) -> Sequence[tuple[CommunityId, ProgramId]]:
        """Programs with an active member who has met nobody yet and is to be looked after."""
        ...

    async def prompts(self, now: datetime) -> Sequence[tuple[CommunityId, ProgramId]]:
        """Running programs whose prompt_at has come, longest due first."""
        ...

    async def partnerships(self, now: datetime) -> Sequence[tuple[CommunityId, PartnershipId]]:
        """Partnerships whose wake_at has come, longest due first."""
        ...

    async def unheard(self, now: datetime) -> Sequence[tuple[CommunityId, ReflectionId]]:
        """Reflections whose wake_at has come, longest due first."""
        ...

    async def next_due(self) -> datetime | None:
        """The earliest moment at which anything is due: programs, rounds, returns, prompts,
        reflections, partnerships, queued deliveries."""
        ...

    async def figures(self, now: datetime, *, late_before: datetime) -> Figures:
        """For whoever watches; it goes through all deliveries, so not to be asked in every beat."""
        ...

    async def purge(self, *, before: datetime) -> int:
        """Forget events of the inbox from before a moment; returns how many."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Storage:
    """The whole memory, as the composition root hands it out."""

    open_work: OpenWork
    communities: Communities
    agenda: Agenda
    outbox: Outbox
    installations: Installations
    posts: Posts
