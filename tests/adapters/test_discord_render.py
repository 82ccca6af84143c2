"""What Voisin says, as Discord shows it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from discord import ui

from adapters.discord import forms, render
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

ADA = Mention(external_id=ExternalId("293601280008388608"), name="Ada")


def _message(*spans: Span, buttons: Sequence[Button] = ()) -> Message:
    part = Part(language=Language.ENGLISH, paragraphs=(tuple(spans),))
    return Message(name="test", parts=(part,), buttons=tuple(buttons))


def _nested(components: Sequence[Any]) -> Iterator[dict[str, Any]]:
    for each in components:
        yield each
        yield from _nested(each.get("components", ()))


def _components(view: ui.LayoutView) -> list[dict[str, Any]]:
    shown = view.to_components()  # type: ignore[no-untyped-call]  # theirs has no types
    return list(_nested(shown))


def _text(message: Message, *, named: bool = False) -> str:
    [view] = render.layouts(message, named=named)
    return "\n".join(each["content"] for each in _components(view) if each["type"] == 10)


@pytest.mark.parametrize(
    "words",
    [
        "@everyone",
        "<@&123>",
        "[click](https://example.org)",
        "**bold** _and_ ~~more~~ `code` ||hidden||",
        "> quoted",
        "# large",
        "<#123> <t:1:F> <:emoji:1>",
        "line\nbreak\u2028and more",
        "- a list",
        "1. a list",
        "back\\slash",
    ],
)
async def test_nobodys_words_are_markup_or_call_anybody(words: str) -> None:
    shown = _text(_message(Said(text=words)))

    unescaped = shown.replace("\\\\", "")
    for mark in "*_~`|>#[]()<":
        assert f"\\{mark}" in shown or mark not in unescaped
    assert "@everyone" not in shown
    assert "\n" not in shown
    assert not any(line.startswith(("-", "#", ">")) for line in shown.splitlines())


async def test_everyone_reads_a_moment_in_their_own_zone() -> None:
    at = datetime(2026, 11, 26, 9, tzinfo=UTC)

    day = _text(_message(Moment(at=at, words="Thursday")))
    hour = _text(_message(Moment(at=at, words="Thursday", with_time=True)))

    assert day == f"<t:{int(at.timestamp())}:D>"
    assert hour == f"<t:{int(at.timestamp())}:F>"


async def test_in_private_a_person_is_named_and_in_a_channel_called() -> None:
    message = _message("Meet ", ADA, ". ", ADA, " begins.")

    assert _text(message) == f"Meet <@{ADA.external_id}>. <@{ADA.external_id}> begins."
    assert _text(message, named=True) == f"Meet **Ada** (<@{ADA.external_id}>). Ada begins."


async def test_a_name_is_no_markup_either() -> None:
    odd = Mention(external_id=ADA.external_id, name="**A** @everyone")

    shown = _text(_message(odd), named=True)

    assert "@everyone" not in shown
    assert "\\*\\*A\\*\\*" in shown


async def test_a_channel_is_a_link_and_strong_words_are_bold() -> None:
    space = Space(id=SpaceId("s"), community_id=CommunityId("c"), external_id=ExternalId("7"), name="atelier")

    assert _text(_message(Strong(text="Soon"), " in ", space)) == "**Soon** in <#7>"


@pytest.mark.parametrize(
    "said, shown",
    [
        ("Type /voisin join.", "Type /voisin join."),
        ("Type /voisin setup in a channel.", "Type /voisin-convene setup in a channel."),
        ("/voisin shows your panel.", "/voisin panel shows your panel."),
        ("/voisin-convene setup", "/voisin-convene setup"),
    ],
)
async def test_commands_are_spelled_as_they_are_typed_here(said: str, shown: str) -> None:
    assert _text(_message(said)) == shown
    assert _text(_message(Strong(text=said))) == f"**{shown}**"


async def test_what_a_person_wrote_about_a_command_stays_as_they_wrote_it() -> None:
    assert _text(_message(Said(text="/voisin setup"))) == "/voisin setup"


async def test_a_button_carries_its_verb_and_id_and_nothing_else() -> None:
    [view] = render.layouts(_message("x", buttons=[Button(label="We met", action="met:abc", main=True)]))

    [button] = [each for each in _components(view) if each["type"] == 2]

    assert button["custom_id"] == "met:abc"
    assert button["style"] == 1


async def test_many_buttons_stand_in_rows_of_five() -> None:
    buttons = [Button(label=str(n), action=f"met:{n}") for n in range(7)]

    [view] = render.layouts(
        _message("x", buttons=buttons), link=("There", "https://discord.com/channels/1/2")
    )

    rows = [each for each in _components(view) if each["type"] == 1]
    assert [len(row["components"]) for row in rows] == [5, 3]
    assert rows[0]["components"][0]["url"] == "https://discord.com/channels/1/2"


async def test_what_is_too_long_for_one_message_comes_in_several_and_loses_nothing() -> None:
    words = [f"word{n}" for n in range(2_000)]
    part = Part(language=Language.ENGLISH, paragraphs=tuple((f"{word} " * 5,) for word in words))
    long = Message(name="test", parts=(part,), buttons=(Button(label="On", action="help:"),))

    views = render.layouts(long)

    texts = [view.content_length() for view in views]
    said = " ".join(each["content"] for view in views for each in _components(view) if each["type"] == 10)
    assert max(texts) <= 4_000
    assert [word for word in words if word not in said] == []
    assert [sum(each["type"] == 2 for each in _components(view)) for view in views] == [0] * (
        len(views) - 1
    ) + [1]


async def test_two_languages_of_one_message_stay_within_what_discord_takes() -> None:
    full = (("x" * 1_800, "y" * 197),) * 2
    parts = tuple(Part(language=language, paragraphs=full) for language in Language)
    views = render.layouts(Message(name="test", parts=parts))

    said = "".join(each["content"] for view in views for each in _components(view) if each["type"] == 10)
    assert all(view.content_length() <= 4_000 for view in views)
    assert [said.count("x"), said.count("y")] == [4 * 1_800, 4 * 197]


async def test_four_thousand_characters_of_markup_stay_within_what_discord_takes() -> None:
    views = render.layouts(_message("Ada says: ", Said(text="*" * 4_000)))

    assert all(view.content_length() <= 4_000 for view in views)


async def test_nothing_is_kept_in_memory_of_what_was_shown() -> None:
    [view] = render.layouts(_message("x", buttons=[Button(label="We met", action="met:abc")]))

    assert view.is_finished()


# ── Forms ───────────────────────────────────────────────────────────────────────────────────────────


def _field(name: str, **about: Any) -> Field:
    return Field(name=name, label=about.pop("label", name), **about)


def _form(*fields: Field) -> Form:
    return Form(action="me:", title="About you", fields=fields, submit="Save", language=Language.ENGLISH)


async def test_a_form_of_eight_fields_comes_in_two_pages() -> None:
    form = _form(*(_field(f"f{n}") for n in range(8)))

    first, second = forms.modal(form), forms.modal(form, page=1)

    assert [len(list(each.children)) for each in (first, second)] == [5, 3]
    assert first.custom_id == "me:~0"
    more = forms.more(form, after=0)
    assert more is not None
    assert more.action == "page:1.me"
    assert forms.paged("1.me") == (1, "me", "")
    assert forms.paged("0.reflect.p1") == (0, "reflect", "p1")
    assert forms.more(form, after=1) is None


def _many(number: int, *ticked: str) -> Field:
    choices = tuple(Choice(value=f"v{n}", label=f"Person {n}") for n in range(number))
    return _field("apart", kind=FieldKind.CHOICES, choices=choices, value=",".join(ticked))


async def test_more_than_discord_lists_come_in_several_lists() -> None:
    form = _form(_field("learning"), _many(60, "v0", "v59"))

    [modal] = [forms.modal(form, page=page).to_dict() for page in range(forms.pages(form))]

    lists = [each["component"]["options"] for each in modal["components"][1:]]
    assert [len(each) for each in lists] == [25, 25, 10]
    assert [option["value"] for each in lists for option in each if option.get("default")] == ["v0", "v59"]
    assert modal["components"][2]["label"] == "apart (2/3)"


@pytest.mark.parametrize("chosen", ["v0", "v24", "v59"])
async def test_of_more_than_discord_lists_the_first_are_offered_and_what_is_chosen(chosen: str) -> None:
    about = replace(_many(60, chosen), name="about", kind=FieldKind.CHOICE, required=True)

    [label] = forms.modal(_form(about)).to_dict()["components"]

    options = label["component"]["options"]
    assert len(options) == 25
    assert options[0]["value"] == "v0"
    assert [option["value"] for option in options if option.get("default")] == [chosen]


@pytest.mark.parametrize("kind, style", [(FieldKind.TEXT, 2), (FieldKind.LINE, 1)])
async def test_a_few_sentences_have_room_for_lines(kind: FieldKind, style: int) -> None:
    [label] = forms.modal(_form(_field("words", kind=kind))).to_dict()["components"]

    assert label["component"]["style"] == style


def test_what_was_ticked_in_several_lists_is_one_answer() -> None:
    form = _form(_many(60, "v0", "v30", "v59"))
    first, second, third = (part.name for part in forms.shown(form))

    whole = forms.joined(form, {first: "v1", second: "", third: "v59"})

    assert whole == {"apart": "v1,v59"}


def test_a_list_on_another_page_or_of_long_ago_stays_as_it_is() -> None:
    form = _form(_many(60, "v0", "v30", "v59"))
    first, *_ = (part.name for part in forms.shown(form))

    here = forms.joined(form, {first: ""})
    long_ago = forms.joined(form, {"apart~0123456789abcdef": "", "learning": "bread"})

    assert here == {"apart": "v30,v59"}
    assert long_ago == {"learning": "bread"}


async def test_labels_are_cut_to_what_discord_takes() -> None:
    modal = forms.modal(_form(_field("f", label="l" * 80, hint="h" * 300)))

    [label] = modal.to_dict()["components"]

    assert len(label["label"]) <= 45
    assert len(label["description"]) <= 100


@pytest.mark.parametrize(
    "kind, component, value",
    [
        (FieldKind.LINE, {"value": "bread"}, "bread"),
        (FieldKind.CHOICE, {"values": ["weekly"]}, "weekly"),
        (FieldKind.CHOICES, {"values": ["fr", "en"]}, "fr,en"),
        (FieldKind.CHOICES, {"values": []}, ""),
        (FieldKind.LINE, {"value": None}, ""),
    ],
)
def test_what_was_filled_in_is_read(kind: FieldKind, component: dict[str, Any], value: str) -> None:
    data = {
        "custom_id": "me:~1",
        "components": [{"type": 18, "component": {"custom_id": kind.value, **component}}],
    }

    assert forms.read(data) == ("me:", 1, {kind.value: value})


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"custom_id": "me:"},
        {"custom_id": "me:~x", "components": []},
        {"custom_id": "me:~0", "components": "no"},
        {"custom_id": 7, "components": []},
        {"custom_id": "me:~99", "components": []},
    ],
)
def test_what_is_no_form_of_ours_is_nothing(data: dict[str, Any]) -> None:
    assert forms.read(data) is None
