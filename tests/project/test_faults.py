"""The table of faults in docs/reliability.md: every row is shown by a test that exists."""

import re

from tests.project.tree import ROOT, modules

PAGE = ROOT / "docs" / "reliability.md"
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", flags=re.MULTILINE)
FAULTS = range(1, 66)


def _tests() -> set[str]:
    code = (path.read_text(encoding="utf-8") for path in modules("tests"))
    return {name for text in code for name in re.findall(r"^(?:async )?def (test_\w+)", text, re.MULTILINE)}


def test_every_fault_is_shown_by_a_test_that_exists() -> None:
    known = _tests()
    rows = ROW.findall(PAGE.read_text(encoding="utf-8"))

    unshown = {number: shown for number, _, _, shown in rows if not re.findall(r"`(test_\w+)`", shown)}
    unknown = {name for *_, shown in rows for name in re.findall(r"`(test_\w+)`", shown)} - known

    assert (unshown, unknown) == ({}, set())


def test_every_fault_stands_in_the_table_once() -> None:
    told = sorted(int(row[0]) for row in ROW.findall(PAGE.read_text(encoding="utf-8")))

    assert told == list(FAULTS)
