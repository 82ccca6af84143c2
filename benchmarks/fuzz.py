"""Whatever comes from outside: requests, commands, buttons, forms and files that nobody meant.

Everything goes in where it would for real, from somebody who may join and nothing more. No case may end in a
traceback, and none may change what is not theirs. The last line of standard output is one JSON object.
"""

import argparse
import asyncio
import copy
import json
import logging
import random
import sys
import tempfile
import traceback
import zipfile
from collections import Counter
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import select

from adapters.clock import MovableClock
from adapters.files.roster import read_roster
from adapters.files.slack_export import read_slack_export
from adapters.files.ties import read_ties
from bot import commands
from bot.domain.community import Language
from bot.domain.ids import ExternalId
from bot.errors import VoisinError
from bot.messages import Ask, Asker
from storage import tables
from storage.database import OpenStorage
from storage.upgrade import upgrade
from tests.loopback import slack_payloads as payloads
from tests.loopback.slack_hands import SignedHttp
from tests.loopback.slack_house import TUESDAY, House, Houses, first_channel, ready
from tests.loopback.slack_people import Json, Workspace, found
from tests.loopback.slack_server import Slack, listening

MALLORY = "mallory"
EVERY = 500
"""Cases between two looks at what is not theirs."""

GARBAGE: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    2**70,
    1.5,
    "",
    " ",
    "\x00",
    "\ud800",
    "\u202ex\u0301\u0301",
    "a" * 4000,
    "💥" * 700,
    "<!channel> <@U0> <https://x|y> *b* `c`",
    "'; DROP TABLE members; --",
    "%s%n{0}{}",
    "../../etc/passwd",
    [],
    {},
    [None],
    {"type": []},
    [[[[]]]],
)

WORDS = (
    *(
        "join",
        "participer",
        "pause",
        "in 9 days",
        "until",
        "tomorrow",
        "2026-02-30",
        "resume",
        "leave",
        "skip",
    ),
    *("me", "avoid", "know", "@ada", "@nobody", "<@UT1ADA>", "<@", "why", "help", "privacy", "export-me"),
    *("forget-me", "setup", "preview", "run-now", "pause-program", "resume-program", "blackout", "remove"),
    *("convener", "add", "greeter", "2026-12-24", "2026-12-24..2027-01-03", "9999-12-31", "0000-00-00", "-1"),
)

CELLS = (
    *("", "m1", "m2", "Ada", "2026-01-05", "2026-13-40", "yesterday", "fr;en", "klingon", "Europe/Paris"),
    *("Mars/Base", "introduced", "reaction", "1", "-7", "1e9", '"', ",", ";", "a" * 500, "\x00", "\r\n", "é"),
)
COLUMNS = (
    "member",
    "name",
    "team",
    "last_seen",
    "languages",
    "timezone",
    "source",
    "target",
    "kind",
    "at",
    "x",
)


def _place(error: object) -> str:
    """What it was, and where."""
    found = error if isinstance(error, BaseException) else sys.exc_info()[1]
    frames = traceback.extract_tb(found.__traceback__) if found else []
    ours = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
    return f"{found!r} in {' '.join(ours[-3:])}"


@dataclass(kw_only=True)
class Findings:
    """What went wrong, with the cases that did it."""

    tracebacks: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    cases: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)

    def watch(self) -> None:
        """Listen to the log, ours and that of the libraries."""
        structlog.configure(processors=[self.told])
        handler = logging.Handler(logging.ERROR)
        handler.emit = self._emit  # type: ignore[method-assign]  # a handler is a class for one method
        logging.basicConfig(handlers=[handler], force=True)

    def _emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.tracebacks.append(f"{record.name}: {_place(record.exc_info[1])}")

    def told(self, _logger: object, _method: str, event: MutableMapping[str, Any]) -> Any:
        """Every line of the log passes here; one with a traceback is a finding."""
        if event.get("exc_info"):
            self.tracebacks.append(f"{event.get('event')}: {_place(event['exc_info'])}")
        raise structlog.DropEvent


@dataclass(kw_only=True)
class Fuzz:
    """Somebody with bad luck, or bad intentions."""

    chance: random.Random
    house: House
    workspace: Workspace
    findings: Findings
    ids: list[str] = field(default_factory=list)

    async def case(self, number: int) -> None:
        """One; whatever is not ours stays as it was."""
        kind, do = self.chance.choices(
            [
                ("command", self.command),
                ("button", self.button),
                ("form", self.form),
                ("payload", self.payload),
                ("file", self.file),
            ],
            weights=[20, 20, 10, 15, 35],
        )[0]
        self.findings.cases[kind] += 1
        try:
            await do()
        except VoisinError:
            # A sentence: that is what it is for.
            self.findings.answers["sentence"] += 1
        except Exception as error:  # noqa: BLE001 -- finding them is the point
            self.findings.tracebacks.append(f"case {number}, {kind}: {_place(error)}")

    # ── By the core's own door ──────────────────────────────────────────────────────────────────────

    def _ask(self, *, event: str | None = None) -> Ask:
        user = self.workspace.users["UT1MALLORY"]
        room = self.chance.choice([first_channel(self.workspace).id, "C0", "", None])
        return Ask(
            community=self.ids_of["community"],
            asker=Asker(
                external_id=ExternalId(user.id),
                name=self.chance.choice(["Mallory", *(one for one in GARBAGE if isinstance(one, str))][:6]),
                language=self.chance.choice([*Language, None]),
                zone=self.chance.choice(["Europe/Paris", "Mars/Base", None]),
            ),
            now=TUESDAY,
            space=ExternalId(room) if room else None,
            space_name="atelier",
            event=event,
        )

    def _line(self) -> str:
        words = self.chance.choices([*WORDS, *(one for one in GARBAGE if isinstance(one, str))], k=4)
        return " ".join(words[: self.chance.randint(0, 4)])

    def _action(self) -> str:
        verb = self.chance.choice([*commands.BUTTONS, *commands.FORMS, "", "nonsense", "known:known"])
        id = self.chance.choice([*self.ids, "0" * 16, "", ":", "💥", "a" * 300, "%00"])
        return f"{verb}:{id}"

    def _values(self) -> dict[str, str]:
        names = (
            "rhythm",
            "day",
            "at",
            "zone",
            "size",
            "name",
            "learning",
            "can_help",
            "language",
            "languages",
        )
        texts = [*WORDS, *CELLS, *(one for one in GARBAGE if isinstance(one, str))]
        return {
            name: self.chance.choice(texts) for name in self.chance.sample(names, self.chance.randint(0, 8))
        }

    async def command(self) -> None:
        await commands.run(self.house.storage.open_work, self._ask(), self._line(), lambda _: None)

    async def button(self) -> None:
        event = self.chance.choice([None, None, "slack/Ev1"])
        await commands.press(self.house.storage.open_work, self._ask(event=event), self._action())

    async def form(self) -> None:
        verb = self.chance.choice(["me:", "setup:C0", f"setup:{first_channel(self.workspace).id}", "x:y", ""])
        await commands.submit(self.house.storage.open_work, self._ask(), verb, self._values())

    # ── By Slack's road, signed ─────────────────────────────────────────────────────────────────────

    async def payload(self) -> None:
        kind, said = self._payload()
        for _ in range(self.chance.randint(0, 3)):
            self._spoil(said)
        try:
            body, content_type = payloads.encoded(kind, said)
        except (TypeError, ValueError, AttributeError, KeyError):
            body, content_type = repr(said).encode("utf-8", "replace"), "application/json"
        if self.chance.random() < 0.1:
            cut = self.chance.randint(0, len(body))
            body = body[:cut] + bytes(self.chance.choices(range(256), k=3)) + body[cut:]
        road = self.house.road
        if not isinstance(road, SignedHttp):
            raise TypeError("Payloads come by HTTP.")
        heard = await road.post(body, content_type)
        self.findings.answers[str(heard.status)] += 1
        if "Traceback" in str(heard.body):
            self.findings.tracebacks.append(f"shown to Slack: {heard.body!r}"[:300])

    def _payload(self) -> tuple[str, Json]:
        slack, workspace = self.house.slack, self.workspace
        user = workspace.users["UT1MALLORY"]
        post = self.chance.choice([one for one in workspace.posts if one.buttons][:20])
        match self.chance.randint(0, 3):
            case 0:
                return "slash_commands", dict(
                    payloads.command(
                        workspace,
                        slack.app_id,
                        user=user,
                        room=first_channel(workspace),
                        text=self._line(),
                        trigger=slack.trigger(workspace, user),
                        response_url=f"{slack.address}/response/none",
                    )
                )
            case 1:
                pressed = payloads.press(
                    workspace,
                    slack.app_id,
                    user=user,
                    action=self._action(),
                    post=post,
                    trigger=slack.trigger(workspace, user),
                    response_url=f"{slack.address}/response/none",
                )
                return "interactive", copy.deepcopy(pressed)
            case 2:
                view = {"id": "V1", "type": "modal", "callback_id": self._action(), "blocks": []}
                sent = payloads.submission(
                    workspace, slack.app_id, user=user, view=view, values={}, trigger="1.2.3"
                )
                sent["view"]["state"]["values"] = {
                    name: {name: {"type": "plain_text_input", "value": value}}
                    for name, value in self._values().items()
                }
                return "interactive", copy.deepcopy(sent)
            case _:
                inner = self.chance.choice(
                    [
                        payloads.home_opened(user, workspace),
                        payloads.user_change(user),
                        payloads.team_join(user),
                        payloads.joined(user, first_channel(workspace)),
                    ]
                )
                return "events_api", copy.deepcopy(payloads.event(workspace, slack.app_id, inner, user=user))

    def _spoil(self, said: Json) -> None:
        """Something somewhere in it is something else, or gone. Who it is from, Slack says truly."""
        node: Any = said
        while True:
            keys = [key for key in node if key not in ("user", "user_id")] if isinstance(node, dict) else None
            places = keys if keys is not None else list(range(len(node)))
            if not places:
                return
            place = self.chance.choice(places)
            inside = node[place]
            if isinstance(inside, dict | list) and inside and self.chance.random() < 0.75:
                node = inside
                continue
            if isinstance(node, dict) and self.chance.random() < 0.3:
                del node[place]
            else:
                node[place] = copy.deepcopy(self.chance.choice(GARBAGE))
            return

    # ── By files ────────────────────────────────────────────────────────────────────────────────────

    async def file(self) -> None:
        path = self.folder / self.chance.choice(["people.csv", "ties.csv", "export.zip"])
        if path.suffix == ".zip":
            self._write_export(path)
            read_slack_export(path)
        else:
            path.write_bytes(self._table())
            (read_roster if path.name == "people.csv" else read_ties)(path)

    def _table(self) -> bytes:
        wide = self.chance.randint(1, 5)
        head = self.chance.choice(
            [("member", "name"), ("source", "target", "kind"), tuple(self.chance.choices(COLUMNS, k=wide))]
        )
        rows = [head, *(self.chance.choices(CELLS, k=len(head)) for _ in range(self.chance.randint(0, 4)))]
        text = "\n".join(",".join(row) for row in rows)
        raw = text.encode()
        if self.chance.random() < 0.2:
            raw = bytes(self.chance.choices(range(256), k=2)) + raw
        return raw

    def _write_export(self, path: Path) -> None:
        people = [{"id": "U1", "name": "a", "profile": {}}, {"id": "U2", "tz": "Europe/Paris"}]
        messages = [
            {"user": "U1", "text": "<@U2> hi", "ts": "1700000000.1"},
            {"reactions": [{"users": ["U1"]}]},
        ]
        files: dict[str, Any] = {
            "users.json": people,
            "channels.json": [{"name": "general", "members": ["U1", "U2"]}],
            "general/2026-01-05.json": messages,
        }
        for _ in range(self.chance.randint(0, 3)):
            self._spoil(files)
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in files.items():
                text = json.dumps(content, ensure_ascii=True)
                cut = self.chance.randint(0, len(text)) if self.chance.random() < 0.1 else len(text)
                archive.writestr(name, text[:cut])
        if self.chance.random() < 0.05:
            path.write_bytes(path.read_bytes()[: self.chance.randint(0, 200)])

    # ── What is not theirs ──────────────────────────────────────────────────────────────────────────

    folder: Path = field(default_factory=Path)
    ids_of: dict[str, Any] = field(default_factory=dict)

    async def theirs(self) -> str:
        """Everything that this person has no right to change, in one text."""
        members, yes, answers = tables.members.c, tables.participations.c, tables.answers.c
        own = select(members.id).where(members.external_id == "UT1MALLORY").scalar_subquery()
        others = [
            select(tables.communities),
            select(tables.conveners),
            select(tables.programs),
            select(tables.members).where(members.external_id != "UT1MALLORY"),
            select(yes.member_id, yes.standing, yes.since).where(yes.member_id.is_distinct_from(own)),
            select(tables.answers).where(answers.member_id.is_distinct_from(own)),
            select(tables.keep_aparts).where(tables.keep_aparts.c.author.is_distinct_from(own)),
        ]
        async with self.house.storage.engine.connect() as connection:
            found = [sorted(map(repr, (await connection.execute(each)).all())) for each in others]
        return repr(found)


async def fuzz(cases: int, *, seed: int) -> Findings:
    """So many of them, against one house."""
    findings = Findings()
    findings.watch()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "voisin.db"
        upgrade(f"sqlite:///{file}")
        slack = Slack(limited=False)
        async with listening(slack):
            # What we answer to nonsense is nonsense too, and not held against the published types.
            slack._checker = None  # noqa: SLF001 -- the loopback is ours, and has no switch for it
            workspace = found("T1", "ada", "ben", "cleo", "dan", MALLORY)
            async with Houses(slack=slack, file=file, clock=MovableClock(TUESDAY)).life(workspace) as house:
                await _played(house, workspace, cases, seed=seed, findings=findings, folder=Path(folder))
    structlog.reset_defaults()
    return findings


async def _played(
    house: House, workspace: Workspace, cases: int, *, seed: int, findings: Findings, folder: Path
) -> None:
    await ready(house, workspace, "ada", "ben", "cleo", "dan")
    await house.move_to(TUESDAY + timedelta(days=7))
    community = await house.community(workspace)
    if community is None:
        raise AssertionError("There is no community.")
    fuzzing = Fuzz(
        chance=random.Random(seed),  # noqa: S311 -- repeatable on purpose
        house=house,
        workspace=workspace,
        findings=findings,
        ids=await _ids(house.storage),
        folder=folder,
        ids_of={"community": community.id},
    )
    before = await fuzzing.theirs()
    for number in range(cases):
        await fuzzing.case(number)
        if number % EVERY == EVERY - 1 or number == cases - 1:
            after = await fuzzing.theirs()
            if after != before:
                findings.changes.append(f"between the cases {number - EVERY} and {number}")
                before = after
            workspace.posts[:] = workspace.posts[:200]
            slack_keeps = (house.slack.calls, house.slack.faults)
            for kept in slack_keeps:
                kept.clear()


async def _ids(storage: OpenStorage) -> list[str]:
    """Of everything that a button may name."""
    async with storage.engine.connect() as connection:
        return [
            id
            for table in (
                tables.introductions,
                tables.programs,
                tables.rounds,
                tables.deliveries,
                tables.members,
            )
            for (id,) in (await connection.execute(select(table.c.id))).all()
        ]


def main() -> None:
    """The whole of it, from the command line."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--cases", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=1)
    asked = arguments.parse_args()
    findings = asyncio.run(fuzz(asked.cases, seed=asked.seed))
    for line in (*findings.tracebacks[:20], *findings.changes[:20]):
        sys.stdout.write(f"{line}\n")
    sys.stdout.write(f"{dict(findings.cases)} {dict(findings.answers)}\n")
    told = {
        "cases": findings.cases.total(),
        "tracebacks": len(findings.tracebacks),
        "changes_without_right": len(findings.changes),
    }
    sys.stdout.write(json.dumps(told) + "\n")
    sys.exit(bool(findings.tracebacks or findings.changes))


if __name__ == "__main__":
    main()
