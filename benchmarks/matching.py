"""The matching beside its peers: rounds without a repeat, repeats under churn, time and memory of a round.

`make bench-matching` prints tables, and as its last line one JSON object. --short is for a test; --long plays
every even size with twenty seeds; --plot FILE draws the rounds without a repeat as SVG.
"""

import argparse
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import combinations
from multiprocessing import get_context
from pathlib import Path
from statistics import mean

from rich.console import Console
from rich.table import Table

from benchmarks.peers import Group, Met, Peer, by_networkx, by_rustworkx, greedy, have_networkx, pair, shuffle
from benchmarks.plot import draw
from benchmarks.world import peak, soft_share, world
from bot.matching import match, problem

Figures = dict[str, dict[str, float | int | None]]

SIZES = (6, 9, 10, 11, 15, 20, 21, 31, 50, 51, 100, 101)
GROUPS = ((9, 3), (10, 3), (15, 3), (48, 3), (50, 3), (16, 4), (32, 4), (48, 4), (50, 4), (25, 5), (64, 8))
CROWDS = (50, 300, 2_000, 10_000, 100_000, 1_000_000)
PEERS: Mapping[str, tuple[Peer, int, int]] = {
    # To how many members: in a season of rounds, and in one round.
    "rustworkx": (by_rustworkx, 101, 1_000),
    "networkx": (by_networkx, 21, 100),
    "greedy": (greedy, 1_000, 10_000),
    "shuffle": (shuffle, 1_000, 1_000_000),
}


class Roster:
    """A stable roster that remembers."""

    def __init__(self, members: int, size: int, seed: int) -> None:
        self.members, self.size, self.seed = members, size, seed
        self.met: Met = Counter()
        self.last: dict[tuple[int, int], int] = {}
        self.trios: Counter[int] = Counter()
        self.turn = 0

    def voisin(self, present: Sequence[int]) -> list[Group]:
        place = {member: at for at, member in enumerate(present)}
        known = [key for key in self.met if key[0] in place and key[1] in place]
        state = problem(
            len(present),
            size=self.size,
            met=[(place[a], place[b], self.met[a, b]) for a, b in known],
            met_age=[7.0 * (self.turn - self.last[key]) for key in known],
            trios=[self.trios[member] for member in present],
        )
        found = match(state, seed=b"%d/%d" % (self.seed, self.turn))
        return [tuple(present[at] for at in group) for group in found.groups]

    def held(self, groups: Sequence[Group]) -> int:
        """Write a round down; how many pairs met again."""
        pairs = [pair(a, b) for group in groups for a, b in combinations(group, 2)]
        again = sum(key in self.met for key in pairs)
        for key in pairs:
            self.met[key] += 1
            self.last[key] = self.turn
        self.trios.update(member for group in groups if len(group) != self.size for member in group)
        self.turn += 1
        return again


def limit(members: int, size: int) -> int:
    """No more rounds without a repeat can be held, by counting pairs; odd rosters of 5 and 7 hold 1 and 3."""
    if size > 2:
        count = -(-members // size)
        short = count * size - members
        each = (count - short) * size * (size - 1) // 2 + short * (size - 1) * (size - 2) // 2
        return members * (members - 1) // 2 // each
    if members % 2 == 0:
        return members - 1
    return {5: 1, 7: 3}.get(members, members * (members - 1) // (members + 3))


def season(members: int, size: int, peer: Peer | None, seed: int) -> int:
    """Rounds until the first repeat."""
    roster, chance = Roster(members, size, seed), _chance(seed)
    everyone = list(range(members))
    for turn in range(members):
        groups = peer(everyone, size, roster.met, chance) if peer else roster.voisin(everyone)
        if roster.held(groups):
            return turn
    return members


def churned(members: int, rounds: int, peer: Peer | None, seed: int) -> float:
    """The share of repeats while a twentieth leaves and is replaced each round, and a fifth skips."""
    roster, chance, who = Roster(members, 2, seed), _chance(seed), _chance(~seed)
    here, arrived, again, pairs = list(range(members)), members, 0, 0
    for _ in range(rounds):
        for at in range(members):
            if who.random() < 0.05:
                here[at], arrived = arrived, arrived + 1
        present = sorted(member for member in here if who.random() >= 0.2)
        if len(present) < 2:
            continue
        groups = peer(present, 2, roster.met, chance) if peer else roster.voisin(present)
        again += roster.held(groups)
        pairs += sum(len(group) * (len(group) - 1) // 2 for group in groups)
    return again / pairs


def seasons(sizes: Sequence[tuple[int, int]], seeds: int) -> Figures:
    """Rounds until the first repeat: ours the fewest of all seeds, the peers' the mean."""
    figures: Figures = {}
    for members, size in sizes:
        row: dict[str, float | int | None] = {"limit": limit(members, size)}
        row["voisin"] = min(season(members, size, None, seed) for seed in range(seeds))
        for name, (peer, most, _) in PEERS.items():
            able = members <= most and (size == 2 or name in ("greedy", "shuffle"))
            able = able and (name != "networkx" or have_networkx())
            row[name] = mean(season(members, size, peer, seed) for seed in range(seeds)) if able else None
        figures[str(members) if size == 2 else f"{members}/{size}"] = row
    return figures


def churns(sizes: Sequence[int], rounds: int) -> Figures:
    return {
        str(members): {
            "voisin": churned(members, rounds, None, 1),
            "greedy": churned(members, rounds, greedy, 1),
            "shuffle": churned(members, rounds, shuffle, 1),
        }
        for members in sizes
    }


def crowds(sizes: Sequence[int], group: int) -> Figures:
    """One round with 52 rounds of history, 20 ties each, teams, languages, hours and keep-apart."""
    figures: Figures = {}
    for members in sizes:
        # A process of its own for each: what the last one left behind would hide what this one takes.
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
            figures[str(members)] = process.submit(crowd, members, group).result()
    return figures


def crowd(members: int, group: int) -> dict[str, float | int | None]:
    """Seconds of one round by everyone, and more of ours."""
    state = world(members, group)
    found, seconds, memory = peak(partial(match, state, seed=b"bench"))
    met = Counter({pair(a, b): times for a, b, times in state.met.tolist()}) if members <= 10_000 else Met()
    row: dict[str, float | int | None] = {
        "voisin": seconds,
        "peak_mb": memory,
        "repeats": found.repeats,
        "alone": len(found.alone),
        "soft_share": soft_share(state, found),
    }
    for name, (peer, _, most) in PEERS.items():
        able = members <= most and (group == 2 or name in ("greedy", "shuffle"))
        able = able and (name != "networkx" or have_networkx())
        row[name] = _seconds(peer, members, group, met) if able else None
    return row


def _seconds(peer: Peer, members: int, group: int, met: Met) -> float:
    # What is loaded at the first call is not the method's.
    peer(range(4), group, Met(), _chance(1))
    started = time.process_time()
    peer(range(members), group, met, _chance(1))
    return time.process_time() - started


def evens(seeds: int) -> dict[str, int]:
    """Stable even rosters of 4 to 64: how many seasons were played, and how many were not full."""
    played = [
        season(members, 2, None, seed) == members - 1 for members in range(4, 65, 2) for seed in range(seeds)
    ]
    return {"seasons": len(played), "short": len(played) - sum(played)}


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  a benchmark wants chance that comes again


def show(console: Console, title: str, figures: Figures) -> None:
    if not figures:
        return
    columns = list(next(iter(figures.values())))
    table = Table(title=title, title_justify="left")
    table.add_column("members")
    for column in columns:
        table.add_column(column.replace("_", " "), justify="right")
    for name, row in figures.items():
        table.add_row(name, *(_said(row[column]) for column in columns))
    console.print(table)


def _said(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{int(value):,}" if value == int(value) else f"{value:.4f}" if value < 0.1 else f"{value:.2f}"


def main(arguments: Sequence[str] | None = None) -> None:
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--short", action="store_true", help="a few small figures, in seconds")
    told.add_argument(
        "--long", action="store_true", help="every even size with twenty seeds, and 500 members"
    )
    told.add_argument("--plot", type=Path, help="an SVG file for the rounds without a repeat")
    asked = told.parse_args(arguments)
    console = Console(width=120)
    rounds = seasons([(n, 2) for n in (SIZES[:4] if asked.short else SIZES)], 1 if asked.short else 3)
    show(console, "Rounds until the first repeat, stable roster, pairs", rounds)
    groups = seasons(GROUPS[:2] if asked.short else GROUPS, 1 if asked.short else 3)
    show(console, "Rounds until the first repeat, stable roster, groups", groups)
    churn = churns((10,) if asked.short else (10, 50, 200), 20 if asked.short else 100)
    show(console, "Share of repeats, 5 % leave and 20 % skip each round", churn)
    pairs = crowds(CROWDS[:1] if asked.short else CROWDS, 2)
    show(
        console,
        "One round of pairs, every rule: seconds of a processor; memory on top; soft costs over random ones",
        pairs,
    )
    fours = crowds(() if asked.short else CROWDS[1:], 4)
    show(console, "The same in groups of four", fours)
    figures: dict[str, object] = {
        "rounds": rounds,
        "groups": groups,
        "churn": churn,
        "pairs_seconds": pairs,
        "fours_seconds": fours,
    }
    if not asked.short:
        figures["even"] = evens(20 if asked.long else 1)
    if asked.long:
        figures["rounds_500"] = season(500, 2, None, 1)
    if asked.plot:
        asked.plot.write_text(draw(rounds), encoding="utf-8")
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
