import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.community import Language
from bot.messages import plain
from bot.wording.introductions import opening
from bot.wording.phrases import LANGUAGES, Level, Phrase, UnknownPhrase, bank, choose, phrase
from tests.goldens import cast

NARROW = "\u202f"

FORBIDDEN = {
    # status, pay, age, family, religion, health
    "fr": """poste titre grade hiérarchie chef cheffe patron patronne manager carrière promotion diplôme
        métier
        salaire paie paye argent revenu prime riche
        âge âgé ans vieux vieille jeune jeunesse génération retraite anniversaire
        famille enfant enfants fils fille mari femme conjoint couple parents mère père frère sœur
        amour mariage
        religion dieu foi prière église mosquée temple croyance croyant spirituel
        santé maladie malade médecin fatigue poids régime corps handicap alcool thérapie""",
    "en": """rank title hierarchy boss manager career promotion degree profession status
        salary pay paid money income bonus rich wage
        age aged old older young younger youth generation retirement birthday
        family child children kids son daughter husband wife partner parents mother father brother sister love
        religion god faith prayer church mosque temple belief believer spiritual
        health illness ill sick doctor tired weight diet body disability alcohol therapy""",
}

OPEN = {
    "fr": re.compile(r"\b(qu’|que|quel|quelle|quoi|qui|comment|où|quand|à quand)", re.IGNORECASE),
    "en": re.compile(r"\b(what|which|who|how|where|when|why)\b", re.IGNORECASE),
}

ONE = re.compile(r"\b(tu|te|toi|ton|ta|tes)\b|\bt’", re.IGNORECASE)
MANY = re.compile(r"\b(vous|votre|vos)\b", re.IGNORECASE)

ALL = [(language, each) for language in LANGUAGES for each in bank(language).values()]

each_phrase = pytest.mark.parametrize(
    "language, each", ALL, ids=[f"{language}-{each.id}" for language, each in ALL]
)


def texts(each: Phrase) -> set[str]:
    return {each.text, each.text_many}


# ── the bank ──────────────────────────────────────────────────────────────────────────────────────


def test_every_language_of_voisin_has_a_bank() -> None:
    assert set(LANGUAGES) == {language.value for language in Language}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_24_phrases_eight_on_each_level(language: str) -> None:
    phrases = bank(language)

    assert list(phrases) == [f"{level}-{n}" for level in Level for n in range(1, 9)]
    assert Counter(each.level for each in phrases.values()) == dict.fromkeys(Level, 8)
    assert all(each.id.startswith(f"{each.level}-") for each in phrases.values())


def test_no_two_phrases_are_alike_in_one_language_or_in_two() -> None:
    seen = Counter(text.casefold() for _, each in ALL for text in texts(each))

    assert [text for text, times in seen.items() if times > 1] == []


@each_phrase
def test_a_phrase_greets_by_name_and_asks_one_open_question(language: str, each: Phrase) -> None:
    for text in texts(each):
        greeting, _, question = text.partition("!")

        assert re.fullmatch(rf"(Bonjour|Salut|Hi|Hello) {{name}}{NARROW}?", greeting)
        assert text.count("{") == text.count("}") == 1
        assert text.count("?") == 1
        assert text.endswith("?")
        assert OPEN[language].search(question)
        assert not question.strip().startswith(("Est-ce que", "Do ", "Are ", "Have ", "Would ", "Can "))


@each_phrase
def test_a_phrase_is_short_enough_to_be_said(language: str, each: Phrase) -> None:
    assert all(len(text.split()) < 40 for text in texts(each))


@each_phrase
def test_a_phrase_asks_nothing_private(language: str, each: Phrase) -> None:
    words = {word for text in texts(each) for word in re.findall(r"\w+", text.casefold())}

    assert words.isdisjoint(FORBIDDEN[language].split())


@each_phrase
def test_a_phrase_is_said_by_one_neighbour_to_another(language: str, each: Phrase) -> None:
    if language == "en":
        assert all(re.search(r"\byour?\b|\byou’", text) for text in texts(each))
        assert "each" not in each.text.split()
    else:
        assert ONE.search(each.text)
        assert not MANY.search(each.text)
        assert MANY.search(each.text_many)
        assert not ONE.search(each.text_many)


@each_phrase
def test_a_phrase_can_be_quoted_and_is_well_set(language: str, each: Phrase) -> None:
    for text in texts(each):
        assert not set(text) & set("\"'«»“”‘`*_<>\t\n\u00a0")
        assert text == text.strip()
        assert "  " not in text
        if language == "fr":
            assert re.findall(rf"[^{NARROW}][?!;:]", text) == []
            assert text.count(NARROW) == len(re.findall(r"[?!;:]", text))
        else:
            assert NARROW not in text
            assert re.findall(r"\s[?!;:]", text) == []


@pytest.mark.parametrize("each", bank("fr").values(), ids=lambda each: each.id)
def test_a_french_phrase_does_not_guess_the_gender_of_who_reads_it(each: Phrase) -> None:
    # Agreement with the reader comes with être, or with a past participle after t’a / vous a.
    agreeing = re.compile(
        r"\b(es-tu|tu es|tu étais|êtes-vous|vous êtes|vous étiez|seul|prêt|content|fier|passionné|curieux)\b"
        r"|\bt’(y )?a (?!appris|donné|fait)|\bvous (y )?a (?!appris|donné|fait)|\(e\)|·e",
        re.IGNORECASE,
    )

    assert not any(agreeing.search(text) for text in texts(each))


# ── saying it ─────────────────────────────────────────────────────────────────────────────────────


def said(language: Language, id: str, *names: str) -> str:
    """What someone called so would send to these people."""
    people = [replace(cast.member("tom", language), name=name) for name in names]
    return "".join(plain(span) for span in opening(id, people, language))


def test_a_phrase_is_said_to_one_or_to_several() -> None:
    assert said(Language.FRENCH, "practice-2", "Léa").startswith(f"Bonjour Léa{NARROW}! En quoi cherches-tu")
    assert said(Language.FRENCH, "practice-2", "Léa", "Tom").startswith(
        f"Bonjour Léa et Tom{NARROW}! En quoi cherchez-vous"
    )


def test_a_phrase_without_a_form_of_its_own_for_several_says_the_same() -> None:
    assert said(Language.ENGLISH, "light-2", "Léa", "Tom") == (
        "Hi Léa and Tom! Who has taught you something lately without knowing it?"
    )


def test_a_name_with_braces_is_a_name() -> None:
    assert "{0.__class__}" in said(Language.ENGLISH, "light-1", "{0.__class__} {name}")


@pytest.mark.parametrize("language, phrase_id", [("fr", "light-9"), ("xx", "light-1"), ("../fr", "light-1")])
def test_a_phrase_that_does_not_exist_is_named(language: str, phrase_id: str) -> None:
    with pytest.raises(UnknownPhrase, match="There is no phrase"):
        phrase(language, phrase_id)


# ── choosing ──────────────────────────────────────────────────────────────────────────────────────

IDS = list(bank("fr"))
levels = st.sampled_from(list(Level))
tickets = st.integers(-(2**70), 2**70)


@given(levels, st.sets(st.sampled_from(IDS), max_size=23), tickets)
def test_nobody_hears_a_phrase_twice_while_there_is_another(
    level: Level, heard: set[str], ticket: int
) -> None:
    chosen = choose(level, heard=heard, ticket=ticket)

    assert chosen in IDS
    assert chosen not in heard
    fresh_on_the_level = [each for each in IDS if each.startswith(level) and each not in heard]
    assert not fresh_on_the_level or chosen in fresh_on_the_level


@given(levels, tickets)
def test_24_phrases_in_a_row_are_all_different(level: Level, ticket: int) -> None:
    heard: list[str] = []

    for n in range(24):
        heard.append(choose(level, heard=heard, ticket=ticket + n * 7))

    assert sorted(heard) == sorted(IDS)
    assert {each.partition("-")[0] for each in heard[:8]} == {level}


def test_practice_gives_way_to_light_before_it_goes_deeper() -> None:
    practice = [each for each in IDS if each.startswith("practice")]
    light = [each for each in IDS if each.startswith("light")]

    assert choose(Level.PRACTICE, heard=practice, ticket=3) in light
    assert choose(Level.PRACTICE, heard=practice + light, ticket=3).startswith("deeper")
    assert choose(Level.LIGHT, heard=light, ticket=3) in practice
    assert (
        choose(Level.DEEPER, heard=[each for each in IDS if each.startswith("deeper")], ticket=3) in practice
    )


@given(levels, st.permutations(IDS), tickets)
def test_once_all_are_heard_the_one_heard_longest_ago_comes_back(
    level: Level, order: list[str], ticket: int
) -> None:
    first = datetime(2026, 1, 6, tzinfo=UTC)
    heard = {each: first + n * timedelta(days=7) for n, each in enumerate(order)}

    assert choose(level, heard=heard, ticket=ticket) == order[0]


def test_once_all_are_heard_and_nobody_knows_when_the_level_is_kept() -> None:
    chosen = {choose(Level.PRACTICE, heard=set(IDS), ticket=n) for n in range(8)}

    assert chosen == {each for each in IDS if each.startswith("practice")}


def test_a_phrase_that_was_withdrawn_does_not_disturb() -> None:
    heard = dict.fromkeys([*IDS, "practice-99"], datetime(2026, 1, 6, tzinfo=UTC))

    assert choose(Level.LIGHT, heard=heard, ticket=0) in IDS
