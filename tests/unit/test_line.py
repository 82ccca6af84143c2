"""Whose turn it is with SQLite's one connection."""

import asyncio
from collections.abc import Sequence

import pytest

from storage.line import IN_A_ROW, Line


async def _came(line: Line, *who: str) -> Sequence[asyncio.Task[str]]:
    """They stand in the line in this order; whoever clicked is written in capitals."""

    async def wait(name: str) -> str:
        await line.take(hurried=name.isupper())
        return name

    tasks = [asyncio.create_task(wait(name)) for name in who]
    await asyncio.sleep(0)
    return tasks


async def _served(line: Line, tasks: Sequence[asyncio.Task[str]]) -> str:
    """In which order they have their turn, each leaving before the next."""
    served, left = "", set(tasks)
    while left:
        line.leave()
        done, left = await asyncio.wait(left, return_when=asyncio.FIRST_COMPLETED)
        served += "".join(task.result() for task in done)
    return served


async def test_whoever_clicked_goes_first_and_the_others_as_they_came() -> None:
    line = Line(patience=60)
    await line.take(hurried=False)

    assert await _served(line, await _came(line, "a", "b", "X", "c", "Y")) == "XYabc"


async def test_a_crowd_of_clicks_does_not_hold_up_the_others_for_good() -> None:
    line = Line(patience=60)
    await line.take(hurried=False)
    crowd = "ABCDEF"

    served = await _served(line, await _came(line, "x", *crowd))

    assert served == f"{crowd[:IN_A_ROW]}x{crowd[IN_A_ROW:]}"


async def test_who_goes_away_holds_up_nobody() -> None:
    line = Line(patience=60)
    await line.take(hurried=False)
    gone, granted, stays = await _came(line, "a", "b", "c")

    gone.cancel()
    await asyncio.wait([gone])
    line.leave()
    # Its turn has come, and it does not know yet.
    granted.cancel()
    await asyncio.wait([granted])

    assert await stays == "c"


async def test_who_waits_too_long_gives_up_and_the_line_goes_on() -> None:
    line = Line(patience=0)
    await line.take(hurried=False)

    with pytest.raises(TimeoutError):
        await line.take(hurried=True)
    line.leave()

    await line.take(hurried=False)
