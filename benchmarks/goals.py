"""What else was promised of seasons and rounds: even over years, as cheap as can be, planned in time."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from itertools import combinations
from statistics import NormalDist, mean

import numpy as np
import rustworkx as rx
from numpy.typing import NDArray

from benchmarks.seasons import Stable
from benchmarks.world import world
from bot.matching import Problem, match, problem
from bot.matching.season import lookahead

Figures = dict[str, dict[str, float | int | None]]

CYCLES = ((6, 10), (10, 6), (16, 3))
LEFT_OUT = ((5, 4), (30, 29), (12, 4))
COMMUNITIES, MEDIAN, SMALLEST, LARGEST = 2_000, 38, 4, 1_166
ALL_MEMBERS = 139_000


def cycles(sizes: Sequence[tuple[int, int]]) -> Figures:
    """Everybody with everybody, again and again.

    `spread`: how much more often one pair met than another after a cycle; `gap`: the fewest rounds between
    two meetings of a pair.
    """
    figures: Figures = {}
    for members, times in sizes:
        roster = Stable(members, 2, 1)
        spread, gap = 0, times * members
        for turn in range(times * (members - 1)):
            before, groups = roster.last.copy(), roster.next().groups
            again = [turn - before[pair] for pair in groups if roster.times[pair]]
            gap = min([gap, *map(int, again)])
            roster.hold(groups)
            if roster.turn % (members - 1) == 0:
                met = roster.times[np.triu_indices(members, 1)]
                spread = max(spread, int(met.max() - met.min()))
        figures[f"{members}, {times} cycles"] = {
            "rounds": times * (members - 1),
            "spread": spread,
            "gap": gap,
            "asked gap": members // 3,
        }
    return figures


def costs(sizes: Sequence[int]) -> Figures:
    """Everyone knows everyone, more or less: the strengths of a round's ties over the least there can be."""
    figures: Figures = {}
    for members in sizes:
        chance = np.random.default_rng(members)
        ties = np.array(list(combinations(range(members), 2)))
        strength = chance.integers(0, 1_000, len(ties))
        figures[str(members)] = dearer(problem(members, ties=ties, strength=strength / 1_000))
    return figures


def dearer(state: Problem) -> dict[str, float | int | None]:
    """The ties in a round of an even roster, their strengths in thousandths, and the least there can be."""
    unit = 1_000 * state.members
    known = np.zeros((state.members, state.members), dtype=np.int64)
    # That someone is known at all comes before how well, as in the engine.
    worth = np.rint(state.strength * 1_000).astype(np.int64) + unit
    np.maximum.at(known, (state.ties[:, 0], state.ties[:, 1]), worth)
    known = np.maximum(known, known.T)
    most = int(known.max()) + 1
    graph: rx.PyGraph[None, int] = rx.PyGraph(multigraph=False)
    graph.add_nodes_from([None] * state.members)
    pairs = combinations(range(state.members), 2)
    graph.add_edges_from([(a, b, most - int(known[a, b])) for a, b in pairs])
    best = rx.max_weight_matching(graph, max_cardinality=True, weight_fn=int)
    ours, least = (
        sum(int(known[a, b]) for a, b in round) for round in (match(state, seed=b"cost").groups, best)
    )
    return {
        "ties": ours // unit,
        "fewest": least // unit,
        "strength": ours % unit,
        "exact": least % unit,
        "ratio": (ours % unit) / (least % unit) if least % unit else None,
    }


def certificates(sizes: Sequence[int]) -> Figures:
    """What planning ahead takes of a round, in milliseconds of a processor, over whole seasons."""
    figures: Figures = {str(members): certificate(members) for members in sizes}
    for share, both in ((0.4, 0.4), (0.25, 0.5), (0.1, 0.6)):
        # Two languages: so many speak the rarer one alone, so many both, the others the common one.
        counts = [round(50 * share), round(50 * both)]
        speaks = np.repeat([1, 2, 3], [50 - sum(counts), *counts])
        name = f"50, {counts[0]} of another language, {counts[1]} of both"
        figures[name] = certificate(50, np.random.default_rng(1).permutation(speaks))
    return figures


def certificate(members: int, speaks: NDArray[np.int64] | None = None) -> dict[str, float | int | None]:
    """A season of a stable even roster: milliseconds of its rounds, and of planning alone."""
    roster, rounds, plans = Stable(members, 2, 1, speaks=speaks), [], []
    for _ in range(members - 1):
        state = roster.state()
        started = time.process_time()
        found = match(state, seed=b"%d" % roster.turn)
        ended = time.process_time()
        rounds.append(1_000 * (ended - started))
        ahead = lookahead(state)
        if ahead:
            ahead.keeps(list(found.groups))
            plans.append(1_000 * (time.process_time() - ended))
        roster.hold(found.groups)
    return {
        "round mean ms": mean(rounds),
        "round worst ms": max(rounds),
        "plans": len(plans),
        "plan mean ms": mean(plans) if plans else None,
        "plan worst ms": max(plans, default=None),
    }


def communities(count: int = COMMUNITIES) -> Figures:
    """One round in each of so many communities, a few large: log-normal sizes of one median and total."""
    shape = (2 * np.log(ALL_MEMBERS / COMMUNITIES / MEDIAN)) ** 0.5
    places = [NormalDist().inv_cdf((at + 0.5) / count) for at in range(count)]
    sizes = np.clip(np.rint(MEDIAN * np.exp(shape * np.array(places))), SMALLEST, LARGEST).astype(int)
    seconds, avoidable, unproved = 0.0, 0, 0
    for members in sizes.tolist():
        state = world(members, 2, seed=members)
        started = time.process_time()
        found = match(state, seed=b"many")
        seconds += time.process_time() - started
        unproved += found.fewest_repeats is None
        avoidable += 0 if found.fewest_repeats is None else found.repeats - found.fewest_repeats
    return {
        f"{count} communities": {
            "members": int(sizes.sum()),
            "seconds": seconds,
            "avoidable": avoidable,
            "unproved": unproved,
        }
    }


def left_out(rosters: Sequence[tuple[int, int]], rounds: int = 40) -> Figures:
    """Two teams that must mix, one larger: how often its members were alone, and how often twice running.

    In vain is who is alone again though there is room for all of them.
    """
    figures: Figures = {}
    for many, few in rosters:
        members = many + few
        alone: Counter[int] = Counter()
        last: tuple[int, ...] = ()
        twice = 0
        for turn in range(rounds):
            state = problem(
                members,
                team=[int(member >= many) for member in range(members)],
                team_hard=True,
                first=[member in last for member in range(members)],
                left_out=[alone[member] for member in range(members)],
            )
            found = match(state, seed=b"%d" % turn)
            # As many as there are places: who was alone before is alone again only beyond these.
            twice += len(set(last) & set(found.alone)) - max(0, len(last) - few)
            last = found.alone
            alone.update(last)
        times = [alone[member] for member in range(many)]
        figures[f"{many} and {few}"] = {"fewest": min(times), "most": max(times), "twice in vain": twice}
    return figures


def processes(count: int) -> dict[str, int]:
    """How many different answers new processes give to one question, each with a hash seed of its own."""
    words = (
        "from bot.matching import match; from benchmarks.world import strict;"
        "print([match(strict(n, k), seed=b'same').groups for n, k in ((12, 2), (51, 2), (90, 3), (700, 2))])"
    )
    said = {
        sha256(
            subprocess.run(  # noqa: S603  this very interpreter
                [sys.executable, "-c", words],
                env={"PYTHONHASHSEED": str(at)},
                capture_output=True,
                check=True,
            ).stdout
        ).hexdigest()
        for at in range(count)
    }
    return {"processes": count, "answers": len(said)}
