"""Discord, by its loopback."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters import discord as edge
from adapters.clock import MovableClock
from adapters.discord.spelling import spelled
from bot import commands
from bot.commands import OptionKind
from bot.domain.community import Community, Language
from bot.domain.ids import ExternalId
from bot.engine.heartbeat import Heartbeat
from bot.messages import Message, Person
from storage.database import OpenStorage
from tests.adapters.guilds import Life, Lives, found
from tests.loopback.discord_hands import Hand
from tests.loopback.discord_interactions import Interaction
from tests.loopback.discord_people import Guild, Json, Post, User, nested
from tests.loopback.discord_server import Discord, listening
from tests.places.passing import pass_by
from tests.places.place import Place, Seen, Sheet, bare, together

PAGE = "page:"
"""How the action of a button begins that leads to another page of a form."""


@dataclass(kw_only=True)
class GuildPlace:
    """A server."""

    life: Life
    guild: Guild
    people: Mapping[str, User]
    name: str = "discord"
    _answers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """What was answered to each."""

    @property
    def storage(self) -> OpenStorage:
        return self.life.storage

    @property
    def platform(self) -> edge.Discord:
        return self.life.platform

    @property
    def clock(self) -> MovableClock:
        return self.life.clock

    @property
    def heart(self) -> Heartbeat:
        return self.life.heart

    async def community(self) -> Community:
        return await self.life.community(self.guild)

    async def types(
        self, who: str, command: str, *, person: str = "", text: str = "", number: str = ""
    ) -> Seen:
        hand = self._hand(who)
        options = self._options(command, person=person, text=text, number=number)
        # Conveners of one program see their commands where an admin of the server lets them.
        return await self._answer(who, await hand.types(command, force=True, **options))

    async def opens(self, who: str, command: str) -> Sheet:
        modal = await self._hand(who).opens(command, force=True)
        return Sheet(title=modal["title"], fields=_names(modal), native=modal)

    async def fills(self, who: str, sheet: Sheet, **values: str) -> Seen:
        hand = self._hand(who)
        modal: Any = sheet.native
        while True:
            given: dict[str, Any] = {name: values.pop(name) for name in _names(modal) if name in values}
            answer = await hand.answered(await hand.fills(modal, **given))
            further = _further(answer)
            if not values or not further:
                return self._heard(who, answer)
            modal = await hand.shown_form(await hand.presses(answer, further))

    async def fields(self, who: str, command: str) -> Sequence[str]:
        hand = self._hand(who)
        modal = await hand.opens(command, force=True)
        names = _names(modal)
        while further := _further(answer := await hand.answered(await hand.fills(modal))):
            modal = await hand.shown_form(await hand.presses(answer, further))
            names += _names(modal)
        return names

    async def clicks(self, who: str, seen: Seen, label: str) -> Seen:
        hand = self._hand(who)
        assert isinstance(seen.native, Post)
        done = await hand.presses(seen.native, seen.buttons[label])
        return await self._answer(who, done)

    async def _answer(self, who: str, done: Interaction) -> Seen:
        """A message, or a form."""
        await self.life.discord.until(lambda: done.answer or done.modal, what=f"answer to {who}")
        if done.modal is not None:
            return Seen(words=done.modal["title"], native=done.modal)
        assert done.answer is not None
        return self._heard(who, done.answer)

    async def came(self, who: str) -> Sequence[Seen]:
        # The welcome stands in their direct messages too: there it is the same answer once more.
        posts = self.life.discord.together(self._user(who))
        return [_seen(post) for post in posts if bare(post.shown) not in self._answers[who]]

    async def posted(self) -> Sequence[Seen]:
        room = self.guild.text.id
        return [_seen(post) for post in self.life.discord.posts if post.channel == room and post.only is None]

    async def called(self, who: str) -> str:
        return f"<@{self._user(who).id}>"

    async def reacts(self, who: str, seen: Seen) -> None:
        assert isinstance(seen.native, Post)
        self._hand(who).reacts(self.life.discord.bot, post=seen.native)

    async def handed(self, who: str, answer: Seen) -> bytes:
        assert answer.file is not None, answer.words
        return answer.file

    async def leaves(self, who: str) -> None:
        self.life.discord.depart(self.guild, self._user(who))

    async def until(self, moment: datetime) -> None:
        self.life.discord.time_passes()
        await pass_by(self, moment)

    def spelled(self, words: str, language: Language) -> str:
        return spelled(words, language)

    async def sends(self, who: str, message: Message, *, key: str) -> Seen:
        before = len(await self.came(who))
        person = Person(external_id=ExternalId(self._user(who).id))
        await self.platform.send(ExternalId(self.guild.id), person, message, key=key)
        return together((await self.came(who))[before:])

    def _user(self, who: str) -> User:
        return self.people[who]

    def _hand(self, who: str) -> Hand:
        return Hand(discord=self.life.discord, guild=self.guild, user=self._user(who))

    def _heard(self, who: str, post: Post) -> Seen:
        self._answers[who].add(bare(post.shown))
        return _seen(post)

    def _options(self, command: str, *, person: str, text: str, number: str) -> dict[str, Any]:
        """What is given with a command, by the kinds of its options."""
        [known] = [each for each in (*commands.COMMANDS, commands.PANEL) if each.name == command]
        given: dict[str, Any] = {}
        for option in known.options:
            match option.kind:
                case OptionKind.PERSON if person:
                    given[option.name] = self._user(person)
                case OptionKind.NUMBER if number:
                    given[option.name] = int(number)
                case OptionKind.CHOICE if text in option.choices:
                    given[option.name] = text
                case OptionKind.DAY | OptionKind.DAYS | OptionKind.TEXT if text:
                    given[option.name] = text
                case _:
                    continue
        return given


def _names(modal: Json) -> list[str]:
    return [each["custom_id"] for each in nested(modal["components"]) if "custom_id" in each]


def _further(answer: Post) -> str:
    return next((action for action in answer.buttons if action.startswith(PAGE)), "")


def _seen(post: Post) -> Seen:
    # A backslash before a sign says that it is only a sign.
    return Seen(
        words=post.shown.replace("\\", ""),
        buttons={label: action for action, label in post.buttons.items()},
        file=post.file,
        native=post,
    )


@asynccontextmanager
async def guild_place(file: Path, *names: str, french: Sequence[str] = ()) -> AsyncIterator[Place]:
    """A server of these people."""
    async with listening(Discord(speed=50.0, limited=False)) as discord:
        guild = found(discord, "Atelier", *names)
        for name in french:
            guild.user(name).locale = "fr"
        async with Lives(discord=discord, file=file).life(ties=True) as life:
            await discord.until(lambda: discord.commands and discord.gateway.live, what="Voisin")
            yield GuildPlace(life=life, guild=guild, people={name: guild.user(name) for name in names})
