"""`voisin demo`: a community of 24 plays its first round, by the real commands, engine and sandbox."""

import asyncio
import tempfile
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from rich import box
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

from adapters.clock import MovableClock
from adapters.sandbox import Resident, Sandbox
from bot import commands
from bot.cli import log
from bot.cli.assembly import Running, Stage, live, running
from bot.cli.console import ACCENT, progress, results, step
from bot.cli.running import stopping
from bot.domain.community import Language
from bot.domain.ids import MemberId
from bot.domain.member import Member
from bot.domain.program import Program
from bot.domain.round import Introduction, IntroductionState, Round
from bot.errors import VoisinError
from bot.messages import Ask, Reply, plain
from bot.settings import DatabaseSettings, LogSettings, Settings, WebSettings
from bot.wording.introductions import opening
from storage.ids import seeded

TUESDAY, TEN = 1, time(10)

EARLY = timedelta(minutes=15)
"""Before the round, in the open hours of the channel: the program is set up and everyone joins."""


def show(*, once: bool, port: int, seed: int) -> None:
    """Play the first round, print it, and unless it is only for once, serve the page until Ctrl-C."""
    log.set_up(LogSettings(level="error"))
    asyncio.run(_demo(once=once, port=port, seed=seed))


async def _demo(*, once: bool, port: int, seed: int) -> None:
    with tempfile.TemporaryDirectory(prefix="voisin-") as folder:
        settings = Settings(
            database=DatabaseSettings(url=f"sqlite:///{Path(folder) / 'demo.db'}"),
            web=WebSettings(port=port),
        )
        clock = MovableClock(datetime.now(UTC))
        stage = Stage(move=clock.pass_until, ids=seeded(seed))
        async with running(settings, clock=clock, stage=stage) as all_of_it:
            if all_of_it.sandbox is None:
                raise VoisinError("The demonstration takes place in the sandbox: it must be on.")
            shown = await _Demo(all_of_it, all_of_it.sandbox, clock).play()
            results().print(_table(shown))
            _tell(shown, address=None if once else all_of_it.address)
            if not once:
                await live(all_of_it, stopping(clock))


def first_slot(zone: str, *, after: datetime) -> datetime:
    """The first Tuesday at ten, on a day to come."""
    local = after.astimezone(ZoneInfo(zone))
    days = (TUESDAY - local.weekday()) % 7 or 7
    return datetime.combine(local.date() + timedelta(days=days), TEN, ZoneInfo(zone)).astimezone(UTC)


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """A round as it is printed."""

    community: str
    channel: str
    zone: str
    round: Round
    introductions: Sequence[Introduction]
    members: Mapping[MemberId, Member]


class _Demo:
    """Everyone at their keyboards, and the clock."""

    def __init__(self, all_of_it: Running, sandbox: Sandbox, clock: MovableClock) -> None:
        self._storage, self._heartbeat, self._clock = all_of_it.storage, all_of_it.heartbeat, clock
        self._town, self._community = sandbox.town, sandbox.community
        self._channel = sandbox.town.channels[0]

    async def play(self) -> Shown:
        """From an empty database to introductions that have all gone out."""
        residents = self._town.residents
        with progress("A community meets Voisin", total=len(residents) + 2) as bar:
            self._clock.move_to(first_slot(self._town.zone, after=self._clock.now()) - EARLY)
            await self._set_up()
            await self._heartbeat.tick()
            step(bar, "Everyone joins")
            for resident in residents:
                await self._join(resident)
                step(bar)
            await self._open()
            return await self._deliver(bar)

    async def _set_up(self) -> None:
        """Whoever looks after the community takes the form for its channel."""
        admin = next(
            (resident for resident in self._town.residents if resident.admin), self._town.residents[0]
        )
        form = await self._type(admin, "setup")
        times = {"day": str(TUESDAY), "at": f"{TEN:%H:%M}", "zone": self._town.zone}
        await self._fill(admin, form, times)

    async def _join(self, resident: Resident) -> None:
        await self._type(resident, "join")
        form = await self._type(resident, "me")
        lines = {
            "learning": resident.learning,
            "can_help": resident.can_help,
            "language": resident.language.value,
            "languages": ",".join(resident.languages),
            "zone": resident.zone,
        }
        await self._fill(resident, form, lines)

    async def _open(self) -> None:
        program = await self._program()
        if program.next_at is None:
            raise VoisinError("The demonstration has no round to show: its calendar is empty.")
        self._clock.move_to(program.next_at)
        await self._heartbeat.tick()

    async def _deliver(self, bar: Progress) -> Shown:
        """Let time go by until each introduction has gone out, in the hours of its people."""
        shown = await self._shown()
        step(bar, "The first round goes out")
        while any(one.state is IntroductionState.PROPOSED for one in shown.introductions):
            due = await self._storage.agenda.next_due()
            if due is None or due >= shown.round.closes_at:
                break
            self._clock.move_to(due)
            await self._heartbeat.tick()
            shown = await self._shown()
        return shown

    async def _program(self) -> Program:
        async with self._storage.open_work(self._community.id) as work:
            return (await work.programs.all())[0]

    async def _shown(self) -> Shown:
        program = await self._program()
        async with self._storage.open_work(self._community.id) as work:
            round = (await work.rounds.latest(program.id, limit=1))[0]
            introductions = await work.introductions.of_round(round.id)
            members = await work.members.many({id for one in introductions for id in one.members})
        return Shown(
            community=self._community.name,
            channel=self._channel.name,
            zone=program.cadence.zone,
            round=round,
            introductions=introductions,
            members=members,
        )

    async def _type(self, resident: Resident, line: str) -> Reply:
        return await commands.run(self._storage.open_work, self._ask(resident), line, self._town.find)

    async def _fill(self, resident: Resident, reply: Reply, values: Mapping[str, str]) -> None:
        if reply.form is None:
            said = reply.message.plain if reply.message else "nothing"
            raise VoisinError(f"{resident.name} asked for a form and got this: {said}")
        filled = {**{field.name: field.value for field in reply.form.fields}, **values}
        taken = await commands.submit(self._storage.open_work, self._ask(resident), reply.form.action, filled)
        if taken.errors:
            raise VoisinError(f"The form of {resident.name} was refused: {' '.join(taken.errors.values())}")

    def _ask(self, resident: Resident) -> Ask:
        return Ask(
            community=self._community.id,
            asker=resident.asker,
            now=self._clock.now(),
            space=self._channel.id,
            space_name=self._channel.name,
        )


# ── What is printed ───────────────────────────────────────────────────────────────────────────────


def _table(shown: Shown) -> Table:
    opens = shown.round.opens_at.astimezone(ZoneInfo(shown.zone))
    table = Table(
        title=f"{shown.community}: the first round, {opens:%A} {opens.day} {opens:%B at %H:%M}",
        title_style="bold",
        box=box.ROUNDED,
        show_lines=True,
        border_style="dim",
        width=80,
    )
    table.add_column("Who meets whom", width=24)
    table.add_column("The opening phrase, ready to send", width=PHRASE)
    for one in sorted(shown.introductions, key=lambda one: shown.members[one.opener].name):
        opener = shown.members[one.opener]
        others = [shown.members[id] for id in one.others(one.opener)]
        who = Text.assemble(("▸ ", ACCENT), (opener.name, "bold"))
        for other in others:
            who.append(f"\n  {other.name}")
        table.add_row(who, Text(folded(_phrase(one.phrase, opener.language, others))))
    return table


PHRASE = 49
"""Columns of the phrase: what the names and the frame leave of eighty."""


def folded(text: str) -> str:
    """In lines for the table. Rich would break at a no-break space too, and begin a line with « ? »."""
    return textwrap.fill(text, PHRASE, break_on_hyphens=False)


def _phrase(id: str, language: Language, others: Sequence[Member]) -> str:
    """The phrase as the opener would send it."""
    return "".join(map(plain, opening(id, others, language)))


def _tell(shown: Shown, *, address: str | None) -> None:
    people = sum(len(one.members) for one in shown.introductions)
    out = sum(one.state is IntroductionState.MADE for one in shown.introductions)
    said = results()
    said.print(
        f"[{ACCENT}]▸[/{ACCENT}] has the first word. {people} neighbours in {len(shown.introductions)} "
        f"introductions, {out} delivered,\neach in the open hours of its people.\n"
    )
    if address is None:
        said.print("Without --once, a page opens: be any of them, answer, and move the clock.")
    else:
        said.print("Be any of them, answer, and move the clock. Ctrl-C ends it.\n")
        said.print(f"  [bold]{address}[/bold]\n", soft_wrap=True)
