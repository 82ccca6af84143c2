"""Who has an acquaintance in common with whom. Who that is, is never told."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import StrEnum

from bot.domain.ids import MemberId
from bot.domain.member import Tie, TieKind
from bot.matching import acquaints

Pair = tuple[MemberId, MemberId]

Circles = Mapping[MemberId, AbstractSet[MemberId]]
"""Whom everyone knows."""


class Distance(StrEnum):
    """Which strangers a program would rather introduce to each other."""

    ANY = "any"
    FAR = "far"
    """Who have no acquaintance in common."""
    NEAR = "near"
    """Who have one."""


def pair(one: MemberId, other: MemberId) -> Pair:
    """Two members in the order in which pairs are written down."""
    return (one, other) if one < other else (other, one)


def circles_of(ties: Iterable[Tie], introduced: Iterable[Pair], *, asked: Distance) -> Circles:
    """Whom everyone knows, for what may be said of it; nothing where no distance is asked for.

    Whom somebody says they know is for nobody to see: that alone is not told as somebody in common.
    An introduction makes nobody an acquaintance by itself, but may have: who were both introduced to somebody
    are not told that they have nobody in common.
    """
    circles: dict[MemberId, set[MemberId]] = defaultdict(set)
    if asked is not Distance.ANY:
        said = asked is Distance.FAR
        known = {
            pair(tie.source, tie.target)
            for tie in ties
            if _acquaints(tie) and (said or tie.kind is not TieKind.KNOWN)
        }
        for one, other in known.union(introduced if said else ()):
            circles[one].add(other)
            circles[other].add(one)
    return circles


def as_asked(pairs: Sequence[Pair], circles: Circles, *, asked: Distance) -> bool | None:
    """Whether all of these have somebody in common, or none of them; None where that is not as asked."""
    shared = [not circles.get(one, set()).isdisjoint(circles.get(other, set())) for one, other in pairs]
    if asked is Distance.FAR and not any(shared):
        return False
    return True if asked is Distance.NEAR and all(shared) else None


def outside(ties: Iterable[Tie], index: Mapping[MemberId, int], *, asked: Distance) -> list[tuple[int, int]]:
    """Whom members (their numbers) know outside a round, where two or more do; numbers name nobody."""
    if asked is Distance.ANY:
        return []
    known: dict[MemberId, set[int]] = defaultdict(set)
    for tie in ties:
        for one, other in ((tie.source, tie.target), (tie.target, tie.source)):
            if one in index and other not in index and _acquaints(tie):
                known[other].add(index[one])
    shared = [who for who in known.values() if len(who) > 1]
    return [(member, number) for number, who in enumerate(shared, len(index)) for member in sorted(who)]


def _acquaints(tie: Tie) -> bool:
    return tie.kind is TieKind.KNOWN or acquaints(tie.kind.value, tie.people)
