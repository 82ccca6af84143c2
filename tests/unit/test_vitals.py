import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Never, cast

import pytest
from prometheus_client import CONTENT_TYPE_LATEST
from prometheus_client.parser import text_string_to_metric_families

from adapters.web import METRICS
from bot.cli import vitals
from bot.cli.vitals import Vitals
from bot.domain.delivery import DeliveryState
from bot.engine.pulse import Pulse
from bot.errors import StorageError
from bot.ports import Agenda, Figures, Limit
from bot.roles import Role
from tests.project.tree import ROOT
from tests.unit.test_alerts import RULES

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

FIGURES = Figures(
    communities=3,
    deliveries={DeliveryState.QUEUED: 5, DeliveryState.DOUBT: 1},
    oldest_due_at=NOON - timedelta(seconds=90),
    rounds_late=2,
)


class Counts:
    """An agenda that has these figures, or trouble with them."""

    def __init__(self, do: Callable[[], Awaitable[Figures]]) -> None:
        self._do = do
        self.asked = 0

    async def figures(self, now: datetime, *, late_before: datetime) -> Figures:
        assert (now, late_before) == (NOON, NOON - timedelta(minutes=5))
        self.asked += 1
        return await self._do()


class StandingClock:
    def now(self) -> datetime:
        return NOON

    async def rest(self, *, until: datetime | None) -> Never:
        raise AssertionError("Nobody rests here.")

    def ring(self) -> Never:
        raise AssertionError("Nobody rings here.")


async def well() -> Figures:
    return FIGURES


async def away() -> Figures:
    raise StorageError("The database cannot be reached.")


async def hung() -> Figures:
    await asyncio.Event().wait()
    raise AssertionError


def _vitals(counts: Counts, *, pulse: Pulse | None = None) -> Vitals:
    return Vitals(
        role=Role.WORKER,
        version="1.2.3",
        agenda=cast("Agenda", counts),
        clock=StandingClock(),
        pulse=pulse,
        limits={"slack": lambda: [Limit(method="chat.postMessage", share=0.25, refused=4)]},
        monotonic=lambda: 0.0,
    )


def _samples(text: bytes) -> dict[tuple[str, str], float]:
    return {
        (sample.name, " ".join(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


async def test_the_figures_of_the_database_are_told_and_counted_once_for_a_while() -> None:
    counts = Counts(well)
    told = _vitals(counts)

    first = _samples(await told.told())
    second = _samples(await told.told())

    assert first == second
    assert counts.asked == 1
    assert first["voisin_database_up", ""] == 1
    assert first["voisin_communities", ""] == 3
    assert first["voisin_deliveries", "queued"] == 5
    assert first["voisin_deliveries", "dead"] == 0
    assert first["voisin_oldest_due_seconds", ""] == 90
    assert first["voisin_rounds_late", ""] == 2
    assert first["voisin_limit_share", "chat.postMessage slack"] == 0.25
    assert first["voisin_too_fast_total", "chat.postMessage slack"] == 4
    assert ("voisin_info", "worker 1.2.3") in first


async def test_a_heartbeat_tells_its_beats_and_sends() -> None:
    seconds = [0.0]
    pulse = Pulse(monotonic=lambda: seconds[0])
    for begin, end in ((0.0, 0.5), (3.5, 3.75)):
        seconds[0] = begin
        pulse.begin()
        seconds[0] = end
        pulse.end()
    seconds[0] = 6.0
    pulse.sends["slack", "sent"] += 7

    told = _samples(await _vitals(Counts(well), pulse=pulse).told())

    assert told["voisin_beats_total", ""] == 2
    assert told["voisin_beat_seconds_total", ""] == 0.75
    assert told["voisin_beat_late_seconds_total", ""] == 2.5
    assert told["voisin_beat_overdue_seconds", ""] == 1.5
    assert told["voisin_sends_total", "sent slack"] == 7


@pytest.mark.parametrize("trouble", [away, hung])
async def test_a_database_that_is_away_or_hangs_is_told_and_the_rest_too(
    monkeypatch: pytest.MonkeyPatch, trouble: Callable[[], Awaitable[Figures]]
) -> None:
    monkeypatch.setattr(vitals, "PATIENCE", 0.01)
    counts = Counts(trouble)
    told = _vitals(counts, pulse=Pulse())

    samples = _samples(await told.told())
    await told.told()

    assert samples["voisin_database_up", ""] == 0
    assert ("voisin_deliveries", "queued") not in samples
    assert ("voisin_beats_total", "") in samples
    assert counts.asked == (1 if trouble is hung else 2)


def test_the_format_is_the_one_that_prometheus_is_told() -> None:
    assert METRICS == CONTENT_TYPE_LATEST


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
async def test_a_rule_for_prometheus_asks_for_figures_and_labels_as_they_are_told(
    rule: Mapping[str, str],
) -> None:
    pulse = Pulse()
    pulse.begin()
    pulse.end()
    told = await _vitals(Counts(well), pulse=pulse).told()
    samples = [
        sample for family in text_string_to_metric_families(told.decode()) for sample in family.samples
    ]
    expression = re.sub(r"\[\w+\]", "", rule["expr"])

    for figure, labels in re.findall(r"(voisin_\w+)(?:\{([^}]*)\})?", expression):
        wanted = dict(re.findall(r'(\w+)="([^"]*)"', labels))
        [*found] = [one for one in samples if one.name == figure and wanted.items() <= one.labels.items()]
        assert found, (figure, wanted)
        for grouped in re.findall(r"by \(([^)]*)\)", expression):
            assert {name.strip() for name in grouped.split(",")} <= found[0].labels.keys()


async def test_every_figure_is_explained_in_the_documents() -> None:
    told = await _vitals(Counts(well), pulse=Pulse()).told()

    names = {family.name for family in text_string_to_metric_families(told.decode())}
    page = (ROOT / "docs" / "operating.md").read_text()
    assert {name for name in names if f"`{name}" not in page} == set()
