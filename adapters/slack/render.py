"""What Voisin says and asks, as Slack shows it: mrkdwn in sections, buttons, forms.

Slack reads ``&``, ``<`` and ``>`` as markup, and ``* _ ~ ` `` as emphasis. In anyone's words both stay words:
the first are written as entities, the second stand between marks that have no width.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from bot.domain.community import Language, Space
from bot.messages import (
    Button,
    Choice,
    Field,
    FieldKind,
    Form,
    Mention,
    Message,
    Moment,
    Paragraph,
    Said,
    Span,
    Strong,
)

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None
Block = dict[str, Json]

SECTION = 3000
TEXT = 3900
"""Of the text for notifications; Slack recommends 4,000."""
LABEL = 75
TITLE = 24
OPTIONS = 100
BUTTONS = 25
"""In one row."""
ID = 255
HINT = 2000
SPAN = 590
"""Characters of one span: what they become fits into a section however they are written."""

JOINER = "\u2060"
_EMPHASIS = re.compile(r"([*_~`])")
_LINE = re.compile(r"[\r\n\v\f\x85\u2028\u2029]+")


# ── Messages ────────────────────────────────────────────────────────────────────────────────────────


def text(said: Message) -> str:
    """The words alone, for notifications and screen readers: whom they name is named, not called twice."""
    whole = escaped(said.plain)
    # An entity has five characters at most: so many fit however they are written.
    return whole if len(whole) <= TEXT else escaped(_short(said.plain, TEXT // 5))


def blocks(said: Message) -> list[Block]:
    """A message: its parts one below the other, and its buttons."""
    shown: list[Block] = []
    for place, part in enumerate(said.parts):
        if place:
            shown.append({"type": "divider"})
        shown += [_section(chunk) for chunk in _chunks(part.paragraphs)]
    for start in range(0, len(said.buttons), BUTTONS):
        row = [_button(button) for button in said.buttons[start : start + BUTTONS]]
        shown.append({"type": "actions", "elements": row})
    return shown


def escaped(words: str) -> str:
    """Words without markup, whoever wrote them."""
    return words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\0", "")


def literal(words: str) -> str:
    """What a person wrote: not a line of its own, not a mention, not a link, not emphasis."""
    return _EMPHASIS.sub(rf"{JOINER}\1{JOINER}", escaped(_LINE.sub(" ", words)))


def _section(words: str) -> Block:
    # Verbatim: plain words that look like a link or a name are left as they are.
    return {"type": "section", "text": {"type": "mrkdwn", "text": words, "verbatim": True}}


def _chunks(paragraphs: Sequence[Paragraph]) -> Iterator[str]:
    """Paragraphs in as few sections as they fit in."""
    gathered = ""
    for paragraph in paragraphs:
        first = True
        for span in paragraph:
            for piece in _pieces(span):
                between = "\n\n" if first and gathered else ""
                if gathered and _length(gathered + between + piece) > SECTION:
                    yield gathered
                    gathered = piece
                else:
                    gathered += between + piece
                first = False
    if gathered:
        yield gathered


def _pieces(span: Span) -> Iterator[str]:
    match span:
        case str():
            for start in range(0, len(span), SPAN):
                yield escaped(span[start : start + SPAN])
        case Said():
            for start in range(0, len(span.text), SPAN):
                yield literal(span.text[start : start + SPAN])
        case Strong():
            yield f"*{escaped(_short(span.text, SPAN)).replace('*', '∗')}*"
        case Mention():
            yield f"<@{span.external_id}>"
        case Moment():
            # Not the pretty ones: « d’ici le demain », "on today".
            shape = "{date_long} {time}" if span.with_time else "{date_long}"
            # A bar would end the words.
            words = escaped(span.words).replace("|", " ")
            yield f"<!date^{int(span.at.timestamp())}^{shape}|{words}>"
        case Space():
            yield f"<#{span.external_id}>"


def _button(button: Button) -> Block:
    shown: Block = {
        "type": "button",
        "text": plain(_short(button.label, LABEL)),
        "action_id": button.action[:ID],
    }
    return shown | {"style": "primary"} if button.main else shown


def plain(words: str) -> Block:
    """Words that Slack shows as they are."""
    return {"type": "plain_text", "text": words or " ", "emoji": True}


# ── Views ───────────────────────────────────────────────────────────────────────────────────────────

CLOSE = {Language.FRENCH: "Fermer", Language.ENGLISH: "Close"}
NAME = "Voisin"


def home(said: Sequence[Message]) -> Block:
    """The Home tab."""
    shown: list[Block] = []
    for place, message in enumerate(said):
        if place:
            shown.append({"type": "divider"})
        shown += blocks(message)
    return {"type": "home", "blocks": shown[:OPTIONS]}


def note(said: Message, *, title: str = NAME) -> Block:
    """A message in a window of its own, for where there is no conversation to put it in."""
    language = said.parts[0].language if said.parts else Language.ENGLISH
    return {
        "type": "modal",
        "title": plain(_short(title, TITLE)),
        "close": plain(CLOSE[language]),
        "blocks": blocks(said),
    }


def form(asked: Form, *, kept: Mapping[str, str]) -> Block:
    """A form; ``kept`` comes back with its values."""
    return {
        "type": "modal",
        "callback_id": asked.action[:ID],
        "title": plain(_short(asked.title, TITLE)),
        "submit": plain(_short(asked.submit, TITLE)),
        "private_metadata": json.dumps(kept),
        "blocks": [_field(field) for field in asked.fields],
    }


def _field(field: Field) -> Block:
    shown: Block = {
        "type": "input",
        "block_id": field.name,
        "label": plain(_short(field.label, HINT)),
        "element": _element(field),
        "optional": not field.required,
    }
    return shown | {"hint": plain(_short(field.hint, HINT))} if field.hint else shown


def _element(field: Field) -> Block:
    element: Block = {"action_id": field.name}
    match field.kind:
        case FieldKind.LINE | FieldKind.TEXT | FieldKind.ZONE:
            element |= {"type": "plain_text_input", "max_length": min(max(field.limit, 1), SECTION)}
            if field.kind is FieldKind.TEXT:
                element["multiline"] = True
            return element | {"initial_value": _cut(field.value, field.limit)} if field.value else element
        case FieldKind.TIME:
            element |= {"type": "timepicker"}
            return element | {"initial_time": field.value} if field.value else element
        case FieldKind.DATE:
            element |= {"type": "datepicker"}
            return element | {"initial_date": field.value} if field.value else element
        case FieldKind.CHOICE:
            element |= {"type": "static_select", **_options(field.choices)}
            chosen = [_option(choice) for choice in field.choices if choice.value == field.value]
            return element | {"initial_option": chosen[0]} if chosen else element
        case FieldKind.CHOICES:
            element |= {"type": "multi_static_select", **_options(field.choices)}
            wanted = set(field.value.split(","))
            ticked = [_option(choice) for choice in field.choices if choice.value in wanted]
            return element | {"initial_options": ticked} if ticked else element


def _options(choices: Sequence[Choice]) -> Block:
    """A hundred at most in one list; more come in groups."""
    if len(choices) <= OPTIONS:
        return {"options": [_option(choice) for choice in choices]}
    return {
        "option_groups": [
            {
                "label": plain(f"{start + 1}–{min(start + OPTIONS, len(choices))}"),
                "options": [_option(choice) for choice in choices[start : start + OPTIONS]],
            }
            for start in range(0, len(choices), OPTIONS)
        ]
    }


def _option(choice: Choice) -> Block:
    return {"text": plain(_short(choice.label, LABEL)), "value": choice.value}


def _short(words: str, longest: int) -> str:
    return words if _length(words) <= longest else f"{_cut(words, longest - 1)}…"


def _length(words: str) -> int:
    """As JavaScript counts, an emoji twice: Slack does not say how it counts, and no count is longer."""
    return len(words.encode("utf-16-le", "surrogatepass")) // 2


def _cut(words: str, longest: int) -> str:
    return words.encode("utf-16-le", "surrogatepass")[: 2 * longest].decode("utf-16-le", "ignore")
