"""In: a person types, presses or fills; a server comes, changes or goes. Each is one call of the core."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

import discord
import structlog

from adapters.discord import forms
from adapters.discord.answers import Answers, with_button
from adapters.discord.asking import Asking, Came
from adapters.discord.desk import Desk
from adapters.discord.homes import NAME, Homes, language
from adapters.discord.platform import Platform
from adapters.discord.ties import Ties
from adapters.discord.tree import Somebody
from bot.actions import keep_up, settle_in
from bot.domain.community import Language
from bot.domain.ids import ExternalId
from bot.messages import Given, Message, Part, Reply
from bot.ports import Clock, Storage
from bot.wording import replies
from bot.wording.voice import paragraphs

log = structlog.get_logger()

ENDING = 2.0
"""Seconds that a stop waits for what was begun."""

SOON = 2.0
"""Seconds after which one says that the answer is coming: Discord waits for three."""

OPENS = frozenset({"join", "resume", "setup", "convener", "me"})
"""Whoever does these will be written to: their direct messages are opened, inside the click."""

WELCOMES = ("reply.joined", "reply.resumed")
"""What also stands in their direct messages, so that they know where Voisin writes to them."""


class Listeners:
    """Interaction → plain arguments → one call → what Discord shows."""

    def __init__(
        self,
        *,
        homes: Homes,
        asking: Asking,
        answers: Answers,
        platform: Platform,
        storage: Storage,
        clock: Clock,
        desk: Desk,
        ties: Ties | None,
    ) -> None:
        self._homes = homes
        self._asking = asking
        self._answers = answers
        self._platform = platform
        self._storage = storage
        self._clock = clock
        self._desk = desk
        self.ties = ties
        """None: nothing of what people do towards each other is heard."""
        self._under_way: set[asyncio.Task[object]] = set()

    async def finish(self) -> None:
        """At a stop: what was begun is ended, as far as it can be in a moment."""
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=ENDING)

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        task = asyncio.current_task()
        if task is not None:
            self._under_way.add(task)
        try:
            yield
        finally:
            if task is not None:
                self._under_way.discard(task)

    # ── Commands, buttons, forms ────────────────────────────────────────────────────────────────────

    async def command(
        self, interaction: discord.Interaction, name: str, given: Given, somebody: Somebody | None
    ) -> None:
        """``/voisin …``, with options that are typed already."""

        async def do(came: Came) -> Reply:
            person = self._asking.somebody(somebody) if somebody is not None else None
            return await self._desk.run_with(
                self._storage.open_work, came.ask, name, replace(given, person=person)
            )

        await self._hear(interaction, do, verb=name)

    async def pressed(self, interaction: discord.Interaction, action: str) -> None:
        """A button; one from long ago, or a forged one, gets a sentence."""
        verb, _, id = action.partition(":")
        paged = forms.paged(id) if verb == forms.PAGE else None
        if paged is not None:
            await self._turn_page(interaction, *paged)
            return

        async def do(came: Came) -> Reply:
            return await self._desk.press(self._storage.open_work, came.ask, action)

        await self._hear(interaction, do, verb=verb, about=id)

    async def submitted(self, interaction: discord.Interaction) -> None:
        """A form that was filled in."""
        read = forms.read(interaction.data or {})
        if read is None:
            await self._answers.give(interaction, _broken(interaction))
            return
        action, page, values = read
        verb, _, id = action.partition(":")

        async def do(came: Came) -> Reply:
            whole = values
            if forms.in_lists(values):
                now = (await self._opened(replace(came, ask=replace(came.ask, event=None)), verb, id)).form
                whole = forms.joined(now, values) if now is not None else {}
            reply = await self._desk.submit(self._storage.open_work, came.ask, action, whole)
            return await self._after_page(came, reply, verb=verb, id=id, page=page)

        await self._hear(interaction, do, verb=verb, about=id)

    async def failed(self, interaction: discord.Interaction, error: Exception) -> None:
        """What cannot be read, or broke: a sentence, and the process lives."""
        log.warning("discord.unreadable", error=type(error).__name__)
        await self._answers.give(interaction, _broken(interaction))

    async def _turn_page(self, interaction: discord.Interaction, page: int, verb: str, id: str) -> None:
        """Another page of a form: the form as it is now."""

        async def do(came: Came) -> Reply:
            return await self._opened(came, verb, id)

        await self._hear(interaction, do, verb=verb, about=id, page=page)

    async def _opened(self, came: Came, verb: str, id: str) -> Reply:
        """A form once more, by the command or the button that opens it."""
        if verb in {command.name for command in self._desk.COMMANDS}:
            return await self._desk.run_with(self._storage.open_work, came.ask, verb, Given())
        return await self._desk.press(self._storage.open_work, came.ask, f"{verb}:{id}")

    async def _after_page(self, came: Came, reply: Reply, *, verb: str, id: str, page: int) -> Reply:
        """What a form's page leads to: what to correct, or the next page."""
        if not reply.errors and (reply.message is None or reply.message.name.startswith("refusal.")):
            return reply
        again = replace(came, ask=replace(came.ask, event=None))
        form = (await self._opened(again, verb, id)).form
        if reply.errors:
            language = form.language if form else came.home.language
            said = tuple((each,) for each in dict.fromkeys(reply.errors.values()))
            wrong = Message(name="form.errors", parts=(Part(language=language, paragraphs=said),))
            return Reply(message=with_button(wrong, forms.again(form, page=page) if form else None))
        if reply.message is None or form is None:
            return reply
        return replace(reply, message=with_button(reply.message, forms.more(form, after=page)))

    async def _hear(
        self,
        interaction: discord.Interaction,
        do: Callable[[Came], Awaitable[Reply]],
        *,
        verb: str,
        about: str = "",
        page: int = 0,
    ) -> None:
        with self._at_work():
            await self._hear_out(interaction, do, verb=verb, about=about, page=page)

    async def _hear_out(
        self,
        interaction: discord.Interaction,
        do: Callable[[Came], Awaitable[Reply]],
        *,
        verb: str,
        about: str,
        page: int,
    ) -> None:
        doing = asyncio.create_task(self._do(interaction, do, verb=verb, about=about))
        done, _ = await asyncio.wait({doing}, timeout=SOON)
        if not done:
            await self._answers.hold(interaction)
        try:
            came, reply = await doing
        except Exception as error:
            log.exception("discord.failed", verb=verb[:20], error=type(error).__name__)
            await self._answers.give(interaction, _broken(interaction))
            return
        await self._answers.give(interaction, reply, page=page)
        self._clock.ring()
        if came is not None and reply.message is not None and reply.message.name.startswith(WELCOMES):
            await self._platform.greet(
                came.home, came.ask.asker.external_id, reply.message, key=str(came.ask.event)
            )

    async def _do(
        self,
        interaction: discord.Interaction,
        do: Callable[[Came], Awaitable[Reply]],
        *,
        verb: str,
        about: str,
    ) -> tuple[Came | None, Reply]:
        came = await self._asking.came(interaction, about=about)
        if came is None:
            return None, _broken(interaction)
        await self._asking.welcome(came)
        reply = await do(came)
        if verb in OPENS and reply.message is not None and not reply.message.name.startswith("refusal."):
            await self._asking.open_door(came)
        if reply.message is not None and reply.message.name.startswith("reply.joined"):
            reply = replace(reply, message=_first_use(reply.message))
        return came, reply

    # ── Servers ─────────────────────────────────────────────────────────────────────────────────────

    async def arrived(self, guild: discord.Guild) -> None:
        """Voisin is in a server: invited just now, or there already when this process came."""
        with self._at_work():
            await self._homes.arrived(
                ExternalId(str(guild.id)),
                name=guild.name,
                locale=guild.preferred_locale.value,
                bot=ExternalId(str(guild.me.id)),
            )
        self._clock.ring()

    async def removed(self, guild: discord.Guild) -> None:
        """Voisin was taken out of a server."""
        with self._at_work():
            await self._homes.left(ExternalId(str(guild.id)))

    async def compared(self, here: Callable[[ExternalId], bool]) -> None:
        """What was there when this process went, and is not now, was taken out meanwhile."""
        for installed in await self._storage.installations.all(NAME):
            if not here(installed.external_id):
                await self._homes.left(installed.external_id)

    async def departed(self, guild: int, user: int) -> None:
        """Somebody left a server: with the members intent it is heard at once."""
        home = await self._homes.community(ExternalId(str(guild)))
        await keep_up.gone(self._storage.open_work, home.id, ExternalId(str(user)), now=self._clock.now())
        self._clock.ring()

    async def renamed(self, channel: discord.abc.GuildChannel) -> None:
        """A channel has another name."""
        home = await self._homes.community(ExternalId(str(channel.guild.id)))
        await settle_in.space_renamed(
            self._storage.open_work, home.id, ExternalId(str(channel.id)), name=channel.name
        )

    async def closed(self, guild: int, channel: int) -> None:
        """A channel was deleted."""
        home = await self._homes.community(ExternalId(str(guild)))
        await settle_in.space_closed(
            self._storage.open_work, home.id, ExternalId(str(channel)), now=self._clock.now()
        )
        self._clock.ring()


def _first_use(message: Message) -> Message:
    """Who has just joined is told who else can see the conversations."""
    parts = tuple(
        replace(part, paragraphs=(*part.paragraphs, *paragraphs("discord.moderators", part.language)))
        for part in message.parts
    )
    return replace(message, parts=parts)


def _broken(interaction: discord.Interaction) -> Reply:
    spoken = language(interaction.locale.value) or Language.ENGLISH
    return Reply(message=replies.refusal(spoken, "broken", {}))
