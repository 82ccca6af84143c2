"""A learning partnership: members who chose to go on together for some weeks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.ids import CommunityId, IntroductionId, MemberId, PartnershipId, ProgramId

LINE_LIMIT = 150
"""Characters of each line of an intention."""

MONTH = timedelta(weeks=4)
"""When each is asked how it goes."""

AHEAD = timedelta(days=2)
"""A session is recalled this long before the day by which it is to take place."""

TO_DECIDE = timedelta(weeks=1)
"""How long they have to say whether to go on; silence is an end too."""

OF_USE = timedelta(days=3)
"""What came later than this, after an outage, is passed over."""


class Pace(StrEnum):
    """How many sessions, and how far apart."""

    FORTNIGHTLY = "fortnightly"
    """Six in twelve weeks."""
    WEEKLY = "weekly"
    """Six in six weeks."""
    MONTHLY = "monthly"
    """Three in twelve weeks."""

    @property
    def sessions(self) -> int:
        """How many there are."""
        return 3 if self is Pace.MONTHLY else 6

    @property
    def every(self) -> timedelta:
        """From one to the next."""
        return timedelta(weeks={Pace.WEEKLY: 1, Pace.FORTNIGHTLY: 2, Pace.MONTHLY: 4}[self])


class Step(StrEnum):
    """What Voisin says to a partnership in its course."""

    SESSION = "session"
    CHECK = "check"
    ENDING = "ending"
    OVER = "over"


class PartnershipState(StrEnum):
    """Whether it goes on."""

    RUNNING = "running"
    ENDED = "ended"


@dataclass(frozen=True, kw_only=True, slots=True)
class Willing:
    """A member's private answer to whether to go on after a meeting."""

    introduction_id: IntroductionId
    member_id: MemberId
    community_id: CommunityId
    yes: bool
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Partner:
    """One of a partnership, and what they set out to do."""

    partnership_id: PartnershipId
    member_id: MemberId
    community_id: CommunityId
    better_at: str = ""
    will_try: str = ""
    going_on: bool | None = None
    """Whether they want another term; None: not said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Partnership:
    """Members who go on learning together; one at most comes of an introduction."""

    id: PartnershipId
    community_id: CommunityId
    program_id: ProgramId
    introduction_id: IntroductionId
    state: PartnershipState = PartnershipState.RUNNING
    pace: Pace = Pace.FORTNIGHTLY
    term: int = 1
    """How many times they chose to go on."""
    started_at: datetime
    """When this term began."""
    said_until: datetime
    """What was due up to this moment is said."""
    wake_at: datetime | None
    """When the next step is due (UTC); None: it has ended."""

    @property
    def ends_at(self) -> datetime:
        """When its last session is due."""
        return self.started_at + self.pace.sessions * self.pace.every

    def steps(self) -> Sequence[tuple[datetime, Step, int]]:
        """Everything that is due in this term, in order: when, what, and the number of the session."""
        sessions = range(1, self.pace.sessions + 1)
        due = [(self.session_at(number) - AHEAD, Step.SESSION, number) for number in sessions]
        due += [(self.started_at + MONTH, Step.CHECK, 0)]
        due += [(self.ends_at, Step.ENDING, 0), (self.ends_at + TO_DECIDE, Step.OVER, 0)]
        return sorted(due, key=lambda step: step[0])

    def session_at(self, number: int) -> datetime:
        """The day by which a session (from 1) is to take place."""
        return self.started_at + number * self.pace.every

    def due(self, *, now: datetime) -> Sequence[tuple[datetime, Step, int]]:
        """What is due and not yet said."""
        return [step for step in self.steps() if self.said_until < step[0] <= now]

    def advanced(self, *, now: datetime) -> "Partnership":
        """The same, with all that is due now said."""
        coming = [at for at, _, _ in self.steps() if at > now]
        return replace(self, said_until=max(now, self.said_until), wake_at=coming[0] if coming else None)

    def paced(self, pace: Pace, *, now: datetime) -> "Partnership":
        """The same at another pace, from the sessions still to come on."""
        return replace(self, pace=pace).advanced(now=now)

    def renewed(self, *, now: datetime) -> "Partnership":
        """Another term, from now."""
        return replace(self, term=self.term + 1, started_at=now, said_until=now).advanced(now=now)

    def ended(self) -> "Partnership":
        """Over, for whatever reason."""
        return replace(self, state=PartnershipState.ENDED, wake_at=None)

    def next_session(self, *, now: datetime) -> tuple[int, datetime] | None:
        """The session to come and its day."""
        numbers = range(1, self.pace.sessions + 1)
        return next(((each, self.session_at(each)) for each in numbers if self.session_at(each) > now), None)
