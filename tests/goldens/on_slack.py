"""A message or a form as Slack gets it, line by line; the markup stands as it is sent."""

from collections.abc import Iterator, Mapping
from typing import cast

from adapters.slack import render
from bot.messages import Form, Message

Json = Mapping[str, object]


def shown(specimen: Message | Form) -> str:
    """What is sent."""
    if isinstance(specimen, Message):
        return "\n\n".join(_blocks(cast("list[Json]", render.blocks(specimen)))) + "\n"
    view = cast("Json", render.form(specimen, kept={}))
    fields = [_field(block) for block in cast("list[Json]", view["blocks"])]
    return (
        "\n\n".join(
            [f"{_words(view['title'])} · {view['callback_id']}", *fields, f"[{_words(view['submit'])}]"]
        )
        + "\n"
    )


def _blocks(blocks: list[Json]) -> Iterator[str]:
    for block in blocks:
        match block["type"]:
            case "section":
                yield _words(block["text"])
            case "divider":
                yield "────"
            case "actions":
                yield "\n".join(_button(element) for element in cast("list[Json]", block["elements"]))
            case other:
                raise AssertionError(f"A golden does not know how to show {other!r}.")


def _button(element: Json) -> str:
    main = " · primary" if element.get("style") == "primary" else ""
    return f"[{_words(element['text'])}] {element['action_id']}{main}"


def _field(block: Json) -> str:
    element = cast("Json", block["element"])
    initial = {
        key: value for key, value in element.items() if key.startswith("initial_") and isinstance(value, str)
    }
    head = " · ".join(
        [_words(block["label"]), str(block["block_id"]), str(element["type"]), *initial.values()]
    )
    chosen = [element.get("initial_option"), *cast("list[object]", element.get("initial_options", []))]
    options = [
        f"  ({'x' if option in chosen else ' '}) {_words(option['text'])} = {option['value']}"
        for option in cast("list[Json]", element.get("options", []))
    ]
    hint = [f"  {_words(block['hint'])}"] if "hint" in block else []
    return "\n".join([head, *hint, *options])


def _words(text: object) -> str:
    return str(cast("Json", text)["text"])
