"""Forms, as Discord shows them: a modal has room for five fields, so a longer form comes in pages."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import discord
from discord import ui

from bot.messages import Button, Choice, Field, FieldKind, Form
from bot.wording.voice import words

FIELDS = 5
OPTIONS = 25
TITLE = 45
LABEL = 45
HINT = 100
OPTION = 100

LISTS = "~"
"""Between a field's name and which of its lists it is."""

PAGE = "page"
"""The verb of the button that opens another page: ``page:1.me`` is the second of the form ``me:``."""


def shown(form: Form) -> Sequence[Field]:
    """The fields as Discord can show them: where more can be ticked than it lists, in several lists."""
    return [part for field in form.fields for part in _parts(field)]


def _parts(field: Field) -> Sequence[Field]:
    if len(field.choices) <= OPTIONS:
        return [field]
    if field.kind is not FieldKind.CHOICES:
        # The first ones, and what is chosen among them: whoever else is meant goes with the command.
        first, chosen = field.choices[:OPTIONS], [each for each in field.choices if each.value == field.value]
        return [replace(field, choices=first if set(chosen) <= set(first) else (*first[:-1], *chosen))]
    lists = [field.choices[start : start + OPTIONS] for start in range(0, len(field.choices), OPTIONS)]
    return [
        replace(
            field,
            name=_part(field, some),
            label=f"{_short(field.label, LABEL - 8)} ({number}/{len(lists)})",
            choices=some,
            required=False,
        )
        for number, some in enumerate(lists, start=1)
    ]


def _part(field: Field, choices: Sequence[Choice]) -> str:
    """The name of one list of several: it says what stood in it, since what comes back does not."""
    stood = "\n".join(choice.value for choice in choices)
    return f"{field.name}{LISTS}{hashlib.blake2s(stood.encode(), digest_size=8).hexdigest()}"


def in_lists(values: Mapping[str, str]) -> bool:
    """Whether a field was shown in several lists."""
    return any(LISTS in name for name in values)


def joined(form: Form, values: Mapping[str, str]) -> Mapping[str, str]:
    """The values with such fields whole. What stands in a list that was not sent, or is another by now, stays
    as it is.
    """
    whole = {name: value for name, value in values.items() if LISTS not in name}
    for field in form.fields:
        sent = [part for part in _parts(field) if LISTS in part.name and part.name in values]
        if not sent:
            continue
        stays = {choice.value for choice in field.choices} - {
            choice.value for part in sent for choice in part.choices
        }
        chosen = {value for value in field.value.split(",") if value in stays}
        chosen.update(value for part in sent for value in values[part.name].split(","))
        whole[field.name] = ",".join(choice.value for choice in field.choices if choice.value in chosen)
    return whole


def pages(form: Form) -> int:
    return -(-len(shown(form)) // FIELDS)


def modal(form: Form, *, page: int = 0) -> ui.Modal:
    """One page of a form, or its last. Its id is ``verb:id``, and the page behind a ``~``."""
    page = min(page, pages(form) - 1)
    made = ui.Modal(title=_short(form.title, TITLE), custom_id=f"{form.action}~{page}"[:100], timeout=None)
    for field in shown(form)[page * FIELDS : (page + 1) * FIELDS]:
        made.add_item(
            ui.Label(
                text=_short(field.label, LABEL),
                description=_short(field.hint, HINT) if field.hint else None,
                component=_component(field),
            )
        )
    # What comes back is read from what comes back: nothing is kept in memory.
    made.stop()
    return made


def more(form: Form, *, after: int) -> Button | None:
    """The way to the next page; None: that was all."""
    if after + 1 >= pages(form):
        return None
    return again(form, page=after + 1, name="form.more")


def again(form: Form, *, page: int, name: str = "form.again") -> Button:
    """The way to a page of a form."""
    verb, _, id = form.action.partition(":")
    action = f"{PAGE}:{page}.{verb}.{id}" if id else f"{PAGE}:{page}.{verb}"
    return Button(label=words(name, form.language), action=action, main=True)


def paged(id: str) -> tuple[int, str, str] | None:
    """From the id of a page button to the page, the form's verb and its id; None: it is none."""
    page, _, rest = id.partition(".")
    verb, _, about = rest.partition(".")
    return (int(page), verb, about) if page.isdecimal() and len(page) == 1 and verb else None


def read(data: Mapping[str, Any]) -> tuple[str, int, Mapping[str, str]] | None:
    """The form's action, the page, and what stands in its fields; None: nothing of ours."""
    action, mark, page = str(data.get("custom_id", "")).rpartition("~")
    components = data.get("components")
    if not mark or not page.isdecimal() or len(page) > 1 or not isinstance(components, list):
        return None
    return action, int(page), dict(_values(components))


def _values(components: Sequence[object]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for component in components:
        if not isinstance(component, dict):
            continue
        inner = component.get("component", component)
        if isinstance(component.get("components"), list):
            found += _values(component["components"])
        elif isinstance(inner, dict) and isinstance(inner.get("custom_id"), str):
            chosen = inner.get("values")
            if isinstance(chosen, list):
                found.append((inner["custom_id"], ",".join(str(value) for value in chosen)))
            else:
                found.append((inner["custom_id"], str(inner.get("value") or "")))
    return found


def _component(field: Field) -> ui.Item[ui.Modal]:
    match field.kind:
        case FieldKind.CHOICE:
            return ui.Select(
                custom_id=field.name,
                options=_options(field.choices, {field.value}),
                required=field.required,
                min_values=1 if field.required else 0,
                max_values=1,
            )
        case FieldKind.CHOICES:
            return ui.Select(
                custom_id=field.name,
                options=_options(field.choices, set(field.value.split(","))),
                required=field.required,
                min_values=1 if field.required else 0,
                max_values=len(field.choices),
            )
        case _:
            return ui.TextInput(
                custom_id=field.name,
                default=field.value[: field.limit] or None,
                required=field.required,
                max_length=max(field.limit, 1),
                style=discord.TextStyle.long if field.kind is FieldKind.TEXT else discord.TextStyle.short,
            )


def _options(choices: Sequence[Choice], chosen: set[str]) -> list[discord.SelectOption]:
    return [
        discord.SelectOption(
            label=_short(choice.label, OPTION), value=choice.value, default=choice.value in chosen
        )
        for choice in choices
    ]


def _short(said: str, longest: int) -> str:
    return said if len(said) <= longest else f"{said[: longest - 1]}…"
