"""An introduction and what follows it: the first message, a third one who joins, the nudge, the question."""

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain

from bot.domain.community import Language, Space
from bot.domain.ids import IntroductionId, MemberId
from bot.domain.member import LINE_LIMIT, Member
from bot.domain.round import Introduction
from bot.messages import Message, Paragraph, Part, Said, Span
from bot.wording import phrases
from bot.wording.voice import Tap, Value, day, distinct, mention, message, moment, names, paragraphs, say
from bot.wording.voice import joined as joined_spans

Block = tuple[Paragraph, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """An introduction with all that its words need."""

    introduction: Introduction
    members: Mapping[MemberId, Member]
    """At least those who are introduced."""
    space: Space
    closes_at: datetime
    late: bool
    """The frame is shortened."""
    zone: str
    """The program's."""
    tenths: int | None = None
    """Of ten who were introduced here, about so many found at least what they expected; None: not known."""
    fresh: Mapping[MemberId, str] = field(default_factory=dict)
    """What they wrote lately for such eyes, by who wrote it."""

    @property
    def people(self) -> tuple[Member, ...]:
        """Those introduced, in the order in which they are named."""
        return tuple(self.members[id] for id in self.introduction.members)

    @property
    def opener(self) -> Member:
        """Who has the first word."""
        return self.members[self.introduction.opener]

    @property
    def languages(self) -> tuple[Language, ...]:
        """Those of all its people, the opener's first."""
        return distinct([self.opener.language, *(person.language for person in self.people)])

    def others(self, member: Member) -> tuple[Member, ...]:
        """Everyone in it but one."""
        return tuple(self.members[id] for id in self.introduction.others(member.id))


def introduction(view: View, *, to: Member | None) -> Message:
    """Present people to each other: in their circle, or to one of them alone and in their language."""
    languages = view.languages if to is None else (to.language,)
    return message(
        "introduction",
        [Part(language=language, paragraphs=_introduction(view, to, language)) for language in languages],
        taps=_first_taps(view, to),
        main="say",
    )


def joined(view: View, *, to: Member | None = None) -> Message:
    """Tell a pair in a line that one more joins them, and introduce that one in full.

    In the circle for all of them; alone, the line or the introduction, whichever concerns the reader.
    """
    joiner_id = view.introduction.joiner
    if joiner_id is None:
        raise ValueError(f"Nobody joined the introduction {view.introduction.id}.")
    joiner = view.members[joiner_id]
    if to is not None and to.id == joiner.id:
        return introduction(view, to=to)
    languages = view.languages if to is None else (to.language,)
    return message(
        "joined",
        [Part(language=language, paragraphs=_joined(view, joiner, to, language)) for language in languages],
        taps=_first_taps(view, to),
        main="say",
    )


def nudge(view: View, *, phrase: str) -> Message:
    """Offer the opener, alone, another phrase (by its id)."""
    opener, others = view.opener, view.others(view.opener)
    language = opener.language
    said = (
        *paragraphs("nudge", language, people=names(others, language)),
        *paragraphs("introduction.phrase", language, phrase=opening(phrase, others, language)),
        *paragraphs("nudge.frame", language, day=_end(view, language)),
    )
    return message(
        "nudge",
        [Part(language=language, paragraphs=said)],
        taps=(
            *_taps(view, "phrase"),
            _say(view.introduction.id, phrase),
            *_taps(view, "met", "bow"),
        ),
        main="say",
    )


def question(view: View, *, to: Member) -> Message:
    """Ask one of them, in private, how it went."""
    return say(
        "question",
        to.language,
        taps=_taps(view, "met", "not_yet", "could_not"),
        reader=mention(to),
        people=names(view.others(to), to.language),
    )


def another(id: IntroductionId, *, phrase: str, others: Sequence[Member], to: Member, opens: bool) -> Message:
    """Answer someone who asked for another phrase (by its id), ready to send to the others.

    ``opens``: they have the first word, and Voisin can say it for them.
    """
    taps = [(verb, str(id)) for verb in ("phrase", "lighter", "deeper")]
    return say(
        "reply.phrase",
        to.language,
        taps=[_say(id, phrase), *taps] if opens else taps,
        phrase=opening(phrase, others, to.language),
    )


def called_by(person: Member) -> str:
    """What one calls them when one says hello: « Bonjour Tom », and not « Bonjour Tom Okafor »."""
    return person.name.split()[0] if person.name.strip() else person.name


def opening(phrase: str, others: Sequence[Member], language: Language) -> tuple[Span, ...]:
    """A phrase of the bank, addressed to these people."""
    found = phrases.phrase(language, phrase)
    text = found.text if len(others) == 1 else found.text_many
    # The phrase stands in quotes already: what it quotes itself comes in single ones.
    before, _, after = text.replace("“", "‘").replace("”", "’").partition("{name}")
    called = joined_spans([Said(text=called_by(person)) for person in others], language)
    return tuple(span for span in (before, *called, after) if span)


def _introduction(view: View, to: Member | None, language: Language) -> Block:
    readers = view.people if to is None else view.others(to)
    return (
        _merged(_presented(view, to, language), _where(view, language), _history(view, language)),
        *_lines(view, readers, language),
        *_first_word(view, to, language),
        *_frame(view, language),
    )


def _joined(view: View, joiner: Member, to: Member | None, language: Language) -> Block:
    pair = view.others(joiner)
    if to is not None:
        other = [person for person in pair if person.id != to.id]
        return (
            *paragraphs(
                "joined.alone",
                language,
                reader=mention(to),
                joiner=mention(joiner),
                people=names(other, language),
            ),
            *_lines(view, [joiner], language),
            *_first_word(view, to, language),
            *_frame(view, language),
        )
    known: dict[str, Value] = {"pair": names(pair, language), "joiner": mention(joiner)}
    presented = paragraphs("joined.joiner", language, space=view.space, **known)
    return (
        *paragraphs("joined", language, **known),
        _merged(presented, _history(view, language)),
        *_lines(view, view.people, language),
        *_first_word(view, None, language),
        *_frame(view, language),
    )


def _presented(view: View, to: Member | None, language: Language) -> Block:
    if to is not None:
        others = names(view.others(to), language)
        return paragraphs("introduction.alone", language, reader=mention(to), people=others)
    if len(view.people) == 2:
        one, other = view.opener, view.others(view.opener)[0]
        return paragraphs("introduction.pair", language, one=mention(one), other=mention(other))
    return paragraphs("introduction.group", language, people=names(view.people, language))


def _where(view: View, language: Language) -> Block:
    return paragraphs("introduction.where", language, space=view.space)


def _history(view: View, language: Language) -> Block:
    """What is known of them, honestly: strangers are only called so when nothing is on record."""
    made = view.introduction
    if not made.met_before:
        return paragraphs(f"introduction.{'acquainted' if made.acquainted else 'stranger'}", language)
    # Of three, perhaps only two have met.
    name = "introduction.again" if len(made.members) == 2 else "introduction.some_again"
    if made.last_met is None:
        return paragraphs(f"{name}_undated", language)
    with_year = made.last_met.year != view.closes_at.year
    return paragraphs(name, language, day=day(made.last_met, language, with_year=with_year))


def _lines(view: View, people: Sequence[Member], language: Language) -> Block:
    return tuple(
        chain.from_iterable(
            (*_line(person, language), *_bridge(person, view.fresh.get(person.id), language))
            for person in people
        )
    )


def _bridge(person: Member, text: str | None, language: Language) -> Block:
    """A way in: what they wrote lately, as far as one line goes."""
    if not text:
        return ()
    line = textwrap.shorten(text, LINE_LIMIT, placeholder=" …")
    return paragraphs("lines.fresh", language, person=Said(text=called_by(person)), text=Said(text=line))


def _line(person: Member, language: Language) -> Block:
    given = {
        key: Said(text=text)
        for key, text in (("learning", person.learning), ("can_help", person.can_help))
        if text
    }
    if not given:
        return ()
    name = "lines" if len(given) == 2 else next(iter(given))
    return paragraphs(f"introduction.{name}", language, person=mention(person), **given)


def _first_word(view: View, to: Member | None, language: Language) -> Block:
    others = view.others(view.opener)
    if to is None:
        said = paragraphs("introduction.opener", language, opener=mention(view.opener))
    elif to.id == view.opener.id:
        said = paragraphs("introduction.opener_you", language)
    else:
        said = paragraphs("introduction.opener_other", language, opener=mention(view.opener))
    return (
        *said,
        *paragraphs(
            "introduction.phrase", language, phrase=opening(view.introduction.phrase, others, language)
        ),
    )


def _frame(view: View, language: Language) -> Block:
    name = "introduction.frame_late" if view.late else "introduction.frame"
    swap = "introduction.swap" if len(view.people) == 2 else "introduction.swap_group"
    known = (
        paragraphs("introduction.most", language)
        if view.tenths is None
        else paragraphs("introduction.tenths", language, tenths=str(view.tenths))
    )
    return (
        _merged(paragraphs(swap, language), known),
        *paragraphs(name, language, day=_end(view, language)),
    )


def _end(view: View, language: Language) -> Span:
    return moment(view.closes_at, zone=view.zone, language=language)


def _merged(*blocks: Block) -> Paragraph:
    """Sentences that make one paragraph."""
    said: list[Span] = []
    for paragraph in chain.from_iterable(blocks):
        said += [" ", *paragraph] if said else paragraph
    return tuple(said)


def _first_taps(view: View, to: Member | None) -> tuple[Tap, ...]:
    """Those of an introduction; the first word is the opener's to give away."""
    say_it = (_say(view.introduction.id, view.introduction.phrase),)
    opens = to is None or to.id == view.opener.id
    return (
        *_taps(view, "phrase"),
        *(say_it if opens else ()),
        *_taps(view, "times", "known", "bow", "expect"),
    )


def _say(id: IntroductionId, phrase: str) -> Tap:
    """What is said is what stood above the button, whatever phrase came after it."""
    return ("say", f"{id}.{phrase}")


def _taps(view: View, *verbs: str) -> tuple[Tap, ...]:
    return tuple((verb, view.introduction.id) for verb in verbs)
