"""A sandbox with a core that answers what the test says: the page can be tried without the rest."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from adapters.sandbox import Sandbox, Town, connect, sample
from adapters.sandbox.desk import FindPerson
from adapters.web import Site
from bot.domain.community import Community, Language, Space
from bot.domain.ids import CommunityId, ExternalId, SpaceId
from bot.errors import AlreadyHeard, Unknown
from bot.messages import (
    Ask,
    Button,
    Choice,
    Circle,
    Field,
    FieldKind,
    File,
    Form,
    Mention,
    Message,
    Moment,
    Part,
    Person,
    Reply,
    Said,
    Strong,
)
from bot.ports import Agenda, Communities, Installations, OpenWork, Outbox, Posts, Storage

MONDAY = datetime(2026, 1, 5, 9, tzinfo=UTC)
TOWN = ExternalId("curieux")
AMINA, TOM = ExternalId("amina"), ExternalId("tom")
ATELIER = Space(
    id=SpaceId("s1"), community_id=CommunityId("c1"), external_id=ExternalId("atelier"), name="atelier"
)

FORM = Form(
    action="me:",
    title="About you",
    submit="Keep it",
    language=Language.ENGLISH,
    fields=(
        Field(name="learning", label="What I am learning", required=True, hint="One line", limit=40),
        Field(
            name="format",
            label="How many",
            kind=FieldKind.CHOICE,
            value="either",
            choices=(Choice(value="either", label="Either"), Choice(value="pair", label="A pair")),
        ),
        Field(
            name="languages",
            label="Languages you speak",
            kind=FieldKind.CHOICES,
            value="en",
            choices=(Choice(value="en", label="English"), Choice(value="fr", label="French")),
        ),
        Field(
            name="size",
            label="Size",
            kind=FieldKind.CHOICE,
            value="2",
            choices=tuple(Choice(value=str(size), label=f"{size} people") for size in range(2, 9)),
        ),
        Field(name="zone", label="Time zone", kind=FieldKind.ZONE, value="Europe/London"),
        Field(name="at", label="At", kind=FieldKind.TIME, value="10:00"),
        Field(name="until", label="Until", kind=FieldKind.DATE, value="2026-02-01"),
    ),
)


def told(text: str, *buttons: Button, language: Language = Language.ENGLISH) -> Message:
    return Message(name="told", parts=(Part(language=language, paragraphs=((text,),)),), buttons=buttons)


def introduction() -> Message:
    """Amina meets Tom, in two languages, with everything that a message can hold."""
    amina, tom = (
        Mention(external_id=AMINA, name="Amina Diallo"),
        Mention(external_id=TOM, name="Tom Whitfield"),
    )
    friday = datetime(2026, 1, 9, 17, tzinfo=UTC)
    return Message(
        name="introduction",
        parts=(
            Part(
                language=Language.FRENCH,
                paragraphs=(
                    (amina, ", voici ", tom, ". Vous êtes voisins dans ", ATELIER, "."),
                    ("Tom apprend : ", Said(text="<b>Rust</b> & @amina"), "."),
                    (Strong(text="Le premier mot est à Amina."),),
                    ("Vingt minutes, d’ici ", Moment(at=friday, words="vendredi"), "."),
                ),
            ),
            Part(
                language=Language.ENGLISH,
                paragraphs=(
                    (amina, ", meet ", tom, ". You are neighbours in ", ATELIER, "."),
                    ("Twenty minutes, by ", Moment(at=friday, words="Friday"), "."),
                ),
            ),
        ),
        buttons=(
            Button(label="Une autre phrase · Another phrase", action="phrase:i1", main=True),
            Button(label="On se connaît · We know each other", action="known:i1"),
        ),
    )


class HandClock:
    """A clock that a test sets."""

    def __init__(self, at: datetime = MONDAY) -> None:
        self.at = at
        self.rings = 0

    def now(self) -> datetime:
        return self.at

    async def rest(self, *, until: datetime | None) -> None:
        raise AssertionError("nobody rests in the sandbox")

    def ring(self) -> None:
        self.rings += 1

    async def move(self, to: datetime) -> None:
        self.at = to


@dataclass
class KeptDesk:
    """Takes everything, keeps it, and answers by the table."""

    asked: list[tuple[str, Ask, str]] = field(default_factory=list)
    submitted: list[Mapping[str, str]] = field(default_factory=list)
    heard: set[str | None] = field(default_factory=set)
    found: list[str] = field(default_factory=list)
    held: dict[str, asyncio.Event] = field(default_factory=dict)
    """Lines whose completion is answered only when the test says so."""
    fails: Exception | None = None

    async def run(self, open_work: OpenWork, ask: Ask, line: str, find_person: FindPerson) -> Reply:
        self._hear("run", ask, line)
        name, _, rest = line.partition(" ")
        if name in {"me", "moi"}:
            return Reply(form=FORM)
        if name == "know":
            found = find_person(rest)
            self.found.append(found.external_id if found else "")
        if name == "export-me":
            kept = File(name="voisin.json", content=b'{"name": "Tom"}', media_type="application/json")
            return Reply(message=told("Everything I know."), file=kept)
        return Reply(message=told(f"You said {line!r}.", Button(label="Good", action="good:")))

    async def press(self, open_work: OpenWork, ask: Ask, action: str) -> Reply:
        self._hear("press", ask, action)
        if action.startswith("nothing:"):
            raise Unknown(action)
        return Reply(message=told(f"{ask.asker.name} pressed {action}."))

    async def submit(self, open_work: OpenWork, ask: Ask, action: str, values: Mapping[str, str]) -> Reply:
        self._hear("submit", ask, action)
        if values.get("learning") == "nothing":
            return Reply(errors={"learning": "Everyone learns something."})
        self.submitted.append(values)
        return Reply(message=told("Kept."))

    async def complete(self, open_work: OpenWork, ask: Ask, line: str) -> Sequence[tuple[str, str]]:
        if line in self.held:
            await self.held[line].wait()
        about = {"me": "About you", "pause": "Rest for a while", "pause-program": "Pause the program"}
        return [
            (name, text)
            for name, text in about.items()
            if name.startswith(line) and (ask.asker.admin or "-" not in name)
        ]

    def _hear(self, how: str, ask: Ask, what: str) -> None:
        if self.fails:
            raise self.fails
        if ask.event in self.heard:
            raise AlreadyHeard
        self.heard.add(ask.event)
        self.asked.append((how, ask, what))


class OneCommunity:
    """Settles whoever comes as the community of the test."""

    async def settle(
        self, *, platform: str, external_id: ExternalId, name: str, zone: str, language: Language
    ) -> Community:
        return Community(
            id=CommunityId("c1"),
            platform=platform,
            external_id=external_id,
            name=name,
            zone=zone,
            language=language,
            secret=b"s" * 32,
        )


class HandAgenda:
    """Says what is due next, as the test set it."""

    def __init__(self) -> None:
        self.due: datetime | None = MONDAY + timedelta(days=1)

    async def next_due(self) -> datetime | None:
        return self.due


def _no_work(community: CommunityId, *, event: str | None = None) -> None:
    raise AssertionError("the sandbox opens no unit of work")


@dataclass(kw_only=True)
class Opened:
    """A sandbox that can be asked, and what stands behind it."""

    sandbox: Sandbox
    site: Site
    desk: KeptDesk
    clock: HandClock
    agenda: HandAgenda
    address: str = ""

    async def introduce(self) -> None:
        """Voisin introduces Amina and Tom."""
        await self.sandbox.send(TOWN, Circle(people=(AMINA, TOM)), introduction(), key="i1")

    async def tell(self, person: ExternalId, text: str, *, key: str) -> str:
        """Voisin writes to one person; returns the room."""
        return await self.sandbox.send(TOWN, Person(external_id=person), told(text), key=key)

    async def announce(self, text: str, *, key: str) -> None:
        """Voisin writes in the channel."""
        await self.sandbox.send(TOWN, ATELIER, told(text), key=key)


async def opened(
    *, town: Town | None = None, ledger: Path | None = None, movable: bool = True, host: str = "127.0.0.1"
) -> Opened:
    """The sample town, on a free port; not listening yet."""
    site, clock, desk, agenda = Site(host, 0), HandClock(), KeptDesk(), HandAgenda()
    storage = Storage(
        open_work=cast(OpenWork, _no_work),
        communities=cast(Communities, OneCommunity()),
        agenda=cast(Agenda, agenda),
        outbox=cast(Outbox, None),
        installations=cast(Installations, None),
        posts=cast(Posts, None),
    )
    sandbox = await connect(
        site,
        storage=storage,
        clock=clock,
        desk=desk,
        town=town or sample(),
        ledger=ledger,
        move=clock.move if movable else None,
    )
    return Opened(sandbox=sandbox, site=site, desk=desk, clock=clock, agenda=agenda)
