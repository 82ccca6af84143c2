"""Groups of three to eight: one random seat of every group is freed, and all who sat there are seated anew.

Each such step is a linear assignment (Jonker and Volgenant, SciPy), exact over (n/k)! neighbours; the old
seats are one of them, so the cost never rises. For groups that hold a forbidden pair in the end, see `mend`.
"""

from typing import Final

import numpy as np
from scipy.optimize import linear_sum_assignment

from bot.matching.costs import PRICES, SHORT, SOFT, Table, prices
from bot.matching.mend import mend
from bot.matching.problem import FloatArray, IntArray
from bot.matching.tickets import Tickets
from bot.matching.trios import Group, repeats_in

_SWEEPS: Final = 100
_PATIENCE: Final = 12
"""Sweeps without gain after which the seats stay as they are."""
_STARTS: Final = 8
"""Fresh starts while someone is alone or meets again, where they are cheap: up to _SMALL members."""
_SMALL: Final = 600
_GAIN: Final = float(PRICES[SOFT]) / 2
"""Less than the smallest step of any cost."""


def group(table: Table, tickets: Tickets) -> list[Group]:
    """Groups of `size` and one fewer, as few as possible; single members are those whom the rules left alone.

    Fewer members than one short per group are spread evenly (9 by 8: 5 and 4). O(sweeps (m/k)^3) at worst,
    some 50 ms for 1,000 members.
    """
    table, m = table.in_a_line(), len(table.members)
    if m <= 1:
        return [(i,) for i in range(m)]
    cost = np.zeros((m + 1, m + 1))
    cost[:m, :m] = prices(table.key)
    np.fill_diagonal(cost, 0.0)
    away = np.append(PRICES[SHORT] * table.discomfort, 0.0)
    best: list[Group] = []
    for _ in range(_STARTS if m <= _SMALL else 1):
        start = np.append(tickets.order(m), m)
        seats = start[_settle(cost[np.ix_(start, start)], away[start], _seats(m, table.size), tickets)]
        groups = mend(
            table, [tuple(sorted(seat for seat in row if seat < m)) for row in seats.tolist()], cost
        )
        if not best or _worth(table, groups) < _worth(table, best):
            best = groups
        if _worth(table, best)[::2] == (0, 0):
            break
    return best


def _worth(table: Table, groups: list[Group]) -> tuple[int, int, int]:
    """Alone, how much that matters, repeats."""
    alone = [members[0] for members in groups if len(members) == 1]
    return len(alone), int(table.rank[alone].sum()), repeats_in(table, groups)


def _seats(m: int, size: int) -> IntArray:
    """(g, seats) members in order, m for an empty seat; empty seats in the last column only."""
    count = -(-m // size)
    widest = -(-m // count)
    seats = np.full((count, widest), m, dtype=np.int64)
    full = m - count * (widest - 1)
    seats[:, : widest - 1] = np.arange(count * (widest - 1)).reshape(count, widest - 1)
    seats[:full, widest - 1] = np.arange(count * (widest - 1), m)
    return seats


def _settle(cost: FloatArray, away: FloatArray, seats: IntArray, tickets: Tickets) -> IntArray:
    count, widest = seats.shape
    nobody = len(cost) - 1
    rows = np.arange(count)
    total, patience = _cost(cost, seats), _PATIENCE
    for _ in range(_SWEEPS):
        short = seats[:, -1] == nobody
        # An empty seat travels only when all last seats are dealt: else a group could get two of them.
        if short.any() and tickets.below(widest) == 0:
            column = np.full(count, widest - 1)
        else:
            column = tickets.each_below(widest, count) % np.where(short, max(widest - 1, 1), widest)
        freed = seats[rows, column]
        rest = seats.copy()
        rest[rows, column] = nobody
        bill = np.zeros((count, count))
        for others in rest.T:
            bill += cost[np.ix_(others, freed)]
        if (column == widest - 1).all() and short.any():
            # Whoever takes no empty seat spares nothing; the group that gets it pays its members' discomfort.
            bill[:, freed == nobody] += away[rest].sum(axis=1)[:, None]
        else:
            bill[short] += away[freed]
        seats = rest
        seats[rows, column] = freed[linear_sum_assignment(bill)[1]]
        now = _cost(cost, seats)
        patience = _PATIENCE if now < total - _GAIN else patience - 1
        total = now
        if patience <= 0 or total == 0:
            break
    return seats


def _cost(cost: FloatArray, seats: IntArray) -> float:
    widest = seats.shape[1]
    return float(sum(cost[seats[:, a], seats[:, b]].sum() for a in range(widest) for b in range(a)))
