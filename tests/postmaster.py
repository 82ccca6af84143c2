"""The PostgreSQL server as a process that dies, freezes and comes back."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from tests.postgres import PostgresServer, unprivileged
from tests.required import missing

PATIENCE = 30.0
LOOK = 0.05


@dataclass(kw_only=True)
class Postmaster:
    """Of a server of the test's own; nobody else may depend on it."""

    server: PostgresServer
    command: Sequence[str]
    process: subprocess.Popen[bytes] | None = None

    @classmethod
    def of(cls, server: PostgresServer) -> "Postmaster":
        """Find out how it was started."""
        told = Path(f"/proc/{_pid(server)}/cmdline")
        if not told.exists():
            missing("There is no /proc here.", remedy="Run this test on Linux.")
        return cls(server=server, command=told.read_bytes().decode().rstrip("\0").split("\0"))

    def end(self, how: signal.Signals) -> None:
        """Kill it (SIGKILL), stop it at once (SIGQUIT) or as soon as it can (SIGINT); wait for it."""
        family = self._family()
        os.kill(family[0], how)
        _until(lambda: not any(Path(f"/proc/{pid}/cmdline").exists() and _running(pid) for pid in family))

    def start(self) -> None:
        """As it was started before."""

        def answers() -> bool:
            if self.process is None or self.process.poll() is not None:
                # The first one may find that the memory of the last one is still in use.
                self.process = self._started()
            return self._answers()

        _until(answers)

    def bury(self) -> None:
        """Whoever stopped it, wait for the one that was started here."""
        if self.process is not None:
            self.process.wait(PATIENCE)

    def _started(self) -> subprocess.Popen[bytes]:
        with (self.server.folder / "log").open("ab") as log:
            return subprocess.Popen(
                self.command,
                stdout=log,
                stderr=log,
                cwd=self.server.folder,
                env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
                start_new_session=True,
                **unprivileged(),
            )

    def freeze(self) -> None:
        """Nothing of it moves any more."""
        for pid in self._family():
            os.kill(pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if nothing had been."""
        for pid in self._family():
            os.kill(pid, signal.SIGCONT)

    def _family(self) -> list[int]:
        pid = _pid(self.server)
        return [pid, *map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]

    def _answers(self) -> bool:
        try:
            with psycopg.connect(
                connect_timeout=5, host=str(self.server.folder), user="voisin", dbname="postgres"
            ):
                return True
        except psycopg.OperationalError:
            return False


def _pid(server: PostgresServer) -> int:
    return int((server.folder / "data" / "postmaster.pid").read_text().split()[0])


def _running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > until:
            raise AssertionError("The server does not do what it was told.")
        time.sleep(LOOK)
