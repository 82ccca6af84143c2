"""What `voisin demo` prints in a terminal."""

import pytest
from rich.console import Console
from rich.text import Text

from bot.cli.demo import PHRASE, folded
from bot.domain.community import Language
from bot.messages import plain
from bot.wording.introductions import opening
from bot.wording.phrases import bank
from tests.goldens import cast


@pytest.mark.parametrize("language", Language)
def test_no_line_of_a_phrase_begins_with_a_mark_of_punctuation(language: Language) -> None:
    lea, tom = (cast.member(name, language) for name in ("lea", "tom"))
    phrases = [
        "".join(map(plain, opening(id, others, language)))
        for others in ([lea], [lea, tom])
        for id in bank(language)
    ]

    printed = [
        line.plain for phrase in phrases for line in Text(folded(phrase)).wrap(Console(width=80), PHRASE)
    ]

    assert phrases
    assert [line for line in printed if line.strip()[:1] in "?!:;»"] == []
    assert max(map(len, printed)) <= PHRASE
    assert [folded(phrase).replace("\n", " ") for phrase in phrases] == phrases
