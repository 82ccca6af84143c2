"""``/voisin`` and ``/voisin-convene``, made from the core's one table of commands.

Discord knows permissions for whole commands only, and has no command that does something by itself and has
others below it. So what conveners do is a command of its own, and the panel is one of those below.
"""

import hashlib
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import locale_str

from adapters.discord.desk import Command, Desk, Option
from adapters.discord.homes import NAME, language
from bot.domain.community import Language
from bot.messages import Given
from bot.ports import Posts
from bot.wording.voice import day, words

VOISIN = "voisin"

PUBLISHED = "commands"
"""The note of what was published last."""

DESCRIPTION = 100
DAYS = ("day", "days")
AHEAD = (1, 7, 14, 21, 28, 42, 56)
"""Days from today that are offered."""

TYPED = 1000
"""Characters of a text that are read."""

Somebody = discord.User | discord.Member
Run = Callable[[discord.Interaction, str, Given, Somebody | None], Awaitable[None]]
Failed = Callable[[discord.Interaction, Exception], Awaitable[None]]


class Tree(app_commands.CommandTree[discord.Client]):
    """Discord's side of the table."""

    def __init__(self, client: discord.Client, *, desk: Desk, run: Run, failed: Failed) -> None:
        super().__init__(
            client,
            allowed_contexts=app_commands.AppCommandContext(
                guild=True, dm_channel=False, private_channel=False
            ),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        )
        self._failed = failed
        for who, also in (("everybody", [desk.PANEL]), ("conveners", [])):
            group = app_commands.Group(
                name=_said("commands.conveners") if who == "conveners" else VOISIN,
                description=_said(f"commands.{who}.description"),
                guild_only=True,
                default_permissions=discord.Permissions(manage_guild=True) if who == "conveners" else None,
            )
            for command in (*also, *(each for each in desk.COMMANDS if each.who == who)):
                group.add_command(_command(command, run))
            self.add_command(group)

    async def on_error(
        self, interaction: discord.Interaction, error: app_commands.AppCommandError, /
    ) -> None:
        await self._failed(interaction, error)

    async def _call(self, interaction: discord.Interaction[discord.Client]) -> None:
        try:
            await super()._call(interaction)
        except (KeyError, TypeError, ValueError) as error:
            # Values that no client of Discord's sends: the library trips over them before it looks.
            await self._failed(interaction, error)

    async def publish(self, posts: Posts) -> bool:
        """Tell Discord, once for each version of the table; whether it was told now."""
        await self.set_translator(Translations())
        translator = self.translator
        if translator is None:
            raise LookupError("The commands have no translator.")
        payload = [await each.get_translated_payload(self, translator) for each in self.get_commands()]
        digest = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        known = f"{self.client.application_id}/{digest}"
        if await posts.noted(NAME, PUBLISHED) == known:
            return False
        await self.sync()
        await posts.note(NAME, PUBLISHED, known)
        return True


class Translations(app_commands.Translator):
    """Names and descriptions from the catalogues; English is what stands where there is no other."""

    async def translate(
        self,
        string: locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,  # noqa: ARG002 -- the library's signature
    ) -> str | None:
        spoken = language(locale.value)
        sentence = string.extras.get("sentence")
        if spoken is None or spoken is Language.ENGLISH or not isinstance(sentence, str):
            return None
        return words(sentence, spoken)[:DESCRIPTION]


def _said(sentence: str) -> locale_str:
    return locale_str(words(sentence, Language.ENGLISH)[:DESCRIPTION], sentence=sentence)


def _command(command: Command, run: Run) -> app_commands.Command[Any, ..., None]:
    """A command with its options, each of its type."""

    async def asked(interaction: discord.Interaction, **given: Any) -> None:
        await run(interaction, command.name, read(command, given), person(given))

    parameters = [_parameter(option) for option in command.options]
    asked.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what the library reads options from
        [
            inspect.Parameter(
                "interaction", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=discord.Interaction
            ),
            *sorted(parameters, key=lambda each: each.default is not inspect.Parameter.empty),
        ]
    )
    described = app_commands.describe(
        **{option.name: _said(f"option.{option.name}.description") for option in command.options}
    )
    renamed = app_commands.rename(
        **{option.name: _said(f"option.{option.name}") for option in command.options}
    )
    chosen = app_commands.choices(
        **{
            option.name: [
                app_commands.Choice(name=_said(f"choice.{choice}"), value=choice) for choice in option.choices
            ]
            for option in command.options
            if option.choices
        }
    )
    completed = app_commands.autocomplete(
        **{option.name: _days for option in command.options if option.kind in DAYS}
    )
    return app_commands.Command(
        name=_said(f"command.{command.name}"),
        description=_said(f"command.{command.name}.description"),
        callback=completed(chosen(renamed(described(asked)))),
    )


async def _days(interaction: discord.Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """Days that somebody may mean: what is typed is a day however it is written, and these are a help."""
    spoken = language(interaction.locale.value) or Language.ENGLISH
    today, sought = interaction.created_at.date(), typed.strip().lower()
    offered = [today + timedelta(days=ahead) for ahead in AHEAD]
    return [
        app_commands.Choice(name=name, value=on.isoformat())
        for on, name in ((on, day(on, spoken, with_year=True)) for on in offered)
        if on.isoformat().startswith(sought) or sought in name.lower()
    ]


def _parameter(option: Option) -> inspect.Parameter:
    kinds: dict[str, Any] = {"person": discord.User, "number": int}
    annotation = kinds.get(option.kind, str)
    return inspect.Parameter(
        option.name,
        inspect.Parameter.POSITIONAL_OR_KEYWORD,
        annotation=annotation if option.required else annotation | None,
        default=inspect.Parameter.empty if option.required else None,
    )


def read(command: Command, given: Mapping[str, Any]) -> Given:
    """Typed options as the core takes them; the person is found by who listens."""
    choice, text, number = "", "", None
    for option in command.options:
        value = given.get(option.name)
        if option.kind == "choice":
            choice = str(value) if value in option.choices else option.choices[0]
        elif option.kind == "number":
            number = value if isinstance(value, int) else None
        elif isinstance(value, discord.User | discord.Member):
            text = value.display_name
        elif value is not None:
            text = str(value)[:TYPED]
    return Given(choice=choice, text=text, number=number)


def person(given: Mapping[str, Any]) -> discord.User | discord.Member | None:
    """Whom an option names."""
    return next((each for each in given.values() if isinstance(each, discord.User | discord.Member)), None)
