"""Large communities: random blocks, each matched on its own; what went wrong is matched again together.

Two members meet only within a block, which costs nothing while everyone has many strangers left. Blocks
follow languages where some were said. Within a block, seats are dealt by linear assignment (Jonker and
Volgenant, SciPy). Time and memory are linear: a few passes over all pairs, and some 0.2 ms for 128 members.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from bot.matching.costs import (
    DISTANCE,
    FORBIDDEN_PRICE,
    ILLEGAL_FROM,
    KNOWN,
    PRICES,
    SOFT,
    known_keys,
    prices,
)
from bot.matching.distance import BlockDistance, unwanted_groups
from bot.matching.problem import (
    ANY_DISTANCE,
    NEWCOMER,
    NO_ROLE,
    NO_TEAM,
    BoolArray,
    FloatArray,
    IntArray,
    Problem,
)
from bot.matching.rules import in_a_line, rules, speechless, windows
from bot.matching.soft import WELCOME, BlockHelp, hours_missing, same_team
from bot.matching.tickets import Tickets, in_order

Group = tuple[int, ...]
Solve = Callable[[Problem, IntArray], list[Group]]
"""Groups (the caller's indices) of some members; single members are alone."""

ONE_BLOCK: Final = 3_000
"""Up to so many members are matched as one."""
_PAIRED: Final = 128
_GROUPED: Final = 96
"""Members per block, at most; seats of a block are a multiple of the size."""
_AT_ONCE: Final = 64
"""Blocks whose costs are held at the same time: 64 of 96 x 96 are 5 MB."""
_SLICE: Final = 1 << 16
_BYTES: Final = 254
_SWEEPS: Final = 10
_WINDOWS: Final = 1_024
"""With more different waking windows, whole hours are near enough."""
_AGAIN: Final = 500
"""Members matched again at once, at most half of them from groups that went wrong."""
_TURNS: Final = 6
_MOST: Final = _TURNS * _AGAIN // 2
"""Members of groups that went wrong who can be matched again in all turns together."""
_SIDES: Final = np.array([1, 0, 1, 2, 1])
"""By role: newcomers, greeters with room left, and everyone else between them."""
_FINE: Final = 4
"""The rank of groups in which nothing went wrong."""
_WRONG: Final = float(PRICES[KNOWN])
"""From this price on a group went wrong: a tie, a repeat, or worse."""


def in_blocks(problem: Problem, tickets: Tickets, solve: Solve) -> list[Group]:
    """Groups of everyone: by blocks, and by `solve` for what went wrong and for those left over."""
    order, size = _by_language(problem, tickets), problem.size
    # An odd number, or one that the size does not divide, is for `solve` too, which needs company for them.
    length = _length(len(order) - 1, size)
    whole = (len(order) - 1) // length * length
    blocks, rest = order[:whole].reshape(-1, length), order[whole:]
    if size == 2 and (problem.role == NEWCOMER).any():
        # One half is dealt to the other: newcomers to greeters.
        sides = np.argsort(_SIDES[problem.role[blocks]], axis=1, kind="stable")
        blocks = np.take_along_axis(blocks, sides, axis=1)
    seated, bills = _seated(problem, blocks, tickets)
    illegal = bills >= ILLEGAL_FROM
    parted: list[Group] = []
    if illegal.sum() > _MOST // size:
        parted = _parted(problem, seated[illegal].ravel(), solve)
        seated, bills = seated[~illegal], bills[~illegal]
    dearest = tickets.order(len(seated))
    dearest = dearest[np.argsort(-bills[dearest], kind="stable")]
    ill = min(int((bills >= _WRONG).sum()), _MOST // size)
    pool = dearest[: ill + _TURNS * _AGAIN // size]
    settled = rows(np.delete(seated, pool, axis=0))
    settled += [group for group in parted if len(group) > 1]
    again = rows(seated[pool])
    again += [(member,) for member in rest.tolist()] + [group for group in parted if len(group) == 1]
    return settled + _mended(problem, again, tickets, solve)


def rows(seated: IntArray) -> list[Group]:
    """Groups as tuples; by columns, which is three times as fast."""
    return list(zip(*seated.T.tolist(), strict=True))


def _length(members: int, size: int) -> int:
    """Members per block, such that few are left over."""
    most = (_PAIRED if size == 2 else _GROUPED) // size * size
    return min(range(most, most - most // 4, -size), key=lambda length: (members % length, -length))


def _parted(problem: Problem, members: IntArray, solve: Solve) -> list[Group]:
    """Groups of members whom blocks could not place by the rules: exact, some hundreds at a time."""
    inside = np.full(problem.members, -1, dtype=np.int64)
    inside[members] = 0
    near = within(problem, inside)
    step = _AGAIN // problem.size * problem.size
    return [group for at in range(0, len(members), step) for group in solve(near, members[at : at + step])]


def group_numbers(members: int, groups: list[Group]) -> IntArray:
    """(members,) the number of each one's group, -1 for none."""
    number = np.full(members, -1, dtype=np.int64)
    lengths = np.fromiter(map(len, groups), np.int64, len(groups))
    flat = np.fromiter(chain.from_iterable(groups), np.int64, int(lengths.sum()))
    number[flat] = np.repeat(np.arange(len(groups)), lengths)
    return number


def together(number: IntArray, pairs: IntArray) -> IntArray:
    """The rows of the pairs (p, 2 or more) that share a group, ascending."""
    # One byte tells most groups apart, and a million bytes fit the processor's cache: who shares a byte is
    # looked at again. Those without a group have another byte on each side.
    one, other = ((number % _BYTES).astype(np.uint8) for _ in range(2))
    one[number < 0], other[number < 0] = _BYTES, _BYTES + 1
    found = []
    for at in range(0, len(pairs), _SLICE):
        i, j = pairs[at : at + _SLICE, 0], pairs[at : at + _SLICE, 1]
        near = np.nonzero(one[i] == other[j])[0]
        found.append(near[number[i[near]] == number[j[near]]] + at)
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def within(problem: Problem, number: IntArray) -> Problem:
    """The problem without the pairs that no group of `number` holds."""
    forbidden, met, ties = (
        together(number, pairs) for pairs in (problem.forbidden, problem.met, problem.ties)
    )
    return replace(
        problem,
        forbidden=problem.forbidden[forbidden],
        met=problem.met[met],
        met_age=problem.met_age[met],
        ties=problem.ties[ties],
        strength=problem.strength[ties],
    )


def _by_language(problem: Problem, tickets: Tickets) -> IntArray:
    """A random order in which those who share a language are neighbours: each goes by their rarest."""
    order = tickets.order(problem.members)
    welcome = (problem.role == NEWCOMER).any()
    if not problem.speaks.any():
        return _spread(order, _SIDES[problem.role[order]]) if welcome else order
    # Single bytes are sorted ten times as fast as whole numbers.
    bucket = np.zeros(problem.members, dtype=np.uint8)
    spoken = int(np.bitwise_or.reduce(problem.speaks))
    bits = [np.uint64(1 << bit) for bit in range(64) if spoken >> bit & 1]
    speakers = [problem.speaks & bit != 0 for bit in bits]
    # Who said nothing may meet anyone, and fills up the blocks at the end.
    for rarity, some in enumerate(sorted(speakers, key=lambda some: -int(some.sum()))):
        bucket[some] = rarity
    bucket[problem.speaks == 0] = len(bits)
    if welcome:
        order = _spread(order, 3 * bucket[order].astype(np.int64) + _SIDES[problem.role[order]])
    return order[np.argsort(bucket[order], kind="stable")]


def _spread(order: IntArray, kind: IntArray) -> IntArray:
    """The order with those of each kind (from 0) at even distances, so that blocks hold as many of each."""
    counts = np.bincount(kind)
    sorted_by_kind = in_order(kind)
    rank = np.arange(len(kind)) - np.repeat(np.cumsum(counts) - counts, counts)
    share = np.empty(len(kind))
    share[sorted_by_kind] = (rank + 0.5) / np.repeat(counts, counts)
    return order[np.argsort(share, kind="stable")]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Entries:
    """Prices of known and forbidden pairs inside blocks."""

    block: IntArray
    """(e,) sorted."""
    one: IntArray
    other: IntArray
    """(e,) places in the block, each pair in both orders."""
    price: FloatArray


def _entries(problem: Problem, blocks: IntArray) -> _Entries:
    count, length = blocks.shape
    block = np.full(problem.members, -1, dtype=np.int64)
    block[blocks.ravel()] = np.repeat(np.arange(count), length)
    place = np.zeros(problem.members, dtype=np.int64)
    place[blocks.ravel()] = np.tile(np.arange(length), count)
    near = within(problem, block)
    pairs, keys = known_keys(near)
    pairs = np.concatenate([pairs, near.forbidden])
    price = np.concatenate([prices(keys), np.full(len(near.forbidden), FORBIDDEN_PRICE)])
    i, j = pairs.T
    i, j, price = np.concatenate([i, j]), np.concatenate([j, i]), np.concatenate([price, price])
    order = np.argsort(block[i], kind="stable")
    i, j = i[order], j[order]
    return _Entries(block=block[i], one=place[i], other=place[j], price=price[order])


def _seated(problem: Problem, blocks: IntArray, tickets: Tickets) -> tuple[IntArray, FloatArray]:
    """(g, size) groups of all blocks, and what each costs."""
    entries, soft, helping = _entries(problem, blocks), _Soft(problem), BlockHelp(problem, blocks)
    distance = BlockDistance(problem, blocks) if problem.distance != ANY_DISTANCE else None
    count, length = blocks.shape
    size, each = problem.size, length // problem.size
    seated = np.empty((count * each, size), dtype=np.int64)
    bills = np.empty(count * each)
    for start in range(0, count, _AT_ONCE):
        some = blocks[start : start + _AT_ONCE]
        low, high = np.searchsorted(entries.block, (start, start + len(some)))
        block, one, other = entries.block[low:high] - start, entries.one[low:high], entries.other[low:high]
        price = entries.price[low:high]
        spared = helping.spared(start, len(some)) * PRICES[SOFT] if helping.any else None
        if size == 2:
            # One half is dealt to the other.
            across = (one < each) & (other >= each)
            cost = soft.prices(some[:, :each], some[:, each:])
            cost -= 0.0 if spared is None else spared[:, :each, each:]
            if distance is not None:
                cost += PRICES[DISTANCE] * distance.unwanted(start, len(some))[:, :each, each:]
            np.add.at(cost, (block[across], one[across], other[across] - each), price[across])
        else:
            cost = soft.prices(some, some)
            cost -= 0.0 if spared is None else spared
            if distance is not None:
                cost += PRICES[DISTANCE] * distance.unwanted(start, len(some))
            np.add.at(cost, (block, one, other), price)
        for at, members in enumerate(some):
            to = (start + at) * each
            if size == 2:
                row, column = linear_sum_assignment(cost[at])
                seats = np.stack([row, column + each], axis=1)
                bills[to : to + each] = cost[at][row, column]
            else:
                seats = _dealt(cost[at], size, tickets)
                bills[to : to + each] = _bills(cost[at], seats)
            seated[to : to + each] = members[seats]
    return seated, bills


class _Soft:
    """Prices of teams, hours, roles and languages between members of a block."""

    def __init__(self, problem: Problem) -> None:
        self._speaks = problem.speaks if problem.speaks.any() else None
        self._team = problem.team if (problem.team != NO_TEAM).any() else None
        self._role = problem.role if (problem.role != NO_ROLE).any() else None
        self._team_hard = problem.team_hard
        self._hours = rules(problem).hours
        if self._hours is not None and problem.size > 2:
            self._hours = in_a_line(self._hours)
        self._window: IntArray | None = None
        if not np.isnan(problem.waking).all():
            waking = problem.waking
            different, self._window = windows(waking)
            if len(different) > _WINDOWS:
                different, self._window = windows(np.rint(waking))
            self._missing = hours_missing(different) * PRICES[SOFT]

    def prices(self, rows: IntArray, columns: IntArray) -> FloatArray:
        """(b, r, c) between rows (b, r) and columns (b, c)."""
        cost = np.zeros((len(rows), rows.shape[1], columns.shape[1]))
        if self._window is not None:
            cost += self._missing[self._window[rows][:, :, None], self._window[columns][:, None, :]]
        if self._team is not None:
            shared = same_team(self._team[rows][:, :, None], self._team[columns][:, None, :])
            cost += np.where(shared > 0, FORBIDDEN_PRICE, 0.0) if self._team_hard else PRICES[SOFT] * shared
        if self._role is not None:
            cost += PRICES[SOFT] * WELCOME[self._role[rows][:, :, None], self._role[columns][:, None, :]]
        if self._hours is not None:
            shared_hours = self._hours[rows][:, :, None] & self._hours[columns][:, None, :]
            cost[shared_hours == 0] = FORBIDDEN_PRICE
        if self._speaks is not None:
            for at, (one, other) in enumerate(zip(self._speaks[rows], self._speaks[columns], strict=True)):
                # Nearly all blocks share a language.
                if not np.bitwise_and.reduce(one) & np.bitwise_and.reduce(other):
                    cost[at][speechless(one[:, None], other)] = FORBIDDEN_PRICE
        if rows is columns:
            diagonal = np.arange(rows.shape[1])
            cost[:, diagonal, diagonal] = 0.0
        return cost


def _dealt(cost: FloatArray, size: int, tickets: Tickets) -> IntArray:
    """(g, size) seats: a random seat of each group is dealt anew at least cost, in turns."""
    length = len(cost)
    each = length // size
    seats = np.arange(length).reshape(size, each).T.copy()
    rows = np.arange(each)
    columns = tickets.each_below(size, each * _SWEEPS).reshape(_SWEEPS, each)
    for column in columns:
        freed = seats[rows, column]
        bill = np.zeros((each, each))
        for step in range(1, size):
            bill += cost[seats[rows, (column + step) % size][:, None], freed]
        seats[rows, column] = freed[linear_sum_assignment(bill)[1]]
    return seats


def _bills(cost: FloatArray, seats: IntArray) -> FloatArray:
    """(g,) what each group costs."""
    bills = np.zeros(len(seats))
    for a in range(seats.shape[1]):
        for b in range(a):
            bills += cost[seats[:, a], seats[:, b]]
    return bills


def _mended(problem: Problem, groups: list[Group], tickets: Tickets, solve: Solve) -> list[Group]:
    """The groups, without what went wrong as far as possible; single members find company."""
    inside = np.full(problem.members, -1, dtype=np.int64)
    inside[[member for group in groups for member in group]] = 0
    near = within(problem, inside)
    for _ in range(_TURNS):
        groups = [groups[at] for at in tickets.order(len(groups))]
        wrong, fine = _split(near, groups)
        if not wrong:
            break
        singles = sum(len(group) == 1 for group in wrong)
        some = wrong[: max(_AGAIN // (2 * problem.size), min(singles, _AGAIN))]
        count = max(_AGAIN - sum(map(len, some)), 0) // problem.size
        again = some + fine[:count]
        tried = solve(near, np.array([member for group in again for member in group], dtype=np.int64))
        if _badness(near, tried) <= _badness(near, again):
            groups = fine[count:] + wrong[len(some) :] + tried
    return groups


def _split(problem: Problem, groups: list[Group]) -> tuple[list[Group], list[Group]]:
    """Groups that went wrong (what may not be, then single members, then repeats and ties, then a distance
    that is not wanted) and others.
    """
    number = group_numbers(problem.members, groups)
    rank = np.full(len(groups), _FINE)
    rank[unwanted_groups(problem, groups)] = _FINE - 1
    for pairs in (problem.met, problem.ties):
        rank[number[pairs[together(number, pairs), 0]]] = 2
    rank[[len(group) == 1 for group in groups]] = 1
    rank[_illegal(problem, groups, number)] = 0
    wrong = [at for at in np.argsort(rank, kind="stable").tolist() if rank[at] < _FINE]
    return [groups[at] for at in wrong], [
        group for group, good in zip(groups, rank == _FINE, strict=True) if good
    ]


def _illegal(problem: Problem, groups: list[Group], number: IntArray) -> BoolArray:
    """(g,) whether a group breaks a hard rule."""
    broken = np.zeros(len(groups), dtype=np.bool_)
    broken[number[problem.forbidden[together(number, problem.forbidden), 0]]] = True
    # Of those who are in a group alone: in a large community they are few.
    hard = rules(problem, np.array([member for group in groups for member in group], dtype=np.int64))
    start = 0
    for at, group in enumerate(groups if hard.any else ()):
        broken[at] |= not hard.allow(tuple(range(start, start + len(group))))
        start += len(group)
    return broken


def _badness(problem: Problem, groups: list[Group]) -> tuple[int, ...]:
    number = group_numbers(problem.members, groups)
    return (
        int(_illegal(problem, groups, number).sum()),
        sum(len(group) == 1 for group in groups),
        len(together(number, problem.met)),
        len(together(number, problem.ties)),
        int(unwanted_groups(problem, groups).sum()),
    )
