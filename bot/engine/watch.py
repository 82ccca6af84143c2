"""Whether a process can do its part, asked all the time, so that the answer is there at once."""

import asyncio
from collections.abc import Awaitable, Callable

from bot.engine.pulse import Pulse
from bot.errors import VoisinError

EVERY = 1.0
"""Seconds between two looks at the memory."""

PATIENCE = 2.0
"""Seconds in which it has to answer."""

STUCK = 120.0
"""Seconds without a beat after which something hangs; a beat in which everything is due takes less."""

STARTING = "Starting."
STOPPING = "Stopping."
AWAY = "The database gives no answer."


class Watch:
    """``probe`` touches the memory; ``pulse`` is that of the heartbeat, where one beats here."""

    def __init__(
        self, *, probe: Callable[[], Awaitable[object]], pulse: Pulse | None, patience: float = PATIENCE
    ) -> None:
        self._probe = probe
        self._pulse = pulse
        self._patience = patience
        self._trouble = STARTING

    @property
    def trouble(self) -> str:
        """Why this process is not ready, in a sentence; empty: it is."""
        if not self._trouble and self._pulse is not None and self._pulse.late > STUCK:
            return f"The heartbeat has not come for {self._pulse.late:.0f} seconds."
        return self._trouble

    async def run(self, stop: asyncio.Event) -> None:
        """Look until told to stop."""
        asking: asyncio.Task[str] | None = None
        try:
            while not stop.is_set():
                # One question at a time: a memory that hangs is not asked again and again.
                asking = asking or asyncio.create_task(self._ask())
                await asyncio.wait({asking}, timeout=self._patience)
                if asking.done():
                    self._trouble, asking = asking.result(), None
                else:
                    self._trouble = AWAY
                await _until(stop, EVERY)
        finally:
            self._trouble = STOPPING
            if asking is not None:
                asking.cancel()

    async def _ask(self) -> str:
        try:
            await self._probe()
        except VoisinError as error:
            return str(error)
        return ""


async def _until(stop: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
