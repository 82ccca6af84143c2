"""The documents say what is: their commands exist, their links lead somewhere, their tables are the code's.

VOISIN_GOLDENS=write writes docs/commands.md anew.
"""

import os
import re
from pathlib import Path

import pytest
from typer.main import get_command

from bot.cli.app import app
from bot.commands import COMMANDS, Command, OptionKind, Who
from bot.domain.community import Language
from bot.wording import replies
from tests.project.tree import CODE, ROOT, files, modules, name

DOCUMENTS = [path for path in files() if path.suffix == ".md"]
README = ROOT / "README.md"
COMMANDS_PAGE = ROOT / "docs" / "commands.md"
REWRITE = os.environ.get("VOISIN_GOLDENS") == "write"

FENCE = re.compile(r"^```.*?^```", flags=re.DOTALL | re.MULTILINE)
QUOTED = re.compile(r"^```.*?^```|`[^`\n]+`", flags=re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|<(?:img|source)[^>]*\bsrc(?:set)?=\"([^\"]+)\"")
TYPED = re.compile(r"(?<![\w/.-])(?:\.venv/bin/)?voisin(?![\w./:@-])([^\n`|;&#]*)")

WORDS = {
    Language.ENGLISH: {
        OptionKind.PERSON: "@member",
        OptionKind.DAY: "day",
        OptionKind.DAYS: "days",
        OptionKind.TEXT: "text",
        OptionKind.NUMBER: "number",
    },
    Language.FRENCH: {
        OptionKind.PERSON: "@membre",
        OptionKind.DAY: "jour",
        OptionKind.DAYS: "jours",
        OptionKind.TEXT: "texte",
        OptionKind.NUMBER: "nombre",
    },
}


# ── The commands of the command line ────────────────────────────────────────────────────────────────


def _paths() -> dict[str, set[str]]:
    """Every command that may stand after ``voisin``, and the options of each."""
    known: dict[str, set[str]] = {}
    waiting = [("", get_command(app))]
    while waiting:
        path, command = waiting.pop()
        flags = {flag for option in command.params for flag in (*option.opts, *option.secondary_opts)}
        known[path] = {flag for flag in flags if flag.startswith("-")} | {"--help", "-h"}
        for word, below in getattr(command, "commands", {}).items():
            waiting.append((f"{path} {word}".strip(), below))
    return known


def _parents(known: dict[str, set[str]]) -> set[str]:
    """What stands before a command: nothing, ``db ``, ``import ``, ``round ``."""
    return {path[: path.rindex(" ") + 1] if " " in path else "" for path in known if path}


def _code(document: Path) -> list[str]:
    code = (found.strip("`") for found in QUOTED.findall(document.read_text(encoding="utf-8")))
    return [found.replace("\\\n", " ") for found in code]


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_voisin_command_in_a_document_exists_with_its_options(document: Path) -> None:
    known = _paths()
    strange = []

    for typed in TYPED.finditer("\n".join(_code(document))):
        path, words = "", typed[1].split()
        while words and f"{path} {words[0]}".strip() in known:
            path = f"{path} {words.pop(0)}".strip()
        flags = {word for word in words if word.startswith("-")}
        # What follows a command that has others below it must be one of them.
        unknown = words and not words[0].startswith("-") and f"{path} ".lstrip() in _parents(known)
        if unknown or not flags <= known[path]:
            strange.append(typed[0].strip())

    assert strange == []


# ── Links and pictures ──────────────────────────────────────────────────────────────────────────────


def _anchors(document: Path) -> set[str]:
    """The names that GitHub gives to headings."""
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_link_and_picture_of_a_document_is_there(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    broken = []

    for link in LINK.finditer(text):
        address, _, anchor = (link[1] or link[2]).partition("#")
        if re.match(r"[a-z]+:", address):
            continue
        there = (document.parent / address).resolve() if address else document
        inside = there.is_relative_to(ROOT) and there.exists()
        if not inside or (anchor and anchor not in _anchors(there)):
            broken.append(link[0])

    assert broken == []


def test_every_picture_is_shown_somewhere() -> None:
    shown = "".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)

    assert [name(path) for path in files("docs/images") if path.name not in shown] == []


def test_every_name_in_the_picture_of_the_house_is_in_the_code() -> None:
    text = FENCE.sub("", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"))
    code = "\n".join(path.read_text(encoding="utf-8") for path in modules(*CODE))
    named = {found.rpartition(".")[2] for found in re.findall(r"`([\w.]+)(?:\(\))?`", text)}

    strange = {
        word
        for word in named
        if word != "py"
        and not re.search(rf"(?:def|class) {word}\b|^{word}\b.* =|import {word}\b", code, re.MULTILINE)
    }

    assert strange == set()


# ── What a newcomer reads first ─────────────────────────────────────────────────────────────────────


def test_the_readme_has_a_picture_and_the_two_commands_before_its_second_heading() -> None:
    text = README.read_text(encoding="utf-8")

    opening = re.split(r"^#+ ", text, flags=re.MULTILINE)[1]

    assert "docs/images/" in opening
    assert re.search(r"^make demo\b", opening, flags=re.MULTILINE)
    assert re.search(r"^make test\b", opening, flags=re.MULTILINE)


# ── The page of commands ────────────────────────────────────────────────────────────────────────────


def _typed(command: Command, language: Language) -> str:
    """The command as it is typed: ``[day]`` may be left out, and ``add|remove`` is a choice."""
    words = [f"/voisin {replies.command_name(command.name, language)}"]
    for option in command.options:
        if option.kind is OptionKind.CHOICE:
            word = "|".join(replies.choice_name(choice, language) for choice in option.choices)
        else:
            word = WORDS[language][option.kind]
        words.append(word if option.required else f"[{word}]")
    return " ".join(words).replace("|", "\\|")


def _table(who: Who) -> str:
    lines = ["| English | Français | |", "|---|---|---|"]
    for command in COMMANDS:
        if command.who is who:
            typed = [f"`{_typed(command, language)}`" for language in (Language.ENGLISH, Language.FRENCH)]
            about = [
                replies.command_description(command.name, language)
                for language in (Language.ENGLISH, Language.FRENCH)
            ]
            lines.append(f"| {typed[0]} | {typed[1]} | {about[0]}<br>*{about[1]}* |")
    return "\n".join(lines)


def _page() -> str:
    return f"""# Commands

One command, `/voisin`, in either language, whatever the language of your messages; capitals and accents do
not matter. Alone it shows your panel: the next date, your settings, and buttons for the rest. Everything here
is answered to you alone. What stands in brackets may be left out; of words parted by a bar, one is typed.

This page is made from the table in [bot/commands.py](../bot/commands.py) and the catalogues
(`VOISIN_GOLDENS=write make test ARGS=tests/project/test_docs.py`); a test holds it to them.

## For everybody

{_table(Who.EVERYBODY)}

A day is a date (`2026-12-24`, `24/12`), a weekday or a word such as `tomorrow`, « demain », « lundi »: the
first day on which you take part again. A member is written as on the platform, `@name`; in the sandbox
completion offers them.

## For conveners

{_table(Who.CONVENERS)}

Administrators of the community may use these too. Guests may take part and are never conveners. Without
anything after it, `/voisin blackout` lists the days off, and `/voisin prompt` the questions.

The questions are off until somebody types `/voisin prompt on`; then one is put to the channel every week, two
days after the introductions. The text is the question to add, or the number of the one to remove.
"""


def test_the_page_of_commands_says_what_the_table_and_the_catalogues_say() -> None:
    page = _page()
    if REWRITE:
        COMMANDS_PAGE.write_text(page, encoding="utf-8")

    assert COMMANDS_PAGE.read_text(encoding="utf-8") == page, (
        "Run `VOISIN_GOLDENS=write make test ARGS=tests/project/test_docs.py`."
    )
