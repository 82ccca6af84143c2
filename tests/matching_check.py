"""An independent judge of a matching: plain Python over sets, no code shared with the engine."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isnan

from bot.matching import Matching, Problem, match, problem

Group = tuple[int, ...]
Score = tuple[int, int, int, int, int]
"""Alone, alone who come first, how often they were left alone, ranked, distance from the size, repeats."""


def pairs_of(problem: Problem, what: str) -> set[frozenset[int]]:
    return {frozenset((int(row[0]), int(row[1]))) for row in getattr(problem, what)}


def barred(problem: Problem) -> set[frozenset[int]]:
    """Pairs that may never share a group: wishes, languages, and what the convener made hard."""
    speaks, team = problem.speaks.tolist(), problem.team.tolist()
    said = [member for member in range(problem.members) if speaks[member]]
    apart = pairs_of(problem, "forbidden") | {
        frozenset((a, b)) for a, b in combinations(said, 2) if not speaks[a] & speaks[b]
    }
    for a, b in combinations(range(problem.members), 2):
        if problem.team_hard and team[a] == team[b] != -1:
            apart.add(frozenset((a, b)))
        if not an_hour(problem, (a, b)):
            apart.add(frozenset((a, b)))
    return apart


def an_hour(problem: Problem, group: Group) -> bool:
    """Whether all of a group are awake for one whole hour that begins on a half hour, where they must be."""
    if not problem.hours_hard:
        return True

    def awake(member: int, at: float) -> bool:
        start, end = float(problem.waking[member, 0]), float(problem.waking[member, 1])
        if isnan(start):
            return True
        return start <= at < end if start < end else at >= start or at < end

    quarters = [[(half / 2 + quarter / 4) % 24 for quarter in range(4)] for half in range(48)]
    return any(all(awake(member, at) for member in group for at in hour) for hour in quarters)


def inside(group: Group) -> set[frozenset[int]]:
    return {frozenset(pair) for pair in combinations(group, 2)}


def repeats_of(problem: Problem, groups: tuple[Group, ...]) -> int:
    met = pairs_of(problem, "met")
    return sum(len(inside(group) & met) for group in groups)


def check(problem: Problem, matching: Matching) -> None:
    """Everyone once, sizes as promised, no forbidden pair, repeats counted right."""
    placed = [member for group in matching.groups for member in group] + list(matching.alone)
    assert sorted(placed) == list(range(problem.members))
    largest = max(problem.size, 3)
    assert all(2 <= len(group) <= largest for group in matching.groups)
    assert all(list(group) == sorted(group) for group in matching.groups)
    assert list(matching.groups) == sorted(matching.groups)
    forbidden = pairs_of(problem, "forbidden")
    assert not any(inside(group) & forbidden for group in matching.groups)
    speaks = problem.speaks.tolist()
    for group in matching.groups:
        said = [speaks[member] for member in group if speaks[member]]
        assert all(one & other for one, other in combinations(said, 2))
        teams = [team for team in problem.team[list(group)].tolist() if team != -1]
        assert not problem.team_hard or len(set(teams)) == len(teams)
        assert an_hour(problem, group)
    assert matching.repeats == repeats_of(problem, matching.groups)
    if matching.fewest_repeats is not None:
        assert matching.fewest_repeats <= matching.repeats
    if matching.repeats == 0:
        assert matching.fewest_repeats == 0


def partitions(
    members: Group,
    largest: int,
    forbidden: set[frozenset[int]],
    may: Callable[[Group], bool] = lambda _: True,
) -> Iterator[tuple[Group, ...]]:
    """Every way to group all members, up to `largest` together, no forbidden pair; singles are alone."""
    if not members:
        yield ()
        return
    first, rest = members[0], members[1:]
    for count in range(min(largest, len(members))):
        for others in combinations(rest, count):
            group = (first, *others)
            if not inside(group) & forbidden and may(group):
                left = tuple(member for member in rest if member not in others)
                for tail in partitions(left, largest, forbidden, may):
                    yield (group, *tail)


def score(problem: Problem, partition: tuple[Group, ...]) -> Score:
    alone = [group[0] for group in partition if len(group) == 1]
    groups = tuple(group for group in partition if len(group) > 1)
    turns = sorted(set(problem.left_out.tolist()))
    return (
        len(alone),
        sum(bool(problem.first[member]) for member in alone),
        sum(turns.index(int(problem.left_out[member])) for member in alone),
        sum((problem.size - len(group)) ** 2 for group in groups),
        repeats_of(problem, groups),
    )


def best_score(problem: Problem) -> Score:
    """The best that any grouping reaches; for up to 8 members."""
    everyone = tuple(range(problem.members))
    largest = 3 if problem.size == 2 else problem.size
    forbidden = barred(problem)
    ways = partitions(everyone, largest, forbidden, lambda group: len(group) == 1 or an_hour(problem, group))
    return min(score(problem, partition) for partition in ways)


def score_of(problem: Problem, matching: Matching) -> Score:
    return score(problem, matching.groups + tuple((member,) for member in matching.alone))


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """A round, and what came out."""

    problem: Problem
    matching: Matching


def play(
    members: int,
    rounds: int,
    *,
    number: int = 0,
    size: int = 2,
    ties: Sequence[tuple[int, ...]] = (),
    strength: Sequence[float] | None = None,
    forbidden: Sequence[tuple[int, ...]] = (),
) -> list[Played]:
    """Weekly rounds of a stable roster, each checked; everyone remembers, nobody skips."""
    played: list[Played] = []
    times: Counter[tuple[int, int]] = Counter()
    last: dict[tuple[int, int], int] = {}
    trios = [0] * members
    for turn in range(rounds):
        state = problem(
            members,
            size=size,
            met=[(a, b, count) for (a, b), count in times.items()],
            met_age=[7.0 * (turn - last[pair]) for pair in times],
            trios=trios,
            ties=ties,
            strength=strength,
            forbidden=forbidden,
        )
        matching = match(state, seed=b"%d, round %d" % (number, turn))
        check(state, matching)
        for group in matching.groups:
            for pair in combinations(group, 2):
                times[pair] += 1
                last[pair] = turn
            for member in group if len(group) != size else ():
                trios[member] += 1
        played.append(Played(problem=state, matching=matching))
    return played
