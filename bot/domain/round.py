"""One turn of a program: its round, its seats, its introductions and what became of them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from bot.domain.cadence import Wall
from bot.domain.ids import CommunityId, IntroductionId, MemberId, ProgramId, RoundId
from bot.matching import WhyNot


class RoundState(StrEnum):
    """How far a round has come: introduced → nudged → halfway → asked → closed, or it never took place."""

    INTRODUCED = "introduced"
    NUDGED = "nudged"
    HALFWAY = "halfway"
    """Where nothing came of an introduction yet, slots were offered."""
    ASKED = "asked"
    CLOSED = "closed"
    QUIET = "quiet"
    """Too few members to introduce anyone."""
    SKIPPED = "skipped"
    """On a blackout date."""
    CANCELLED = "cancelled"
    """It came too late."""


GROWING = frozenset({RoundState.INTRODUCED, RoundState.NUDGED, RoundState.HALFWAY})
"""Before the closing question there is still time for a new neighbour."""

UNDER_WAY = GROWING | {RoundState.ASKED}


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """One turn of a program. (program, wall) is its identity: there is never a second."""

    id: RoundId
    community_id: CommunityId
    program_id: ProgramId
    wall: Wall
    number: int
    """From 1; 0 for a round that never took place."""
    state: RoundState
    opens_at: datetime
    closes_at: datetime
    wake_at: datetime | None
    """When its next step is due (UTC); None: it is over."""
    late: bool = False
    """Past a quarter of its time when it opened: the frame is shortened."""
    seed: bytes
    engine: str = ""
    inputs: bytes | None = None
    """What the matching was given, by internal ids, so that it can be replayed; None after an erasure."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seat:
    """A member's place in a round: in an introduction, or with nobody this time."""

    round_id: RoundId
    member_id: MemberId
    community_id: CommunityId
    introduction_id: IntroductionId | None = None
    bowed_out: bool = False
    """They said *not this week*: nobody is looked for."""
    why_not: WhyNot | None = None
    """Why the matching found nobody for them, as it may be told; None: it did."""


class IntroductionState(StrEnum):
    """What became of an introduction."""

    PROPOSED = "proposed"
    """Promised, not yet delivered."""
    MADE = "made"
    MET = "met"
    NOT_YET = "not yet"
    COULD_NOT = "could not"
    SILENT = "silent"
    VOID = "void"
    """Undone: someone left, swapped or bowed out."""


class Outcome(StrEnum):
    """A member's own answer to how it went."""

    MET = "met"
    NOT_YET = "not yet"
    COULD_NOT = "could not"


@dataclass(frozen=True, kw_only=True, slots=True)
class Introduction:
    """Two or more members presented to each other in a round."""

    id: IntroductionId
    community_id: CommunityId
    round_id: RoundId
    members: tuple[MemberId, ...]
    """In the order in which they are named; the opener is one of them."""
    opener: MemberId
    phrase: str
    """Id of the opening phrase."""
    state: IntroductionState = IntroductionState.PROPOSED
    due_at: datetime
    """When it goes out, at the earliest; once it is made, when it went out (UTC)."""
    shared: bool = True
    """One conversation for all of them; otherwise a message to each."""
    touched: bool = False
    """Someone pressed one of its buttons."""
    joiner: MemberId | None = None
    """Who joined a running introduction, if that is how it came about."""
    met_before: int = 0
    """How often the most-introduced two of them had been introduced before: above 0: unavoidable."""
    last_met: date | None = None
    acquainted: bool = False
    """Some tie between two of them is on record."""
    hours: float | None = None
    """Waking hours they have in common; None: zones not known."""
    crosses_teams: bool = False
    in_common: bool | None = None
    """Whether they have acquaintances in common, where the program wishes it so; None: nothing is said."""
    unavoidable: bool = False
    """It is proved that no matching of the round had fewer repeats."""
    greeter: MemberId | None = None
    """Who of them welcomes a newcomer here."""

    @property
    def fingerprint(self) -> str:
        """The same for the same people, whatever their order."""
        return hashlib.sha256("/".join(sorted(self.members)).encode()).hexdigest()[:32]

    def others(self, member: MemberId) -> tuple[MemberId, ...]:
        """Everyone in it but one."""
        return tuple(other for other in self.members if other != member)

    @property
    def open(self) -> bool:
        """Whether it can still become a meeting."""
        return self.state not in (IntroductionState.VOID, IntroductionState.SILENT)


@dataclass(frozen=True, kw_only=True, slots=True)
class Answer:
    """One member's outcome of one introduction."""

    introduction_id: IntroductionId
    member_id: MemberId
    community_id: CommunityId
    outcome: Outcome
    at: datetime


def settled(answers: Iterable[Outcome]) -> IntroductionState | None:
    """What the answers say together: one *met* counts for all; None without any."""
    given = set(answers)
    for outcome, state in (
        (Outcome.MET, IntroductionState.MET),
        (Outcome.NOT_YET, IntroductionState.NOT_YET),
        (Outcome.COULD_NOT, IntroductionState.COULD_NOT),
    ):
        if outcome in given:
            return state
    return None


class Lateness(StrEnum):
    """What to do with a round whose moment has passed (decided once, for every platform)."""

    IN_TIME = "in time"
    SHORTENED = "shortened"
    TOO_LATE = "too late"


def lateness(*, now: datetime, opens_at: datetime, closes_at: datetime) -> Lateness:
    """Past a quarter of the round: a shortened frame; past its middle: not at all."""
    passed, whole = now - opens_at, closes_at - opens_at
    if passed * 2 > whole:
        return Lateness.TOO_LATE
    return Lateness.SHORTENED if passed * 4 > whole else Lateness.IN_TIME
