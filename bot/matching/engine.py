"""One round of matching: from a Problem and a seed to groups. Pure: the same in, the same out, everywhere."""

from collections import defaultdict
from dataclasses import replace
from typing import Final

import numpy as np

from bot.matching import exact
from bot.matching.blocks import ONE_BLOCK, Group, group_numbers, in_blocks, rows, together
from bot.matching.costs import cost_of, table
from bot.matching.designs import rounds_left
from bot.matching.distance import unwanted_groups
from bot.matching.groups import group
from bot.matching.pairs import pair
from bot.matching.problem import EITHER, PAIR_ONLY, TRIO_ONLY, IntArray, Matching, Problem, among
from bot.matching.rules import broken
from bot.matching.season import lookahead
from bot.matching.tickets import Tickets

ENGINE: Final = "6"
"""The engine's version. A round stores it: replaying needs the same one."""

_BLOCKS_TRIED: Final = 500
"""From here on blocks come first: where all are strangers, nothing that matters could be better."""

_PROPOSALS: Final = 3
"""Rounds drawn before the plan decides."""

_CLUB_TRIES: Final = 6
"""Draws of who completes the groups of another size; a wish that costs a stranger each time gives way."""


def match(problem: Problem, *, seed: bytes) -> Matching:
    """Groups for one round, strangers first.

    In this order: no forbidden pair, ever; as few alone as possible, those left alone last time placed
    first; sizes as asked (pairs and one trio; k and k-1); the fewest repeats, the oldest among them;
    the most strangers, the weakest ties, the distance that is asked for, other teams, common hours; chance.
    Turns at being in a trio come right after the fewest repeats.
    A stable even roster goes through n - 1 rounds of pairs before anyone meets again (see `season`).
    Exact for up to 12 members (pairs) or 10 (groups), where each best grouping is equally likely, and for
    pairs up to 320, but for the trio of an odd number when few strangers are left (then `fewest_repeats`
    says so); up to 3,000 the fewest repeats nearly always are, and are proved. 5 ms for 12 members, 0.02
    to 0.3 s for 300, 0.5 s for 3,000.
    """
    plain, fewest = _grouped(problem, Tickets(seed, "plain"))
    chosen, standing = plain, _standing(problem, plain)
    for turn in range(_CLUB_TRIES if _may_wish(problem) else 0):
        tried = _with_clubs(problem, Tickets(seed, f"clubs {turn}"))
        tried_standing = _standing(problem, tried)
        if all(new <= old for new, old in zip(tried_standing, standing, strict=True)):
            chosen, standing = tried, tried_standing
            break
    repeats = standing[2]
    if fewest is not None and repeats < fewest:
        fewest = repeats
    return _matching(problem, chosen, repeats, 0 if repeats == 0 else fewest)


def fewest_repeats(problem: Problem) -> int | None:
    """The exact minimum of repeats in this state under its hard rules, or None where it cannot be proved."""
    return match(problem, seed=b"").fewest_repeats


def _grouped(problem: Problem, tickets: Tickets) -> tuple[list[Group], int | None]:
    everyone = np.arange(problem.members, dtype=np.int64)
    if problem.members > _BLOCKS_TRIED:
        groups = in_blocks(problem, tickets, lambda part, members: _solve(part, members, tickets)[0])
        if problem.members > ONE_BLOCK:
            return groups, None
        good = not any(_standing(problem, groups)) and not unwanted_groups(problem, groups).any()
        if good and lookahead(problem) is None:
            return groups, 0
    groups, fewest = _solve(problem, everyone, tickets)
    known = rounds_left(problem, tickets)
    if known:
        bill = table(problem, everyone, tickets)
        planned = min(known, key=lambda round: cost_of(bill, round))
        better = zip(_standing(problem, planned), _standing(problem, groups), strict=True)
        return (planned, 0) if all(new <= old for new, old in better) else (groups, fewest)
    ahead = lookahead(problem)
    if ahead is None:
        return groups, fewest
    for _ in range(_PROPOSALS):
        if ahead.keeps(groups):
            return groups, fewest
        groups, _ = _solve(problem, everyone, tickets)
    certain = ahead.rounds_left()
    if certain:
        bill = table(problem, everyone, tickets)
        groups = min(certain, key=lambda round: cost_of(bill, round))
    return groups, fewest


def _solve(problem: Problem, members: IntArray, tickets: Tickets) -> tuple[list[Group], int | None]:
    """Groups of some members, in the caller's indices, by the method for their number; and what is proved."""
    if len(members) == 0:
        return [], 0
    costs = table(problem, members, tickets)
    fewest: int | None = None
    if exact.fits(costs):
        groups, fewest = exact.best(costs, tickets)
    elif problem.size == 2:
        paired = pair(costs)
        groups, fewest = paired.groups, paired.fewest
    else:
        groups = group(costs, tickets)
    return [tuple(costs.members[list(seats)].tolist()) for seats in groups], fewest


def _may_wish(problem: Problem) -> bool:
    """Whether groups of another size than asked could please someone, or spare them."""
    wishes = set(problem.format.tolist()) - {EITHER}
    odd = problem.size == PAIR_ONLY and problem.members % 2 == 1
    return bool(wishes) if odd else bool(wishes - {problem.size})


def _with_clubs(problem: Problem, tickets: Tickets) -> list[Group]:
    """Those who asked for another size are grouped in it, completed by some who asked for nothing.

    Where pairs leave one over, the trio is made of those who did not ask for pairs. Those alone in their
    clubs have each other.
    """
    order = tickets.order(problem.members)
    order = order[np.argsort(-problem.trios[order], kind="stable")]
    free = [int(member) for member in order if problem.format[member] == EITHER]
    clubs: list[tuple[int, list[int]]] = []
    left = problem.members
    for size in sorted({PAIR_ONLY, TRIO_ONLY} - {problem.size}):
        wish = [int(member) for member in order if problem.format[member] == size]
        missing = -len(wish) % size
        if missing > len(free):
            wish, missing = wish[: len(wish) - len(wish) % size], 0
        if size == TRIO_ONLY and problem.size == 2 and (left - len(wish) - missing) % 2:
            missing += 3 if len(free) >= missing + 3 else 0
        # The end of `free` was least often in a group of another size.
        club = wish + [free.pop() for _ in range(missing)]
        clubs.append((size, club))
        left -= len(club)
    rest = sorted(set(range(problem.members)) - {member for _, club in clubs for member in club})
    groups: list[Group] = []
    for size, club in [*clubs, (problem.size, rest)]:
        groups += _among(replace(problem, size=size), club, tickets)
    alone = sorted(members[0] for members in groups if len(members) == 1)
    return [members for members in groups if len(members) > 1] + _among(problem, alone, tickets)


def _among(problem: Problem, some: list[int], tickets: Tickets) -> list[Group]:
    """Groups of some members, who may be thousands."""
    if len(some) <= ONE_BLOCK:
        return _solve(problem, np.array(some, dtype=np.int64), tickets)[0]
    members = np.array(sorted(some), dtype=np.int64)
    found = in_blocks(among(problem, members), tickets, lambda part, few: _solve(part, few, tickets)[0])
    return [tuple(members[list(places)].tolist()) for places in found]


def _standing(problem: Problem, groups: list[Group]) -> tuple[int, int, int, int]:
    """Members alone, those of them who come first, pairs that met before, pairs that know each other."""
    alone = [members[0] for members in groups if len(members) == 1]
    number = group_numbers(problem.members, groups)
    # A pair as one number: sets of them are cheap.
    met, tied = (
        {low * problem.members + high for low, high in np.sort(pairs, axis=1).tolist()}
        for pairs in (
            problem.met[together(number, problem.met), :2],
            problem.ties[together(number, problem.ties)],
        )
    )
    return len(alone), int(problem.first[alone].sum()), len(met), len(met | tied)


def _matching(problem: Problem, groups: list[Group], repeats: int, fewest: int | None) -> Matching:
    number = group_numbers(problem.members, groups)
    parted = len(together(number, problem.forbidden)) or broken(problem, number)
    if parted or sum(map(len, groups)) != problem.members:
        raise AssertionError("The matching broke a hard rule; nothing of it may be used.")
    return Matching(
        groups=_sorted(groups),
        alone=tuple(sorted(members[0] for members in groups if len(members) == 1)),
        repeats=repeats,
        fewest_repeats=fewest,
    )


def _sorted(groups: list[Group]) -> tuple[Group, ...]:
    """Each group sorted, and all of them, without single members; half a million at once as one array."""
    by_size: dict[int, list[Group]] = defaultdict(list)
    for members in groups:
        by_size[len(members)].append(members)
    found: list[Group] = []
    for size in sorted(set(by_size) - {1}):
        seated = np.sort(np.array(by_size[size], dtype=np.int64), axis=1)
        found += rows(seated[np.argsort(seated[:, 0])])
    return tuple(sorted(found))
