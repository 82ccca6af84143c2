"""What `simulate` tells of each round, and of all of them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import combinations

from bot.cli.console import Plain

Pair = tuple[str, str]


def pair(one: str, other: str) -> Pair:
    """Two people in the order in which pairs are written down."""
    return (one, other) if one < other else (other, one)


def pairs_in(groups: Sequence[Sequence[str]]) -> list[Pair]:
    """Every two people inside a group."""
    return [pair(one, other) for group in groups for one, other in combinations(group, 2)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """One round, or all of them together. Counts are of members where nothing is said; None: not known."""

    introduced: int
    unmatched: int
    """There, and in no introduction; those who skip are neither."""
    groups: int
    """Introductions."""
    trios: int
    """Introductions of another size than asked."""
    repeats: int
    """Pairs that had been introduced before."""
    avoidable_repeats: int | None
    """Repeats above the fewest possible in that state."""
    stranger_share: float | None
    """Pairs without a tie of any kind ever recorded, earlier introductions included, over all pairs."""
    random_stranger_share: float | None
    tie_mean: float | None
    """How well the pairs know each other, 0 to 1."""
    random_tie_mean: float | None
    department_crossings: float | None
    """Pairs of two teams, over all pairs whose teams are known."""
    far_share: float | None = None
    """Pairs three steps apart or more, over all pairs; where these are asked for."""
    random_far_share: float | None = None
    seconds: float
    """Of the matching alone."""
    seconds_all: float
    """With actions and storage."""

    def as_object(self) -> dict[str, Plain]:
        """The same, for a script."""
        return {
            name: round(value, 6) if isinstance(value, float) else value
            for name, value in asdict(self).items()
            if value is not None or not name.endswith("far_share")
        }


def total(rounds: Sequence[Figures]) -> Figures:
    """Counts and seconds summed, shares averaged over the rounds that have one."""
    avoidable = [one.avoidable_repeats for one in rounds]
    return Figures(
        introduced=sum(one.introduced for one in rounds),
        unmatched=sum(one.unmatched for one in rounds),
        groups=sum(one.groups for one in rounds),
        trios=sum(one.trios for one in rounds),
        repeats=sum(one.repeats for one in rounds),
        avoidable_repeats=None if None in avoidable else sum(count or 0 for count in avoidable),
        stranger_share=mean([one.stranger_share for one in rounds]),
        random_stranger_share=mean([one.random_stranger_share for one in rounds]),
        tie_mean=mean([one.tie_mean for one in rounds]),
        random_tie_mean=mean([one.random_tie_mean for one in rounds]),
        department_crossings=mean([one.department_crossings for one in rounds]),
        far_share=mean([one.far_share for one in rounds]),
        random_far_share=mean([one.random_far_share for one in rounds]),
        seconds=sum(one.seconds for one in rounds),
        seconds_all=sum(one.seconds_all for one in rounds),
    )


def mean(values: Sequence[float | None]) -> float | None:
    """Of those that are known."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
