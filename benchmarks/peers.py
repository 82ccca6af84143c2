"""How others pair: each from the members and who met whom how often, to groups."""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import combinations

import rustworkx as rx

Group = tuple[int, ...]
Met = Counter[tuple[int, int]]
Peer = Callable[[Sequence[int], int, Met, random.Random], list[Group]]
"""Members, the size of a group, how often each pair met, chance: groups."""


def shuffle(members: Sequence[int], size: int, _met: Met, chance: random.Random) -> list[Group]:
    """Shuffle and take neighbours, as the common bots do; those left over join the first groups."""
    order = list(members)
    chance.shuffle(order)
    whole = len(order) // size * size
    groups = [tuple(order[at : at + size]) for at in range(0, whole, size)]
    for at, member in enumerate(order[whole:]):
        groups[at % len(groups)] += (member,)
    return groups


def greedy(members: Sequence[int], size: int, met: Met, chance: random.Random) -> list[Group]:
    """One after the other takes the first whom nobody of the group has met, as chat-roulette does."""
    order = list(members)
    chance.shuffle(order)
    waiting = dict.fromkeys(order)
    groups: list[Group] = []
    while len(waiting) >= size:
        group = [next(iter(waiting))]
        del waiting[group[0]]
        while len(group) < size:
            new = next((x for x in waiting if not any(pair(x, y) in met for y in group)), next(iter(waiting)))
            del waiting[new]
            group.append(new)
        groups.append(tuple(group))
    for at, member in enumerate(waiting):
        groups[at % len(groups)] += (member,)
    return groups


def by_rustworkx(members: Sequence[int], _size: int, met: Met, chance: random.Random) -> list[Group]:
    """A maximum weight matching of each round, seldom met first (rustworkx); one left over joins a pair."""
    graph: rx.PyGraph[int, int] = rx.PyGraph(multigraph=False)
    graph.add_nodes_from(list(members))
    graph.add_edges_from([(i, j, cost) for i, j, cost in _weights(members, met)])
    found = rx.max_weight_matching(graph, max_cardinality=True, weight_fn=int)
    # Its set has another order in every run, and which pair one left over joins is drawn by place.
    return _completed(members, [(members[i], members[j]) for i, j in sorted(map(sorted, found))], chance)


def by_networkx(members: Sequence[int], _size: int, met: Met, chance: random.Random) -> list[Group]:
    """The same by networkx."""
    networkx = import_module("networkx")
    graph = networkx.Graph()
    graph.add_weighted_edges_from(_weights(members, met))
    found = networkx.max_weight_matching(graph, maxcardinality=True)
    return _completed(members, [(members[i], members[j]) for i, j in sorted(found)], chance)


def have_networkx() -> bool:
    return find_spec("networkx") is not None


def pair(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _weights(members: Sequence[int], met: Met) -> list[tuple[int, int, int]]:
    most = max(met.values(), default=0) + 1
    places = combinations(range(len(members)), 2)
    return [(i, j, most - met.get(pair(members[i], members[j]), 0)) for i, j in places]


def _completed(members: Sequence[int], pairs: Sequence[Group], chance: random.Random) -> list[Group]:
    groups = list(pairs)
    placed = {member for group in groups for member in group}
    for member in members:
        if member not in placed and groups:
            groups[chance.randrange(len(groups))] += (member,)
    return groups
