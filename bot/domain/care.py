"""A private word to those who look after a program."""

from dataclasses import dataclass
from datetime import datetime

from bot.domain.ids import CareId, CommunityId, MemberId

WORD_LIMIT = 1000
"""Characters of a word of care."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Care:
    """What a member told a convener of a bad experience. ``about`` never hears of it."""

    id: CareId
    community_id: CommunityId
    author: MemberId
    about: MemberId | None
    """None: nobody in particular, or they had themselves erased."""
    words: str
    at: datetime
