"""`voisin db …` and `voisin doctor`: where the database stands, and what is missing."""

import base64
import hashlib
import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from bot.cli import roles
from tests.acceptance.typed import typed, typed_apart

Capsys = pytest.CaptureFixture[str]


@pytest.fixture
def named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where the database is to be; there is none yet."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOISIN_DATABASE_URL", f"sqlite:///{tmp_path / 'voisin.db'}")
    return tmp_path / "voisin.db"


def _from_the_future(file: Path) -> None:
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()


def _findings(capsys: Capsys, *words: str | Path) -> dict[str, tuple[bool, str]]:
    told = json.loads(typed(capsys, "doctor", "--json", *words).out)
    return {finding["what"]: (finding["well"], finding["sentence"]) for finding in told["findings"]}


def test_to_ask_where_the_database_stands_does_not_make_one(named: Path, capsys: Capsys) -> None:
    said = typed(capsys, "db", "current")

    assert said.status == 0
    assert "still to be made" in said.out
    assert not named.exists()


@pytest.mark.parametrize(
    "words",
    [
        "round preview --program x",
        "round run --program x",
        "round replay x",
        "import roster roster.csv --community x",
        "db restored",
        "keys rotate",
        "status",
    ],
)
def test_a_database_that_is_not_there_is_told_of_and_not_made(
    named: Path, capsys: Capsys, monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    Path("roster.csv").write_text("member,name\na,A\n")
    monkeypatch.setenv("VOISIN_DATABASE_KEY", base64.b64encode(bytes(32)).decode())
    monkeypatch.setenv("VOISIN_WEB_PORT", "1")

    said = typed(capsys, *words.split())

    assert said.status == 1
    assert f"There is no database yet at {named}" in said.out + said.err
    assert [path.name for path in named.parent.iterdir()] == ["roster.csv"]


def test_upgrade_makes_it_ready_and_a_second_one_changes_nothing(named: Path, capsys: Capsys) -> None:
    first = typed(capsys, "db", "upgrade")
    second = typed(capsys, "db", "upgrade")
    current = json.loads(typed(capsys, "db", "current", "--json").out)

    assert first.out == f"The database is at {current['newest']}.\n"
    assert second.out == f"The database was at {current['newest']} already.\n"
    assert current["current"] == current["newest"]


def test_postgresql_is_upgraded_by_this_command_alone(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capsys
) -> None:
    monkeypatch.setenv("VOISIN_DATABASE_URL", postgres_url)
    roster = tmp_path / "roster.csv"
    roster.write_text("member,name\na,A\n")

    before = typed(capsys, "import", "roster", roster, "--community", "x")
    upgraded = typed(capsys, "db", "upgrade")
    after = typed(capsys, "import", "roster", roster, "--community", "x")

    assert "voisin db upgrade" in before.err
    assert upgraded.status == 0
    assert "There is no community in this database yet" in after.err


@pytest.mark.parametrize("words", ["db upgrade", "import roster roster.csv --community x", "round replay x"])
def test_a_database_from_the_future_is_a_sentence_and_is_not_touched(
    sqlite_file: Path, named: Path, capsys: Capsys, words: str
) -> None:
    Path("roster.csv").write_text("member,name\na,A\n")
    _from_the_future(sqlite_file)
    before = hashlib.sha256(sqlite_file.read_bytes()).hexdigest()

    said = typed(capsys, *words.split())

    assert said.status == 1
    assert "written by a newer Voisin" in said.err
    assert hashlib.sha256(sqlite_file.read_bytes()).hexdigest() == before


def test_run_refuses_a_database_from_the_future(sqlite_file: Path, tmp_path: Path) -> None:
    _from_the_future(sqlite_file)

    said = typed_apart("run", folder=tmp_path, VOISIN_WEB_PORT="0")

    assert said.status == 1
    assert "written by a newer Voisin" in said.err
    assert "Traceback" not in said.err


def test_a_file_that_is_no_database_is_a_sentence(named: Path, capsys: Capsys) -> None:
    named.write_bytes(b"hello, I am a letter and no database at all" * 100)

    said = typed(capsys, "db", "upgrade")

    assert said.status == 1
    assert "not a database" in said.err


def test_the_doctor_finds_all_well_before_the_first_start(named: Path, capsys: Capsys) -> None:
    found = _findings(capsys)

    assert set(found) == {"settings", "database", "disk", "platforms", "time zones", "clock"}
    assert all(well for well, _ in found.values())
    assert not named.exists()


def test_the_doctor_tells_of_a_folder_in_which_nothing_can_be_written(
    named: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    # Not even root may.
    monkeypatch.setenv("VOISIN_DATABASE_URL", "sqlite:////proc/voisin.db")

    well, sentence = _findings(capsys)["disk"]

    assert not well
    assert "Nothing can be written in /proc" in sentence


def test_the_doctor_tells_people_in_sentences(named: Path, capsys: Capsys) -> None:
    said = typed(capsys, "doctor")

    assert said.status == 0
    assert said.out.count("✓") == 6


def test_the_doctor_goes_through_the_database(sqlite_file: Path, named: Path, capsys: Capsys) -> None:
    well, sentence = _findings(capsys)["database"]

    assert well
    assert "is intact" in sentence


def test_the_doctor_tells_of_a_torn_file(sqlite_file: Path, named: Path, capsys: Capsys) -> None:
    content = bytearray(sqlite_file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 6000] = b"\xff" * 6000
    sqlite_file.write_bytes(content)

    well, sentence = _findings(capsys)["database"]

    assert not well
    assert "backup" in sentence


def test_the_doctor_compares_the_clock_with_that_of_postgresql(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    monkeypatch.setenv("VOISIN_DATABASE_URL", postgres_url)
    typed(capsys, "db", "upgrade")

    agreeing = _findings(capsys)["clock"]
    # Whatever they say, it is too far apart.
    monkeypatch.setattr(roles, "SKEW", timedelta(-1))
    apart = _findings(capsys)["clock"]

    assert agreeing[0]
    assert "so does the database's" in agreeing[1]
    assert not apart[0]
    assert "the same time server" in apart[1]


def test_the_doctor_tells_of_a_database_from_the_future(
    sqlite_file: Path, named: Path, capsys: Capsys
) -> None:
    _from_the_future(sqlite_file)

    well, sentence = _findings(capsys)["database"]

    assert not well
    assert "9999" in sentence


def test_the_doctor_tells_of_settings_that_cannot_be_used_and_looks_on(
    named: Path, tmp_path: Path, capsys: Capsys
) -> None:
    config = tmp_path / "config.toml"
    config.write_text('[slack]\nbot_token = "xoxb-1"\n')

    said = typed(capsys, "doctor", "--config", config)
    found = _findings(capsys, "--config", config)

    assert said.status == 1
    assert "VOISIN_SLACK_BOT_TOKEN" in found["settings"][1]
    assert found["clock"][0]


def test_the_doctor_tells_when_no_platform_is_turned_on(named: Path, tmp_path: Path, capsys: Capsys) -> None:
    config = tmp_path / "config.toml"
    config.write_text("[sandbox]\nenabled = false\n")

    assert _findings(capsys, "--config", config)["platforms"] == (
        False,
        "No platform is turned on: set enabled of [sandbox], of [slack] or of [discord] to true.",
    )
