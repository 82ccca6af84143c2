"""How the command line speaks: results on standard output, everything else on standard error."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version

import typer
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

Plain = str | int | float | bool | None | Sequence["Plain"] | Mapping[str, "Plain"]
"""What JSON knows."""

ACCENT = "cyan"


def known_version() -> str:
    """Which Voisin this is."""
    try:
        return version("voisin")
    except PackageNotFoundError:
        return "from files that were not installed"


def results() -> Console:
    """Where tables and answers go. Made anew each time: a test or a script may have moved standard output."""
    return Console(highlight=False)


def asides() -> Console:
    """Where progress, notes and complaints go."""
    return Console(stderr=True, highlight=False)


def say(text: str) -> None:
    """One sentence, as it stands: never wrapped, never read as markup."""
    typer.echo(text)


def complain(text: str) -> None:
    """What went wrong and what to do about it."""
    typer.echo(text, err=True)


def as_json(value: Plain) -> None:
    """One object for a script, and nothing else."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


@contextmanager
def progress(what: str, *, total: int | None = None) -> Iterator[Progress]:
    """A bar on standard error while something takes its time; gone when it is done."""
    columns = (
        SpinnerColumn(style=ACCENT),
        TextColumn("{task.description}"),
        BarColumn(complete_style=ACCENT),
        *([] if total is None else [MofNCompleteColumn()]),
        TimeElapsedColumn(),
    )
    console = asides()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        bar.add_task(what, total=total)
        yield bar


def step(bar: Progress, what: str | None = None) -> None:
    """Move a bar on by one."""
    bar.update(bar.task_ids[0], advance=1, description=what)
