"""Slack, by its loopback."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from html import unescape
from pathlib import Path
from typing import Any

from adapters import slack as edge
from adapters.clock import MovableClock
from bot.domain.community import Community, Language
from bot.domain.ids import ExternalId
from bot.engine.heartbeat import Heartbeat
from bot.messages import Message, Person
from bot.wording.replies import command_name
from storage.database import OpenStorage
from tests.loopback.slack_hands import Hand
from tests.loopback.slack_house import House, Houses, first_channel, place
from tests.loopback.slack_people import Json, Post, User, Workspace, found
from tests.loopback.slack_server import Slack, listening
from tests.places.passing import pass_by
from tests.places.place import Place, Seen, Sheet, together

SPEED = 200
"""How fast its limits run: a room takes one post a second, and a test writes to it a hundred times."""


@dataclass(kw_only=True)
class SlackPlace:
    """A workspace."""

    house: House
    workspace: Workspace
    french: Sequence[str]
    name: str = "slack"
    _taken: Counter[str] = field(default_factory=Counter)
    """Files that each has had in hand."""

    @property
    def storage(self) -> OpenStorage:
        return self.house.storage

    @property
    def platform(self) -> edge.Slack:
        return self.house.platform

    @property
    def clock(self) -> MovableClock:
        return self.house.clock

    @property
    def heart(self) -> Heartbeat:
        return self.house.heart

    async def community(self) -> Community:
        community = await self.house.community(self.workspace)
        assert community is not None
        return community

    async def types(
        self, who: str, command: str, *, person: str = "", text: str = "", number: str = ""
    ) -> Seen:
        hand = self._hand(who)
        files = len(self._files(who))
        said, forms = len(hand.private), len(hand.forms)
        await hand.types(self._line(who, command, person, text, number), first_channel(self.workspace))
        answer = await self._answer(hand, said=said, forms=forms)
        if command != "export-me":
            return answer
        file = await self.house.slack.until(
            lambda: self._files(who)[files] if len(self._files(who)) > files else None, what="file"
        )
        return Seen(words=answer.words, buttons=answer.buttons, file=file.file, native=answer.native)

    async def opens(self, who: str, command: str) -> Sheet:
        view = await self._hand(who).opens(self._line(who, command), first_channel(self.workspace))
        fields = [block["block_id"] for block in view["blocks"] if block["type"] == "input"]
        return Sheet(title=view["title"]["text"], fields=fields, native=view)

    async def fills(self, who: str, sheet: Sheet, **values: str) -> Seen:
        hand = self._hand(who)
        view: Any = sheet.native
        before = len(hand.private)
        heard = await hand.fills(view, **values)
        body = heard.body if isinstance(heard.body, dict) else {}
        match body.get("response_action"):
            case "errors":
                return Seen(words=" ".join(body["errors"].values()))
            case "update" | "push":
                return _seen(_window(hand.user, body["view"]))
            case _:
                return _seen(await hand.answered(before))

    async def fields(self, who: str, command: str) -> Sequence[str]:
        return (await self.opens(who, command)).fields

    async def clicks(self, who: str, seen: Seen, label: str) -> Seen:
        hand = self._hand(who)
        assert isinstance(seen.native, Post)
        said, forms = len(hand.private), len(hand.forms)
        await hand.presses(seen.native, seen.buttons[label])
        return await self._answer(hand, said=said, forms=forms)

    async def came(self, who: str) -> Sequence[Seen]:
        return [_seen(post) for post in self.workspace.together(self._user(who)) if not post.file]

    async def posted(self) -> Sequence[Seen]:
        room = first_channel(self.workspace)
        return [_seen(post) for post in self.workspace.posts if post.channel == room.id and post.only is None]

    async def called(self, who: str) -> str:
        return f"<@{self._user(who).id}>"

    async def reacts(self, who: str, seen: Seen) -> None:
        assert isinstance(seen.native, Post)
        await self._hand(who).happens(
            {
                "type": "reaction_added",
                "user": self._user(who).id,
                "item_user": self.workspace.bot.id,
                "reaction": "wave",
                "item": {"type": "message", "channel": seen.native.channel, "ts": seen.native.ts},
                "event_ts": f"{self.clock.now().timestamp():.6f}",
            }
        )

    async def handed(self, who: str, answer: Seen) -> bytes:
        # It comes after the words, into their own conversation with Voisin.
        nth = self._taken[who]
        self._taken[who] += 1
        post = await self.house.slack.until(
            lambda: files[nth] if len(files := self._files(who)) > nth else None, what=f"file for {who}"
        )
        assert post.file is not None
        return post.file

    async def leaves(self, who: str) -> None:
        first_channel(self.workspace).members.remove(self._user(who).id)

    async def until(self, moment: datetime) -> None:
        await pass_by(self, moment)

    def spelled(self, words: str, language: Language) -> str:
        return words

    async def sends(self, who: str, message: Message, *, key: str) -> Seen:
        person = Person(external_id=ExternalId(self._user(who).id))
        before = len(await self.came(who))
        await self.platform.send(place(self.workspace), person, message, key=key)
        return together((await self.came(who))[before:])

    async def _answer(self, hand: Hand, *, said: int, forms: int) -> Seen:
        """What came after so much: a message, or a form."""

        def answer() -> Seen | None:
            if len(hand.forms) > forms:
                return Seen(words=hand.forms[-1]["title"]["text"], native=hand.forms[-1])
            return _seen(hand.private[said]) if len(hand.private) > said else None

        return await self.house.slack.until(answer, what=f"answer to {hand.user.name}")

    def _user(self, who: str) -> User:
        return self.workspace.users[f"U{self.workspace.id}{who.upper()}"]

    def _hand(self, who: str) -> Hand:
        return self.house.hand(self.workspace, who)

    def _files(self, who: str) -> list[Post]:
        return [post for post in self.workspace.together(self._user(who)) if post.file]

    def _line(self, who: str, command: str, person: str = "", text: str = "", number: str = "") -> str:
        language = Language.FRENCH if who in self.french else Language.ENGLISH
        name = "" if command == "panel" else command_name(command, language)
        named = f"<@{self._user(person).id}|{person}>" if person else ""
        return " ".join(each for each in (name, text, named, number) if each)


def _window(user: User, view: Json) -> Post:
    """A view, as what it is to whoever reads it."""
    return Post(ts="0", channel="", text="", blocks=view["blocks"], only=user.id)


def _seen(post: Post) -> Seen:
    return Seen(
        words=unescape(post.shown),
        buttons={label: action for action, label in post.buttons.items()},
        file=post.file,
        native=post,
    )


@asynccontextmanager
async def slack_place(file: Path, *names: str, french: Sequence[str] = ()) -> AsyncIterator[Place]:
    """A workspace of these people."""
    workspace = found("T1", *names)
    for name in french:
        workspace.users[f"UT1{name.upper()}"].locale = "fr-FR"
    async with listening(Slack(speed=SPEED)) as slack:
        houses = Houses(slack=slack, file=file)
        async with houses.life(workspace, reactions=True) as house:
            yield SlackPlace(house=house, workspace=workspace, french=french)
