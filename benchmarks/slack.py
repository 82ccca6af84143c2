"""A round for 2,000 members on the loopback Slack, at its published limits; beside it the common way.

Only the limits, Retry-After and Voisin's clock run faster, all by the same factor; acks are real
milliseconds.
The last line of standard output is one JSON object of named figures.
"""

import argparse
import asyncio
import json
import logging
import statistics
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import count
from math import ceil
from pathlib import Path
from time import monotonic

import structlog
from aiohttp import ClientSession
from slack_sdk.web.async_client import AsyncWebClient

from adapters.slack import connect
from adapters.web import Site
from benchmarks import common_way
from benchmarks.databases import enrol
from bot import commands
from storage.database import opened
from tests.loopback.slack_hands import Hand, SignedHttp
from tests.loopback.slack_house import (
    KEY,
    SIGNING,
    beating,
    by_http,
    first_channel,
    granted,
    installation,
)
from tests.loopback.slack_limits import MINUTE, budget
from tests.loopback.slack_people import Workspace, found
from tests.loopback.slack_server import Slack, listening

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""10:00 in Paris."""

ASKERS = 12
"""People who go on typing: so few that nobody's settings are asked for anew all the time."""

BETWEEN = 0.02
"""Real seconds between two of their commands."""

LATENCY = 0.2
"""Seconds, as the platform feels them, that a call takes: about what a call of Slack takes."""


class FastClock:
    """A clock that runs faster than real time by a factor."""

    def __init__(self, start: datetime, *, speed: float) -> None:
        self._start, self._speed, self._born = start, speed, monotonic()
        self._bell = asyncio.Event()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(monotonic() - self._born) * self._speed)

    async def rest(self, *, until: datetime | None) -> None:
        pause = 1.0 if until is None else min(1.0, max(0.05, (until - self.now()).total_seconds()))
        try:
            await asyncio.wait_for(self._bell.wait(), pause / self._speed)
        except TimeoutError:
            return
        finally:
            self._bell.clear()

    def ring(self) -> None:
        self._bell.set()

    def leap(self, moment: datetime) -> None:
        """Begin anew at a moment, as fast as before."""
        self._start, self._born = moment, monotonic()
        self.ring()


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """What one way of sending reached."""

    introductions: int
    minutes: float
    """As the platform feels them, from the first request of the round to the last introduction."""
    share: float
    """The fewest minutes that the limits allow, over those that it took."""
    limited: int

    @classmethod
    def of(cls, slack: Slack) -> "Figures":
        """Read from what the platform heard."""
        opened = [call.at for call in slack.called("conversations.open") if call.status == 200]
        minutes = (opened[-1] - opened[0]) / MINUTE
        # The first fifty may go at once, the next fifty a minute later, and so on: nothing is faster.
        fewest = ceil(len(opened) / budget("conversations.open")) - 1
        return cls(
            introductions=len(opened),
            minutes=minutes,
            share=fewest / minutes if minutes else 1.0,
            limited=sum(call.status == 429 for call in slack.calls),
        )


@dataclass(frozen=True, kw_only=True, slots=True)
class Acks:
    """How long Slack waited for an answer to what people typed meanwhile (real milliseconds)."""

    count: int
    p50: float
    p99: float

    @classmethod
    def of(cls, seconds: list[float]) -> "Acks":
        """Of at least two."""
        cuts = statistics.quantiles([second * 1000 for second in seconds], n=100, method="inclusive")
        return cls(count=len(seconds), p50=cuts[49], p99=cuts[98])


# ── The two ways ────────────────────────────────────────────────────────────────────────────────────


def _town(members: int) -> Workspace:
    return found("T1", "ada", *(f"m{number}" for number in range(1, members)))


async def common(members: int, *, speed: float) -> Figures:
    """One after the other, and a pause at each 429."""
    workspace = _town(members)
    slack = Slack(speed=speed, latency=LATENCY / speed)
    slack.add(workspace)
    people = [user.id for user in workspace.users.values() if not user.bot]
    pairs = list(zip(people[::2], people[1::2], strict=True))
    async with listening(slack):
        token = slack.install(workspace, scopes={"chat:write", "mpim:write"})
        client = AsyncWebClient(token, base_url=slack.api, retry_handlers=[])
        await common_way.send(slack, client, pairs)
    return Figures.of(slack)


async def voisin(members: int, *, speed: float) -> tuple[Figures, Acks]:
    """Voisin's own round, while members go on typing."""
    workspace = _town(members)
    slack = Slack(speed=speed)
    clock = FastClock(TUESDAY - timedelta(days=1), speed=speed)
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'voisin.db'}"
        async with listening(slack), ClientSession() as session, opened(url, key=KEY) as storage:
            token = slack.install(workspace, scopes=granted())
            slack.add(workspace)
            await storage.installations.save(installation(slack, workspace, token, at=clock.now()))
            site = Site("127.0.0.1", 0)
            platform = await connect(
                by_http(slack),
                site=site,
                storage=storage,
                clock=clock,
                desk=commands,
                base_url=slack.api,
                speed=speed,
            )
            address = await site.start()
            road = SignedHttp(session=session, address=f"{address}/slack/events", secret=SIGNING)
            try:
                await enrol(storage, workspace, now=clock.now())
                slack.latency = LATENCY / speed
                clock.leap(TUESDAY - timedelta(seconds=1))
                heart, stop = beating(storage, platform, clock, lease=timedelta(seconds=60)), asyncio.Event()
                beat = asyncio.create_task(heart.run(stop))
                waits = await _while_they_type(slack, workspace, road, introductions=members // 2)
                stop.set()
                clock.ring()
                await beat
            finally:
                await site.stop()
                await platform.stop()
    return Figures.of(slack), Acks.of(waits)


async def _while_they_type(
    slack: Slack, workspace: Workspace, road: SignedHttp, *, introductions: int
) -> list[float]:
    """Until the round is out, somebody types something every so often; returns how long Slack waited."""
    people = [user for user in workspace.users.values() if not user.bot]
    # Nothing that changes who takes part: the number of introductions is known beforehand.
    lines = ("", "why", "help", "privacy", "me")
    waits: list[float] = []
    made, looked_at = 0, 0
    for turn in count():
        arrived = workspace.posts[looked_at:]
        looked_at += len(arrived)
        made += sum(any(action.startswith("known:") for action in post.buttons) for post in arrived)
        if made >= introductions:
            return waits
        hand = Hand(slack=slack, workspace=workspace, user=people[turn % ASKERS], road=road)
        heard = await hand.types(lines[turn % len(lines)], first_channel(workspace))
        if heard.status != HTTPStatus.OK:
            raise AssertionError(f"{heard.status} to {lines[turn % len(lines)]!r}")
        waits.append(heard.seconds)
        await asyncio.sleep(BETWEEN)
    raise AssertionError("never")


# ── The two beside each other ───────────────────────────────────────────────────────────────────────


async def measure(members: int, *, speed: float) -> dict[str, float | int]:
    """Both ways, and the figures of the last line."""
    ours, acks = await voisin(members, speed=speed)
    theirs = await common(members, speed=speed)
    _say(f"{'':24}{'introductions':>14}{'minutes':>9}{'of the ceiling':>16}{'429s':>6}")
    for name, way in (("Voisin", ours), ("one after the other", theirs)):
        _say(f"{name:24}{way.introductions:>14}{way.minutes:>9.1f}{way.share:>16.1%}{way.limited:>6}")
    _say(f"Meanwhile {acks.count} commands, answered in {acks.p50:.0f} ms (median), {acks.p99:.0f} ms (p99).")
    return {
        "ceiling_share": round(ours.share, 4),
        "responses_429": ours.limited,
        "ack_p99_ms": round(acks.p99, 1),
        "peer_ceiling_share": round(theirs.share, 4),
        "peer_responses_429": theirs.limited,
        "members": members,
        "acks": acks.count,
        "speed": speed,
    }


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    """The whole of it, from the command line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--members", type=int, default=2000)
    arguments.add_argument("--speed", type=float, default=5.0, help="how much faster the limits run")
    asked = arguments.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    _say(json.dumps(asyncio.run(measure(asked.members, speed=asked.speed))))


if __name__ == "__main__":
    main()
