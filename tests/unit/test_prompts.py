"""The questions to a community: what holds for each of them, and which one comes next."""

import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.community import Language
from bot.domain.reflection import PromptKind
from bot.wording.prompts import Question, bank, choose
from tests.unit.test_phrases import FORBIDDEN, MANY, NARROW, ONE

HARD = "\u00a0"

FEWEST = 24

LONGEST = 25
"""Words: it is read at a glance."""

ALL = [(language, each) for language in Language for each in bank(language).values()]

each_question = pytest.mark.parametrize(
    "language, each", ALL, ids=[f"{language}-{each.id}" for language, each in ALL]
)

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


# ── The bank ────────────────────────────────────────────────────────────────────────────────────────


def test_each_language_asks_the_same_and_enough_for_half_a_year() -> None:
    french, english = (bank(language) for language in (Language.FRENCH, Language.ENGLISH))

    assert len(english) >= FEWEST
    assert [(each.id, each.kind) for each in french.values()] == [
        (each.id, each.kind) for each in english.values()
    ]
    assert {each.kind for each in english.values()} == set(PromptKind)


def test_no_two_questions_are_alike() -> None:
    seen = Counter(each.text.casefold() for _, each in ALL)

    assert [text for text, times in seen.items() if times > 1] == []


@each_question
def test_a_question_is_short_and_asks_nothing_private(language: Language, each: Question) -> None:
    words = re.findall(r"\w+", each.text.casefold())

    assert len(words) <= LONGEST
    assert set(words).isdisjoint(FORBIDDEN[language].split())


@each_question
def test_a_question_is_open_and_well_set(language: Language, each: Question) -> None:
    text = each.text

    assert "?" in text or each.kind is PromptKind.EXPLAIN
    assert not text.startswith(("Est-ce que", "As-tu", "Do ", "Are ", "Have ", "Did ", "Can "))
    assert not set(text) & set("\"'«»“”‘`*_<>\t\n")
    assert text == text.strip()
    if language is Language.FRENCH:
        assert not re.search(rf"[^{NARROW}][?!;]|[^{HARD}]:", text)
    else:
        assert not re.search(rf"[\s{NARROW}{HARD}][?!;:]", text)


@pytest.mark.parametrize("each", bank(Language.FRENCH).values(), ids=lambda each: each.id)
def test_a_french_question_says_tu_and_guesses_nobodys_gender(each: Question) -> None:
    # Agreement with the reader: after être, or with a past participle after t’a but where t’ is à toi.
    agreeing = re.compile(r"\b(es-tu|tu es|seul|prêt|content|fier)\b|\bt’a (?!appris|donné|fait)|\(e\)|·e")

    assert ONE.search(each.text) or re.search(r"\b(Explique|Nomme)\b", each.text)
    assert not MANY.search(each.text)
    assert not agreeing.search(each.text)


# ── Which comes next ────────────────────────────────────────────────────────────────────────────────


@given(own=st.integers(0, 5), seed=st.integers(0, 2**64 - 1))
def test_none_comes_twice_before_all_were_put_and_ones_own_come_first(own: int, seed: int) -> None:
    mine = [f"own{number}" for number in range(own)]
    everything = {*mine, *bank(Language.ENGLISH)}
    asked: dict[str, datetime] = {}
    put: list[str] = []

    for week in range(2 * len(everything)):
        id = choose(own=mine, asked=asked, ticket=seed >> (week % 32))
        asked[id] = MONDAY + timedelta(weeks=week)
        put.append(id)

    assert put[:own] == mine
    assert set(put[: len(everything)]) == everything
    # Then the one that was put longest ago.
    assert put[len(everything) :] == put[: len(everything)]


@given(seed=st.integers(0, 2**64 - 1))
def test_the_kinds_take_turns(seed: int) -> None:
    asked: dict[str, datetime] = {}
    kinds: list[PromptKind] = []

    for week in range(2 * len(PromptKind)):
        id = choose(own=[], asked=asked, ticket=seed >> week)
        asked[id] = MONDAY + timedelta(weeks=week)
        kinds.append(bank(Language.ENGLISH)[id].kind)

    assert set(kinds[: len(PromptKind)]) == set(kinds[len(PromptKind) :]) == set(PromptKind)
    assert kinds[: len(PromptKind)] == kinds[len(PromptKind) :]
