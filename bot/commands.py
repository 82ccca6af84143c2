"""The one table of commands; adapters show it their way and call run, press or submit."""

import re
import unicodedata
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import StrEnum
from functools import cache
from typing import Protocol

from bot import controls
from bot.actions import (
    acquaint,
    care,
    convene,
    forget,
    introduce,
    look,
    notice,
    oversee,
    participate,
    partner,
    prompt,
    reflect,
    welcome,
)
from bot.domain.community import Language
from bot.errors import AlreadyHeard, AlreadyThere, Refusal, Unknown
from bot.groundwork.reception import language_of
from bot.messages import Ask, Asker, Given, Reply
from bot.ports import OpenWork
from bot.wording import replies


class Action(Protocol):
    """What a command does."""

    def __call__(self, open_work: OpenWork, ask: Ask, given: Given, /) -> Awaitable[Reply]: ...


class Who(StrEnum):
    """Whom a command is for. Whether this person is one of them is checked where the action is done."""

    EVERYBODY = "everybody"
    CONVENERS = "conveners"


class OptionKind(StrEnum):
    """What comes after a command's name."""

    PERSON = "person"
    DAY = "day"
    DAYS = "days"
    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    """The last thing on the line, after a person."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Option:
    """Something that goes with a command; ``name`` is also that of its words in the catalogues."""

    name: str
    kind: OptionKind
    required: bool = False
    choices: tuple[str, ...] = ()
    """The first one is meant when none is given."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Command:
    """One thing that can be asked of Voisin."""

    name: str
    action: Action
    who: Who = Who.EVERYBODY
    options: tuple[Option, ...] = ()


PERSON = Option(name="person", kind=OptionKind.PERSON, required=True)
SOMEONE = Option(name="person", kind=OptionKind.PERSON)
ADD_OR_REMOVE = Option(name="change", kind=OptionKind.CHOICE, choices=("add", "remove"))


async def _help(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    names = {who: [each.name for each in COMMANDS if each.who is who] for who in Who}
    return await look.help(
        open_work, ask, given, everybody=names[Who.EVERYBODY], conveners=names[Who.CONVENERS]
    )


COMMANDS: tuple[Command, ...] = (
    Command(name="join", action=participate.join),
    Command(name="pause", action=participate.pause, options=(Option(name="until", kind=OptionKind.DAY),)),
    Command(name="resume", action=participate.resume),
    Command(name="skip", action=participate.skip),
    Command(name="leave", action=participate.leave),
    Command(name="me", action=look.me),
    Command(
        name="learning",
        action=reflect.learning,
        options=(Option(name="text", kind=OptionKind.TEXT),),
    ),
    Command(name="know", action=acquaint.know, options=(PERSON,)),
    Command(name="avoid", action=acquaint.avoid, options=(PERSON,)),
    Command(name="why", action=look.why),
    Command(name="partners", action=partner.partners),
    Command(name="privacy", action=look.privacy),
    Command(name="export-me", action=forget.export_me),
    Command(name="forget-me", action=forget.forget_me),
    Command(name="care", action=care.care, options=(SOMEONE,)),
    Command(name="help", action=_help),
    Command(name="setup", action=convene.setup, who=Who.CONVENERS),
    Command(name="preview", action=convene.preview, who=Who.CONVENERS),
    Command(name="run-now", action=introduce.run_now, who=Who.CONVENERS),
    Command(name="pause-program", action=convene.pause_program, who=Who.CONVENERS),
    Command(name="resume-program", action=convene.resume_program, who=Who.CONVENERS),
    Command(
        name="blackout",
        action=convene.blackout,
        who=Who.CONVENERS,
        options=(ADD_OR_REMOVE, Option(name="days", kind=OptionKind.DAYS)),
    ),
    Command(
        name="prompt",
        action=prompt.prompt,
        who=Who.CONVENERS,
        options=(
            Option(
                name="what",
                kind=OptionKind.CHOICE,
                choices=("list", "add", "remove", "now", "on", "off"),
            ),
            Option(name="text", kind=OptionKind.TEXT),
        ),
    ),
    Command(name="ties", action=notice.ties, who=Who.CONVENERS),
    Command(name="convener", action=convene.convener, who=Who.CONVENERS, options=(ADD_OR_REMOVE, PERSON)),
    Command(
        name="greeter",
        action=welcome.greeter,
        who=Who.CONVENERS,
        options=(
            ADD_OR_REMOVE,
            Option(name="person", kind=OptionKind.PERSON),
            Option(name="welcomes", kind=OptionKind.NUMBER),
        ),
    ),
)

PANEL = Command(name="panel", action=look.panel)
"""What ``/voisin`` alone does."""

OVERVIEW = Command(name="overview", action=oversee.overview, who=Who.CONVENERS)
"""What a place of Voisin's own shows to conveners below their panel."""

NOT_YET: Mapping[str, str] = {
    "gathering": "gatherings",
    "report": "reports",
    "export": "reports",
}
"""Commands that the specification names and whose part of Voisin is still to be built: hidden from people."""

FindPerson = Callable[[str], Asker | None]
"""From what someone typed (a mention, a name) to the person, if there is one."""


# ── Commands ────────────────────────────────────────────────────────────────────────────────────────


async def run(open_work: OpenWork, ask: Ask, line: str, find_person: FindPerson) -> Reply:
    """Do what was typed after ``/voisin``, in either language; an empty line shows the panel."""
    name, _, rest = line.strip().partition(" ")
    command = PANEL if not name else _named(name)
    if command is None:
        return await _guarded(open_work, ask, _raise(_unknown(name, _guess(ask))))
    return await _guarded(open_work, ask, command.action(open_work, ask, _given(command, rest, find_person)))


async def run_with(open_work: OpenWork, ask: Ask, name: str, given: Given) -> Reply:
    """Do a command by its name in the table, with options that are typed already."""
    command = next(each for each in (*COMMANDS, PANEL, OVERVIEW) if each.name == name)
    return await _guarded(open_work, ask, command.action(open_work, ask, given))


async def complete(open_work: OpenWork, ask: Ask, line: str) -> Sequence[tuple[str, str]]:
    """What may stand where the line ends, for who types it: (text, description) each, in their language."""
    language, convener = await look.stance(open_work, ask)
    name, space, rest = line.partition(" ")
    if not space:
        wanted = _folded(name)
        return [
            (replies.command_name(each.name, language), replies.command_description(each.name, language))
            for each in COMMANDS
            if (convener or each.who is Who.EVERYBODY)
            and _folded(replies.command_name(each.name, language)).startswith(wanted)
        ]
    command = _named(name)
    if command is None:
        return []
    choices = [choice for option in command.options for choice in option.choices]
    said = [(choice, replies.choice_name(choice, language)) for choice in choices]
    return [
        (f"{name} {label}", replies.command_description(command.name, language))
        for _, label in said
        if _folded(label).startswith(_folded(rest)) and _folded(rest) != _folded(label)
    ]


_LAST_NUMBER = re.compile(r"(?:^|\s)(\d{1,9})\s*$")


def _given(command: Command, rest: str, find_person: FindPerson) -> Given:
    """Read what follows a command's name."""
    given = Given()
    counted = _LAST_NUMBER.search(rest)
    if counted and any(option.kind is OptionKind.NUMBER for option in command.options):
        given, rest = Given(number=int(counted[1])), rest[: counted.start()]
    for option in command.options:
        match option.kind:
            case OptionKind.CHOICE:
                word, _, after = rest.strip().partition(" ")
                meant = _choices(option).get(_folded(word))
                rest = after if meant else rest
                given = replace(given, choice=meant or option.choices[0])
            case OptionKind.PERSON:
                text = rest.strip()
                person = find_person(text) if text else None
                given = replace(given, text=text, person=person)
            case OptionKind.NUMBER:
                pass
            case _:
                given = replace(given, text=rest.strip())
    return given


@cache
def _names() -> Mapping[str, Command]:
    """Every name of every command, in every language, folded."""
    names = {each.name: each for each in COMMANDS}
    for each in COMMANDS:
        for language in Language:
            names[_folded(replies.command_name(each.name, language))] = each
    return names


def _unknown(name: str, language: Language) -> Refusal:
    """What may have been meant; with nothing near it, what people ask for most."""
    names = {_folded(said): said for said in (replies.command_name(each.name, language) for each in COMMANDS)}
    near = [names[each] for each in get_close_matches(_folded(name), names)]
    often = [replies.command_name(each, language) for each in ("join", "skip", "pause", "me")]
    return Refusal("unknown_command", text=name, known=", ".join(near or often))


def _named(name: str) -> Command | None:
    return _names().get(_folded(name))


def _choices(option: Option) -> Mapping[str, str]:
    """What people call an option's choices → the choice."""
    return {
        _folded(word): choice
        for choice in option.choices
        for word in (choice, *(replies.choice_name(choice, language) for language in Language))
    }


def _folded(word: str) -> str:
    """Without accents and capitals: what people type on a phone."""
    bare = unicodedata.normalize("NFKD", word.strip().lower())
    return "".join(letter for letter in bare if not unicodedata.combining(letter))


def _guess(ask: Ask) -> Language:
    return ask.asker.language or Language.ENGLISH


# ── Buttons ─────────────────────────────────────────────────────────────────────────────────────────

BUTTONS: Mapping[str, controls.Press] = {
    **controls.BUTTONS,
    # What can be asked stands in this table.
    "help": lambda open_work, ask, _id: _help(open_work, ask, Given()),
}

_ACTION = re.compile(r"(?P<verb>[a-z_]{1,20}):(?P<id>[A-Za-z0-9_.-]{0,64})")


async def press(open_work: OpenWork, ask: Ask, action: str) -> Reply:
    """Do what a button says (``verb:id``); one from long ago, or a forged one, gets a sentence."""
    read = _ACTION.fullmatch(action)
    do = BUTTONS.get(read["verb"]) if read else None
    if read is None or do is None:
        return await refuse(open_work, ask, "unknown_button")
    return await _guarded(open_work, ask, do(open_work, ask, read["id"]))


# ── Forms ───────────────────────────────────────────────────────────────────────────────────────────

FORMS = controls.FORMS


async def submit(open_work: OpenWork, ask: Ask, action: str, values: Mapping[str, str]) -> Reply:
    """Take a filled form; ``errors`` in the reply say what to change in it, and then nothing was changed."""
    read = _ACTION.fullmatch(action)
    take = FORMS.get(read["verb"]) if read else None
    if read is None or take is None:
        return await refuse(open_work, ask, "unknown_button")
    return await _guarded(open_work, ask, take(open_work, ask, read["id"], values))


# ── From errors to words ────────────────────────────────────────────────────────────────────────────


async def _guarded(open_work: OpenWork, ask: Ask, doing: Awaitable[Reply]) -> Reply:
    """The one place where a refusal becomes a sentence, in the language of who asked."""
    try:
        return await doing
    except AlreadyHeard:
        return Reply()
    except (AlreadyThere, Unknown):
        # Two did the same at once, or it was erased meanwhile: nothing was changed.
        return Reply(message=replies.refusal(_guess(ask), "broken", {}))
    except Refusal as refused:
        async with open_work(ask.community) as work:
            language = await language_of(work, ask.asker)
        return Reply(message=replies.refusal(language, refused.name, refused.values))


async def refuse(open_work: OpenWork, ask: Ask, name: str) -> Reply:
    """Say that something is not possible, in the language of who asked."""
    return await _guarded(open_work, ask, _raise(Refusal(name)))


async def _raise(refused: Refusal) -> Reply:
    raise refused
