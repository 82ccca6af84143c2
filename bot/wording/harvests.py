"""What goes back to the community: how many were introduced, how many met, and what they chose to share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.community import Language, Space
from bot.domain.member import Member
from bot.messages import Message, Part, Said
from bot.wording.voice import distinct, message, moment, paragraphs

FEW = 3
"""Fewer introductions than this and a figure would speak of somebody."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Harvest:
    """What came of some rounds. Whoever did not meet is in the figures alone."""

    introduced: int
    """Members."""
    made: int
    """Introductions."""
    met: int
    unknown: int
    """Introductions of which nobody said anything: not the same as no."""
    lines: Sequence[tuple[Member, str]]
    """Who shared a line to take away, by their own click."""
    thanks: Sequence[tuple[Member, Member]]
    """Who thanked whom, by their own click."""

    @property
    def empty(self) -> bool:
        """Whether there is nothing that may be said."""
        return self.made < FEW and not self.released

    @property
    def released(self) -> bool:
        """Whether somebody wants something read."""
        return bool(self.lines or self.thanks)


def harvest(
    first: Language,
    gathered: Harvest,
    *,
    space: Space,
    season: int | None = None,
    so_far: bool = False,
    next_at: datetime | None,
    zone: str,
) -> Message:
    """Bring it to the space, in every language; ``season``: the one that begins now, after this one's end.

    ``so_far``: the round still runs, and this is what a week has brought.
    """
    name = "season" if season is not None else "harvest.week" if so_far else "harvest"
    parts = [
        _part(name, language, gathered, space=space, season=season, next_at=next_at, zone=zone)
        for language in distinct([first, *Language])
    ]
    return message(name, parts)


FIGURES = {"harvest": "harvest.figures", "harvest.week": "harvest.so_far", "season": "harvest.season"}


def _part(
    name: str,
    language: Language,
    gathered: Harvest,
    *,
    space: Space,
    season: int | None,
    next_at: datetime | None,
    zone: str,
) -> Part:
    if season is None:
        said = [*paragraphs(name, language, space=space)]
    else:
        said = [*paragraphs("season", language, space=space, n=season)]
    if gathered.made >= FEW:
        said += paragraphs(
            FIGURES[name],
            language,
            introduced=gathered.introduced,
            made=gathered.made,
            met=gathered.met,
            unknown=gathered.unknown,
        )
    if gathered.lines:
        said += paragraphs("harvest.shared", language)
    for person, text in gathered.lines:
        said += paragraphs("lines.fresh", language, person=Said(text=person.name), text=Said(text=text))
    for person, other in gathered.thanks:
        said += paragraphs(
            "harvest.thanks", language, person=Said(text=person.name), other=Said(text=other.name)
        )
    if next_at is not None:
        at = moment(next_at, zone=zone, language=language, with_time=True)
        said += paragraphs("notice.next", language, day=at)
    return Part(language=language, paragraphs=tuple(said))
