"""What it costs to introduce two members to each other: one whole number per pair, read in tiers.

The tiers, the most important first:

    repeat     introduced before
    third      (pairs only) how often these members were in a trio: turns go before the age of a repeat
    times      how often
    recent     how lately, in weeks: the oldest introduction is repeated first
    known      any tie ever recorded: strangers first; decay never makes a stranger again
    short      (larger groups only) how often these members were in a group of another size
    strength   how well they know each other today: ranks the acquainted
    distance   (where it is asked for) an acquaintance in common, or none: ranks strangers
    soft       few waking hours in common, a newcomer without a greeter, same team, nobody who can help
    noise      chance among equals
"""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Final

import numpy as np

from bot.matching.distance import unwanted
from bot.matching.problem import ANY_DISTANCE, EITHER, BitArray, BoolArray, FloatArray, IntArray, Problem
from bot.matching.rules import in_a_line, rules
from bot.matching.soft import MOST as MOST_SOFT
from bot.matching.soft import units
from bot.matching.tickets import Tickets

REPEAT, THIRD, TIMES, RECENT, KNOWN, SHORT, STRENGTH, DISTANCE, SOFT, NOISE = range(10)
TIERS: Final = 10

# Where each tier lies in a pair's key, and its largest value: an int64 keeps room to spare.
_SHIFTS: Final = {NOISE: 0, SOFT: 16, DISTANCE: 25, STRENGTH: 26, KNOWN: 36, RECENT: 37, TIMES: 45}
_MOST: Final = {
    NOISE: 65_535, SOFT: MOST_SOFT, DISTANCE: 1, STRENGTH: 1_000, KNOWN: 1, RECENT: 255, TIMES: 63
}  # fmt: skip
NOISE_BITS: Final = 16
FORBIDDEN: Final = 1 << 60

_MOST_TRIOS: Final = 63
_AGAINST_WISH: Final = 64
"""Another size costs someone who asked for this one more than any count of past rounds."""

# Tiers as one float64, for linear assignment: each unit outweighs all of one pair's lower tiers. Strength and
# distance do not meet: the one ranks who knows each other, the other strangers.
PRICES: Final = np.array([1e12, 0.0, 1e10, 2e7, 1e7, 1e4, 5.0, 4.7, 0.009, 0.0])
FORBIDDEN_PRICE: Final = 1e14
ILLEGAL_FROM: Final = FORBIDDEN_PRICE / 2
"""What is spared lessens the price of a forbidden pair too, by far less than this."""

_WORD: Final = 1 << 62
_COARSEST: Final = 15
# Duals of the blossom algorithm may exceed the largest weight by a factor of the number of members.
_WEIGHT_BITS: Final = 111


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Table:
    """The costs among `m` members, relabelled at random so that no library sees the caller's order."""

    members: IntArray
    """(m,) the caller's index of each."""
    key: IntArray
    """(m, m) symmetric keys of pairs; FORBIDDEN on the diagonal and for pairs that may not meet."""
    size: int
    discomfort: IntArray
    """(m,) cost of being in a group of another size."""
    rank: IntArray
    """(m,) how much it matters that they are not left alone."""
    hours: BitArray | None = None
    """(m,) the hours that each can begin (rules.py), where a group must have one in common."""
    crowded: IntArray | None = None
    """(m,) where a distance is asked for: 1 for who is at another one from most, and is no good third."""

    @property
    def allowed(self) -> BoolArray:
        return np.asarray(self.key < FORBIDDEN, dtype=np.bool_)

    def share_an_hour(self, *places: int | IntArray) -> BoolArray:
        """Whether these all together have an hour in common, where they must; arrays are taken row by row."""
        if self.hours is None or len(places) < 2:
            return np.ones(np.broadcast_shapes(*(np.shape(place) for place in places)), dtype=np.bool_)
        shared = self.hours[places[0]]
        for place in places[1:]:
            shared = shared & self.hours[place]
        return np.asarray(shared != 0, dtype=np.bool_)

    def in_a_line(self) -> "Table":
        """The same for groups of any size: of pairs that are allowed here, every group has a common hour."""
        if self.hours is None:
            return self
        line = in_a_line(self.hours)
        return replace(self, key=np.where(line[:, None] & line == 0, FORBIDDEN, self.key), hours=None)


def table(problem: Problem, members: IntArray, tickets: Tickets) -> Table:
    """The costs among `members`, in a random order. O(m^2) time and memory (8 bytes per pair)."""
    order = members[tickets.order(len(members))]
    m = len(order)
    place = np.full(problem.members, -1, dtype=np.int64)
    place[order] = np.arange(m)

    key = _noise(m, tickets)
    key += units(problem, order) << _SHIFTS[SOFT]
    crowded: IntArray | None = None
    if problem.distance != ANY_DISTANCE:
        away = unwanted(problem, order)
        key += away.astype(np.int64) << _SHIFTS[DISTANCE]
        crowded = (2 * away.sum(axis=1) > m).astype(np.int64)
    _put_known(key, problem, place)

    i, j, _ = _inside(place, problem.forbidden)
    key[i, j] = key[j, i] = FORBIDDEN
    hard = rules(problem, order)
    if hard.any:
        key[hard.among(m)] = FORBIDDEN
    np.fill_diagonal(key, FORBIDDEN)

    trios, left_out = problem.trios[order], problem.left_out[order]
    discomfort = np.minimum(trios - trios.min(initial=_MOST_TRIOS), _MOST_TRIOS)
    wish = problem.format[order]
    discomfort[wish == problem.size] = _AGAINST_WISH
    discomfort[(wish != problem.size) & (wish != EITHER)] = 0
    # Who can be covered by matchings is a matroid: only the order of the ranks matters, not their size.
    turns, often = np.unique(left_out, return_inverse=True)
    # One who was left alone last time counts more than all the others' past rounds together.
    rank = problem.first[order] * (len(turns) * m + 1) + often
    return Table(
        members=order,
        key=key,
        size=problem.size,
        discomfort=discomfort,
        rank=rank,
        hours=hard.hours,
        crowded=crowded,
    )


def levels(keys: IntArray) -> IntArray:
    """The tiers of each key: (TIERS, len(keys)) int64. Those of groups are 0."""
    out = np.zeros((TIERS, len(keys)), dtype=np.int64)
    for tier, shift in _SHIFTS.items():
        out[tier] = (keys >> shift) & ((1 << _MOST[tier].bit_length()) - 1)
    out[REPEAT] = out[TIMES] > 0
    return out


def cost_of(table: Table, groups: list[tuple[int, ...]]) -> tuple[int, ...]:
    """What groups (the caller's indices) cost, tier by tier, chance included."""
    place = np.argsort(table.members)
    pairs = place[[pair for group in groups for pair in combinations(group, 2)]]
    tiers = levels(table.key[pairs[:, 0], pairs[:, 1]]).sum(axis=1)
    away = [member for group in groups if len(group) != table.size for member in group]
    tiers[another_size(table.size)] = table.discomfort[place[away]].sum()
    return tuple(int(tier) for tier in tiers)


def another_size(size: int) -> int:
    """The tier of turns at being in a group of another size than this."""
    return THIRD if size == 2 else SHORT


def repeated(keys: IntArray) -> BoolArray:
    """Which of these (allowed) pairs were introduced before."""
    return np.asarray((keys < FORBIDDEN) & (keys >> _SHIFTS[TIMES] > 0), dtype=np.bool_)


def prices(key: IntArray) -> FloatArray:
    """All tiers of a key matrix but noise as one float64, forbidden pairs as FORBIDDEN_PRICE."""
    flat = np.asarray(PRICES @ levels(key.ravel()), dtype=np.float64).reshape(key.shape)
    flat[key >= FORBIDDEN] = FORBIDDEN_PRICE
    return flat


def weights(tiers: IntArray, chosen: int) -> list[int]:
    """One whole number per column of `tiers` (T, e) whose sums over up to `chosen` columns compare like
    the sums of the tiers, lexicographically: each unit is larger than all that lies below it together.

    Tiers that would not fit the library's 128-bit arithmetic are coarsened, from the least important up.
    """
    tiers = tiers.copy()
    spans = [int(span) + 1 for span in tiers.max(axis=1, initial=0) * chosen]
    lowest = len(spans) - 1
    while sum(span.bit_length() for span in spans) > _WEIGHT_BITS:
        tier = next((t for t in range(lowest, -1, -1) if tiers[t].max() > _COARSEST), 0)
        tiers[tier] >>= 1
        spans[tier] = int(tiers[tier].max()) * chosen + 1
    high = np.zeros(tiers.shape[1], dtype=np.int64)
    low = np.zeros(tiers.shape[1], dtype=np.int64)
    unit, base = 1, 1
    for tier in range(lowest, -1, -1):
        if unit * spans[tier] < _WORD:
            low += tiers[tier] * unit
            unit *= spans[tier]
        else:
            high += tiers[tier] * base
            base *= spans[tier]
    return [above * unit + below for above, below in zip(high.tolist(), low.tolist(), strict=True)]


def _noise(m: int, tickets: Tickets) -> IntArray:
    """Symmetric 16-bit noise: (m, m)."""
    key = np.zeros((m, m), dtype=np.int64)
    drawn = tickets.noise(m * (m - 1) // 2)
    at = 0
    for row in range(m - 1):
        key[row, row + 1 :] = key[row + 1 :, row] = drawn[at : at + m - 1 - row]
        at += m - 1 - row
    return key


def known_keys(problem: Problem) -> tuple[IntArray, IntArray]:
    """The pairs with a tie or an introduction, (p, 2) with i < j, and what these add to their keys: (p,).

    Of a pair given twice, the dearer counts.
    """
    n = max(problem.members, 1)
    strength = np.rint(_MOST[STRENGTH] * problem.strength).astype(np.int64)
    tie = (1 << _SHIFTS[KNOWN]) | (strength << _SHIFTS[STRENGTH])
    times = np.minimum(problem.met[:, 2], _MOST[TIMES])
    weeks = np.minimum(np.rint(problem.met_age / 7), _MOST[RECENT]).astype(np.int64)
    # An introduction is a tie, whether or not the caller says so again.
    met = (times << _SHIFTS[TIMES]) | ((_MOST[RECENT] - weeks) << _SHIFTS[RECENT]) | (1 << _SHIFTS[KNOWN])
    ends = np.sort(np.concatenate([problem.ties, problem.met[:, :2]]), axis=1)
    cells, slot = np.unique(ends[:, 0] * n + ends[:, 1], return_inverse=True)
    dearest_tie, dearest_met = np.zeros((2, len(cells)), dtype=np.int64)
    np.maximum.at(dearest_tie, slot[: len(tie)], tie)
    np.maximum.at(dearest_met, slot[len(tie) :], met)
    return np.stack(np.divmod(cells, n), axis=1), dearest_tie | dearest_met


def _put_known(key: IntArray, problem: Problem, place: IntArray) -> None:
    """Add the tiers of past introductions and of ties.

    In place, for what is touched only: a matrix of its own for each would double the time at 3,000 members.
    """
    inside = [np.nonzero((place[pairs[:, :2]] >= 0).all(axis=1))[0] for pairs in (problem.ties, problem.met)]
    near = replace(
        problem,
        ties=problem.ties[inside[0]],
        strength=problem.strength[inside[0]],
        met=problem.met[inside[1]],
        met_age=problem.met_age[inside[1]],
    )
    pairs, known = known_keys(near)
    row, column = place[pairs].T
    key[row, column] += known
    key[column, row] = key[row, column]


def _inside(place: IntArray, pairs: IntArray) -> tuple[IntArray, IntArray, IntArray]:
    """The pairs whose both ends are in the table: their places, and their rows in `pairs`."""
    i, j = place[pairs[:, 0]], place[pairs[:, 1]]
    row = np.nonzero((i >= 0) & (j >= 0))[0]
    return i[row], j[row], row
