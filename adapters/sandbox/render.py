"""What Voisin says and asks, as the page takes it: JSON of words and kinds, never of markup."""

from base64 import b64encode
from collections.abc import Mapping, Sequence

from bot.domain.community import Space
from bot.messages import Field, File, Form, Mention, Message, Moment, Said, Span, Strong

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None


def message(said: Message) -> dict[str, Json]:
    """A message, its parts in their languages, and its buttons."""
    return {
        "name": said.name,
        "parts": [
            {
                "language": part.language.value,
                "paragraphs": [[_span(span) for span in paragraph] for paragraph in part.paragraphs],
            }
            for part in said.parts
        ],
        "buttons": [
            {"label": button.label, "action": button.action, "main": button.main} for button in said.buttons
        ],
    }


def words(text: str) -> dict[str, Json]:
    """What a person of the sandbox wrote: a message without a language or a button."""
    paragraph: list[Json] = [{"kind": "said", "text": text}]
    return {"name": "", "parts": [{"language": None, "paragraphs": [paragraph]}], "buttons": []}


def form(asked: Form) -> dict[str, Json]:
    """A form and its fields."""
    return {
        "action": asked.action,
        "title": asked.title,
        "submit": asked.submit,
        "language": asked.language.value,
        "fields": [_field(field) for field in asked.fields],
    }


def file(kept: File) -> dict[str, Json]:
    """A file with its content, for the page to hand over."""
    return {"name": kept.name, "type": kept.media_type, "content": b64encode(kept.content).decode()}


def _span(span: Span) -> Json:
    match span:
        case str():
            return {"kind": "text", "text": span}
        case Mention():
            return {"kind": "mention", "text": span.name, "id": span.external_id}
        case Said():
            return {"kind": "said", "text": span.text}
        case Strong():
            return {"kind": "strong", "text": span.text}
        case Moment():
            return {
                "kind": "moment",
                "text": span.words,
                "at": span.at.isoformat(),
                "time": span.with_time,
            }
        case Space():
            return {"kind": "space", "text": f"#{span.name}", "id": span.external_id}


def _field(field: Field) -> Json:
    return {
        "name": field.name,
        "label": field.label,
        "kind": field.kind.value,
        "value": field.value,
        "hint": field.hint,
        "choices": [{"value": choice.value, "label": choice.label} for choice in field.choices],
        "limit": field.limit,
        "required": field.required,
    }
