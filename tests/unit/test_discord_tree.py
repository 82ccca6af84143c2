"""The commands, as Discord is told of them."""

import re

import pytest

from adapters.discord.homes import language
from adapters.discord.tree import read
from bot import commands
from bot.commands import COMMANDS, Command, Who
from bot.domain.community import Language
from bot.wording.voice import words

NAME = re.compile(r"[-_\w]{1,32}")
BELOW = 25
"""Commands that stand below one."""

OPTIONS = sorted({option.name for command in COMMANDS for option in command.options})


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("option", OPTIONS)
def test_every_option_has_a_name_and_a_description_that_discord_takes(
    option: str, language: Language
) -> None:
    name, described = words(f"option.{option}", language), words(f"option.{option}.description", language)

    assert NAME.fullmatch(name)
    assert name == name.lower()
    assert 1 <= len(described) <= 100


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_a_name_and_a_description_that_discord_takes(
    command: Command, language: Language
) -> None:
    name = words(f"command.{command.name}", language)

    assert NAME.fullmatch(name)
    assert name == name.lower()
    assert 1 <= len(words(f"command.{command.name}.description", language)) <= 100


def test_there_is_room_for_all_of_them() -> None:
    everybody = [command for command in COMMANDS if command.who is Who.EVERYBODY]

    assert len(everybody) + 1 <= BELOW
    assert len(COMMANDS) - len(everybody) <= BELOW


def test_typed_options_become_what_the_core_takes() -> None:
    blackout = next(each for each in COMMANDS if each.name == "blackout")

    given = read(blackout, {"change": "remove", "days": "2026-12-24"})
    bare = read(blackout, {})
    odd = read(blackout, {"change": "explode", "days": 7})

    assert (given.choice, given.text) == ("remove", "2026-12-24")
    assert (bare.choice, bare.text) == ("add", "")
    assert (odd.choice, odd.text) == ("add", "7")


def test_a_number_is_a_number() -> None:
    greeter = next(each for each in COMMANDS if each.name == "greeter")

    assert read(greeter, {"welcomes": 3}).number == 3
    assert read(greeter, {}).number is None


def test_only_so_much_of_a_text_is_read() -> None:
    learning = next(each for each in COMMANDS if each.name == "learning")

    assert len(read(learning, {"text": "x" * 6_000}).text) <= 1_000


@pytest.mark.parametrize(
    "locale, spoken", [("fr", Language.FRENCH), ("en-GB", Language.ENGLISH), ("de", None), ("", None)]
)
def test_a_locale_is_a_language_or_none(locale: str, spoken: Language | None) -> None:
    assert language(locale) is spoken


def test_the_panel_has_a_name_of_its_own() -> None:
    assert commands.PANEL.name not in {command.name for command in COMMANDS}
