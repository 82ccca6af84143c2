"""What the project says about itself is so."""

import gettext
import io
import re
from pathlib import Path

import pytest
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tests.project.tree import ROOT, files, name

DOCUMENTS = [path for path in files() if path.suffix == ".md"]
CATALOGUES = [path for path in files("bot/wording") if path.suffix == ".po"]


def _sentences(compiled: bytes) -> dict[object, str]:
    return dict(vars(gettext.GNUTranslations(io.BytesIO(compiled)))["_catalog"])


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_every_make_command_in_a_document_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    code = re.findall(r"```.*?```|`[^`\n]+`", document.read_text(encoding="utf-8"), flags=re.DOTALL)

    named = set(re.findall(r"(?<![\w-])make ([a-z][a-z-]*)", "\n".join(code)))

    assert named - targets == set()


@pytest.mark.parametrize("document", DOCUMENTS, ids=name)
def test_a_document_needs_nothing_from_outside_the_checkout(document: Path) -> None:
    assert "../" + "shared" not in document.read_text(encoding="utf-8")


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=name)
def test_the_compiled_catalogue_says_what_the_written_one_says(catalogue: Path) -> None:
    written = io.BytesIO()
    with catalogue.open("rb") as source:
        write_mo(written, read_po(source))

    compiled = catalogue.with_suffix(".mo").read_bytes()

    assert _sentences(compiled) == _sentences(written.getvalue()), "Run `make catalogues`."


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=name)
def test_every_sentence_of_a_catalogue_is_translated(catalogue: Path) -> None:
    with catalogue.open("rb") as source:
        messages = list(read_po(source))

    unfinished = [
        message.id
        for message in messages
        if message.id
        and (
            message.fuzzy
            or not all(message.string if isinstance(message.string, tuple) else [message.string])
        )
    ]

    assert unfinished == []
