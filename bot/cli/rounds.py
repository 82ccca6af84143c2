"""`voisin round …`."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich import box
from rich.table import Table

from bot import settings
from bot.actions import introduce
from bot.cli.console import as_json, results, say
from bot.cli.finding import database_of, program_named, round_named
from bot.domain.community import Language
from bot.domain.ids import MemberId
from bot.domain.round import Introduction, Round
from bot.errors import BadInput, Refusal
from bot.groundwork.circumstances import Foresight, foresee
from bot.matching import ENGINE, match
from bot.matching.record import unpack
from bot.wording import replies


def refused(refusal: Refusal) -> str:
    """A refusal as a member would read it."""
    return replies.refusal(Language.ENGLISH, refusal.name, refusal.values).plain


# ── Preview ───────────────────────────────────────────────────────────────────────────────────────


def preview(name: str, *, config: Path | None, as_object: bool) -> None:
    """The next round, played with its own seed: with an unchanged roster it is what will be sent."""
    foreseen = asyncio.run(_foreseen(settings.read(config), name))
    members = {member.id: member.name for member in foreseen.circumstances.members}
    if as_object:
        as_json(
            {
                "at": foreseen.at.isoformat(),
                "groups": [
                    {
                        "members": [members[id] for id in group.members],
                        "opener": members[group.opener],
                        "met_before": group.met_before,
                    }
                    for group in foreseen.plan.groups
                ],
                "alone": [members[id] for id in foreseen.plan.alone],
                "resting": foreseen.resting,
            }
        )
    else:
        results().print(_table(foreseen, members))


async def _foreseen(read: settings.Settings, name: str) -> Foresight:
    async with database_of(read) as storage:
        community, program = await program_named(storage, name)
        async with storage.open_work(community.id) as work:
            foreseen = await foresee(work, program, now=datetime.now(UTC))
    if foreseen is None:
        raise BadInput(f"No round is planned in {name}: its calendar has come to an end.")
    return foreseen


def _table(foreseen: Foresight, members: Mapping[MemberId, str]) -> Table:
    resting = f", {foreseen.resting} rest" if foreseen.resting else ""
    table = Table(
        title=f"{foreseen.at:%A} {foreseen.at.day} {foreseen.at:%B %Y, %H:%M} UTC{resting}",
        box=box.SIMPLE_HEAD,
        title_style="bold",
    )
    table.add_column("First word")
    table.add_column("With")
    table.add_column("Introduced before", justify="right")
    for group in foreseen.plan.groups:
        others = [members[id] for id in group.members if id != group.opener]
        before = f"{group.met_before} ×" if group.met_before else ""
        table.add_row(f"[bold]{members[group.opener]}[/bold]", ", ".join(others), before)
    for id in foreseen.plan.alone:
        table.add_row(members[id], "[dim]nobody this time, first next time[/dim]", "")
    return table


# ── Start ─────────────────────────────────────────────────────────────────────────────────────────


def start(name: str, *, config: Path | None, as_object: bool) -> None:
    """Open a round by hand."""
    made, introductions = asyncio.run(_started(settings.read(config), name))
    if as_object:
        held = (made.id, made.number) if introductions else (None, None)
        as_json({"round": held[0], "number": held[1], "introductions": introductions})
    elif introductions:
        say(f"Round {made.number} makes {introductions} introductions (`voisin round replay {made.id}`).")
    else:
        say("Nobody was introduced: it takes two members who take part and may meet.")


async def _started(read: settings.Settings, name: str) -> tuple[Round, int]:
    async with database_of(read) as storage:
        community, program = await program_named(storage, name)
        return await introduce.open_now(storage.open_work, community.id, program.id, now=datetime.now(UTC))


# ── Replay ────────────────────────────────────────────────────────────────────────────────────────


def replay(id: str, *, config: Path | None, as_object: bool) -> bool:
    """Whether a round comes out again as it was, from its seed, its inputs and the same engine."""
    past, made = asyncio.run(_past(settings.read(config), id))
    groups = _again(past)
    same = _contained(groups, made)
    if as_object:
        as_json(
            {
                "round": past.id,
                "engine": past.engine,
                "seed": past.seed.hex(),
                "introductions": len(groups),
                "same": same,
            }
        )
    elif same:
        say(f"The same: {len(groups)} introductions, by engine {past.engine} from seed {past.seed.hex()}.")
    else:
        say(f"Not the same: engine {past.engine} and seed {past.seed.hex()} make other introductions.")
    return same


async def _past(read: settings.Settings, id: str) -> tuple[Round, Sequence[Introduction]]:
    async with database_of(read) as storage:
        community, past = await round_named(storage, id)
        async with storage.open_work(community.id) as work:
            return past, await work.introductions.of_round(past.id)


def _again(past: Round) -> list[frozenset[str]]:
    if past.inputs is None:
        raise BadInput(
            f"Round {past.id} cannot be played again: "
            "it introduced nobody, or someone in it had themselves erased, and its inputs with them."
        )
    if past.engine != ENGINE:
        raise BadInput(
            f"Round {past.id} was made by engine {past.engine} of the matching, and this Voisin has engine "
            f"{ENGINE}, which may choose others. Nothing is wrong with the round; "
            "to play it again, take the Voisin of that day and a copy of the database."
        )
    problem, ids = unpack(past.inputs)
    return [frozenset(ids[place] for place in group) for group in match(problem, seed=past.seed).groups]


def _contained(groups: Sequence[frozenset[str]], made: Sequence[Introduction]) -> bool:
    """Every group was introduced, though others may have been since: swaps, and those who joined a pair."""
    introduced = {frozenset[str](one.members) for one in made}
    introduced |= {frozenset[str](set(one.members) - {one.joiner}) for one in made if one.joiner}
    return introduced.issuperset(groups)
