"""The command line as a whole: help, version, wrong usage, and errors that are sentences."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.acceptance.typed import ROOT, environment, typed, typed_apart
from tests.required import missing

COMMANDS = ["run", "demo", "doctor", "simulate", "db", "import", "round"]


def test_help_names_every_command_and_each_says_what_it_does(capsys: pytest.CaptureFixture[str]) -> None:
    said = typed(capsys, "--help")

    assert said.status == 0
    assert all(command in said.out for command in COMMANDS)


@pytest.mark.parametrize(
    "words",
    [
        "run", "demo", "doctor", "simulate", "db upgrade", "db current", "import roster", "import ties",
        "import slack-export", "round preview", "round run", "round replay",
    ],
)  # fmt: skip
def test_each_command_has_its_help(capsys: pytest.CaptureFixture[str], words: str) -> None:
    said = typed(capsys, *words.split(), "--help")

    assert said.status == 0
    assert f"voisin {words}" in said.out


def test_wrong_usage_is_status_2_and_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    said = typed(capsys, "simulate", "--rounds", "none")

    assert said.status == 2
    assert "--rounds" in said.err
    assert "Traceback" not in said.err


def test_help_and_version_load_none_of_the_heavy_libraries(tmp_path: Path) -> None:
    heavy = "numpy scipy rustworkx sqlalchemy aiohttp pydantic"
    look = (
        "import sys\n"
        "from bot.cli.app import main\n"
        "try: main(['--version'])\n"
        f"except SystemExit: sys.exit(','.join(name for name in '{heavy}'.split() if name in sys.modules))"
    )

    ended = subprocess.run(
        [sys.executable, "-c", look],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.stdout.startswith("voisin")
    assert ended.stderr.strip() == ""


def test_python_m_bot_is_the_same(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bot", "--help"],
        cwd=ROOT, env=environment(), capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert ended.returncode == 0
    assert "simulate" in ended.stdout


def test_an_unknown_settings_key_is_a_sentence_and_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('[databse]\nurl = "sqlite:///voisin.db"\n')

    said = typed_apart("run", "--config", "config.toml", folder=tmp_path)

    assert (said.status, said.out) == (1, "")
    assert said.err == "config.toml: there is no section [databse]: did you mean database?\n"
    assert [path.name for path in tmp_path.iterdir()] == ["config.toml"]


def test_a_disk_that_is_full_is_a_sentence(tmp_path: Path) -> None:
    full = Path("/dev/full")
    if not full.exists():
        missing("There is no /dev/full here.", remedy="Run this test on Linux.")

    with full.open("w") as out:
        ended = subprocess.run(
            [sys.executable, "-c", "from bot.cli.app import main; main(['db', 'current', '--json'])"],
            cwd=tmp_path, env=environment(), stdout=out, stderr=subprocess.PIPE, text=True, check=False,
        )  # fmt: skip

    assert ended.returncode != 0
    assert "no room left on the disk" in ended.stderr


def test_json_is_one_object_and_nothing_else(tmp_path: Path) -> None:
    said = typed_apart("doctor", "--json", folder=tmp_path)

    assert said.status == 0
    assert json.loads(said.out)["well"] is True
