"""For someone whose neighbour is no longer there: a new one now if anyone is free, else first next time."""

from collections.abc import Callable, Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from itertools import combinations

from bot.domain.acquaintance import Pair, pair
from bot.domain.ids import MemberId
from bot.domain.planning import Past, ticket
from bot.domain.round import Introduction, IntroductionState

TRIO = 3


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbourhood:
    """What a running round offers to someone who seeks."""

    waiting: Sequence[MemberId]
    """Active members with a seat and nobody to meet."""
    introductions: Sequence[Introduction]
    """Of this round, void ones too: whoever was together in it is not introduced again."""
    busy: Collection[str]
    """Ids of introductions that someone has answered, or that have agreed on a time: left in peace."""
    barred: Collection[Pair]
    """Keep-apart."""
    allow: Callable[[Collection[MemberId]], bool]
    """Whether language, and what the convener asked for, lets these be introduced together."""
    past: Mapping[Pair, Past]
    tied: Collection[Pair]
    size: int
    seed: bytes
    welcoming: Sequence[AbstractSet[MemberId]] = ()
    """Whom a newcomer meets first, then second; empty for everyone else."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Place:
    """Where a seeker goes: to someone who waits, or into an introduction that grows by one."""

    waiting: MemberId | None = None
    joins: Introduction | None = None


def place(seeker: MemberId, around: Neighbourhood) -> Place | None:
    """The best free place for a seeker; None when there is none that no wish or rule forbids.

    For a newcomer who welcomes them first, then strangers, then those who met longest ago; chance decides
    between equals.
    """
    together = {
        pair(seeker, other)
        for introduction in around.introductions
        if seeker in introduction.members
        for other in introduction.others(seeker)
    }
    forbidden = {*around.barred, *together}

    def welcome(others: Collection[MemberId]) -> bool:
        free = seeker not in others and all(pair(seeker, other) not in forbidden for other in others)
        return free and around.allow((seeker, *others))

    def strangeness(others: Collection[MemberId]) -> tuple[int, int, int, int]:
        pairs = [pair(seeker, other) for other in others]
        return (
            next(
                (turn for turn, some in enumerate(around.welcoming) if not some.isdisjoint(others)),
                len(around.welcoming),
            ),
            sum(around.past[key].times for key in pairs if key in around.past),
            sum(1 for key in pairs if key in around.tied),
            min(ticket(around.seed, other) for other in others),
        )

    free = [other for other in around.waiting if welcome((other,))]
    if free:
        return Place(waiting=min(free, key=lambda other: strangeness((other,))))
    growing = [
        introduction
        for introduction in around.introductions
        if introduction.state in (IntroductionState.PROPOSED, IntroductionState.MADE)
        and introduction.id not in around.busy
        # A pair may become a trio; larger groups are never larger than asked.
        and len(introduction.members) < max(around.size, TRIO)
        and welcome(introduction.members)
        # Two who do not wish to meet any more are not presented again, as the company of a third.
        and not any(pair(*two) in around.barred for two in combinations(introduction.members, 2))
    ]
    if not growing:
        return None
    return Place(joins=min(growing, key=lambda one: (len(one.members), *strangeness(one.members))))
