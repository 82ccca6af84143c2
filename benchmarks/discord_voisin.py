"""Voisin in a process of its own, as it runs for real, beside the Discord that `benchmarks.discord` plays.

``python -m benchmarks.discord_voisin URL API SPEED`` says when it listens, begins its round at the first line
that it is told, and ends when it is told nothing more: its last line says how much of the processor it took.
"""

import argparse
import asyncio
import json
import logging
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import structlog
from pydantic import SecretStr

from adapters.discord import connect
from benchmarks.slack import FastClock
from bot import commands
from bot.cli.assembly import SLOW
from bot.engine.heartbeat import Heartbeat
from bot.settings import DiscordSettings, EngineSettings
from storage.database import opened
from tests.loopback.discord_server import TOKEN, Discord

TUESDAY: Final = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""10:00 in Paris."""

OPEN: Final = 1_000
"""Open threads of one server, as many as Discord has room for: the rates are measured here, and no waves."""

ROOT: Final = Path(__file__).parents[1]


@dataclass(kw_only=True)
class Running:
    """That process, seen from the other side."""

    begin: Callable[[], None]
    """Let the round begin."""
    processor: float = 0.0
    """Seconds that it took of one, from the beginning of the round to its end; known once it has ended."""


@asynccontextmanager
async def running(url: str, discord: Discord) -> AsyncIterator[Running]:
    """From when it listens."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.discord_voisin", url, discord.api, str(discord.speed)),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    line, said = process.stdin, process.stdout
    if line is None or said is None:
        raise AssertionError("A process without pipes.")
    try:
        if not await said.readline():
            raise AssertionError("Voisin did not start.")
        await discord.until(lambda: discord.commands and discord.gateway.live, what="Voisin")
        begun = Running(begin=lambda: line.write(b"\n"))
        yield begun
    finally:
        line.close()
        last = await said.read()
        ended = await process.wait()
    if ended:
        raise AssertionError(f"Voisin ended with {ended}.")
    begun.processor = json.loads(last)["processor"]


async def live(url: str, api: str, *, speed: float) -> None:
    """One life."""
    clock = FastClock(TUESDAY - timedelta(days=1), speed=speed)
    settings = DiscordSettings(enabled=True, token=SecretStr(TOKEN), active_threads=OPEN)
    async with opened(url) as storage:
        platform = await connect(
            settings, storage=storage, clock=clock, desk=commands, base_url=api, speed=speed
        )
        await platform.start()
        try:
            _say("listening")
            await asyncio.to_thread(sys.stdin.readline)
            clock.leap(TUESDAY - timedelta(seconds=1))
            before = time.process_time()
            engine, stop = EngineSettings(), asyncio.Event()
            heart = Heartbeat(
                storage=storage,
                platforms={"discord": platform},
                clock=clock,
                lease=timedelta(seconds=engine.lease),
                batch=engine.batch,
                slow=SLOW / speed,
                owner="one",
            )
            beat = asyncio.create_task(heart.run(stop))
            over = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
            await asyncio.wait({beat, over}, return_when=asyncio.FIRST_COMPLETED)
            stop.set()
            clock.ring()
            await beat
            _say(json.dumps({"processor": round(time.process_time() - before, 3)}))
        finally:
            await platform.stop()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    """One life, from the command line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("url")
    arguments.add_argument("api")
    arguments.add_argument("speed", type=float)
    asked = arguments.parse_args()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    asyncio.run(live(asked.url, asked.api, speed=asked.speed))


if __name__ == "__main__":
    main()
