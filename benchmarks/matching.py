"""The matching beside its peers: rounds without a repeat, repeats under churn, time and memory of a round.

`make bench-matching` prints tables, and as its last line one JSON object. --short is for a test; --long plays
every even size with twenty seeds, larger seasons, every size of group, 20,000 seeds for fairness and 100,000
rounds with any rules; --nightly a season of 2,000 as well; --plot FILE draws the rounds as SVG.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, stdev

from rich.console import Console
from rich.table import Table

from benchmarks.fairness import trials
from benchmarks.goals import (
    CYCLES,
    LEFT_OUT,
    certificates,
    communities,
    costs,
    cycles,
    left_out,
    processes,
)
from benchmarks.known import community, known
from benchmarks.laws import broken
from benchmarks.peers import Met, Peer, by_networkx, by_rustworkx, greedy, have_networkx, pair, shuffle
from benchmarks.plot import draw
from benchmarks.seasons import chance, churned, finished, limit, peer_season, season, third_places
from benchmarks.world import flaws, peak, soft_share, strict, world
from bot.matching import Problem, match
from bot.matching.problem import ANY_DISTANCE, FAR

Figures = dict[str, dict[str, float | int | None]]

SIZES = (6, 9, 10, 11, 15, 20, 21, 31, 50, 51, 100, 101)
GROUPS = ((9, 3), (10, 3), (15, 3), (48, 3), (50, 3), (16, 4), (32, 4), (48, 4), (50, 4), (25, 5), (64, 8))
CROWDS = (50, 300, 2_000, 10_000, 100_000, 1_000_000)
FEW_SEEDS = 20
"""So many times as many seeds for ten members under churn."""
PEERS: Mapping[str, tuple[Peer, int, int]] = {
    # To how many members: in a season of rounds, and in one round.
    "rustworkx": (by_rustworkx, 101, 1_000),
    "networkx": (by_networkx, 21, 100),
    "greedy": (greedy, 1_000, 10_000),
    "shuffle": (shuffle, 1_000, 1_000_000),
}


def seasons(sizes: Sequence[tuple[int, int]], seeds: int) -> Figures:
    """Rounds until the first repeat: ours the fewest of all seeds, the peers' the mean."""
    figures: Figures = {}
    for members, size in sizes:
        row: dict[str, float | int | None] = {"limit": limit(members, size)}
        row["voisin"] = min(season(members, size, seed) for seed in range(seeds))
        for name, (peer, most, _) in PEERS.items():
            able = members <= most and (size == 2 or name in ("greedy", "shuffle"))
            able = able and (name != "networkx" or have_networkx())
            row[name] = (
                mean(peer_season(members, size, peer, seed) for seed in range(seeds)) if able else None
            )
        figures[str(members) if size == 2 else f"{members}/{size}"] = row
    return figures


def churns(sizes: Sequence[int], rounds: int, seeds: int) -> Figures:
    """Repeats and how old they are; in the first row as the anchors count, the odd one left out.

    `error` is the standard error of the mean: one seed of ten members differs from another by a fifth.
    """
    figures: Figures = {}
    for name, members, trios in [("10, odd one left out", 10, False), *((str(n), n, True) for n in sizes)]:
        # Ten members take a thousandth of the time that hundreds take, and need as many more seeds.
        some = range(seeds * FEW_SEEDS if members <= 10 and seeds > 1 else seeds)
        played = [churned(members, rounds, None, seed, trios=trios) for seed in some]
        repeats = [one.repeats for one in played]
        row: dict[str, float | int | None] = {
            "voisin": mean(repeats),
            "error": stdev(repeats) / len(repeats) ** 0.5 if len(repeats) > 1 else None,
            "age": mean(one.age for one in played),
            "avoidable": sum(one.avoidable or 0 for one in played),
        }
        for peer_name, (peer, most, _) in PEERS.items():
            able = trios and members <= most and peer_name != "networkx"
            others = [churned(members, rounds, peer, seed).repeats for seed in some] if able else []
            row[peer_name] = mean(others) if able else None
        figures[name] = row
    return figures


def crowds(sizes: Sequence[int], group: int, made: Callable[[int, int], Problem] = world) -> Figures:
    """One round with 52 rounds of history, 20 ties each, teams, languages, hours and keep-apart."""
    figures: Figures = {}
    for members in sizes:
        # A process of its own for each: what the last one left behind would hide what this one takes.
        with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as process:
            figures[str(members)] = process.submit(crowd, members, group, made).result()
    return figures


def crowd(members: int, group: int, made: Callable[[int, int], Problem]) -> dict[str, float | int | None]:
    """Seconds of one round by everyone, and more of ours."""
    state = made(members, group)
    found, seconds, memory = peak(partial(match, state, seed=b"bench"))
    met = Counter({pair(a, b): times for a, b, times in state.met.tolist()}) if members <= 10_000 else Met()
    row: dict[str, float | int | None] = {
        "voisin": seconds,
        "peak_mb": memory,
        "repeats": found.repeats,
        "alone": len(found.alone),
        **flaws(state, found),
        "soft_share": soft_share(state, found),
    }
    for name, (peer, _, most) in PEERS.items():
        able = members <= most and (group == 2 or name in ("greedy", "shuffle"))
        able = able and (name != "networkx" or have_networkx())
        row[name] = _seconds(peer, members, group, met) if able else None
    return row


def _seconds(peer: Peer, members: int, group: int, met: Met) -> float:
    # What is loaded at the first call is not the method's.
    peer(range(2 * group), group, Met(), chance(1))
    started = time.process_time()
    peer(range(members), group, met, chance(1))
    return time.process_time() - started


def evens(seeds: int) -> dict[str, int]:
    """Stable even rosters of 4 to 64: how many seasons were played, and how many were not full."""
    played = [season(members, 2, seed) == members - 1 for members in range(4, 65, 2) for seed in range(seeds)]
    return {"seasons": len(played), "short": len(played) - sum(played)}


def large() -> Figures:
    """Seasons that take minutes: rounds without a repeat, and the most that were asked for."""
    asked = [(500, 2, 499), (201, 2, 197), (501, 2, 497), (500, 3, 249), (500, 4, 166)]
    asked += [(2_000, 3, 104), (2_000, 4, 104)]
    figures: Figures = {
        f"{members}/{size}": {"asked": most, "voisin": season(members, size, 1, most=most)}
        for members, size, most in asked
    }
    figures["2000/2, the last"] = {"asked": 30, "voisin": finished(2_000, 30, 1)}
    return figures


def every_size(sizes: Sequence[int]) -> Figures:
    """One round in groups of each size: seconds, repeats and members alone."""
    figures: Figures = {}
    for members in sizes:
        for group in range(2, 9):
            row = crowds((members,), group)[str(members)]
            kept = ("voisin", "peak_mb", "repeats", "alone", "forbidden", "tied", "soft_share")
            figures[f"{members}/{group}"] = {name: row[name] for name in kept}
    return figures


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
    told.add_argument("--long", action="store_true", help="many more seeds and sizes: an hour")
    told.add_argument("--nightly", action="store_true", help="a whole season of 2,000 members: hours")
    told.add_argument("--plot", type=Path, help="an SVG file for the rounds without a repeat")
    told.add_argument("--roster", type=Path, help="a community that exists, as for imports; with --ties")
    told.add_argument("--ties", type=Path, help="who knows whom in it")
    asked = told.parse_args(arguments)
    console = Console(width=120)
    figures: dict[str, object] = {}

    def tell(name: str, title: str, found: Figures) -> Figures:
        show(console, title, found)
        figures[name] = found
        return found

    short, seeds = asked.short, 1 if asked.short else 3
    sizes = SIZES[:4] if short else SIZES
    rounds = tell(
        "rounds",
        "Rounds until the first repeat, stable roster, pairs",
        seasons([(members, 2) for members in sizes], seeds),
    )
    groups = GROUPS[:2] if short else GROUPS
    tell("groups", "Rounds until the first repeat, stable roster, groups", seasons(groups, seeds))
    churn = churns((10,), 20, 1) if short else churns((10, 50, 200), 200, 20 if asked.long else 2)
    tell("churn", "Share of repeats, 5 % leave and 20 % skip each round; rounds since the last time", churn)
    odd = (5, 9) if short else (5, 7, 9, 11, 21, 31, 51)
    figures["third_places"] = {str(n): max(third_places(n, seed) for seed in range(seeds)) for n in odd}
    tell(
        "pairs_seconds",
        "One round of pairs: seconds of a processor; memory on top; soft costs over random ones",
        crowds(CROWDS[:1] if short else CROWDS, 2),
    )
    tell(
        "strict_seconds",
        "The same with every rule: other teams and a common hour as musts, help, greeters, who was alone",
        crowds(CROWDS[:1] if short else CROWDS, 2, strict),
    )
    if not short:
        tell("fours_seconds", "The same in groups of four", crowds(CROWDS[1:], 4))
        figures["even"] = evens(20 if asked.long else 1)
    tell("cycles", "Everyone with everyone, again and again", cycles(CYCLES[:1] if short else CYCLES))
    tell(
        "left_out",
        "Two teams that must mix: how often alone in 40 rounds",
        left_out(LEFT_OUT[:1] if short else LEFT_OUT),
    )
    dense = (50,) if short else (50, 300, 500, 2_000) if asked.long else (50, 300, 500)
    tell("cost", "One round where everyone knows everyone: ties' strength beside the least", costs(dense))
    if not short:
        tell(
            "planning",
            "Whole seasons: milliseconds of rounds, and of planning ahead",
            certificates((50, 100, 500)),
        )
        tell("communities", "One round in each of many communities", communities())
        figures["processes"] = processes(3)
    if asked.roster and asked.ties:
        real = {
            f"{'the ' + str(most) + ' busiest' if most else 'all'}{', far' if distance else ''}": known(
                community(asked.roster, asked.ties, most=most), distance=distance
            )
            for distance in (ANY_DISTANCE, FAR)
            for most in (40, 100, None)
        }
        tell("known", "Twelve rounds in a community that exists: shares of all pairs", real)
    tries = 30 if short else 20_000 if asked.long else 1_000
    tell("fairness", "Equals treated equally: chi-squared, distance from uniform", trials(tries))
    judged = 50 if short else 100_000 if asked.long else 1_000
    figures["laws"] = {"rounds": judged, "broken": broken(judged)}
    if asked.long:
        tell("large", "Large seasons", large())
        tell("sizes", "One round, groups of every size", every_size((1_000, 10_000, 100_000, 1_000_000)))
    if asked.nightly:
        figures["rounds_2000"] = season(2_000, 2, 1)
    if asked.plot:
        asked.plot.write_text(draw(rounds), encoding="utf-8")
    sys.stdout.write(json.dumps(figures) + "\n")


if __name__ == "__main__":
    main()
