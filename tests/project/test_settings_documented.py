"""config.example.toml and the settings are held to each other."""

import re
import tomllib

from bot import settings
from tests.project.tree import ROOT

EXAMPLE = ROOT / "config.example.toml"
TEXT = EXAMPLE.read_text(encoding="utf-8")
WRITTEN = {
    (section, key): value for section, keys in tomllib.loads(TEXT).items() for key, value in keys.items()
}
KNOWN = {
    (section, key): field for section, keys in settings.sections().items() for key, field in keys.items()
}


def test_the_example_and_the_settings_name_the_same_things() -> None:
    assert list(WRITTEN) == list(KNOWN)


def test_what_stands_in_the_example_is_the_default() -> None:
    read = settings.read(EXAMPLE)

    assert read.model_dump() == settings.read(None).model_dump()


def test_each_setting_of_the_example_has_its_one_comment() -> None:
    comments = dict(re.findall(r"^(\w+) = .+?  # (.+)$", TEXT, flags=re.MULTILINE))

    assert comments == {key: field.description for (_, key), field in KNOWN.items()}


def test_nothing_in_the_example_is_a_secret() -> None:
    assert not re.search(r"password\s*=|token|xox[bp]-", TEXT)
