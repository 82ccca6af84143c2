"""What someone types after ``voisin``, in this process or in one of its own, and what comes of it."""

import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.cli.app import main
from tests.born import VOISIN, born

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-c", VOISIN)

PATIENCE = 120.0
"""Seconds; a command that takes longer hangs."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Typed:
    """Status, standard output, standard error."""

    status: int
    out: str
    err: str


def typed(capsys: pytest.CaptureFixture[str], *words: str | Path | float) -> Typed:
    """In this process."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as ended:
        main([str(word) for word in words])
    said = capsys.readouterr()
    return Typed(status=int(ended.value.code or 0), out=said.out, err=said.err)


def environment(**more: str) -> Mapping[str, str]:
    """That of a new process, without the settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("VOISIN_")}
    return {**kept, "PYTHONPATH": str(ROOT), "COLUMNS": "80", **more}


def typed_apart(*words: str | Path | int, folder: Path, **more: str) -> Typed:
    """In a process of its own, in a folder."""
    with tempfile.TemporaryDirectory() as said:
        process = born(*words, folder=folder, environment=environment(**more), said=Path(said))
        status = process.ended(PATIENCE)
        return Typed(status=status, out=process.out.read_text(), err=process.err.read_text())
