"""Questions to the community, the answers that their authors share, and what is said to these."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.community import Language, Space
from bot.domain.member import Member
from bot.domain.reflection import LIMIT, OwnQuestion, Prompt, Reflection, Visibility
from bot.messages import Choice, Field, FieldKind, Form, Message, Paragraph, Part, Said, Span, Strong
from bot.wording import prompts
from bot.wording.voice import capital, distinct, mention, message, moment, paragraphs, say, words


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """A prompt with the words of the program's own question, if it is one of those."""

    prompt: Prompt
    own: OwnQuestion | None

    def said(self, language: Language) -> Span | None:
        """The question; None when its words are gone."""
        if self.own is not None:
            return Said(text=self.own.text)
        found = prompts.bank(language).get(self.prompt.question)
        return Strong(text=found.text) if found else None


# ── The question ────────────────────────────────────────────────────────────────────────────────────


def to_space(asked: Asked, first: Language) -> Message | None:
    """Put the question to everybody, in every language; None when its words are gone."""
    return _put(asked, distinct([first, *Language]), "prompt.frame", stop="prompt_me")


def to_member(asked: Asked, language: Language) -> Message | None:
    """The same, to someone who asked for it in private."""
    return _put(asked, [language], "prompt.frame_private", stop="prompt_stop")


def _put(asked: Asked, languages: Sequence[Language], frame: str, *, stop: str) -> Message | None:
    parts: list[Part] = []
    for language in languages:
        question = asked.said(language)
        if question is None:
            return None
        said = (*paragraphs("prompt.aloud", language), (question,), *paragraphs(frame, language))
        parts.append(Part(language=language, paragraphs=said))
    id = asked.prompt.id
    return message("prompt", parts, taps=[("reflect", id), ("nothing", id), (stop, asked.prompt.program_id)])


# ── The answers ─────────────────────────────────────────────────────────────────────────────────────


def shared(
    reflection: Reflection, author: Member, asked: Asked | None, *, space: Space, first: Language
) -> Message:
    """Bring an answer to the space, with its author's name; nobody is rung."""
    parts = [
        Part(
            language=language,
            paragraphs=(
                *paragraphs("reflection", language, person=_called(author), space=space),
                *_quoted(reflection, asked, language),
                *paragraphs("reflection.invite", language),
            ),
        )
        for language in distinct([author.language, first])
    ]
    return message("reflection", parts, taps=[("respond", reflection.id)])


def response(text: str, *, author: Member, person: Member) -> Message:
    """Pass on to the author what somebody said to their answer."""
    language = author.language
    said = (
        *paragraphs("response", language, person=_called(person)),
        (Said(text=text),),
        *paragraphs("response.answered", language, person=mention(person)),
    )
    return message("response", [Part(language=language, paragraphs=said)])


def unheard(
    reflection: Reflection, asked: Asked | None, *, author: Member, reader: Member, space: Space
) -> Message:
    """Ask one fitting member for one question to someone whose answer nobody has taken up."""
    language = reader.language
    said = (
        *paragraphs("unheard", language, person=_called(author), space=space),
        *_quoted(reflection, asked, language),
        *paragraphs("unheard.frame", language),
    )
    return message("unheard", [Part(language=language, paragraphs=said)], taps=[("respond", reflection.id)])


def _quoted(reflection: Reflection, asked: Asked | None, language: Language) -> Sequence[Paragraph]:
    """The words, after the question that they answer."""
    question = asked.said(language) if asked else None
    answer: Paragraph = (Said(text=reflection.text),)
    return [(question,), answer] if question is not None else [answer]


def _called(person: Member) -> Said:
    return Said(text=person.name)


# ── What is answered to who wrote ───────────────────────────────────────────────────────────────────


def noted(
    reflection: Reflection,
    *,
    language: Language,
    space: Space,
    appeared: bool = False,
    reworded: bool = False,
) -> Message:
    """What becomes of what they wrote, with a button for each other way.

    ``appeared``: it stands in the space for all to read; ``reworded``: in other words than now.
    """
    id = reflection.id
    match reflection.visibility:
        case Visibility.COMMUNITY if reworded:
            taps = [("reword", id), ("withdraw", id)]
            return say("reply.reflected_reworded", language, taps=taps, space=space)
        case Visibility.COMMUNITY:
            taps = [("reword", id), ("withdraw", id)]
            return say("reply.reflected_community", language, taps=taps, space=space)
        case Visibility.PARTNER:
            return say(
                "reply.reflected_partner", language, taps=[("reword", id), ("share", id), ("withdraw", id)]
            )
        case Visibility.MINE if appeared:
            return say("reply.reflected_withdrawn", language, taps=[("reword", id)], space=space)
        case Visibility.MINE:
            return say("reply.reflected_mine", language, taps=[("reword", id), ("share", id)])


def listed(
    language: Language,
    *,
    space: Space,
    own: Sequence[OwnQuestion],
    others: int,
    next_at: datetime | None,
    zone: str,
) -> Message:
    """The questions of a program, for its conveners: its own by number, and how many more there are."""
    said = [*paragraphs("reply.prompts", language, space=space)]
    if next_at is None:
        said += paragraphs("reply.prompts.off", language)
    else:
        at = moment(next_at, zone=zone, language=language, with_time=True)
        said += paragraphs("reply.prompts.next", language, day=at)
    for number, question in enumerate(own, 1):
        said += paragraphs("reply.prompts.own", language, n=number, text=Said(text=question.text))
    said += paragraphs("reply.prompts.bank", language, n=others)
    return message("reply.prompts", [Part(language=language, paragraphs=tuple(said))])


# ── The forms ───────────────────────────────────────────────────────────────────────────────────────


def reflection_form(
    language: Language, *, action: str, text: str = "", visibility: Visibility = Visibility.PARTNER
) -> Form:
    """A few sentences, and who may read them."""
    return Form(
        action=action,
        title=words("form.reflection", language),
        fields=(
            _text("form.reflection.text", language, value=text),
            Field(
                name="visibility",
                label=words("form.reflection.visibility", language),
                kind=FieldKind.CHOICE,
                value=visibility,
                hint=words("form.reflection.visibility.hint", language),
                choices=tuple(
                    Choice(value=each, label=capital(words(f"visibility.{each}", language)))
                    for each in (Visibility.COMMUNITY, Visibility.PARTNER, Visibility.MINE)
                ),
                required=True,
            ),
        ),
        submit=words("form.save", language),
        language=language,
    )


def response_form(language: Language, *, action: str) -> Form:
    """One line or two to the author of an answer."""
    return Form(
        action=action,
        title=words("form.response", language),
        fields=(_text("form.response.text", language),),
        submit=words("form.save", language),
        language=language,
    )


def _text(name: str, language: Language, *, value: str = "") -> Field:
    return Field(
        name="text",
        label=words(name, language),
        kind=FieldKind.TEXT,
        value=value,
        hint=words(f"{name}.hint", language),
        limit=LIMIT,
        required=True,
    )
