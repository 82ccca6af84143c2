"""What two lines are both about."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.topics import EVERYWHERE, common, topics


@pytest.mark.parametrize(
    "one, other, words",
    [
        ("écrire des tests qui durent", "tester sans peur", ("tests",)),
        ("weaving on a small loom", "how to weave", ("weaving",)),
        ("la comptabilité, sans peur", "Comptabilité des associations", ("comptabilité",)),
        ("learning SQL", "je peux aider en SQL", ("SQL",)),
        ("R et C++", "writing R", ("R",)),
        ("relire un texte", "relecture de textes", ("texte",)),
        ("un petit métier", "a little help with anything", ()),
        ("", "anything", ()),
    ],
)
def test_two_lines_share_the_words_that_say_what_they_are_about(
    one: str, other: str, words: tuple[str, ...]
) -> None:
    assert common(one, other) == words


def test_accents_and_capitals_do_not_part_a_word_from_itself() -> None:
    assert common("Énergie", "energie") == ("Énergie",)


def test_a_line_of_words_that_are_everywhere_is_about_nothing() -> None:
    assert topics("I would like to learn something new this week, with your help") == {}
    assert topics("J’aimerais bien apprendre quelque chose avec vous cette semaine") == {}


def test_the_words_that_are_everywhere_are_written_bare() -> None:
    assert [word for word in EVERYWHERE if not word.isascii() or word != word.lower()] == []


@given(st.text(), st.text())
def test_sharing_is_mutual_whatever_is_written(one: str, other: str) -> None:
    assert bool(common(one, other)) == bool(common(other, one))


@given(st.text())
def test_a_text_shares_all_its_words_with_itself(text: str) -> None:
    assert set(common(text, text)) == set(topics(text).values())
