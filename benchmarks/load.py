"""Ten thousand communities of thirty: what a second of rest costs, and the hour in which all are due.

One process on SQLite and one on PostgreSQL, both waiting for the disk at each commit; then the same
deliveries shared by several processes. Nothing is waited for but the database: the platform takes no time.
The last line of standard output is one JSON object of named figures.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from benchmarks.crowd import settle
from benchmarks.databases import Databases, databases
from benchmarks.hour import READY

KINDS: Final = ("sqlite", "postgresql")
WORKERS: Final = {"sqlite": (1,), "postgresql": (1, 2, 4)}
"""On SQLite a second one is refused."""

ROOT: Final = Path(__file__).parents[1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How much of it."""

    communities: int = 10_000
    members: int = 30
    sending: float = 60.0
    """Seconds for which the one process sends: a rate needs no more."""
    shared: int = 200
    """Communities whose deliveries are shared by several."""


def measure(kind: str, plan: Plan) -> dict[str, float]:
    """All figures of one database."""
    with tempfile.TemporaryDirectory() as folder, databases(kind, Path(folder), durable=True) as where:
        crowd = where.make()
        settle(crowd, many=plan.communities, members_each=plan.members)
        found = _figures(_begun("alone", crowd, str(plan.sending)))
        figures = {
            **{name: found[name] for name in ("start_s", "idle_ms", "idle_p99_ms", "idle_in_line_ms")},
            "peer_idle_ratio": found["peer_idle_ms"] / found["idle_ms"],
            "rounds": found["rounds"],
            "open_s": found["open_s"],
            "due": found["due"],
            "sent": found["sent"],
            "sends_per_second": found["sent"] / found["send_s"],
            # Opened once, and sent at the rate that was measured.
            "hour_s": found["open_s"] + found["due"] * found["send_s"] / found["sent"],
            "peak_mb": found["peak_mb"],
        }
        return figures | _shared(where, kind, plan)


def _shared(where: Databases, kind: str, plan: Plan) -> dict[str, float]:
    """Deliveries a second of one, two and four processes, and of the common way, on copies of one town."""
    town = where.make()
    settle(town, many=plan.shared, members_each=plan.members)
    _figures(_begun("open", town))
    rates = {f"workers_{many}": _rate("share", where.make(town), many) for many in WORKERS[kind]}
    common = _rate("one_by_one", where.make(town), 1)
    return rates | {"peer_workers_1_ratio": common / rates["workers_1"]}


def _rate(what: str, url: str, many: int) -> float:
    """Deliveries a second of so many processes, which begin at one word."""
    workers = [_begun(what, url) for _ in range(many)]
    for worker in workers:
        if _stdout(worker).readline().strip() != READY:
            raise AssertionError(f"A worker ended before it began: {worker.wait()}.")
    for worker in workers:
        _stdin(worker).write("begin\n")
        _stdin(worker).flush()
    found = [_figures(worker) for worker in workers]
    seconds = max(one["ended"] for one in found) - min(one["began"] for one in found)
    # Whoever ends last has counted what all of them have sent.
    return max(one["sent"] for one in found) / seconds


def _begun(*words: str) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 -- our own module, in the interpreter that runs
        [sys.executable, "-m", "benchmarks.hour", *words],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _figures(process: subprocess.Popen[str]) -> dict[str, float]:
    """What it says at its end."""
    said, _ = process.communicate()
    if process.returncode:
        raise AssertionError(f"It ended with {process.returncode}.")
    figures: dict[str, float] = json.loads(said.splitlines()[-1])
    return figures


def _stdin(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdin is None:
        raise AssertionError("A process without pipes.")
    return process.stdin


def _stdout(process: subprocess.Popen[str]) -> IO[str]:
    if process.stdout is None:
        raise AssertionError("A process without pipes.")
    return process.stdout


# ── What is told ────────────────────────────────────────────────────────────────────────────────────

LINES: Final = (
    ("start_s", "from the start until the first beat has ended, seconds"),
    ("idle_ms", "a beat in which nothing is due, milliseconds (median)"),
    ("idle_p99_ms", "the same, p99"),
    ("idle_in_line_ms", "the same, while every delivery of a round waits in line"),
    ("peer_idle_ratio", "every program looked at instead, as many times as much"),
    ("rounds", "the hour in which all are due: rounds"),
    ("open_s", "to match them and write down what was promised, seconds"),
    ("due", "deliveries that come of it"),
    ("sends_per_second", "deliveries a second, by the one process"),
    ("hour_s", "the whole hour's work at that rate, seconds"),
    ("peak_mb", "memory at its highest, MB"),
    ("workers_1", "deliveries a second, 1 worker"),
    ("workers_2", "2 workers"),
    ("workers_4", "4 workers"),
    ("peer_workers_1_ratio", "one job after the other instead, as many times as fast"),
)


def _tell(figures: Mapping[str, Mapping[str, float]]) -> None:
    _say(f"{'':62}" + "".join(f"{kind:>12}" for kind in figures))
    for name, what in LINES:
        told = (f"{found[name]:,.1f}" if name in found else "–" for found in figures.values())
        _say(f"{what:62}" + "".join(f"{one:>12}" for one in told))


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """The whole of it, from the command line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--communities", type=int, default=10_000)
    arguments.add_argument("--shared", type=int, default=200, help="communities shared by several")
    arguments.add_argument("--sending", type=float, default=60.0, help="seconds of sends")
    arguments.add_argument("--database", choices=KINDS, action="append", help="one alone")
    asked = arguments.parse_args()
    plan = Plan(communities=asked.communities, shared=asked.shared, sending=asked.sending)
    figures = {kind: measure(kind, plan) for kind in asked.database or KINDS}
    _tell(figures)
    rounded = {kind: {name: round(one, 3) for name, one in found.items()} for kind, found in figures.items()}
    _say(json.dumps({"communities": plan.communities} | rounded))


if __name__ == "__main__":
    main()
