"""`voisin run` and `voisin demo`, each in a process of its own: they come up, answer, and end well."""

import re
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import structlog

from tests.acceptance.typed import COMMAND, environment, typed, typed_apart
from tests.born import Born, born

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
PATIENCE = 60
"""Seconds; a process that says nothing for so long has failed."""

CONFIG = """[web]
port = 0
"""


@contextmanager
def _running(folder: Path, *words: str, stream: str, said: Path) -> Iterator[tuple[Born, str]]:
    """A process that has said its address."""
    process = born(*words, folder=folder, environment=environment(), said=said)
    try:
        file, until = process.out if stream == "out" else process.err, time.monotonic() + PATIENCE
        while not (found := ADDRESS.search(file.read_text())):
            assert process.returncode is None, process.err.read_text()
            assert time.monotonic() < until
            time.sleep(0.02)
        yield process, found[0]
    finally:
        process.kill()
        process.ended(PATIENCE)


@pytest.fixture
def said(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where what a process says is kept."""
    return tmp_path_factory.mktemp("said")


def _get(address: str) -> tuple[int, str]:
    with urllib.request.urlopen(address, timeout=PATIENCE) as answer:
        return answer.status, answer.read().decode()


def test_run_serves_until_it_is_told_to_stop_and_then_ends_well(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)
    process = subprocess.Popen(
        [*COMMAND, "run", "--config", "config.toml"],
        cwd=tmp_path,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )

    try:
        assert process.stderr is not None
        address = next((found[0] for line in process.stderr if (found := ADDRESS.search(line))), "")
        alive = _get(f"{address}/healthz")
        page = _get(address)
        process.send_signal(signal.SIGTERM)
        _, rest = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.communicate(timeout=PATIENCE)

    assert alive[0] == 200
    assert page[0] == 200
    assert process.returncode == 0
    assert "Voisin has stopped" in rest
    assert "Traceback" not in rest
    assert (tmp_path / "voisin.db").exists()


def test_a_second_run_on_the_same_file_is_refused_with_a_sentence(tmp_path: Path, said: Path) -> None:
    (tmp_path / "config.toml").write_text(CONFIG)

    with _running(tmp_path, "run", "--config", "config.toml", stream="err", said=said) as (process, _):
        second = typed_apart("run", "--config", "config.toml", folder=tmp_path)
        looked = typed_apart("doctor", "--config", "config.toml", folder=tmp_path)
        process.send_signal(signal.SIGINT)
        process.ended(PATIENCE)

    assert (second.status, second.out) == (1, "")
    assert "Another Voisin is running" in second.err
    assert looked.status == 0
    assert process.returncode == 0


def test_a_port_that_is_taken_is_a_sentence(tmp_path: Path, said: Path) -> None:
    with _running(tmp_path, "demo", stream="out", said=said) as (_, address):
        port = address.rpartition(":")[2]
        second = typed_apart("run", folder=tmp_path, VOISIN_WEB_PORT=port)

    assert second.status == 1
    assert port in second.err
    assert "Traceback" not in second.err


@pytest.mark.parametrize(
    "text, words",
    [
        ("[sandbox]\nenabled = false\n", "No platform is turned on"),
        ('[web]\nhost = "0.0.0.0"\n', "web.host"),
        ('[sandbox]\npeople = "none.toml"\n', "none.toml"),
    ],
)
def test_settings_that_make_no_sense_are_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.toml").write_text(text)

    said = typed(capsys, "run", "--config", "config.toml")
    structlog.reset_defaults()

    assert (said.status, said.out) == (1, "")
    assert words in said.err
    assert "Traceback" not in said.err


def test_the_demo_shows_a_first_round_of_24_and_ends(tmp_path: Path) -> None:
    said = typed_apart("demo", "--once", folder=tmp_path)

    assert (said.status, said.err) == (0, "")
    assert said.out.count("▸ ") >= 12
    assert "24 neighbours in 12 introductions, 12 delivered" in said.out
    assert max(map(len, said.out.splitlines())) <= 80
    assert list(tmp_path.iterdir()) == []


def test_the_same_seed_shows_the_same_round(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    once = typed_apart("demo", "--once", "--seed", 3, folder=tmp_path).out
    # In another interpreter, which has hashes of its own.
    again = typed(capsys, "demo", "--once", "--seed", 3).out
    structlog.reset_defaults()

    assert once == again


def test_the_demo_serves_its_page_until_it_is_interrupted(tmp_path: Path, said: Path) -> None:
    with _running(tmp_path, "demo", stream="out", said=said) as (process, address):
        status, page = _get(address)
        process.send_signal(signal.SIGINT)
        process.ended(PATIENCE)

    assert status == 200
    assert "Voisin" in page
    assert process.returncode == 0
