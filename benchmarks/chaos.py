"""Killed again and again at random instants, over whole rounds: what members saw is held against the promise.

The real program runs in processes of its own, on the loopback Slack, which keeps what each member saw. On
SQLite it is one process, on PostgreSQL three. Time stands still until everything due is done, and then moves
to what is due next. The last line of standard output is one JSON object of named figures.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from benchmarks.databases import Databases, databases, enrol
from benchmarks.lives import Cradle, cradle, give_time
from benchmarks.seen import Verdict, judged
from storage.database import OpenStorage, opened
from storage.tables import deliveries
from tests.loopback.slack_house import KEY, MONDAY, SIGNING, TUESDAY, granted, installation
from tests.loopback.slack_methods import Grant
from tests.loopback.slack_people import Workspace, found
from tests.loopback.slack_server import Slack, listening

ROUNDS = 2
"""A fresh start after two: after three silent ones people are asked whether they want to rest."""

CALL = 0.04
"""Seconds from a request that writes to what it does, and once more to its answer: deaths come in both."""

LOOK = 0.2
"""Seconds between two looks whether all that is due is done."""

AT_START, STARTING = 0.1, 0.5
"""The share of deaths that come within so many seconds of birth."""

IDLE = 15.0
"""Seconds without enough calls after which a death comes nevertheless."""

GLANCE = 0.01
"""Seconds between two looks at the number of calls."""

WRITES = frozenset({"conversations.open", "chat.postMessage"})
EACH = 3
"""Writes for each member in a round, about: the deaths are spread over all of them."""

PATIENCE = 3600.0
"""Seconds in which what is due must be done, kills included."""

CONFIG = """
[log]
level = "warning"
[database]
url = "{url}"
[web]
port = 0
[sandbox]
enabled = false
[slack]
enabled = true
url = "http://127.0.0.1/"
client_id = "1"
[engine]
batch = 5
lease = 2
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How much of it."""

    kills: int
    workspaces: int = 32
    members: int = 4
    rounds: int = ROUNDS
    workers: int = 1
    busiest: int = 18
    """Writes that are heard during a life at most; more where deaths are few."""
    seed: int = 1

    def longest_life(self, kills: int) -> int:
        """Writes during a life at most, so that so many deaths last until the last question."""
        writes = EACH * self.members * self.workspaces * self.rounds
        return max(self.busiest, 2 * self.workers * writes // kills)


@dataclass(kw_only=True)
class Town:
    """A database with everyone's yes, to be copied, and the tokens that its workspaces gave."""

    url: str
    grants: dict[str, Grant]


@dataclass(kw_only=True)
class Reaper:
    """Ends lives at random instants until there have been enough deaths."""

    cradle: Cradle
    slack: Slack
    chance: random.Random
    left: int
    busiest: int
    killed: int = 0
    _lives: list[int] = field(default_factory=list)

    async def work(self) -> None:
        """One process after the other, in one place."""
        while self.left > 0:
            life = await self.cradle.begin()
            self.left -= 1
            await self._instant()
            await self.cradle.end(life)
            self.killed += 1
        self._lives.append(await self.cradle.begin())

    async def _instant(self) -> None:
        """At its start, or in the middle of its work: the slower the machine, the longer it lives."""
        if self.chance.random() < AT_START:
            await asyncio.sleep(self.chance.uniform(0, STARTING))
            return
        enough = self._writes() + self.chance.randint(1, self.busiest)
        until = time.monotonic() + IDLE
        while self._writes() < enough and time.monotonic() < until:  # noqa: ASYNC110 -- any write will do
            await asyncio.sleep(GLANCE)
        await asyncio.sleep(self.chance.uniform(0, 2 * CALL))

    def _writes(self) -> int:
        return sum(call.method in WRITES for call in self.slack.calls)

    async def rest(self) -> None:
        """The end: nothing is left to do, and whoever still lives is killed too."""
        for life in self._lives:
            await self.cradle.end(life)


# ── One time ────────────────────────────────────────────────────────────────────────────────────────


async def settled(url: str, plan: Plan) -> Town:
    """Workspaces, a program in each, and the yes of everybody."""
    slack = Slack(limited=False)
    async with opened(url, durable=False, key=KEY) as storage:
        for number in range(plan.workspaces):
            workspace = slack.add(_people(number, plan.members))
            token = slack.install(workspace, scopes=granted())
            await storage.installations.save(installation(slack, workspace, token, at=MONDAY))
            await enrol(storage, workspace, now=MONDAY)
    return Town(url=url, grants=slack.grants)


def _people(number: int, members: int) -> Workspace:
    return found(f"T{number}", *(f"m{one}" for one in range(members)))


@asynccontextmanager
async def platform(town: Town, plan: Plan) -> AsyncIterator[Slack]:
    """A Slack that has seen nothing yet, with the people of the town."""
    slack = Slack(limited=False, grants=dict(town.grants), latency=CALL, lag=CALL, slow=WRITES)
    # Each request was held against the published types often enough elsewhere; here they are many.
    slack._checker = None  # noqa: SLF001 -- the loopback is ours, and has no switch for it
    for number in range(plan.workspaces):
        slack.add(_people(number, plan.members))
    async with listening(slack):
        yield slack


async def one_time(town: Town, where: Databases, plan: Plan, *, chance: random.Random, left: int) -> Verdict:
    """Some rounds, from the first introduction to the last question, under fire; then the verdict."""
    url = where.make(town.url)
    with tempfile.TemporaryDirectory() as folder:
        config, clock, log = (Path(folder) / name for name in ("config.toml", "now", "log"))
        config.write_text(CONFIG.format(url=url))
        log.touch()
        give_time(clock, TUESDAY - timedelta(minutes=1))
        secrets = {"CLIENT_SECRET": "s", "SIGNING_SECRET": SIGNING}
        async with (
            platform(town, plan) as slack,
            opened(url, durable=False, key=KEY) as storage,
            cradle(
                config,
                api=slack.api,
                clock=clock,
                log=log,
                VOISIN_DATABASE_KEY=KEY,
                **{f"VOISIN_SLACK_{name}": value for name, value in secrets.items()},
            ) as born,
        ):
            busiest = plan.longest_life(left)
            reaper = Reaper(cradle=born, slack=slack, chance=chance, left=left, busiest=busiest)
            places = [asyncio.create_task(reaper.work()) for _ in range(plan.workers)]
            # Once the last question has been asked and settled, nothing more is due in these rounds.
            end = TUESDAY + timedelta(days=7 * plan.rounds, minutes=-1)
            await _time_passes(storage, clock, places, until=end)
            reaper.left = 0
            await asyncio.gather(*places)
            await _quiet(storage, places, now=end)
            await reaper.rest()
            verdict = await judged(slack, storage, rounds=plan.rounds)
            defects = log.read_text().count("defect")
            return replace(verdict, kills=reaper.killed, defects=defects)


async def _time_passes(
    storage: OpenStorage, clock: Path, places: list[asyncio.Task[None]], *, until: datetime
) -> None:
    """From one due moment to the next; it stands still while anything is on its way."""
    now = TUESDAY - timedelta(minutes=1)
    while True:
        due = await _quiet(storage, places, now=now)
        if due is None or due > until:
            return
        now = due
        give_time(clock, now)


async def _quiet(storage: OpenStorage, places: list[asyncio.Task[None]], *, now: datetime) -> datetime | None:
    """Wait until all that is due is done, and nothing is in anybody's hands; returns what is due next."""
    held, due, until = 0, None, time.monotonic() + PATIENCE
    unsettled = select(func.count()).where(deliveries.c.lease_until.is_not(None))
    while time.monotonic() < until:
        for task in places:
            if task.done():
                task.result()
        due = await storage.agenda.next_due()
        async with storage.engine.connect() as connection:
            held = (await connection.execute(unsettled)).scalar_one()
        if not held and (due is None or due > now):
            return due
        await asyncio.sleep(LOOK)
    raise AssertionError(f"Not done within {PATIENCE:.0f} seconds: {held} unsettled, due {due}, now {now}.")


# ── Many times ──────────────────────────────────────────────────────────────────────────────────────


async def chaos(kind: str, plan: Plan) -> Verdict:
    """Time after time on one database, until there have been enough deaths."""
    chance = random.Random(plan.seed)  # noqa: S311 -- repeatable on purpose
    verdict = Verdict()
    with tempfile.TemporaryDirectory() as folder, databases(kind, Path(folder)) as where:
        town = await settled(where.make(), plan)
        while verdict.kills < plan.kills:
            began = time.monotonic()
            verdict += await one_time(town, where, plan, chance=chance, left=plan.kills - verdict.kills)
            _say(
                f"{kind:12}{verdict.kills:>6} kills {verdict.messages:>8} messages {verdict.lost:>4} lost "
                f"{verdict.twice:>4} twice {verdict.asked:>6} asked {time.monotonic() - began:>6.0f} s"
            )
    return verdict


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """The whole of it, from the command line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=1000, help="over both databases together")
    arguments.add_argument("--seed", type=int, default=1)
    asked = arguments.parse_args()
    half = asked.kills // 2
    plans = {
        "sqlite": Plan(kills=asked.kills - half, seed=asked.seed),
        "postgresql": Plan(kills=half, seed=asked.seed, workers=3),
    }
    verdicts = {kind: asdict(asyncio.run(chaos(kind, plan))) for kind, plan in plans.items()}
    _say(json.dumps(verdicts))
    sys.exit(any(one["lost"] or one["twice"] or one["defects"] for one in verdicts.values()))


if __name__ == "__main__":
    main()
