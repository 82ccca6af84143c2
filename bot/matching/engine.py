"""One round of matching: from a Problem and a seed to groups. Pure: the same in, the same out, everywhere."""

from dataclasses import replace
from typing import Final

import numpy as np

from bot.matching import exact
from bot.matching.blocks import ONE_BLOCK, Group, group_numbers, in_blocks, together
from bot.matching.costs import table
from bot.matching.groups import group
from bot.matching.pairs import pair
from bot.matching.problem import EITHER, PAIR_ONLY, TRIO_ONLY, IntArray, Matching, Problem
from bot.matching.tickets import Tickets

ENGINE: Final = "1"
"""The engine's version. A round stores it: replaying needs the same one."""

_CLUB_TRIES: Final = 4


def match(problem: Problem, *, seed: bytes) -> Matching:
    """Groups for one round, strangers first.

    In this order: no forbidden pair, ever; as few alone as possible, those left alone last time placed
    first; sizes as asked (pairs and one trio; k and k-1); the fewest repeats, the oldest among them;
    the most strangers; then turns at being in a trio, the weakest ties, other teams, common hours; chance.
    Exact for up to 12 members (pairs) or 10 (groups), where each best grouping is equally likely, and for
    pairs up to 300; see the engines for more. 30 ms for 12 members, about 0.1 s for 300, 1 s for 3,000.
    """
    plain, fewest = _grouped(problem, Tickets(seed, "plain"))
    chosen = plain
    if np.isin(problem.format, [f for f in (PAIR_ONLY, TRIO_ONLY) if f != problem.size]).any():
        for turn in range(_CLUB_TRIES):
            tried = _with_clubs(problem, Tickets(seed, f"clubs {turn}"))
            if _standing(problem, tried) <= _standing(problem, plain):
                chosen = tried
                break
    _, _, repeats = _standing(problem, chosen)
    if fewest is not None and repeats < fewest:
        fewest = repeats
    return _matching(problem, chosen, repeats, 0 if repeats == 0 else fewest)


def fewest_repeats(problem: Problem) -> int | None:
    """The exact minimum of repeats in this state under its hard rules, or None where it cannot be proved."""
    return match(problem, seed=b"").fewest_repeats


def _grouped(problem: Problem, tickets: Tickets) -> tuple[list[Group], int | None]:
    everyone = np.arange(problem.members, dtype=np.int64)
    if problem.members > ONE_BLOCK:
        return in_blocks(problem, tickets, lambda part, members: _solve(part, members, tickets)[0]), None
    return _solve(problem, everyone, tickets)


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


def _with_clubs(problem: Problem, tickets: Tickets) -> list[Group]:
    """Those who asked for another size are grouped in it, completed by some who asked for nothing."""
    order = tickets.order(problem.members)
    free = [int(member) for member in order if problem.format[member] == EITHER]
    groups: list[Group] = []
    rest = set(range(problem.members))
    for size in (PAIR_ONLY, TRIO_ONLY):
        wish = [int(member) for member in order if problem.format[member] == size]
        if size == problem.size or not wish:
            continue
        missing = -len(wish) % size
        if missing > len(free):
            wish, missing = wish[: len(wish) - len(wish) % size], 0
        club = wish + [free.pop() for _ in range(missing)]
        groups += _solve(replace(problem, size=size), np.array(club, dtype=np.int64), tickets)[0]
        rest -= set(club)
    groups += _solve(problem, np.array(sorted(rest), dtype=np.int64), tickets)[0]
    return groups


def _standing(problem: Problem, groups: list[Group]) -> tuple[int, int, int]:
    """Members alone, those alone who come first, and repeats."""
    alone = [members[0] for members in groups if len(members) == 1]
    number = group_numbers(problem.members, groups)
    pairs = np.sort(problem.met[together(number, problem.met), :2], axis=1)
    return len(alone), int(problem.first[alone].sum()), len(np.unique(pairs, axis=0))


def _matching(problem: Problem, groups: list[Group], repeats: int, fewest: int | None) -> Matching:
    number = group_numbers(problem.members, groups)
    if together(number, problem.forbidden).any() or sum(map(len, groups)) != problem.members:
        raise AssertionError("The matching broke a hard rule; nothing of it may be used.")
    return Matching(
        groups=tuple(sorted(tuple(sorted(members)) for members in groups if len(members) > 1)),
        alone=tuple(sorted(members[0] for members in groups if len(members) == 1)),
        repeats=repeats,
        fewest_repeats=fewest,
    )
