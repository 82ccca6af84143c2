"""Lives of the real program, begun quickly and ended without a word; the time they live in is given to them.

``voisin run`` as people type it, with two things replaced: where Slack is, and the clock. Each life is forked
from a process that has imported everything already, so that a death costs no start-up of Python.
"""

import asyncio
import importlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from adapters import slack

BEAT = 0.05
"""Seconds of rest at most: nobody rings when the given time moves on."""

IMPORTED_LATE = (
    "psycopg",
    "rustworkx",
    "scipy.optimize",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
)
"""What a life would import by itself when it comes to it: then it would die of that alone."""

GONE = 0.002
"""Seconds between two looks whether a killed process is gone."""


class GivenClock:
    """Reads the time from a file that somebody else writes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._bell = asyncio.Event()

    def now(self) -> datetime:
        return datetime.fromisoformat(self._file.read_text())

    async def rest(self, *, until: datetime | None) -> None:  # noqa: ARG002 -- it stands still by itself
        try:
            await asyncio.wait_for(self._bell.wait(), BEAT)
        except TimeoutError:
            return
        finally:
            self._bell.clear()

    def ring(self) -> None:
        self._bell.set()


def give_time(file: Path, moment: datetime) -> None:
    """From now on it is this moment, for everyone who reads the file."""
    new = file.with_name(f"{file.name}.new")
    new.write_text(moment.astimezone(UTC).isoformat())
    new.replace(file)


@dataclass(kw_only=True)
class Cradle:
    """Begins lives; all of them end with it."""

    process: asyncio.subprocess.Process
    log: Path
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def begin(self) -> int:
        """A new life; returns its process id."""
        stdin, stdout = self.process.stdin, self.process.stdout
        if stdin is None or stdout is None:
            raise AssertionError("The cradle has no pipes.")
        async with self._one_at_a_time:
            stdin.write(b"begin\n")
            await stdin.drain()
            said = await stdout.readline()
        if not said:
            raise AssertionError(f"The cradle has broken: {self.log.read_text()[-2000:]}")
        return int(said)

    async def end(self, life: int, how: signal.Signals = signal.SIGKILL) -> None:
        """End one, and wait until it is gone. Raises AssertionError when it had ended by itself."""
        try:
            os.kill(life, how)
        except ProcessLookupError:
            raise AssertionError(f"It ended by itself: {self.log.read_text()[-2000:]}") from None
        while alive(life):  # noqa: ASYNC110 -- a process that is not ours gives no sign when it is gone
            await asyncio.sleep(GONE)


def alive(life: int) -> bool:
    """Whether the process is there."""
    try:
        os.kill(life, 0)
    except ProcessLookupError:
        return False
    return True


@asynccontextmanager
async def cradle(
    config: Path, *, api: str, clock: Path, log: Path, **variables: str
) -> AsyncIterator[Cradle]:
    """A process from which lives begin: with this file of settings, this Slack and this time."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VOISIN_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.lives", str(config), api, str(clock), str(log)),
        cwd=Path(__file__).parents[1],
        # One thread before the fork: libraries for arithmetic would start their own.
        env={**kept, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", **variables},
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Cradle(process=process, log=log)
    finally:
        if process.stdin is not None:
            process.stdin.close()
        await process.wait()


# ── On the other side ───────────────────────────────────────────────────────────────────────────────


def main() -> None:
    """Begin a life for each line that comes; when nobody is there any more, end them all."""
    config, api, clock, log = sys.argv[1:]
    # Before anything binds it as a default.
    slack.API = api
    from bot.cli import app, roles, running  # noqa: PLC0415 -- see the line above

    vars(running)["SystemClock"] = lambda: GivenClock(Path(clock))
    # The given time is never the database's.
    roles.SKEW = timedelta.max
    for late in IMPORTED_LATE:
        importlib.import_module(late)
    # Nobody waits for the dead: they are gone at once.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    lives = []
    for _ in sys.stdin:
        life = os.fork()
        if life == 0:
            _live(app.main, config, log)
        lives.append(life)
        sys.stdout.write(f"{life}\n")
        sys.stdout.flush()
    for life in lives:
        if alive(life):
            os.kill(life, signal.SIGKILL)


def _live(run: object, config: str, log: str) -> NoReturn:
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for there, here in ((nothing, 0), (file, 1), (file, 2)):
        os.dup2(there, here)
    status = 1
    try:
        if callable(run):
            run(["run", "--config", config])
    except SystemExit as ended:
        status = int(ended.code or 0)
    finally:
        os._exit(status)


if __name__ == "__main__":
    main()
