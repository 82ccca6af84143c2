"""The files of the project, without what tools leave in it."""

from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
CODE = ("bot", "adapters", "storage")
NOT_OURS = {"__pycache__", "build", "dist"}


def files(*tops: str) -> Iterator[Path]:
    for top in tops or sorted(path.name for path in ROOT.iterdir()):
        # Hidden folders belong to tools, but for the one that says how to check us.
        if top in NOT_OURS or (top.startswith(".") and top not in {".ci", ".gitignore"}):
            continue
        start = ROOT / top
        for path in [start] if start.is_file() else sorted(start.rglob("*")):
            if path.is_file() and not NOT_OURS.intersection(path.parts):
                yield path


def modules(*tops: str) -> list[Path]:
    return [path for path in files(*tops) if path.suffix == ".py"]


def texts() -> Iterator[tuple[Path, str]]:
    for path in files():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))
