"""`voisin status`: how things stand, by the database and by the process on this machine, if one answers."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from bot import settings
from bot.cli.console import Plain, as_json, results
from bot.cli.finding import database_of, made
from bot.cli.vitals import LATE
from bot.domain.delivery import DeliveryState
from bot.errors import StorageError, VoisinError
from bot.ports import Figures
from storage import upgrade as revisions

PATIENCE = 3.0
"""Seconds in which a process of this machine answers."""

Sample = tuple[str, tuple[tuple[str, str], ...]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Process:
    """What the process at the address of the settings says of itself."""

    address: str
    trouble: str
    """Empty: ready."""
    samples: Mapping[Sample, float] = field(default_factory=dict)

    def value(self, name: str) -> float | None:
        """Of a figure without labels."""
        return self.samples.get((name, ()))

    def by(self, name: str, *labels: str) -> Mapping[tuple[str, ...], float]:
        """Of a figure with labels: their values → the figure."""
        return {
            tuple(dict(told)[label] for label in labels): value
            for (known, told), value in self.samples.items()
            if known == name
        }


def tell(config: Path | None, *, as_object: bool) -> bool:
    """Say how things stand; False when something is amiss."""
    read = settings.read(config)
    trouble, figures = "", None
    now = datetime.now(UTC)
    try:
        figures = asyncio.run(_figures(read, now))
    except VoisinError as error:
        trouble = str(error)
    process = _ask(read.web)
    if as_object:
        as_json(_plain(figures, trouble, process, now))
    else:
        _print(figures, trouble, process, now)
    return not trouble and not (process and process.trouble)


async def _figures(read: settings.Settings, now: datetime) -> Figures:
    made(read)
    # To look must not upgrade it.
    if revisions.current(read.database.url) != revisions.newest():
        raise StorageError("The database has another version: `voisin db current` says which.")
    async with database_of(read) as storage:
        return await storage.agenda.figures(now, late_before=now - LATE)


def _ask(web: settings.WebSettings) -> Process | None:
    host = "127.0.0.1" if web.host in {"0.0.0.0", "::"} else web.host  # noqa: S104 -- compared, not listened on
    there = f"http://[{host}]:{web.port}" if ":" in host else f"http://{host}:{web.port}"
    try:
        trouble = _get(f"{there}/readyz").strip()
        metrics = _get(f"{there}/metrics")
        samples = {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(metrics)
            for sample in family.samples
        }
    except (OSError, ValueError):
        return None
    if ("voisin_database_up", ()) not in samples:
        return None
    return Process(address=there, trouble="" if trouble == "ready" else trouble, samples=samples)


def _get(url: str) -> str:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE) as answer:  # noqa: S310 -- http:// stands above
            body: bytes = answer.read()
    except urllib.error.HTTPError as refused:
        with refused:
            body = refused.read()
    return body.decode()


def _waited(figures: Figures, now: datetime) -> float:
    oldest = figures.oldest_due_at
    return 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds())


def _plain(figures: Figures | None, trouble: str, process: Process | None, now: datetime) -> Plain:
    return {
        "database": {"up": figures is not None, "trouble": trouble}
        if figures is None
        else {
            "up": True,
            "trouble": "",
            "communities": figures.communities,
            "deliveries": {state.value: figures.deliveries.get(state, 0) for state in DeliveryState},
            "oldest_due_seconds": _waited(figures, now),
            "rounds_late": figures.rounds_late,
        },
        "process": None
        if process is None
        else {
            "address": process.address,
            "ready": not process.trouble,
            "trouble": process.trouble,
            "beats": process.value("voisin_beats_total"),
            "beat_overdue_seconds": process.value("voisin_beat_overdue_seconds"),
            "sends": {
                f"{platform}/{outcome}": count
                for (platform, outcome), count in process.by(
                    "voisin_sends_total", "platform", "outcome"
                ).items()
            },
            "limit_share": {
                f"{platform}/{method}": share
                for (platform, method), share in process.by(
                    "voisin_limit_share", "platform", "method"
                ).items()
            },
            "too_fast": {
                f"{platform}/{method}": count
                for (platform, method), count in process.by(
                    "voisin_too_fast_total", "platform", "method"
                ).items()
            },
        },
    }


def _print(figures: Figures | None, trouble: str, process: Process | None, now: datetime) -> None:
    rows: list[tuple[str, str]] = []
    if figures is None:
        rows.append(("Database", trouble))
    else:
        states = (f"{figures.deliveries.get(state, 0):,} {state}" for state in DeliveryState)
        rows += [
            ("Communities", f"{figures.communities:,}"),
            ("Deliveries", " · ".join(states)),
            (
                "Oldest due",
                f"{_waited(figures, now):.0f} s ago" if figures.oldest_due_at else "nothing waits",
            ),
            ("Rounds late", f"{figures.rounds_late:,}"),
        ]
    if process is None:
        rows.append(("Process", "none answers at the address of the settings"))
    else:
        rows.append(("Process", f"{process.address} · {process.trouble or 'ready'}"))
        beats, late = process.value("voisin_beats_total"), process.value("voisin_beat_overdue_seconds")
        if beats is not None:
            rows.append(("Beats", f"{beats:,.0f} · the next is {late or 0:.1f} s late"))
        sends = process.by("voisin_sends_total", "platform", "outcome")
        if sends:
            rows.append(("Sends", " · ".join(f"{' '.join(of)} {count:,.0f}" for of, count in sends.items())))
        refused = process.by("voisin_too_fast_total", "platform", "method")
        for of, share in process.by("voisin_limit_share", "platform", "method").items():
            rows.append(("Limit", f"{' '.join(of)} {share:.0%} · 429 {refused.get(of, 0):,.0f} times"))
    for name, said in rows:
        results().print(f"[bold]{name:<12}[/bold]", end=" ")
        results().print(said, markup=False, soft_wrap=True)
