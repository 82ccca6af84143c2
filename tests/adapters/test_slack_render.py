"""What Voisin says and asks, in Slack's own shapes: within its limits, and nobody's words are markup."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.slack import render
from adapters.slack.payloads import values
from bot.domain.community import Language, Space
from bot.domain.ids import CommunityId, ExternalId, SpaceId
from bot.messages import (
    Button,
    Choice,
    Field,
    FieldKind,
    Form,
    Mention,
    Message,
    Moment,
    Part,
    Said,
    Span,
    Strong,
)
from tests.goldens import specimens
from tests.loopback.slack_conformance import requests_checker
from tests.required import shared

SPACE = Space(id=SpaceId("s1"), community_id=CommunityId("c1"), external_id=ExternalId("C1"), name="atelier")
HOUR = datetime(2026, 11, 24, 9, tzinfo=UTC)
MARKUP = re.compile(r"<(?:@U1|#C1|!date\^1795510800\^[^|>]*\|[^<>|]*)>|&(?:amp|lt|gt);")


def _message(*spans: Span, buttons: tuple[Button, ...] = ()) -> Message:
    return Message(
        name="test", parts=(Part(language=Language.ENGLISH, paragraphs=(tuple(spans),)),), buttons=buttons
    )


def _shown(message: Message) -> str:
    return "".join(section["text"]["text"] for section in json.loads(json.dumps(render.blocks(message)))[:1])


# ── Everything that Voisin says ─────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("language", Language)
def test_every_message_and_form_is_one_that_slack_takes(language: Language) -> None:
    shared("conformance/check_slack.py")
    checker = requests_checker()
    assert checker is not None
    problems = {}

    for name, specimen in (specimens.alone(language) | specimens.together()).items():
        match specimen:
            case Message():
                found = checker.problems(
                    "chat.postMessage",
                    {"channel": "C1", "text": render.text(specimen), "blocks": render.blocks(specimen)},
                )
                found += checker.problems(
                    "views.publish", {"user_id": "U1", "view": render.home([specimen, specimen])}
                )
                found += checker.problems("views.open", {"trigger_id": "1", "view": render.note(specimen)})
            case Form():
                view = render.form(specimen, kept={"space": "C1", "name": "atelier"})
                found = checker.problems("views.open", {"trigger_id": "1", "view": view})
            case _:
                continue
        if found:
            problems[name] = found

    assert problems == {}


# ── Words stay words ────────────────────────────────────────────────────────────────────────────────


@given(st.text(max_size=3000))
def test_what_anyone_wrote_never_becomes_markup(words: str) -> None:
    for said in (Said(text=words), Strong(text=words), words):
        message = _message("Look: ", said)

        for text in (_shown(message), render.text(message)):
            assert "<" not in text
            assert ">" not in text
            assert len(text) <= render.TEXT
            assert not re.search(r"&(?!amp;|lt;|gt;)", text)


@pytest.mark.parametrize(
    "words",
    ["<!channel>", "<@U2>", "<https://evil.example|bank>", "*bold*", "_it_", "~no~", "`code`", "```x```"],
)
def test_the_tricks_that_slack_knows_do_not_work(words: str) -> None:
    shown = _shown(_message(Said(text=words)))

    assert words not in shown
    assert not MARKUP.sub("", shown).count("<")
    for sign in "*_~`":
        # Between two marks without width, a sign touches no word and no other sign.
        assert all(
            shown[place - 1] == render.JOINER == shown[place + 1]
            for place, letter in enumerate(shown)
            if letter == sign
        )


def test_many_lines_of_someone_are_one_so_that_none_becomes_a_quotation() -> None:
    assert _shown(_message(Said(text="a\n> b\r\n\u2028c"))) == "a &gt; b c"


def test_letters_that_combine_and_lines_from_right_to_left_come_through_whole() -> None:
    words = "שלום é́́ مرحبا 👩🏽‍🚀"

    assert _shown(_message(Said(text=words))) == words


# ── Spans ───────────────────────────────────────────────────────────────────────────────────────────


def test_people_places_and_moments_are_slacks_own() -> None:
    shown = _shown(
        _message(
            Mention(external_id=ExternalId("U1"), name="<Ada>"),
            " in ",
            SPACE,
            " by ",
            Moment(at=HOUR, words="Tuesday|24", with_time=True),
        )
    )

    assert shown == f"<@U1> in <#C1> by <!date^{int(HOUR.timestamp())}^{{date_long}} {{time}}|Tuesday 24>"


def test_the_text_for_screen_readers_names_people_without_calling_them_twice() -> None:
    assert render.text(_message(Mention(external_id=ExternalId("U1"), name="Ada & co"))) == "Ada &amp; co"


def test_plain_words_that_look_like_links_are_left_alone() -> None:
    [section] = render.blocks(_message("see example.org"))

    assert section["text"] == {"type": "mrkdwn", "text": "see example.org", "verbatim": True}


@given(st.lists(st.text(min_size=1, max_size=4000), max_size=6))
def test_long_messages_are_cut_into_sections_that_fit_and_nothing_is_lost(paragraphs: list[str]) -> None:
    message = Message(
        name="test",
        parts=(
            Part(language=Language.FRENCH, paragraphs=tuple((Said(text=words),) for words in paragraphs)),
        ),
    )

    sections = [block["text"]["text"] for block in json.loads(json.dumps(render.blocks(message)))]

    assert all(0 < len(section) <= render.SECTION for section in sections)
    kept = re.sub(r"\s", "", "".join(sections))
    whole = "".join(render.literal(words) for words in paragraphs)
    assert kept == re.sub(r"\s", "", whole)


def test_a_button_carries_its_verb_and_id_and_nothing_else() -> None:
    message = _message("x", buttons=(Button(label="Met" * 40, action="met:i1", main=True),))

    [_, actions] = json.loads(json.dumps(render.blocks(message)))

    [button] = actions["elements"]
    assert button.keys() == {"type", "text", "action_id", "style"}
    assert button["action_id"] == "met:i1"
    assert len(button["text"]["text"]) == render.LABEL


def test_of_many_buttons_none_is_left_away() -> None:
    buttons = tuple(Button(label="Skip", action=f"skip:p{number}") for number in range(60))

    [_, *rows] = json.loads(json.dumps(render.blocks(_message("x", buttons=buttons))))

    assert [len(row["elements"]) for row in rows] == [25, 25, 10]
    assert [each["action_id"] for row in rows for each in row["elements"]] == [one.action for one in buttons]


def test_words_of_two_units_each_fit_however_slack_counts() -> None:
    many = "🧶" * 700
    message = _message(Said(text=many), Said(text=many), buttons=(Button(label="🧶" * 80, action="met:i1"),))
    field = Field(name="learning", label="Learning", limit=150, value="a" + "🧶" * 150)

    [*sections, actions] = json.loads(json.dumps(render.blocks(message)))
    made = Form(action="me:", language=Language.ENGLISH, title="🧶" * 30, submit="Save", fields=(field,))
    shown = json.loads(json.dumps(render.form(made, kept={})))

    texts = [section["text"]["text"] for section in sections]
    assert "".join(texts) == many * 2
    assert all(_units(text) <= render.SECTION for text in texts)
    assert _units(actions["elements"][0]["text"]["text"]) <= render.LABEL
    assert _units(shown["title"]["text"]) <= render.TITLE
    assert shown["blocks"][0]["element"]["initial_value"] == "a" + "🧶" * 74


def _units(words: str) -> int:
    return len(words.encode("utf-16-le")) // 2


# ── Forms ───────────────────────────────────────────────────────────────────────────────────────────

FIELD = Field(name="known", label="Known", kind=FieldKind.CHOICES)


def test_a_form_comes_back_with_what_stood_in_it() -> None:
    asked = Form(
        action="setup:C1",
        title="A title that is longer than Slack allows",
        submit="Save",
        language=Language.ENGLISH,
        fields=(
            Field(name="learning", label="Learning", value="pottery"),
            Field(name="at", label="At", kind=FieldKind.TIME, value="10:00"),
            Field(name="on", label="On", kind=FieldKind.DATE, value="2026-12-24"),
            Field(
                name="size",
                label="Size",
                kind=FieldKind.CHOICE,
                value="2",
                choices=(Choice(value="2", label="two"), Choice(value="3", label="three")),
            ),
            replace(FIELD, value="a,c", choices=tuple(Choice(value=v, label=v) for v in "abc")),
            Field(name="empty", label="Empty"),
        ),
    )

    view = json.loads(json.dumps(render.form(asked, kept={"space": "C1"})))

    filled: dict[str, Any] = {
        block["block_id"]: {block["block_id"]: _as_sent(block["element"])} for block in view["blocks"]
    }
    assert view["callback_id"] == "setup:C1"
    assert len(view["title"]["text"]) == render.TITLE
    assert values({"state": {"values": filled}}) == {
        "learning": "pottery",
        "at": "10:00",
        "on": "2026-12-24",
        "size": "2",
        "known": "a,c",
        "empty": "",
    }


def test_more_than_a_hundred_acquaintances_stay_ticked_all_of_them() -> None:
    names = [f"m{number}" for number in range(230)]
    field = replace(
        FIELD, value=",".join(names), choices=tuple(Choice(value=name, label=name) for name in names)
    )
    asked = Form(action="me:", title="Me", submit="Save", language=Language.ENGLISH, fields=(field,))

    [block] = json.loads(json.dumps(render.form(asked, kept={})))["blocks"]

    groups = block["element"]["option_groups"]
    assert [len(group["options"]) for group in groups] == [100, 100, 30]
    assert len(block["element"]["initial_options"]) == 230


def _as_sent(element: dict[str, object]) -> dict[str, object]:
    kept = {
        "initial_value": "value",
        "initial_time": "selected_time",
        "initial_date": "selected_date",
        "initial_option": "selected_option",
        "initial_options": "selected_options",
    }
    return {"type": element["type"]} | {sent: element[name] for name, sent in kept.items() if name in element}
