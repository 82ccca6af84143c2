"""`voisin run`: until SIGTERM or Ctrl-C, and then in good order."""

import asyncio
import signal
from pathlib import Path

from adapters.clock import SystemClock
from bot import settings
from bot.cli import log
from bot.cli.assembly import live, running
from bot.cli.console import complain
from bot.ports import Clock


def run(config: Path | None) -> None:
    """Run."""
    read = settings.read(config)
    log.set_up(read.log)
    asyncio.run(_run(read))


async def _run(read: settings.Settings) -> None:
    clock = SystemClock()
    stop = stopping(clock)
    async with running(read, clock=clock) as all_of_it:
        where = [f"The sandbox: {all_of_it.address}"] if all_of_it.sandbox else []
        where += ["On Slack"] if all_of_it.slack else []
        complain(f"Voisin runs. {' · '.join(where)} · Ctrl-C ends it.")
        await live(all_of_it, stop)
    complain("Voisin has stopped; what is due goes out when it runs again.")


def stopping(clock: Clock) -> asyncio.Event:
    """An event that SIGTERM and Ctrl-C set; the clock rings, so that nobody rests through it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        stop.set()
        clock.ring()

    for name in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(name, end)
        except NotImplementedError:  # Windows has no such handlers; its Ctrl-C interrupts all the same.
            continue
    return stop
