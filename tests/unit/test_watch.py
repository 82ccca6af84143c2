import asyncio
from collections.abc import Awaitable, Callable

from bot.engine.pulse import Pulse
from bot.engine.watch import AWAY, STARTING, STOPPING, STUCK, Watch
from bot.errors import StorageError


class Memory:
    """Answers, refuses or hangs, as it is told."""

    def __init__(self) -> None:
        self.answer: Callable[[], Awaitable[object]] = self.well
        self.asked = 0

    async def probe(self) -> object:
        self.asked += 1
        return await self.answer()

    async def well(self) -> object:
        return None

    async def refuse(self) -> object:
        raise StorageError("The database cannot be reached.")

    async def hang(self) -> object:
        return await asyncio.Event().wait()


async def _trouble(how: str) -> str:
    """What is said once the memory was asked; and that the end is told too."""
    memory, stop = Memory(), asyncio.Event()
    memory.answer = getattr(memory, how)
    watch = Watch(probe=memory.probe, pulse=None, patience=0.01)
    watching = asyncio.create_task(watch.run(stop))
    while watch.trouble == STARTING:  # noqa: ASYNC110 -- the watch rings for nobody
        await asyncio.sleep(0)
    told = watch.trouble
    stop.set()
    await watching
    assert (memory.asked, watch.trouble) == (1, STOPPING)
    return told


async def test_a_process_whose_memory_answers_is_ready() -> None:
    assert await _trouble("well") == ""


async def test_a_process_whose_memory_refuses_says_why() -> None:
    assert await _trouble("refuse") == "The database cannot be reached."


async def test_a_memory_that_hangs_is_away_and_asked_once() -> None:
    assert await _trouble("hang") == AWAY


async def test_a_heartbeat_that_hangs_is_told_though_the_memory_answers() -> None:
    seconds = [0.0]
    pulse = Pulse(monotonic=lambda: seconds[0])
    memory = Memory()
    watch = Watch(probe=memory.probe, pulse=pulse)
    stop = asyncio.Event()
    watching = asyncio.create_task(watch.run(stop))
    while watch.trouble:  # noqa: ASYNC110 -- the watch rings for nobody
        await asyncio.sleep(0)

    pulse.begin()
    seconds[0] = STUCK + 2
    told = watch.trouble

    stop.set()
    await watching
    assert "has not come for 121 seconds" in told
