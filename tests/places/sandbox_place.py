"""The sandbox, asked over HTTP as its page asks."""

from base64 import b64decode
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import ClientSession

from adapters import sandbox as edge
from adapters.clock import MovableClock
from adapters.sandbox import Channel, Resident, Sandbox, Town
from adapters.web import Site
from bot import commands
from bot.domain.community import Community, Language
from bot.domain.ids import ExternalId
from bot.engine.heartbeat import Heartbeat
from bot.messages import Message, Person
from bot.wording.replies import command_name
from storage.database import OpenStorage, opened
from storage.ids import numbered
from tests.adapters.pages import Caller
from tests.places.passing import pass_by
from tests.places.place import MONDAY, Seen, Sheet, together

ROOM = "space:atelier"


@dataclass(kw_only=True)
class SandboxPlace:
    """A town and its page."""

    storage: OpenStorage
    platform: Sandbox
    town: Town
    clock: MovableClock
    heart: Heartbeat
    caller: Caller
    name: str = "sandbox"

    async def community(self) -> Community:
        return self.platform.community

    async def types(
        self, who: str, command: str, *, person: str = "", text: str = "", number: str = ""
    ) -> Seen:
        answer, seen = await self._asks(who, command, person=person, text=text, number=number)
        if answer["form"] is not None:
            return Seen(words=answer["form"]["title"], native=answer["form"])
        assert seen is not None, answer
        return seen

    async def opens(self, who: str, command: str) -> Sheet:
        answer, seen = await self._asks(who, command)
        assert answer["form"] is not None, seen
        return _sheet(answer["form"])

    async def fills(self, who: str, sheet: Sheet, **values: str) -> Seen:
        form: Any = sheet.native
        standing = {each["name"]: each["value"] for each in form["fields"]}
        said = {"action": form["action"], "values": standing | values}
        answer, seen = await self._does(who, "submit", ROOM, **said)
        return seen or Seen(words=" ".join(answer["errors"].values()))

    async def fields(self, who: str, command: str) -> Sequence[str]:
        return (await self.opens(who, command)).fields

    async def clicks(self, who: str, seen: Seen, label: str) -> Seen:
        entry: Any = seen.native
        answer, said = await self._does(who, "press", entry["room"], action=seen.buttons[label])
        if answer["form"] is not None:
            return Seen(words=answer["form"]["title"], native=answer["form"])
        assert said is not None, answer
        return said

    async def came(self, who: str) -> Sequence[Seen]:
        return [
            _seen(entry) for entry in await self._entries(who) if not entry["only"] and entry["room"] != ROOM
        ]

    async def posted(self) -> Sequence[Seen]:
        first = self.town.residents[0].id
        return [
            _seen(entry)
            for entry in await self._entries(first)
            if entry["room"] == ROOM and not entry["only"]
        ]

    async def called(self, who: str) -> str:
        return self.town.by_id[ExternalId(who)].name

    async def reacts(self, who: str, seen: Seen) -> None:
        """A heart under a message, by hand."""
        entry: Any = seen.native
        answer = await self.caller.post("react", person=who, room=entry["room"], entry=entry["id"])
        assert answer.status == 200, answer.json

    async def handed(self, who: str, answer: Seen) -> bytes:
        assert answer.file is not None, answer.words
        return answer.file

    async def leaves(self, who: str) -> None:
        raise AssertionError(f"{who} lives in the sandbox for good.")

    async def until(self, moment: datetime) -> None:
        await pass_by(self, moment)

    def spelled(self, words: str, language: Language) -> str:
        return words

    async def sends(self, who: str, message: Message, *, key: str) -> Seen:
        before = len(await self.came(who))
        await self.platform.send(self.town.id, Person(external_id=ExternalId(who)), message, key=key)
        return together((await self.came(who))[before:])

    async def _asks(
        self, who: str, command: str, *, person: str = "", text: str = "", number: str = ""
    ) -> tuple[Any, Seen | None]:
        name = "" if command == "panel" else command_name(command, self.town.by_id[ExternalId(who)].language)
        line = " ".join(each for each in (name, text, f"@{person}" if person else "", number) if each)
        return await self._does(who, "command", ROOM, line=line)

    async def _does(self, who: str, path: str, room: str, **fields: Any) -> tuple[Any, Seen | None]:
        before = len(await self._remarks(who))
        answer = await self.caller.post(path, person=who, room=room, **fields)
        assert answer.status == 200, answer.json
        remarks = await self._remarks(who)
        return answer.json, _seen(remarks[-1]) if len(remarks) > before else None

    async def _remarks(self, who: str) -> list[Any]:
        return [entry for entry in await self._entries(who) if entry["only"]]

    async def _entries(self, who: str) -> list[Any]:
        entries: list[Any] = (await self.caller.state(who))["entries"]
        return entries


def _seen(entry: Any) -> Seen:
    body = entry["body"]
    file = body.get("file")
    return Seen(
        words="\n\n".join(
            "".join(span["text"] for span in spans) for part in body["parts"] for spans in part["paragraphs"]
        ),
        buttons={each["label"]: each["action"] for each in body["buttons"]},
        file=b64decode(file["content"]) if file else None,
        native=entry,
    )


def _sheet(form: Any) -> Sheet:
    return Sheet(title=form["title"], fields=[each["name"] for each in form["fields"]], native=form)


@asynccontextmanager
async def sandbox_place(file: Path, *names: str, french: Sequence[str] = ()) -> AsyncIterator[SandboxPlace]:
    """A town of these people."""
    town = Town(
        id=ExternalId("town"),
        name="Town",
        zone="Europe/Paris",
        language=Language.ENGLISH,
        channels=(Channel(id=ExternalId("atelier"), name="atelier"),),
        residents=tuple(
            Resident(
                id=ExternalId(name),
                name=name.capitalize(),
                language=Language.FRENCH if name in french else Language.ENGLISH,
                zone="Europe/Paris",
                admin=name == names[0],
            )
            for name in names
        ),
    )
    clock = MovableClock(MONDAY)
    site = Site("127.0.0.1", 0)
    async with (
        ClientSession() as session,
        opened(f"sqlite:///{file}", ids=numbered(), durable=False) as storage,
    ):
        platform = await edge.connect(
            site, storage=storage, clock=clock, desk=commands, town=town, ledger=None, move=None
        )
        heart = Heartbeat(
            storage=storage,
            platforms={platform.name: platform},
            clock=clock,
            batch=20,
            lease=timedelta(seconds=60),
            owner="one",
        )
        address = await site.start()
        try:
            yield SandboxPlace(
                storage=storage,
                platform=platform,
                town=town,
                clock=clock,
                heart=heart,
                caller=await Caller.at(address, session),
            )
        finally:
            await site.stop()
            platform.close()
