"""Every message in each language, as people see it. VOISIN_GOLDENS=write writes them anew."""

import os
from pathlib import Path

import pytest

from bot.domain.community import Language
from bot.messages import Field, Form, Message
from bot.wording import voice
from bot.wording.catalogue import sentence
from tests.goldens import on_discord, specimens
from tests.goldens.on_slack import shown
from tests.goldens.specimens import Specimen

GOLDENS = Path(__file__).parents[1] / "goldens"
REWRITE = os.environ.get("VOISIN_GOLDENS") == "write"


def _said(specimen: Specimen) -> str:
    match specimen:
        case Message():
            buttons = [f"[{button.label}] {button.action}" for button in specimen.buttons]
            return "\n\n".join([specimen.plain, *(["\n".join(buttons)] if buttons else [])]) + "\n"
        case Form():
            fields = [_field(field) for field in specimen.fields]
            return (
                "\n\n".join([f"{specimen.title} · {specimen.action}", *fields, f"[{specimen.submit}]"]) + "\n"
            )
        case str():
            return specimen + "\n"


def _field(field: Field) -> str:
    ticked = field.value.split(",")
    choices = [
        f"  ({'x' if choice.value in ticked else ' '}) {choice.label} = {choice.value}"
        for choice in field.choices
    ]
    head = f"{field.label} · {field.name} · {field.kind}{'' if field.choices else f' · {field.value}'}"
    return "\n".join([head, *([f"  {field.hint}"] if field.hint else []), *choices])


def _each() -> dict[str, Specimen]:
    said = {
        f"{name}.{language}": specimen
        for language in Language
        for name, specimen in (specimens.alone(language) | specimens.monolingual(language)).items()
    }
    return said | {f"{name}.fr+en": specimen for name, specimen in specimens.together().items()}


def _all() -> dict[str, str]:
    return {name: _said(specimen) for name, specimen in _each().items()}


SAID = _all()
ON_SLACK = {name: shown(specimen) for name, specimen in _each().items() if not isinstance(specimen, str)}
ON_DISCORD = on_discord.shown((name, each) for name, each in _each().items() if not isinstance(each, str))
SHOWN = {
    f"{platform}/{name}": text
    for platform, said in (("sandbox", SAID), ("slack", ON_SLACK), ("discord", ON_DISCORD))
    for name, text in said.items()
}
"""By platform and name: there they stand."""


@pytest.mark.parametrize("name", sorted(SHOWN))
def test_every_message_says_what_its_golden_says(name: str) -> None:
    golden = GOLDENS / f"{name}.txt"
    if REWRITE:
        golden.parent.mkdir(exist_ok=True)
        golden.write_text(SHOWN[name], encoding="utf-8")

    expected = golden.read_text(encoding="utf-8") if golden.exists() else "No golden: VOISIN_GOLDENS=write."

    assert SHOWN[name] == expected


def test_every_golden_is_said() -> None:
    written = {str(path.relative_to(GOLDENS).with_suffix("")) for path in GOLDENS.glob("*/*.txt")}
    if REWRITE:
        for name in written - SHOWN.keys():
            (GOLDENS / f"{name}.txt").unlink()

    left_over = set() if REWRITE else written - SHOWN.keys()

    assert left_over == set()


@pytest.mark.parametrize("language", Language)
def test_every_sentence_of_the_catalogue_is_in_a_golden(
    language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    used = set()

    def remember(name: str, spoken: Language, n: int | None = None) -> str:
        used.add((name, spoken))
        return sentence(name, spoken, n)

    monkeypatch.setattr(voice, "sentence", remember)
    _all()

    assert [name for name in specimens.catalogue(language) if (name, language) not in used] == []


def test_a_message_is_never_the_same_in_both_languages() -> None:
    names = {name.rpartition(".")[0] for name in SAID if not name.endswith(".fr+en")}

    same = [name for name in sorted(names) if SAID[f"{name}.fr"] == SAID[f"{name}.en"]]

    assert same == []


def test_no_message_is_empty() -> None:
    assert [name for name, text in SAID.items() if not text.strip()] == []
