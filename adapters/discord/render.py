"""What Voisin says, as Discord shows it: text displays and buttons of a layout view.

Discord reads ``* _ ~ ` | > # - [ ] ( )`` and more as markup, ``<@…>`` and ``@everyone`` as calls. In anyone's
words they stay words: behind a backslash, or with a mark that has no width after the ``@``.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

import discord
from discord import ui

from adapters.discord.spelling import spelled
from bot.domain.community import Language, Space
from bot.messages import Button, Mention, Message, Moment, Paragraph, Said, Span, Strong

TEXT = 4000
"""Characters of all the texts of one message."""
BETWEEN = "\n\n— — —"
"""Between a message's two languages."""

LABEL = 80
ROW = 5
ROWS = 5
ID = 100
SPAN = 1800
"""Characters of one span: with a backslash before each, they still fit."""

HOLLOW = "\u200b"
_MARKUP = re.compile(r"([\\*_~`|>#\[\]()<:\-+.!])")
_LINE = re.compile(r"[\r\n\v\f\x85\u2028\u2029]+")
_AT = re.compile(r"@")


ACTION = re.compile(r"[a-z_]{1,20}:[A-Za-z0-9_.-]{0,79}")


@runtime_checkable
class Hearing(Protocol):
    """Who hears of a press."""

    async def pressed(self, interaction: discord.Interaction, action: str) -> None: ...


class Press(ui.DynamicItem[ui.Button[ui.LayoutView]], template=ACTION):
    """A button: it carries ``verb:id`` and nothing else, so one from before a restart works."""

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction,  # noqa: ARG003 -- the library's signature
        item: ui.Item[ui.LayoutView],
        match: re.Match[str],  # noqa: ARG003 -- the library's signature
    ) -> "Press":
        if not isinstance(item, ui.Button):
            raise TypeError("Only buttons carry an action.")
        return cls(item)

    async def callback(self, interaction: discord.Interaction) -> None:
        hearing: object = interaction.client
        if isinstance(hearing, Hearing):
            await hearing.pressed(interaction, self.custom_id)


# ── Messages ────────────────────────────────────────────────────────────────────────────────────────


def layouts(
    said: Message, *, named: bool = False, link: tuple[str, str] | None = None
) -> Sequence[ui.LayoutView]:
    """A message, in as few of Discord's as it fits in: nearly always one. The last has the buttons.

    ``named`` spells names out where a mention may show a number: in direct messages. ``link`` is a label and
    an address, as one more button.
    """
    texts = list(_texts(said, named=named)) or [HOLLOW]
    views = [_view(text) for text in texts]
    for row in _rows(said.buttons, link):
        views[-1].add_item(row)
    return views


def literal(words: str) -> str:
    """What a person wrote: not a line of its own, not a mention, not a link, not emphasis."""
    flat = _LINE.sub(" ", words.replace("\0", ""))
    return _AT.sub(f"@{HOLLOW}", _MARKUP.sub(r"\\\1", flat))


def ours(words: str) -> str:
    """Voisin's own words: no markup in them either, and nobody is called."""
    return _AT.sub(f"@{HOLLOW}", words.replace("\0", "")).replace("*", "∗").replace("_", "\\_")


def _view(text: str) -> ui.LayoutView:
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay[ui.LayoutView](text))
    # Nothing of it is kept in memory: what it does is known by its buttons.
    view.stop()
    return view


def _texts(said: Message, *, named: bool) -> Iterator[str]:
    """Paragraphs in texts that Discord takes."""
    gathered = ""
    for part_number, part in enumerate(said.parts):
        if part_number and len(gathered) + len(BETWEEN) <= TEXT:
            gathered += BETWEEN
        seen: set[str] = set()
        for paragraph in part.paragraphs:
            for piece in _pieces(paragraph, language=part.language, seen=seen if named else None):
                if gathered and len(gathered) + len(piece) > TEXT:
                    yield gathered.strip()
                    gathered = ""
                gathered += piece
    if gathered.strip():
        yield gathered.strip()


def _pieces(paragraph: Paragraph, *, language: Language, seen: set[str] | None) -> Iterator[str]:
    written, first = "", "\n\n"
    for span in paragraph:
        for piece in _span(span, language=language, seen=seen):
            if len(written) + len(piece) > TEXT - 2:
                yield first + written
                written, first = "", ""
            written += piece
    yield first + written


def _span(span: Span, *, language: Language, seen: set[str] | None) -> Iterator[str]:
    match span:
        case str():
            typed = spelled(span, language)
            for start in range(0, len(typed), SPAN):
                yield ours(typed[start : start + SPAN])
        case Said():
            for start in range(0, len(span.text), SPAN):
                yield literal(span.text[start : start + SPAN])
        case Strong():
            yield f"**{ours(_short(spelled(span.text, language), SPAN))}**"
        case Mention():
            yield _mention(span, seen=seen)
        case Moment():
            yield f"<t:{int(span.at.timestamp())}:{'F' if span.with_time else 'D'}>"
        case Space():
            yield f"<#{span.external_id}>"


def _mention(span: Mention, *, seen: set[str] | None) -> str:
    """Called in a channel; in a direct message named, and at the first time with a way to their profile."""
    if seen is None:
        return f"<@{span.external_id}>"
    name = literal(_short(span.name, LABEL))
    if span.external_id in seen:
        return name
    seen.add(span.external_id)
    return f"**{name}** (<@{span.external_id}>)"


def _rows(buttons: Sequence[Button], link: tuple[str, str] | None) -> Iterator[ui.ActionRow[ui.LayoutView]]:
    items: list[ui.Item[Any]] = []
    if link is not None:
        items.append(ui.Button(label=_short(link[0], LABEL), url=link[1]))
    items.extend(_button(button) for button in buttons)
    for start in range(0, min(len(items), ROW * ROWS), ROW):
        row: ui.ActionRow[ui.LayoutView] = ui.ActionRow()
        for item in items[start : start + ROW]:
            row.add_item(item)
        yield row


def _button(button: Button) -> Press:
    style = discord.ButtonStyle.primary if button.main else discord.ButtonStyle.secondary
    return Press(ui.Button(label=_short(button.label, LABEL), style=style, custom_id=button.action[:ID]))


def _short(words: str, longest: int) -> str:
    return words if len(words) <= longest else f"{words[: longest - 1]}…"
