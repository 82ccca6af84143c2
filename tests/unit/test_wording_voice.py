"""How a sentence becomes a message."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.domain.community import Language, Space
from bot.domain.member import Participation, Standing
from bot.messages import Mention, Moment, Said, Strong
from bot.wording import forms, introductions, replies
from bot.wording.voice import day, joined, moment, names, say, words
from tests.goldens import cast
from tests.goldens.cast import ENGLISH, FRENCH


def test_a_sentence_is_said_once_in_each_language_asked_for() -> None:
    message = say("reply.kept", FRENCH, ENGLISH, FRENCH)

    assert [part.language for part in message.parts] == [FRENCH, ENGLISH]
    assert message.plain == "Rien n’a changé.\n\n— — —\n\nNothing has changed."


def test_buttons_carry_verb_and_id_and_the_first_is_the_main_one() -> None:
    message = say("reply.kept", ENGLISH, taps=[("forget", "m1"), ("keep", "")])

    assert [(button.action, button.main) for button in message.buttons] == [
        ("forget:m1", True),
        ("keep:", False),
    ]


def test_a_label_in_two_languages_says_what_is_the_same_once() -> None:
    message = say("reply.kept", FRENCH, ENGLISH, taps=[("bow", "i1")])

    assert message.buttons[0].label == "Pas cette semaine · Not this week"


def test_a_value_that_is_missing_is_an_error() -> None:
    with pytest.raises(LookupError, match="space"):
        say("reply.left", ENGLISH)


def test_a_value_without_a_place_is_an_error() -> None:
    with pytest.raises(LookupError, match="space"):
        say("reply.kept", ENGLISH, space=cast.SPACE)


def test_a_sentence_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(LookupError, match=r"no sentence called 'reply.nonsense'"):
        say("reply.nonsense", ENGLISH)


def test_values_keep_what_they_are() -> None:
    message = say("reply.left", ENGLISH, space=cast.SPACE)

    assert [type(span) for span in message.parts[0].paragraphs[0]] == [str, Space, str]


def test_a_value_may_be_made_for_each_language() -> None:
    message = say(
        "reply.already_skipping",
        FRENCH,
        ENGLISH,
        day=lambda language: moment(cast.CLOSES, zone="UTC", language=language),
    )

    said = [span.words for part in message.parts for span in part.paragraphs[0] if isinstance(span, Moment)]
    assert said == ["mardi 1er décembre", "Tuesday 1 December"]


def test_what_people_wrote_is_neither_filled_nor_strong() -> None:
    message = say("panel.learning", ENGLISH, text=Said(text="**{space}** and {text}"))

    assert message.parts[0].paragraphs[0][-1] == Said(text="**{space}** and {text}")


def test_numbers_choose_the_form() -> None:
    assert [say("reply.run_now", FRENCH, n=n).plain for n in (1, 2)] == [
        "C’est parti\u00a0: 1 présentation est en route.",
        "C’est parti\u00a0: 2 présentations sont en route.",
    ]


def test_strong_words_may_hold_a_number_but_never_a_person() -> None:
    message = say("season", ENGLISH, space=cast.SPACE, n=3)

    assert Strong(text="Welcome to season 3!") in message.parts[0].paragraphs[0]
    with pytest.raises(TypeError, match="rhythm"):
        say("invitation", ENGLISH, space=cast.SPACE, rhythm=cast.SPACE)


@pytest.mark.parametrize(
    "language, minute, expected",
    [
        (FRENCH, 0, "mardi 1er décembre à 10\u00a0h"),
        (FRENCH, 5, "mardi 1er décembre à 10\u00a0h\u00a005"),
        (ENGLISH, 0, "Tuesday 1 December at 10:00"),
        (ENGLISH, 5, "Tuesday 1 December at 10:05"),
    ],
)
def test_a_moment_is_told_in_words(language: Language, minute: int, expected: str) -> None:
    at = datetime(2026, 12, 1, 9, minute, tzinfo=UTC)

    assert moment(at, zone="Europe/Paris", language=language, with_time=True).words == expected


def test_a_moment_has_the_date_of_its_zone() -> None:
    at = datetime(2026, 11, 26, 23, 30, tzinfo=UTC)

    assert moment(at, zone="Europe/Paris", language=ENGLISH).words == "Friday 27 November"
    assert moment(at, zone="America/Toronto", language=ENGLISH).words == "Thursday 26 November"


def test_a_day_may_say_its_year() -> None:
    assert day(date(2026, 11, 26), FRENCH, with_year=True) == "jeudi 26 novembre 2026"


@pytest.mark.parametrize(
    "count, expected",
    [
        (0, ""),
        (1, "Léa Martin"),
        (2, "Léa Martin et Tom Okafor"),
        (3, "Léa Martin, Tom Okafor et Zoé Lindqvist"),
    ],
)
def test_people_are_listed_as_one_says_it(count: int, expected: str) -> None:
    people = [cast.member(id, FRENCH) for id in cast.NAMES][:count]

    spans = names(people, FRENCH)

    assert "".join(span.name if isinstance(span, Mention) else str(span) for span in spans) == expected


def test_any_spans_can_be_listed() -> None:
    assert joined([Said(text="a"), Said(text="b")], ENGLISH) == (Said(text="a"), " and ", Said(text="b"))


# ── Introductions ───────────────────────────────────────────────────────────────────────────────────


def test_a_circle_of_two_languages_sees_the_openers_first() -> None:
    opener_speaks_english = cast.view(cast.PAIR, ENGLISH, FRENCH)

    message = introductions.introduction(opener_speaks_english, to=None)

    assert [part.language for part in message.parts] == [ENGLISH, FRENCH]


def test_alone_each_reads_their_own_language_and_who_has_the_first_word() -> None:
    view = cast.view(cast.PAIR, FRENCH, ENGLISH)

    to_opener, to_other = (
        introductions.introduction(view, to=person) for person in (view.opener, *view.others(view.opener))
    )

    assert "À toi le premier mot" in to_opener.plain
    assert "Léa Martin has the first word" in to_other.plain


@pytest.mark.parametrize("language, claim", [(FRENCH, "jamais parlé"), (ENGLISH, "never talked")])
def test_people_who_may_know_each_other_are_never_called_strangers(language: Language, claim: str) -> None:
    histories: tuple[dict[str, Any], ...] = (
        {"acquainted": True},
        {"met_before": 1, "last_met": cast.BEFORE, "acquainted": True},
    )

    for made in (cast.PAIR, cast.TRIO):
        for history in histories:
            view = cast.view(replace(made, **history), language)
            assert claim not in introductions.introduction(view, to=None).plain
            assert claim not in replies.why(view, to=view.opener).plain
        assert claim in introductions.introduction(cast.view(made, language), to=None).plain


def test_a_phrase_greets_the_others_by_the_name_one_calls_them_and_rings_at_nobodys_door() -> None:
    others = [cast.member("tom", ENGLISH), cast.member("zoe", ENGLISH)]

    spans = introductions.opening("practice-1", others, ENGLISH)

    assert [span.text for span in spans if isinstance(span, Said)] == ["Tom", "Zoé"]
    assert [span for span in spans if isinstance(span, Mention)] == []


def test_what_a_phrase_quotes_stands_in_single_quotes() -> None:
    spans = introductions.opening("light-8", [cast.member("tom", ENGLISH)], ENGLISH)

    assert "“" not in "".join(span for span in spans if isinstance(span, str))


def test_nobody_joins_an_introduction_without_a_joiner() -> None:
    with pytest.raises(ValueError, match="Nobody joined"):
        introductions.joined(cast.view(cast.PAIR, FRENCH))


# ── Refusals and forms ──────────────────────────────────────────────────────────────────────────────


def test_a_refusal_shows_what_was_typed_as_it_was_typed() -> None:
    message = replies.refusal(ENGLISH, "day_not_understood", {"text": "*soon* @here"})

    assert Said(text="*soon* @here") in message.parts[0].paragraphs[0]


def test_a_refusal_tells_a_date_in_words() -> None:
    message = replies.refusal(FRENCH, "round_running", {"day": "2026-12-01"})

    assert "jusqu’au mardi 1er décembre" in message.plain


def test_a_refusal_without_a_suggestion_makes_none() -> None:
    with_one = replies.refusal(ENGLISH, "zone_unknown", {"text": "Paris", "close": "Europe/Paris"})
    without = replies.refusal(ENGLISH, "zone_unknown", {"text": "Nowhere", "close": ""})

    assert "Did you mean Europe/Paris?" in with_one.plain
    assert "choose from the list" in without.plain


def test_a_refusal_names_a_field_as_the_form_does() -> None:
    message = replies.refusal(ENGLISH, "too_long", {"field": "learning", "n": 150})

    assert message.plain == "“What I am learning”: at most 150 characters. Shorten it a little."


def test_the_form_about_me_shows_no_private_list_that_is_empty() -> None:
    form = forms.me_form(cast.member("lea", FRENCH), zone="Europe/Paris")

    assert {"apart", "known"}.isdisjoint(field.name for field in form.fields)


@pytest.mark.parametrize(
    "yes, offered",
    [
        (cast.participation(Standing.ACTIVE), {"pause", "skip"}),
        (replace(cast.participation(Standing.ACTIVE), skips_next=True), {"pause", "resume"}),
        (cast.participation(Standing.PAUSED), {"resume"}),
    ],
    ids=["taking part", "skipping", "paused"],
)
def test_the_panel_offers_what_can_be_done_from_where_one_stands(
    yes: Participation, offered: set[str]
) -> None:
    lea = cast.member("lea", ENGLISH)
    enrolment = replies.Enrolment(program=cast.PROGRAM, space=cast.SPACE, participation=yes)

    panel = replies.panel(lea, enrolments=[enrolment], zone="UTC")

    verbs = {button.action.partition(":")[0] for button in panel.buttons}
    assert verbs & {"pause", "skip", "resume"} == offered


def test_a_preview_mentions_nobody() -> None:
    pair = cast.view(cast.PAIR, ENGLISH)
    group = replies.Previewed(people=pair.people, opener=pair.opener, repeat=False)

    message = replies.preview(
        ENGLISH,
        space=cast.SPACE,
        opens_at=cast.OPENS,
        zone="UTC",
        groups=[group],
        alone=[cast.member("noor", ENGLISH)],
        resting=0,
        sample=introductions.introduction(pair, to=None),
    )

    spans = [span for part in message.parts for paragraph in part.paragraphs for span in paragraph]
    assert not [span for span in spans if isinstance(span, Mention)]


def test_a_preview_shows_the_first_introduction_in_the_languages_of_its_people() -> None:
    pair = cast.view(cast.PAIR, FRENCH)

    message = replies.preview(
        ENGLISH,
        space=cast.SPACE,
        opens_at=cast.OPENS,
        zone="UTC",
        groups=[],
        alone=[],
        resting=0,
        sample=introductions.introduction(pair, to=None),
    )

    assert [part.language for part in message.parts] == [ENGLISH, FRENCH]


def test_a_label_is_plain_words() -> None:
    assert words("button.join", FRENCH) == "Participer"
