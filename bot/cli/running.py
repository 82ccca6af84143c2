"""`voisin run`: until SIGTERM or Ctrl-C, and then in good order."""

import asyncio
import os
import signal
import threading
from pathlib import Path

from adapters.clock import SystemClock
from bot import settings
from bot.cli import log
from bot.cli.assembly import live, running
from bot.cli.console import complain
from bot.ports import Clock
from bot.roles import Role

GRACE = 2.0
"""Seconds beyond the time for a stop until a process that still hangs is ended from outside the loop."""


def run(config: Path | None, *, role: Role | None) -> None:
    """Run; ``role`` goes before the setting."""
    read = settings.read(config)
    if role is not None:
        read = read.model_copy(update={"engine": read.engine.model_copy(update={"role": role})})
    log.set_up(read.log)
    asyncio.run(_run(read))


async def _run(read: settings.Settings) -> None:
    clock = SystemClock()
    stop = stopping(clock, within=read.engine.drain)
    async with running(read, clock=clock) as all_of_it:
        where = [f"{'The sandbox' if all_of_it.sandbox else 'The web site'}: {all_of_it.address}"]
        where += ["On Slack"] if all_of_it.slack else []
        where += ["On Discord"] if all_of_it.discord else []
        where += [f"As {read.engine.role}"] if read.engine.role is not Role.ALL else []
        complain(f"Voisin runs. {' · '.join(where)} · Ctrl-C ends it.")
        await live(all_of_it, stop)
    complain("Voisin has stopped; what is due goes out when it runs again.")


def stopping(clock: Clock, *, within: float = 10.0) -> asyncio.Event:
    """An event that SIGTERM and Ctrl-C set; the clock rings, so that nobody rests through it.

    What hangs in spite of it, as in a database that was frozen, is ended in so many seconds and some grace.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        if not stop.is_set():
            last = threading.Timer(within + GRACE, _end_at_once)
            last.daemon = True
            last.start()
        stop.set()
        clock.ring()

    for name in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(name, end)
        except NotImplementedError:  # Windows has no such handlers; its Ctrl-C interrupts all the same.
            continue
    return stop


def _end_at_once() -> None:
    """Harmless, as any death is: what was under way is in doubt, and found by whoever comes next."""
    complain("Something did not end in time: Voisin ends without it. What was under way is asked about.")
    os._exit(1)
