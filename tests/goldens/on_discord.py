"""A specimen as Discord is given it: texts with its markup, buttons with what they carry, pages of a form."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from adapters.discord import forms, render
from bot.messages import Form, Message
from tests.goldens.specimens import Specimen
from tests.loopback.discord_people import nested

LINK = ("Talk · Parler", "https://discord.com/channels/1/2")
"""To the thread of the introduced."""

ANSWERS = ("reply.", "refusal.", "why", "panel", "help", "privacy", "preview")
TO_A_CHANNEL = ("invitation", "skipped", "season")
"""In a channel a person is called by a mention; in direct messages, named too."""


def shown(specimens: Iterable[tuple[str, Specimen]]) -> Mapping[str, str]:
    """Each by its name. The library builds its views inside a loop."""

    async def rendered() -> dict[str, str]:
        return {name: "\n\n".join(_blocks(name, each)) + "\n" for name, each in specimens}

    return asyncio.run(rendered())


def _blocks(name: str, specimen: Specimen) -> Iterator[str]:
    match specimen:
        case Message():
            named = not name.startswith((*ANSWERS, *TO_A_CHANNEL))
            together = name.startswith(("introduction", "joined")) and ".alone" not in name
            for view in render.layouts(specimen, named=named, link=LINK if together else None):
                yield from _parts(view.to_components())  # type: ignore[no-untyped-call]  # theirs has no types
        case Form():
            for page in range(forms.pages(specimen)):
                modal = forms.modal(specimen, page=page)
                yield f"{modal.title} · {modal.custom_id}"
                yield from (_field(each) for each in modal.to_dict()["components"])
        case str():
            yield specimen


def _parts(components: list[dict[str, Any]]) -> Iterator[str]:
    for component in components:
        if component["type"] == 10:
            yield component["content"]
        else:
            yield "\n".join(
                f"[{each['label']}] {each.get('custom_id') or each.get('url')}"
                for each in nested([component])
                if each["type"] == 2
            )


def _field(label: Mapping[str, Any]) -> str:
    field = label["component"]
    lines = [f"{label['label']} · {field['custom_id']} · {field.get('value') or ''}".rstrip(" ·")]
    lines += [f"  {label['description']}"] if label.get("description") else []
    lines += [
        f"  ({'x' if each.get('default') else ' '}) {each['label']} = {each['value']}"
        for each in field.get("options", ())
    ]
    return "\n".join(lines)
