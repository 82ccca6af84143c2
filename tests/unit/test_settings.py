import re
from pathlib import Path

import pytest
from pydantic import ValidationError

from bot import settings
from bot.errors import BadSetting


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for section, keys in settings.sections().items():
        for key in keys:
            monkeypatch.delenv(settings.variable(section, key), raising=False)


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    return path


def _refusal(path: Path | None) -> str:
    with pytest.raises(BadSetting) as caught:
        settings.read(path)
    return str(caught.value)


def test_without_a_file_the_defaults_hold() -> None:
    read = settings.read(None)

    assert read.database.url == "sqlite:///voisin.db"
    assert read.web.host == "127.0.0.1"


def test_a_file_overrides_the_defaults_and_the_environment_overrides_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = _file(tmp_path, '[web]\nport = 1\nhost = "::1"\n[engine]\nbatch = 5\n')
    monkeypatch.setenv("VOISIN_WEB_PORT", "2")
    monkeypatch.setenv("VOISIN_DATABASE_URL", "postgresql://voisin:hush@db/voisin")

    read = settings.read(path)

    assert (read.web.host, read.web.port, read.engine.batch) == ("::1", 2, 5)
    assert read.database.url == "postgresql://voisin:hush@db/voisin"


def test_settings_cannot_be_changed() -> None:
    read = settings.read(None)

    with pytest.raises(ValidationError, match="frozen"):
        read.web.port = 1


def test_everything_that_is_wrong_is_named_at_once_with_file_key_value_and_remedy(tmp_path: Path) -> None:
    path = _file(tmp_path, '[web]\nport = "many"\nhots = "x"\n[databse]\n[engine]\nbatch = 0\n')

    lines = _refusal(path).splitlines()

    assert len(lines) == 4
    assert all(line.startswith(str(path)) for line in lines)
    assert f"{path}: there is no section [databse]: did you mean database?" in lines
    assert f"{path}: there is no setting 'hots' in [web]: did you mean host?" in lines
    assert any("[web] port = 'many' cannot be used: write a port from 1 to 65535" in line for line in lines)
    assert any("[engine] batch = 0 cannot be used: write deliveries taken at once" in line for line in lines)


def test_a_setting_outside_its_section_is_told_where_it_belongs(tmp_path: Path) -> None:
    assert "there is no section [port]" in _refusal(_file(tmp_path, "port = 1\n"))
    assert "web is a section: write [web]" in _refusal(_file(tmp_path, "web = 1\n"))


@pytest.mark.parametrize(
    "text, name, secret",
    [
        ('[slack]\nbot_token = "xoxb-hush"\n', "VOISIN_SLACK_BOT_TOKEN", "hush"),
        ('[web]\nsecret = "hush"\n', "VOISIN_WEB_SECRET", "hush"),
        ('[database]\nurl = "postgresql://voisin:hush@db/voisin"\n', "VOISIN_DATABASE_URL", "hush"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_not_repeated(
    tmp_path: Path, text: str, name: str, secret: str
) -> None:
    refusal = _refusal(_file(tmp_path, text))

    assert "secrets never stand in a file" in refusal
    assert name in refusal
    assert secret not in refusal


def test_a_wrong_value_in_the_environment_is_told_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOISIN_ENGINE_LEASE", "soon")

    assert re.match(
        r"The environment \(VOISIN_ENGINE_LEASE\): \[engine\] lease = 'soon' cannot", _refusal(None)
    )


def test_a_database_of_another_kind_is_refused_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VOISIN_DATABASE_URL", "mysql://voisin:hush@db/voisin")

    refusal = _refusal(None)

    assert "write sqlite:///FILE, or postgresql://" in refusal
    assert "hush" not in refusal


@pytest.mark.parametrize("name", ["VOISIN_DATABSE_URL", "VOISIN_DATABASE_ULR"])
def test_a_variable_that_is_nearly_a_setting_is_not_passed_over(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "sqlite:///elsewhere.db")

    assert "did you mean" in _refusal(None)


@pytest.mark.parametrize(
    "content, words",
    [
        (b"[web\n", "is not TOML"),
        (b"\xff\xfe", "is not UTF-8: save it as UTF-8"),
        (b"#" * (settings.LARGEST + 1), "too large"),
    ],
)
def test_a_file_that_is_no_settings_file_is_a_sentence(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "config.toml"
    path.write_bytes(content)

    refusal = _refusal(path)

    assert words in refusal
    assert str(path) in refusal


def test_a_missing_file_is_a_sentence_with_the_remedy(tmp_path: Path) -> None:
    assert "copy config.example.toml to it" in _refusal(tmp_path / "none.toml")
    assert "cannot be read" in _refusal(tmp_path)
