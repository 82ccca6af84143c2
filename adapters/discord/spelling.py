"""What is typed, as it is typed here: conveners have a command of their own, and the panel has a name."""

import re
from collections.abc import Mapping
from functools import cache

from bot.commands import COMMANDS, PANEL, Who
from bot.domain.community import Language
from bot.wording.voice import words

_TYPED = re.compile(r"/voisin(?![\w-])(?: (?P<name>[\w-]+))?")


def spelled(said: str, language: Language) -> str:
    """Voisin's own words, with its commands as Discord has them."""
    return _TYPED.sub(lambda found: _here(found, language), said) if "/voisin" in said else said


def _here(found: re.Match[str], language: Language) -> str:
    name = found["name"] or ""
    who = _names(language).get(name)
    if who is Who.CONVENERS:
        return f"/{words('commands.conveners', language)} {name}"
    if who is Who.EVERYBODY:
        return found[0]
    rest = f" {name}" if name else ""
    return f"/voisin {words(f'command.{PANEL.name}', language)}{rest}"


@cache
def _names(language: Language) -> Mapping[str, Who]:
    return {words(f"command.{command.name}", language): command.who for command in COMMANDS}
