"""`voisin simulate`: a table of rounds beside random pairing, or the same as JSON."""

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from rich import box
from rich.table import Table

from adapters.files.roster import read_roster
from adapters.files.ties import read_ties
from bot.actions.bring_in import RosterLine, TieLine
from bot.cli import multitude
from bot.cli.console import ACCENT, as_json, asides, progress, results, step
from bot.cli.figures import Figures, total
from bot.cli.multitude import STORED
from bot.cli.simulation import Script, Simulation, alike
from bot.errors import BadInput
from storage.database import opened
from storage.ids import seeded


def simulate(
    *,
    roster: Path | None,
    ties: Path | None,
    members: int | None,
    rounds: int,
    group_size: int,
    churn: float,
    skip: float,
    seed: int,
    far: bool,
    as_object: bool,
) -> None:
    """Play, and tell."""
    people, told = _community(roster, ties, members)
    if far and not told:
        raise BadInput("Without ties nobody is near or far: name them with --ties, or leave --far out.")
    script = Script(
        people=people,
        ties=told,
        rounds=rounds,
        group_size=group_size,
        churn=churn,
        skip=skip,
        seed=seed,
        far=far,
    )
    count = len(people)
    if members is not None and members > STORED:
        count = members
        asides().print(f"{count:,} members: the engine alone, without storage, remembering a season.")
        played = _by_the_engine(script, members)
    else:
        played = asyncio.run(_played(script))
    whole = total(played)
    if as_object:
        as_json(
            {
                "rounds": [one.as_object() for one in played],
                "total": {**whole.as_object(), "members": count},
            }
        )
    else:
        results().print(_table(played, whole, script, count))


def _community(
    roster: Path | None, ties: Path | None, members: int | None
) -> tuple[Sequence[RosterLine], Sequence[TieLine]]:
    if roster is None and members is None:
        raise BadInput("There is nobody to simulate: name a file with --roster, or a number with --members.")
    if roster is None:
        if ties is not None:
            raise BadInput(
                "Ties are between the members of a roster: name it with --roster, or leave --ties out."
            )
        # A multitude has no names: nobody is made for it.
        return () if (members or 0) > STORED else alike(members or 0), ()
    if members is not None:
        raise BadInput("There is a roster and a number of members: leave --roster or --members out.")
    return read_roster(roster), () if ties is None else read_ties(ties)


async def _played(script: Script) -> Sequence[Figures]:
    with (
        tempfile.TemporaryDirectory(prefix="voisin-") as folder,
        progress("Settling", total=script.rounds) as bar,
    ):
        url = f"sqlite:///{Path(folder) / 'simulation.db'}"
        async with opened(url, ids=seeded(script.seed), durable=False) as storage:
            simulation = Simulation(storage, script)
            await simulation.settle()
            played = []
            async for figures in simulation.rounds():
                played.append(figures)
                step(bar, f"Round {len(played)}")
            return played


def _by_the_engine(script: Script, members: int) -> Sequence[Figures]:
    with progress("Round 1", total=script.rounds) as bar:
        played = []
        for figures in multitude.rounds(
            members,
            count=script.rounds,
            size=script.group_size,
            churn=script.churn,
            skip=script.skip,
            seed=script.seed,
        ):
            played.append(figures)
            step(bar, f"Round {len(played)}")
        return played


def _table(played: Sequence[Figures], whole: Figures, script: Script, members: int) -> Table:
    """Only the columns that have something to say, so that it fits on 80 characters."""
    columns: list[tuple[str, Callable[[Figures], str], bool]] = [
        ("Members", lambda one: f"{one.introduced:,}", True),
        ("Alone", lambda one: f"{one.unmatched:,}", whole.unmatched > 0),
        ("Groups", lambda one: f"{one.groups:,}", True),
        ("Trios" if script.group_size == 2 else "Other", lambda one: f"{one.trios:,}", whole.trios > 0),
        ("Repeats", _repeats, True),
        ("Strangers %", _strangers, True),
        # One in place of the other: both would be too wide.
        ("Tie", _ties, bool(script.ties) and not script.far),
        ("Far %", _far, script.far),
        ("Teams %", lambda one: _percent(one.department_crossings), whole.department_crossings is not None),
        ("Time", lambda one: f"{one.seconds:.2f} s", True),
    ]
    several = "" if script.rounds == 1 else "s"
    table = Table(
        title=f"{members:,} members, {script.rounds} round{several}, seed {script.seed}",
        caption=(
            "Strangers: pairs without any tie on record, beside random pairing of the same people."
            + ("\nFar: three steps apart or more by the ties of the file." if script.far else "")
            + ("\nRepeats: in brackets those that could have been avoided." if whole.repeats else "")
        ),
        box=box.SIMPLE_HEAD,
        show_edge=False,
        collapse_padding=True,
        pad_edge=False,
        show_footer=True,
        title_style="bold",
    )
    table.add_column("#", "All", justify="right", style=ACCENT)
    for name, shown, wanted in columns:
        if wanted:
            table.add_column(name, shown(whole), justify="right", no_wrap=True)
    for number, one in enumerate(played, 1):
        table.add_row(str(number), *(shown(one) for _, shown, wanted in columns if wanted))
    return table


def _repeats(one: Figures) -> str:
    if not one.repeats:
        return "0"
    return f"{one.repeats} ({'?' if one.avoidable_repeats is None else one.avoidable_repeats})"


def _strangers(one: Figures) -> str:
    return f"{_percent(one.stranger_share):>5} [dim]{_percent(one.random_stranger_share):>5}[/dim]"


def _ties(one: Figures) -> str:
    shown, beside = (
        "—" if value is None else f"{value:.3f}" for value in (one.tie_mean, one.random_tie_mean)
    )
    return f"{shown} [dim]{beside}[/dim]"


def _far(one: Figures) -> str:
    return f"{_percent(one.far_share):>5} [dim]{_percent(one.random_far_share):>5}[/dim]"


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.1f}"
