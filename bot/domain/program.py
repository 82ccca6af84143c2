"""A program: a standing rhythm of introductions in one space."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.cadence import Cadence, Wall
from bot.domain.hours import Blackouts
from bot.domain.ids import CommunityId, ProgramId, SpaceId

SMALL = 8
"""Below this many active members, a slower rhythm is proposed: they would go round too fast."""

SEASON_ROUNDS = 26
"""A season ends when everyone has met everyone, or after half a year of weekly rounds."""

RESPITE = timedelta(days=2)
"""A round started by hand lasts at least this long before the next one of the rhythm."""


class ProgramState(StrEnum):
    """Whether a program opens rounds."""

    RUNNING = "running"
    PAUSED = "paused"


@dataclass(frozen=True, kw_only=True, slots=True)
class Program:
    """A rhythm of introductions; ``next_wall`` and ``next_at`` name the round to come."""

    id: ProgramId
    community_id: CommunityId
    space_id: SpaceId
    cadence: Cadence
    group_size: int = 2
    state: ProgramState = ProgramState.RUNNING
    blackouts: Blackouts = Blackouts()
    season: int = 1
    season_rounds: int = 0
    """Rounds held in this season."""
    rounds: int = 0
    """Rounds held in all: the number of the last one."""
    next_wall: Wall | None
    next_at: datetime | None
    created_at: datetime

    def aimed(self, *, after: datetime) -> "Program":
        """The same program, pointed at its first slot after a moment."""
        slot = self.cadence.next_after(after)
        wall, at = slot or (None, None)
        return replace(self, next_wall=wall, next_at=at)
