"""What a member expected of an introduction and what they found, and what the community may know of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.ids import CommunityId, IntroductionId, MemberId

ENOUGH = 8
"""So many members must have answered before a figure is theirs together, and nobody's own."""

TAKEAWAY_LIMIT = 300
"""Characters of the line that someone takes away."""


class Degree(StrEnum):
    """How much one expects, or found. In the order of more."""

    LITTLE = "little"
    SOME = "some"
    MUCH = "much"

    @property
    def rank(self) -> int:
        """0, 1 or 2."""
        return list(Degree).index(self)


@dataclass(frozen=True, kw_only=True, slots=True)
class Impression:
    """One member's own words and answers about one introduction: theirs alone, but for what they share."""

    introduction_id: IntroductionId
    member_id: MemberId
    community_id: CommunityId
    expected: Degree | None = None
    found: Degree | None = None
    takeaway: str = ""
    thanked: MemberId | None = None
    shared: bool = False
    """By their own click: the line and the thanks may go back to the community."""
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Findings:
    """What the members of a community expected and found, counted; of rounds that are over."""

    people: int
    """Who gave both answers at least once."""
    times: Mapping[tuple[Degree, Degree], int]
    """(expected, found) → how often."""


def calibration(findings: Findings) -> int | None:
    """In how many cases of ten, roughly, people found at least what they expected: 1 to 9; None: too few.

    Never "all" or "none": that would tell what one of them answered.
    """
    answered = sum(findings.times.values())
    if findings.people < ENOUGH or not answered:
        return None
    pleased = sum(n for (expected, found), n in findings.times.items() if found.rank >= expected.rank)
    return min(9, max(1, round(10 * pleased / answered)))
