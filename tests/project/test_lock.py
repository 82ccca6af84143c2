"""What is installed is pinned by its content, and from where is left to the machine."""

import re
import tomllib

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.project.tree import ROOT, name, texts

LOCK = (ROOT / "requirements.lock").read_text()
LOCKED = {canonicalize_name(pinned) for pinned in re.findall(r"^([\w.-]+)==", LOCK, flags=re.MULTILINE)}


def test_the_lock_names_no_address_and_no_path() -> None:
    lines = [line.strip() for line in LOCK.splitlines()]

    strange = [
        line for line in lines if not re.match(r"[\w.-]+==\S+( ; .+)? \\$|--hash=sha256:[0-9a-f]{64}", line)
    ]

    assert strange == []


def test_everything_that_pyproject_asks_for_is_in_the_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [
        *project["build-system"]["requires"],
        *project["project"]["dependencies"],
        *(item for extra in project["project"]["optional-dependencies"].values() for item in extra),
    ]

    absent = {canonicalize_name(Requirement(item).name) for item in asked} - LOCKED

    assert absent == set()


def test_no_text_names_a_package_index_or_a_path_of_one_machine() -> None:
    # Written in pieces, so that this file does not name them either.
    index = r"pypi\." r"org|python" r"hosted|npm" r"js\.org|(?<!emit-)index" r"-url|(?<!emit-)find" r"-links"
    machine = r"/ro" r"ot/|/ho" r"me/\w|/Use" r"rs/\w|/op" r"t/|/wo" r"rk/"
    rule = re.compile(f"{index}|{machine}", re.IGNORECASE)

    found = [f"{name(path)}: {match[0]}" for path, text in texts() for match in rule.finditer(text)]

    assert found == []
