"""Processes of the real program that begin at once: forked from one that has imported everything already.

Python needs seconds to import what `voisin run` runs on, and more on a busy machine: each worker pays once.
"""

import asyncio
import contextlib
import io
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path

IMPORTED = (
    "pytest",
    "bot.cli.app",
    "bot.cli.running",
    "bot.cli.rounds",
    "psycopg",
    "rustworkx",
    "scipy.optimize",
    "sqlalchemy.dialects.postgresql.psycopg",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "tests.born",
)

VOISIN = "from bot.cli.app import main; main()"
"""What the command `voisin` does."""

LOOK = 0.01
"""Seconds between two looks whether a process has ended."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Born:
    """A process; what it says stands in two files."""

    process: ForkServerProcess
    out: Path
    err: Path

    @property
    def returncode(self) -> int | None:
        """None while it lives."""
        return self.process.exitcode

    def send_signal(self, what: signal.Signals) -> None:
        """Also to one that has ended: then nothing happens."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid or 0, what)

    def kill(self) -> None:
        """At once, without a word."""
        self.process.kill()

    def ended(self, within: float) -> int:
        """Its status, once it has ended; TimeoutError where it does not."""
        self.process.join(within)
        if self.process.exitcode is None:
            raise TimeoutError
        return self.process.exitcode

    async def wait(self) -> int:
        """Its status, once it has ended."""
        while self.process.exitcode is None:  # noqa: ASYNC110 -- it is the fork's child, not ours
            await asyncio.sleep(LOOK)
        return self.process.exitcode


def born(
    *words: str | Path | int,
    folder: Path,
    environment: Mapping[str, str],
    said: Path,
    code: str = VOISIN,
) -> Born:
    """Begin ``python -c code words…`` in a folder, with this environment and no other.

    ``said`` is the folder in which what it says is kept.
    """
    number = len(list(said.glob("*.err")))
    out, err = said / f"{number}.out", said / f"{number}.err"
    server = multiprocessing.get_context("forkserver")
    server.set_forkserver_preload(list(IMPORTED))
    told = (code, [str(word) for word in words], str(folder), dict(environment), str(out), str(err))
    process = server.Process(target=_live, args=told)
    out.touch()
    err.touch()
    process.start()
    return Born(process=process, out=out, err=err)


def _live(
    code: str, words: Sequence[str], folder: str, environment: Mapping[str, str], out: str, err: str
) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for path, descriptor in ((out, 1), (err, 2)):
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        os.dup2(file, descriptor)
        os.close(file)
    # As to a terminal: whoever waits for a line reads it while the process lives.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(line_buffering=True)
    sys.argv = ["-c", *words]
    exec(compile(code, "<voisin>", "exec"), {"__name__": "__main__"})
