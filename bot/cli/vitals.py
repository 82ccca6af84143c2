"""What `/metrics` tells: the same figures, in the same words, as `voisin status`."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from bot.domain.delivery import DeliveryState
from bot.engine.pulse import Pulse
from bot.errors import VoisinError
from bot.ports import Agenda, Clock, Figures, Limit
from bot.roles import Role

LATE = timedelta(minutes=5)
"""A round that should have taken its next step so long ago is late."""

FRESH = 10.0
"""Seconds for which the figures of the database are not counted again."""

PATIENCE = 2.0
"""Seconds in which the database has to count them; else what is told leaves them out."""

Limits = Mapping[str, Callable[[], Sequence[Limit]]]
"""Platform → how much of its limits is in use now."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)  # the registry keeps it by identity
class _Told(Collector):
    """One moment's figures, as prometheus-client wants them."""

    metrics: Sequence[Metric]

    def collect(self) -> Iterable[Metric]:
        return self.metrics


class Vitals:
    """Of one process, and of the database that it shares with others."""

    def __init__(
        self,
        *,
        role: Role,
        version: str,
        agenda: Agenda,
        clock: Clock,
        pulse: Pulse | None,
        limits: Limits,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._role = role
        self._version = version
        self._agenda = agenda
        self._clock = clock
        self._pulse = pulse
        self._limits = limits
        self._monotonic = monotonic
        self._counting: asyncio.Task[Figures] | None = None
        self._counted: tuple[float, Figures] | None = None

    async def told(self) -> bytes:
        """In the text format of Prometheus."""
        figures = await self._figures()
        registry = CollectorRegistry(auto_describe=False)
        registry.register(_Told(metrics=[*self._process(), *self._database(figures)]))
        return generate_latest(registry)

    async def _figures(self) -> Figures | None:
        if self._counted is not None and self._monotonic() - self._counted[0] < FRESH:
            return self._counted[1]
        if self._counting is None:
            now = self._clock.now()
            self._counting = asyncio.ensure_future(self._agenda.figures(now, late_before=now - LATE))
        await asyncio.wait({self._counting}, timeout=PATIENCE)
        if not self._counting.done():
            return None
        counting, self._counting = self._counting, None
        try:
            self._counted = self._monotonic(), counting.result()
        except VoisinError:
            self._counted = None
        return self._counted[1] if self._counted else None

    def _process(self) -> Iterable[Metric]:
        about = GaugeMetricFamily("voisin_info", "Which Voisin this is.", labels=["version", "role"])
        about.add_metric([self._version, self._role], 1)
        yield about
        pulse = self._pulse
        if pulse is not None:
            yield _counter("voisin_beats", "Beats of this process.", pulse.beats)
            yield _counter("voisin_beat_failures", "Beats that the database ended early.", pulse.failures)
            yield _counter("voisin_beat_seconds", "Seconds spent in beats.", pulse.seconds)
            yield _counter(
                "voisin_beat_late_seconds", "Seconds by which beats came too late.", pulse.late_seconds
            )
            yield _gauge("voisin_beat_overdue_seconds", "Seconds by which the next beat is late.", pulse.late)
            sends = CounterMetricFamily(
                "voisin_sends", "Sends of this process, by how they ended.", labels=["platform", "outcome"]
            )
            for (platform, outcome), count in sorted(pulse.sends.items()):
                sends.add_metric([platform, outcome], count)
            yield sends
        refusals = CounterMetricFamily(
            "voisin_too_fast", "Times that a platform said 429.", labels=["platform", "method"]
        )
        shares = GaugeMetricFamily(
            "voisin_limit_share",
            "How much of a platform's limit is used, where it is used most.",
            labels=["platform", "method"],
        )
        for platform, limits in sorted(self._limits.items()):
            for limit in limits():
                refusals.add_metric([platform, limit.method], limit.refused)
                shares.add_metric([platform, limit.method], limit.share)
        yield from (refusals, shares)

    def _database(self, figures: Figures | None) -> Iterable[Metric]:
        yield _gauge("voisin_database_up", "Whether the database answers.", figures is not None)
        if figures is None:
            return
        yield _gauge("voisin_communities", "Communities.", figures.communities)
        states = GaugeMetricFamily("voisin_deliveries", "Deliveries, by state.", labels=["state"])
        for state in DeliveryState:
            states.add_metric([state], figures.deliveries.get(state, 0))
        yield states
        oldest = figures.oldest_due_at
        waited = 0.0 if oldest is None else max(0.0, (self._clock.now() - oldest).total_seconds())
        yield _gauge(
            "voisin_oldest_due_seconds",
            "For how long the oldest delivery that could go out has been due.",
            waited,
        )
        yield _gauge(
            "voisin_rounds_late", "Rounds whose next step was due five minutes ago.", figures.rounds_late
        )


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(name, told, value=value)


def _counter(name: str, told: str, value: float) -> Metric:
    return CounterMetricFamily(name, told, value=value)
