"""A program: a standing rhythm of introductions in one space."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from bot.domain.acquaintance import Distance
from bot.domain.cadence import Cadence, Wall
from bot.domain.hours import Blackouts
from bot.domain.ids import CommunityId, MemberId, ProgramId, SpaceId
from bot.domain.reflection import rhythm_of_prompts

SMALL = 8
"""Below this many active members, a slower rhythm is proposed: they would go round too fast."""

SEASON_ROUNDS = 26
"""A season ends when everyone has met everyone, or after half a year of weekly rounds."""

RESPITE = timedelta(days=2)
"""A round started by hand lasts at least this long before the next one of the rhythm."""


WELCOMES = 2
"""Newcomers whom a greeter is introduced to in thirty days, unless their convener says otherwise."""

MOST_WELCOMES = 10

WELCOMES_IN = timedelta(days=30)


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
    prompt_wall: Wall | None = None
    """The slot of the next question to the community; None: none is put."""
    prompt_at: datetime | None = None
    other_teams: bool = False
    """Two of the same team are never introduced; otherwise they are when there is nobody else."""
    distance: Distance = Distance.ANY
    common_hour: bool = False
    """Whoever is introduced has an hour in common, or is not introduced."""
    tells_rounds: bool = True
    """At the end of each round the space reads what it has brought."""
    tells_seasons: bool = True
    """At the end of a season it reads what that has brought."""

    @property
    def ticked(self) -> Mapping[str, bool]:
        """What its conveners switch on and off, by name."""
        return {
            "other_teams": self.other_teams,
            "common_hour": self.common_hour,
            "tells_rounds": self.tells_rounds,
            "tells_seasons": self.tells_seasons,
        }

    def ticking(self, chosen: Mapping[str, bool]) -> "Program":
        """The same program, with these switched on and off."""
        on = {**self.ticked, **chosen}
        return replace(
            self,
            other_teams=on["other_teams"],
            common_hour=on["common_hour"],
            tells_rounds=on["tells_rounds"],
            tells_seasons=on["tells_seasons"],
        )

    def aimed(self, *, after: datetime) -> "Program":
        """The same program, pointed at its first slot after a moment."""
        slot = self.cadence.next_after(after)
        wall, at = slot or (None, None)
        return replace(self, next_wall=wall, next_at=at)

    def on_the_wall(self) -> "Program":
        """The same slots, at the moments where the time zones of today place them."""
        walls = (self.next_wall, self.prompt_wall)
        next_at, prompt_at = (self.cadence.moment(wall) if wall else None for wall in walls)
        return replace(self, next_at=next_at, prompt_at=prompt_at)

    def asking(self, *, after: datetime) -> "Program":
        """The same program, with its next question at the first slot for one after a moment."""
        slot = rhythm_of_prompts(self.cadence).next_after(after)
        wall, at = slot or (None, None)
        return replace(self, prompt_wall=wall, prompt_at=at)

    def silent(self) -> "Program":
        """The same program, asking nothing."""
        return replace(self, prompt_wall=None, prompt_at=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class Greeter:
    """A member who volunteers to be a newcomer's first introduction."""

    program_id: ProgramId
    member_id: MemberId
    community_id: CommunityId
    welcomes: int = WELCOMES
    """How many newcomers they welcome in thirty days, at most."""
    at: datetime
