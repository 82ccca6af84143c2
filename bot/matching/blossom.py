"""Maximum matching of least cost in any graph, by rustworkx (Edmonds' blossom, in Galil's form, O(n^3)).

rustworkx 0.18 or later: 0.17.1 gave two answers to one input.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import rustworkx as rx

from bot.matching.costs import DISTANCE, NOISE_BITS, THIRD, TIERS, Table, levels, weights
from bot.matching.problem import BoolArray, IntArray

NOBODY: Final = -1


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Mates:
    """A matching of a table's members."""

    mate: IntArray
    """(m,) whom each was matched with, NOBODY for those left over."""
    third: int
    """With an odd number: the member kept free to join a pair, NOBODY where there is none."""


def all_pairs(table: Table) -> IntArray:
    """Every allowed pair: (e, 2)."""
    return np.argwhere(np.triu(table.allowed))


def core_pairs(table: Table, partners: int, also: BoolArray) -> IntArray:
    """Each member's `partners` cheapest allowed pairs, and those in `also` (m, m): (e, 2).

    Noise decides among equals. A few pairs each hold the optimum nearly always; who uses this checks it.
    """
    m = len(table.members)
    near = also.copy()
    cheapest = np.argpartition(table.key, min(partners, m - 1), axis=1)[:, :partners]
    near[np.arange(m)[:, None], cheapest] = True
    return np.argwhere(np.triu(near | near.T) & table.allowed)


def blossom(table: Table, pairs: IntArray, *, thirds: BoolArray, ranked: bool = False) -> Mates:
    """As many matched as `pairs` (e, 2) allow, and among those the least sum of costs, tier by tier.

    `thirds` (m,) says who has two allowed partners that may meet each other. With an odd number a
    vertex more is added, which takes a third wheel: it costs their discomfort with a trio. `ranked`
    puts the members' rank above all costs; a third wheel who cannot make a trio counts as left out.
    """
    m = len(table.members)
    tiers = levels(table.key[pairs[:, 0], pairs[:, 1]])
    top = int(table.rank.max(initial=0)) if ranked else 0
    spare = np.zeros((1, len(pairs)), dtype=np.int64)
    if ranked:
        spare += 2 * top - table.rank[pairs[:, 0]] - table.rank[pairs[:, 1]]
    if m % 2:
        alone = np.stack([np.arange(m), np.full(m, m)], axis=1)
        cost = np.zeros((TIERS, m), dtype=np.int64)
        cost[THIRD] = table.discomfort
        if table.crowded is not None:
            # A third needs two at once.
            cost[DISTANCE] = table.crowded
        lost = np.where(thirds, top - table.rank, top) if ranked else np.where(thirds, 0, 1)
        spare = np.concatenate([spare, lost[None, :].astype(np.int64)], axis=1)
        pairs, tiers = np.concatenate([pairs, alone]), np.concatenate([tiers, cost], axis=1)
    mate = perfect(m + m % 2, pairs, np.concatenate([spare, tiers]))
    third = int(mate[m]) if m % 2 else NOBODY
    if third != NOBODY:
        mate[third] = NOBODY
    return Mates(mate=mate[:m], third=third)


def perfect(count: int, pairs: IntArray, tiers: IntArray) -> IntArray:
    """(count,) mates: as many matched as `pairs` (e, 2) allow, at the least sum of `tiers` (T, e)."""
    costs = weights(tiers, count // 2 + 1)
    dearest = max(costs, default=0) + 1
    graph: rx.PyGraph[None, int] = rx.PyGraph(multigraph=False)
    graph.add_nodes_from([None] * count)
    ends = pairs.tolist()
    graph.add_edges_from([(i, j, dearest - cost) for (i, j), cost in zip(ends, costs, strict=True)])
    mate = np.full(count, NOBODY, dtype=np.int64)
    for i, j in rx.max_weight_matching(graph, max_cardinality=True, weight_fn=int):
        mate[i], mate[j] = j, i
    return mate


def least(table: Table) -> IntArray:
    """(m,) each member's cheapest key without noise; half their sum bounds every perfect matching."""
    return np.asarray(table.key.min(axis=1, initial=1 << 60) >> NOISE_BITS, dtype=np.int64)


def in_a_triangle(table: Table) -> BoolArray:
    """(m,) whether two of a member's allowed partners may meet each other. O(m^2), O(m^3) where few may."""
    allowed = table.allowed
    degree = allowed.sum(axis=1)
    # Two who may meet, and each more than half of all between them, have a partner in common.
    found = np.asarray(degree + (allowed * degree).max(axis=1, initial=0) > len(degree), dtype=np.bool_)
    found &= degree > 0
    doubtful = np.nonzero(~found & (degree > 1))[0]
    if len(doubtful):
        near = allowed.astype(np.float32)
        found[doubtful] = ((near[doubtful] @ near) * near[doubtful]).sum(axis=1) > 0
    return found
