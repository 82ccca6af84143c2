"""What holds for every sentence of the catalogues, whoever writes it."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bot.domain.community import Language
from bot.domain.round import Introduction
from bot.messages import Form, Mention, Message, Said, plain
from bot.wording import phrases
from bot.wording.introductions import introduction, joined
from tests.goldens import cast, specimens
from tests.goldens.specimens import COMMANDS, catalogue

BOT = Path(__file__).parents[2] / "bot"
SENTENCES = {language: catalogue(language) for language in Language}
FRENCH, ENGLISH = SENTENCES[Language.FRENCH], SENTENCES[Language.ENGLISH]

LABEL, TITLE, COMMAND = 30, 24, re.compile(r"[-_\w]{1,32}")
"""What a thumb can read; what Slack takes as the title of a form; what Discord takes as a command."""

NARROW, HARD = "\u202f", "\u00a0"

TO_SEVERAL = ("introduction", "joined", "fewer", "nudge", "why", "privacy", "reply.not_yet", "reply.swap")
"""Sentences about two people or more: elsewhere one person is spoken to, and is *tu*."""

FRANGLAIS = re.compile(
    r"\b(match\w*|feedback|challenge\w*|meeting|slot|round|bot|check\w*|timing|planning|team|mail|ok|cool|"
    r"week-end|update\w*|reset|admin)\b",
    re.IGNORECASE,
)


def _texts(language: Language) -> list[str]:
    return [text for forms in SENTENCES[language].values() for text in forms]


def _solid(forms: Sequence[str]) -> str:
    """A sentence without its holes."""
    return re.sub(r"\{\w+\}", "", "".join(forms))


def _places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def _words(text: str) -> int:
    return sum(1 for word in text.split() if re.search(r"\w", word))


def test_every_language_has_the_same_sentences() -> None:
    assert FRENCH.keys() == ENGLISH.keys()


def test_a_sentence_has_the_same_placeholders_in_every_language() -> None:
    assert [
        name for name in FRENCH if _places("".join(FRENCH[name])) != _places("".join(ENGLISH[name]))
    ] == []


@pytest.mark.parametrize("language", Language)
def test_the_last_form_of_a_sentence_says_all_that_the_others_say(language: Language) -> None:
    counting = [forms for forms in SENTENCES[language].values() if len(forms) > 1]

    assert counting
    assert [forms for forms in counting if not _places(forms[0]) <= _places(forms[-1])] == []


def test_a_sentence_is_written_in_each_language() -> None:
    # Dates and lists are mostly holes.
    same = [
        name for name in FRENCH if FRENCH[name] == ENGLISH[name] and re.search("[a-z]", _solid(FRENCH[name]))
    ]

    assert same == ["command.pause"]


@pytest.mark.parametrize("language", Language)
def test_quotes_are_curly(language: Language) -> None:
    assert [text for text in _texts(language) if re.search("[\"'`]", text)] == []


def test_french_is_set_as_french() -> None:
    # Times like 10:00 have colons of their own.
    texts = [re.sub(r"(?<=\d):(?=\d)", "", text) for text in _texts(Language.FRENCH)]
    wrong = re.compile(rf"[^{NARROW}][?!;»]|«[^{NARROW}]|[^{HARD}]:")

    assert [text for text in texts if wrong.search(text)] == []


def test_english_is_set_as_english() -> None:
    wrong = re.compile(rf"[\s{NARROW}{HARD}][?!;:]|[«»]")

    assert [text for text in _texts(Language.ENGLISH) if wrong.search(text)] == []


def test_french_says_tu_to_one_person() -> None:
    vous = re.compile(r"\b(vous|vos|votre)\b", re.IGNORECASE)

    said = [name for name in FRENCH if not name.startswith(TO_SEVERAL) and vous.search(_solid(FRENCH[name]))]

    assert said == []


def test_french_speaks_french_and_gives_nobody_a_gender_by_a_dot() -> None:
    wrong = re.compile(rf"{FRANGLAIS.pattern}|·e|\(e\)", re.IGNORECASE)

    assert [text for text in _texts(Language.FRENCH) if wrong.search(text)] == []


@pytest.mark.parametrize("language", Language)
def test_no_sentence_is_over_25_words(language: Language) -> None:
    sentences = [
        sentence for text in _texts(language) for sentence in re.split(r"[.!?…]+(?=[\s”»]|$)|\n", text)
    ]

    assert [sentence for sentence in sentences if _words(sentence) > 25] == []


@pytest.mark.parametrize("language", Language)
def test_labels_and_titles_fit_where_they_are_shown(language: Language) -> None:
    sentences = SENTENCES[language]
    labels = [sentences[name][0] for name in sentences if name.startswith("button.")]
    titles = [sentences[f"form.{name}"][0] for name in ("me", "setup", "save")]

    assert [label for label in labels if len(label) > LABEL] == []
    assert [title for title in titles if len(title) > TITLE] == []


@pytest.mark.parametrize("language", Language)
def test_labels_tell_buttons_apart(language: Language) -> None:
    labels = [text[0] for name, text in SENTENCES[language].items() if name.startswith("button.")]

    assert len(labels) == len(set(labels))


@pytest.mark.parametrize("language", Language)
def test_commands_can_be_typed_and_are_described(language: Language) -> None:
    sentences = SENTENCES[language]
    named = [sentences[f"command.{name}"][0] for name in (*COMMANDS[0], *COMMANDS[1])]

    assert all(COMMAND.fullmatch(name) and name == name.lower() and name.isascii() for name in named)
    assert len(named) == len(set(named))
    assert all(
        len(sentences[f"command.{name}.description"][0]) <= 100 for name in (*COMMANDS[0], *COMMANDS[1])
    )


@pytest.mark.parametrize("language", Language)
def test_a_sentence_only_names_commands_that_exist(language: Language) -> None:
    known = {SENTENCES[language][f"command.{command}"][0] for command in (*COMMANDS[0], *COMMANDS[1])}

    told = {command for text in _texts(language) for command in re.findall(r"/voisin (\w[\w-]*)", text)}

    assert told
    assert told - known == set()


@pytest.mark.parametrize("language", Language)
def test_whoever_had_nobody_reads_chance_and_nothing_else(language: Language) -> None:
    hints = re.compile(r"\b(avoid|wish|apart|blocked|refused|évit\w*|eviter|souhait\w*|refus\w*|écart\w*)\b")
    said = [
        text
        for name, forms in SENTENCES[language].items()
        if name.startswith(("nobody", "parted", "cancelled", "preview.alone", "reply.alone", "reply.swap"))
        for text in forms
    ]

    assert said
    assert [text for text in said if hints.search(text)] == []


def _counted(message: Message, *, left_out: tuple[type, ...] = (Said,)) -> Iterator[int]:
    """The words of each part that members did not write."""
    for part in message.parts:
        spans = [span for paragraph in part.paragraphs for span in (*paragraph, "\n")]
        yield _words("".join(plain(span) for span in spans if not isinstance(span, left_out)))


HISTORIES: list[dict[str, Any]] = [
    {},
    {"acquainted": True},
    {"met_before": 1, "last_met": cast.BEFORE, "acquainted": True},
    {"met_before": 1, "last_met": cast.LAST_YEAR, "acquainted": True},
    {"met_before": 1, "acquainted": True},
]


def _every_way(made: Introduction, phrase: str) -> Iterator[Message]:
    for history in HISTORIES:
        view = cast.view(replace(made, phrase=phrase, **history), cast.FRENCH, cast.ENGLISH)
        view = replace(view, fresh=dict.fromkeys(view.members, cast.REFLECTION.text))
        yield introduction(view, to=None)
        for person in view.people:
            yield introduction(view, to=person)


@pytest.mark.parametrize("phrase", phrases.bank("fr"))
def test_an_introduction_of_two_has_at_most_90_words_with_any_phrase(phrase: str) -> None:
    counted = [words for message in _every_way(cast.PAIR, phrase) for words in _counted(message)]

    assert max(counted) <= 90


@pytest.mark.parametrize("phrase", phrases.bank("fr"))
def test_an_introduction_of_three_has_at_most_90_words_besides_their_names(phrase: str) -> None:
    messages = _every_way(cast.TRIO, phrase)
    counted = [words for message in messages for words in _counted(message, left_out=(Said, Mention))]

    assert max(counted) <= 90


def test_every_golden_of_an_introduction_has_at_most_90_words_besides_names() -> None:
    said = [
        message
        for language in Language
        for name, message in (specimens.alone(language) | specimens.together()).items()
        if name.startswith(("introduction", "joined")) and isinstance(message, Message)
    ]

    counted = [words for message in said for words in _counted(message, left_out=(Said, Mention))]

    assert len(counted) > 30
    assert max(counted) <= 90


def _without_own_words(message: Message) -> str:
    spans = [span for part in message.parts for paragraph in part.paragraphs for span in (*paragraph, "\n")]
    return "".join(plain(span) for span in spans if not isinstance(span, Said))


@pytest.mark.parametrize("language", Language)
def test_no_sentence_of_a_message_is_over_25_words_when_it_is_filled(language: Language) -> None:
    long = [
        (name, sentence)
        for name, message in specimens.alone(language).items()
        if isinstance(message, Message)
        for sentence in re.split(r"[.!?…:]+(?=[\s”»])|\n", _without_own_words(message))
        if _words(sentence) > 25
    ]

    assert long == []


@pytest.mark.parametrize("language", Language)
def test_every_form_fits_a_small_window(language: Language) -> None:
    forms = [form for form in specimens.alone(language).values() if isinstance(form, Form)]

    assert forms
    assert all(len(form.title) <= TITLE and len(form.submit) <= TITLE for form in forms)
    assert all(field.label for form in forms for field in form.fields)


def test_someone_joining_is_told_in_a_line_to_the_others() -> None:
    view = cast.view(replace(cast.TRIO, joiner=cast.TRIO.opener), cast.ENGLISH)

    message = joined(view)

    line = "".join(plain(span) for span in message.parts[0].paragraphs[0])
    assert line == "Léa Martin and Zoé Lindqvist, good news: Tom Okafor is joining you."


def _calls() -> Iterator[tuple[str, str, set[str] | None]]:
    """Where the core names a sentence: place, name, and the values given (None: the source does not tell)."""
    # The command line speaks English and for itself.
    for path in sorted(path for path in BOT.rglob("*.py") if "cli" not in path.parts):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
                continue
            called = getattr(node.func, "id", getattr(node.func, "attr", ""))
            name = node.args[0].value
            if called not in {"say", "words", "paragraphs", "Refusal"} or not isinstance(name, str):
                continue
            given = {keyword.arg for keyword in node.keywords if keyword.arg} - {"taps"}
            told = None if any(keyword.arg is None for keyword in node.keywords) else given
            where = f"{path.relative_to(BOT.parent)}:{node.lineno}"
            yield where, f"refusal.{name}" if called == "Refusal" else name, told


def test_the_core_names_sentences_that_exist_and_fills_them() -> None:
    calls = list(_calls())
    wrong = []
    for where, name, given in calls:
        forms = FRENCH.get(name)
        if forms is None:
            wrong.append(f"{where} names {name}, which no catalogue has")
        elif given is not None and given - {"n"} != _places(forms[-1]) - {"n"}:
            wrong.append(f"{where} gives {name} {sorted(given)}; it wants {sorted(_places(forms[-1]))}")
        elif given is not None and len(forms) > 1 and "n" not in given:
            wrong.append(f"{where} does not count, and {name} does")

    assert calls
    assert wrong == []
