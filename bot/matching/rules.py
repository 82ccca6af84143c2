"""Hard rules besides keep-apart wishes: languages, and what a convener made hard, teams and common hours.

Languages and teams part two members. A common hour is a matter of the whole group: three people awake for
twelve hours each, eight hours apart, share four hours two by two and not a minute all together. On a line,
though, intervals that meet two by two have a point in common (Helly, 1923); hence larger groups are made
with the day cut open where the fewest are awake (`in_a_line`), and then pairs are all there is to look at.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from bot.matching.problem import LARGEST_GROUP, NO_TEAM, BitArray, BoolArray, FloatArray, IntArray, Problem

SLOTS_PER_DAY: Final = 96
"""Waking hours are compared in quarters of an hour, the finest offset of any zone."""
_STARTS: Final = 48
"""An hour in common begins on the hour or the half hour, UTC."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rules:
    """What may part some members, by their place among them; None for a rule that parts nobody."""

    speaks: BitArray | None
    team: IntArray | None
    hours: BitArray | None

    @property
    def any(self) -> bool:
        """Whether there is a rule at all."""
        return not (self.speaks is None and self.team is None and self.hours is None)

    def part(self, one: IntArray, other: IntArray) -> BoolArray:
        """Whether a rule parts each of `one` from each of `other`: places, in arrays that broadcast."""
        parted = np.zeros(np.broadcast_shapes(one.shape, other.shape), dtype=np.bool_)
        if self.speaks is not None:
            parted |= speechless(self.speaks[one], self.speaks[other])
        if self.team is not None:
            parted |= (self.team[one] == self.team[other]) & (self.team[one] != NO_TEAM)
        if self.hours is not None:
            parted |= self.hours[one] & self.hours[other] == 0
        return parted

    def among(self, count: int) -> BoolArray:
        """(count, count) whom a rule parts; nobody from themselves."""
        places = np.arange(count)
        parted = self.part(places[:, None], places[None, :])
        parted[np.diag_indices(len(parted))] = False
        return parted

    def allow(self, group: tuple[int, ...]) -> bool:
        """Whether the rules let these places share a group."""
        some = np.array(group, dtype=np.int64)
        if len(some) < 2 or not self.any:
            return True
        hour = self.hours is None or bool(np.bitwise_and.reduce(self.hours[some]))
        parted = self.part(some[:, None], some[None, :])
        parted[np.diag_indices(len(parted))] = False
        return hour and not parted.any()


def rules(problem: Problem, members: IntArray | None = None) -> Rules:
    """The rules of a round among some of its members, or all: O(members)."""
    some = slice(None) if members is None else members
    speaks = problem.speaks[some]
    team = problem.team[some] if problem.team_hard else None
    return Rules(
        speaks=speaks if speaks.any() else None,
        team=team if team is not None and (team != NO_TEAM).any() else None,
        hours=hour_bits(problem.waking[some]) if problem.hours_hard else None,
    )


def speechless(one: BitArray, other: BitArray) -> BoolArray:
    """Whether each of `one` and each of `other` said which languages they speak, and share none."""
    return np.asarray((one & other == 0) & (one != 0) & (other != 0), dtype=np.bool_)


def waking_slots(waking: FloatArray) -> BoolArray:
    """(n, 96) the quarters of the UTC day in which each is awake; all of them where nothing is known."""
    hour = np.arange(SLOTS_PER_DAY) * 24 / SLOTS_PER_DAY
    start, end = waking[:, :1], waking[:, 1:]
    inside = np.where(start < end, (hour >= start) & (hour < end), (hour >= start) | (hour < end))
    return np.asarray(inside | np.isnan(start), dtype=np.bool_)


def windows(waking: FloatArray) -> tuple[FloatArray, IntArray]:
    """The different waking windows (u, 2), and which of them each member has (n,)."""
    known = np.nan_to_num(waking, nan=-1.0)
    # Windows are compared as single numbers, which sort ten times faster than rows.
    _, first, which = np.unique(known[:, 0] * 1e4 + known[:, 1], return_index=True, return_inverse=True)
    return waking[first], np.asarray(which, dtype=np.int64).reshape(-1)


def hour_bits(waking: FloatArray) -> BitArray:
    """(n,) bit b: awake for the whole hour from b/2 o'clock, UTC. Groups whose bits meet share an hour."""
    different, which = windows(waking)
    awake = waking_slots(different)
    per_start = SLOTS_PER_DAY // _STARTS
    whole = np.ones((len(different), _STARTS), dtype=np.bool_)
    for quarter in range(SLOTS_PER_DAY // 24):
        whole &= np.roll(awake, -quarter, axis=1)[:, ::per_start]
    return _packed(whole)[which]


def in_a_line(hours: BitArray) -> BitArray:
    """(n,) the same hours with the day cut open where the fewest are awake, and each kept on one side.

    Whatever group has bits in common two by two then has some in common all together. The price: two who
    share an hour only across the cut count as sharing none.
    """
    different, which, counts = np.unique(hours, return_inverse=True, return_counts=True)
    open_at = _unpacked(different)
    crossing = counts @ (open_at & np.roll(open_at, 1, axis=1))
    cut = int(np.argmin(crossing))
    line = np.roll(open_at, -cut, axis=1)
    # An arc over the cut is a piece at each end of the line; the longer one stays.
    head = np.cumprod(line, axis=1).astype(np.bool_)
    tail = np.cumprod(line[:, ::-1], axis=1)[:, ::-1].astype(np.bool_)
    two = head[:, 0] & tail[:, -1] & ~head[:, -1]
    longer = head.sum(axis=1) >= tail.sum(axis=1)
    line[two & longer] = head[two & longer]
    line[two & ~longer] = tail[two & ~longer]
    return _packed(np.roll(line, cut, axis=1))[which.reshape(-1)]


def broken(problem: Problem, number: IntArray) -> bool:
    """Whether two or more of a group (its number per member, -1 for none) break a rule. O(n log n)."""
    kept = rules(problem)
    if not kept.any:
        return False
    order = np.argsort(number, kind="stable")
    order = order[number[order] >= 0]
    group = number[order]
    for step in range(1, LARGEST_GROUP):
        same = np.nonzero(group[:-step] == group[step:])[0]
        if kept.part(order[same], order[same + step]).any():
            return True
    if kept.hours is None or not len(order):
        return False
    starts = np.nonzero(np.diff(group, prepend=-1))[0]
    shared = np.bitwise_and.reduceat(kept.hours[order], starts)
    return bool((shared[np.diff(np.append(starts, len(order))) > 1] == 0).any())


def _packed(bits: BoolArray) -> BitArray:
    return np.asarray(bits.astype(np.uint64) @ (np.uint64(1) << np.arange(_STARTS, dtype=np.uint64)))


def _unpacked(packed: BitArray) -> BoolArray:
    return np.asarray(packed[:, None] >> np.arange(_STARTS, dtype=np.uint64) & np.uint64(1), dtype=np.bool_)
