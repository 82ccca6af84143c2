"""The memory within one community: rounds, introductions and what became of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.domain.care import Care
from bot.domain.ids import CareId, IntroductionId, MemberId, ProgramId, RoundId, SlotId
from bot.domain.impression import Findings, Impression
from bot.domain.round import Answer, Introduction, Round, Seat
from bot.domain.slots import Appointment, Arrangement, Pick, Slot


class Rounds(Protocol):
    """Rounds and their seats. (program, wall) and (round, member) are unique."""

    async def get(self, id: RoundId) -> Round:
        """Raises Unknown."""
        ...

    async def find(self, program: ProgramId, wall: str) -> Round | None: ...

    async def latest(self, program: ProgramId, *, limit: int) -> Sequence[Round]:
        """By opens_at, newest first."""
        ...

    async def add(self, round: Round) -> None:
        """Raises AlreadyThere when the program has a round at this wall."""
        ...

    async def save(self, round: Round) -> None:
        """Replace one that exists."""
        ...

    async def seats(self, id: RoundId) -> Sequence[Seat]:
        """By member id."""
        ...

    async def seat(self, id: RoundId, member: MemberId) -> Seat | None: ...

    async def add_seats(self, seats: Sequence[Seat]) -> None:
        """Raises AlreadyThere when one of them is taken."""
        ...

    async def save_seat(self, seat: Seat) -> None:
        """Replace one that exists."""
        ...

    async def seated_since(self, moment: datetime, *, besides: ProgramId) -> set[MemberId]:
        """Members with a seat in an introduction, not void, of another program's round that opened after a
        moment.
        """
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Meeting:
    """Two members who were introduced to each other before (introductions that were not void)."""

    one: MemberId
    other: MemberId
    times: int
    last: datetime


class Introductions(Protocol):
    """Introductions, their answers and the phrases they used. (round, fingerprint) and (introduction,
    member) are unique.
    """

    async def find(self, id: IntroductionId) -> Introduction | None: ...

    async def many(self, ids: Collection[IntroductionId]) -> Mapping[IntroductionId, Introduction]:
        """Those of them that are here, read at once; ``find`` has them at hand then."""
        ...

    async def of_round(self, round: RoundId) -> Sequence[Introduction]:
        """By id; void ones included."""
        ...

    async def of_member(self, member: MemberId, *, limit: int) -> Sequence[Introduction]:
        """Newest first (by due_at); void ones included."""
        ...

    async def add_all(self, introductions: Sequence[Introduction]) -> None:
        """Raises AlreadyThere when the round has one of the same people."""
        ...

    async def save(self, introduction: Introduction) -> None:
        """Replace one that exists. Raises Unknown."""
        ...

    async def save_all(self, introductions: Sequence[Introduction]) -> None:
        """The same for many at once; all of them or none."""
        ...

    async def make(self, *ids: IntroductionId, at: datetime) -> None:
        """PROPOSED → MADE, due at this moment; in any other state it stays as it is."""
        ...

    async def welcomed(self, *, since: datetime) -> Mapping[MemberId, int]:
        """Greeter → in how many introductions, not void and due since a moment, they welcome a newcomer."""
        ...

    async def meetings(self) -> Sequence[Meeting]:
        """Every pair of the community, over all programs, with one < other; by one, other."""
        ...

    async def answers(self, id: IntroductionId) -> Sequence[Answer]:
        """By member id."""
        ...

    async def answers_of_round(self, round: RoundId) -> Sequence[Answer]: ...

    async def answers_of_member(self, member: MemberId) -> Sequence[Answer]: ...

    async def answer(self, answer: Answer) -> None:
        """Insert, or replace that member's earlier answer."""
        ...

    async def heard(self, members: Collection[MemberId]) -> Mapping[MemberId, Mapping[str, datetime]]:
        """Member → phrase id → when they last got it."""
        ...

    async def hear(self, members: Collection[MemberId], phrase: str, *, at: datetime) -> None: ...

    async def hear_all(self, heard: Sequence[tuple[MemberId, str]], *, at: datetime) -> None: ...


class Appointments(Protocol):
    """Times to meet, introduction by introduction: slots, choices, and what was agreed.

    (introduction, member) is unique for a choice, the introduction for an appointment.
    """

    async def of(self, introduction: IntroductionId) -> Arrangement:
        """Slots by their moment; an empty one where nothing was offered."""
        ...

    async def find_slot(self, id: SlotId) -> Slot | None: ...

    async def offer(self, introduction: IntroductionId, slots: Sequence[Slot]) -> None:
        """These instead of the slots that were offered before; choices go with the slots."""
        ...

    async def pick(self, pick: Pick) -> None:
        """Insert, or replace that member's earlier choice."""
        ...

    async def unpick(self, introduction: IntroductionId, member: MemberId) -> None:
        """A member's choice no longer counts."""
        ...

    async def save(self, appointment: Appointment) -> None:
        """Insert or replace."""
        ...

    async def begun(self, round: RoundId) -> set[IntroductionId]:
        """Introductions of a round in which someone has chosen, or everyone agreed."""
        ...

    async def standing(self, round: RoundId) -> set[IntroductionId]:
        """Introductions of a round with an appointment that was not called off."""
        ...

    async def picks_of_member(self, member: MemberId) -> Sequence[Pick]: ...


class Impressions(Protocol):
    """What members expected and found. (introduction, member) is unique."""

    async def find(self, introduction: IntroductionId, member: MemberId) -> Impression | None: ...

    async def save(self, impression: Impression) -> None:
        """Insert or replace."""
        ...

    async def of_member(self, member: MemberId) -> Sequence[Impression]:
        """Oldest first."""
        ...

    async def shared(self, round: RoundId) -> Sequence[Impression]:
        """What the members of a round released for the community, oldest first."""
        ...

    async def findings(self) -> Findings:
        """The community's own figures, over all programs; of rounds that are closed."""
        ...


class Cares(Protocol):
    """Private words to conveners."""

    async def find(self, id: CareId) -> Care | None: ...

    async def add(self, care: Care) -> None: ...

    async def of_author(self, author: MemberId) -> Sequence[Care]:
        """Oldest first."""
        ...
