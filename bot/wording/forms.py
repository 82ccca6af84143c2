"""Short forms, with what stands in them at first."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from bot.domain.acquaintance import Distance
from bot.domain.cadence import Rhythm as Cadenced
from bot.domain.care import WORD_LIMIT
from bot.domain.community import Language, TieSource
from bot.domain.ids import ExternalId
from bot.domain.impression import TAKEAWAY_LIMIT, Impression
from bot.domain.member import LINE_LIMIT, Format, Member, Rhythm, Room
from bot.messages import Choice, Field, FieldKind, Form
from bot.wording.voice import capital, words

SPOKEN = ("fr", "en", "es", "de", "it", "pt", "ar", "nl")
"""Languages that the form offers; a roster may name others, and they stay."""

SIZES = range(2, 9)

USUAL = "usual"
"""The choice of who leaves it to the platform's own way."""

RHYTHMS: tuple[Cadenced, ...] = ("weekly", "fortnightly", "monthly")


def me_form(
    member: Member,
    *,
    zone: str,
    apart: Sequence[tuple[str, str]] = (),
    known: Sequence[tuple[str, str]] = (),
) -> Form:
    """What a member says about themselves. ``zone`` counts while they have named none.

    ``apart`` and ``known`` are their own wishes and acquaintances as (value, name): what stays ticked stays.
    """
    language = member.language
    fields = [
        _field("me.learning", language, value=member.learning, limit=LINE_LIMIT, hinted=True),
        _field("me.can_help", language, value=member.can_help, limit=LINE_LIMIT, hinted=True),
        _choice("me.language", language, member.language, [(each, f"language.{each}") for each in Language]),
        _languages(member),
        _field(
            "me.zone", language, kind=FieldKind.ZONE, value=member.zone or zone, required=True, hinted=True
        ),
        _choice("me.format", language, member.format, [(each, f"format.{each}") for each in Format]),
        _choice("me.rhythm", language, member.rhythm, [(each, f"rhythm.{each}") for each in Rhythm]),
        _choice(
            "me.room", language, member.room or USUAL, [(each, f"room.{each}") for each in (USUAL, *Room)]
        ),
    ]
    fields += [
        _field(
            f"me.{name}",
            language,
            kind=FieldKind.CHOICES,
            value=",".join(value for value, _ in people),
            choices=[Choice(value=value, label=label) for value, label in people],
            hinted=True,
        )
        for name, people in (("apart", apart), ("known", known))
        if people
    ]
    return _form("me", "me:", language, fields)


@dataclass(frozen=True, kw_only=True, slots=True)
class SetUp:
    """What the setup form shows at first: the program as it is, or good defaults."""

    rhythm: Cadenced = "weekly"
    day: int = 1
    """0 is Monday."""
    at: time = time(10)
    zone: str
    size: int = 2
    distance: Distance = Distance.ANY
    ticked: tuple[str, ...] = ("tells_rounds", "tells_seasons")
    """What is switched on, of TICKS."""


TICKS: Mapping[str, tuple[str, ...]] = {
    "never": ("other_teams", "common_hour"),
    "harvest": ("tells_rounds", "tells_seasons"),
}
"""Fields with what can be switched on in each, by its name in a program: what is avoided where it can be, and
never done where the convener says so; and what the space reads afterwards.
"""


def setup_form(language: Language, defaults: SetUp, *, space: ExternalId) -> Form:
    """The rhythm of a space's program: a new one, or the one that is there."""
    # A calendar of its own is kept unless another rhythm is chosen.
    rhythms = [*RHYTHMS, defaults.rhythm] if defaults.rhythm == "other" else [*RHYTHMS]
    sizes = [Choice(value=str(size), label=words("size", language, n=size)) for size in SIZES]
    fields = [
        _choice("setup.rhythm", language, defaults.rhythm, [(each, f"cadence.{each}") for each in rhythms]),
        _choice(
            "setup.day",
            language,
            str(defaults.day),
            [(str(each), f"day.{each}") for each in range(7)],
            hinted=True,
        ),
        _field(
            "setup.at", language, kind=FieldKind.TIME, value=f"{defaults.at:%H:%M}", limit=5, required=True
        ),
        _field("setup.zone", language, kind=FieldKind.ZONE, value=defaults.zone, required=True, hinted=True),
        _field(
            "setup.size",
            language,
            kind=FieldKind.CHOICE,
            value=str(defaults.size),
            choices=sizes,
            required=True,
        ),
        _choice(
            "setup.distance",
            language,
            defaults.distance,
            [(each, f"distance.{each}") for each in Distance],
            hinted=True,
        ),
        *(
            _field(
                f"setup.{name}",
                language,
                kind=FieldKind.CHOICES,
                value=",".join(each for each in several if each in defaults.ticked),
                choices=[Choice(value=each, label=words(f"{name}.{each}", language)) for each in several],
                hinted=True,
            )
            for name, several in TICKS.items()
        ),
    ]
    return _form("setup", f"setup:{space}", language, fields)


def ties_form(language: Language, *, offered: Sequence[TieSource], noted: Sequence[TieSource]) -> Form:
    """What the platform may tell of who knows whom: what is ticked is on."""
    field = _field(
        "ties.sources",
        language,
        kind=FieldKind.CHOICES,
        value=",".join(noted),
        choices=[Choice(value=each, label=capital(words(f"source.{each}", language))) for each in offered],
        hinted=True,
    )
    return _form("ties", "ties:", language, [field])


def keepsake_form(language: Language, impression: Impression, *, others: Sequence[tuple[str, str]]) -> Form:
    """A line to take away, someone to thank (value, name), and whether the community may read it."""
    none = Choice(value="nobody", label=words("form.keepsake.nobody", language))
    fields = [
        _field(
            "keepsake.takeaway",
            language,
            kind=FieldKind.TEXT,
            value=impression.takeaway,
            limit=TAKEAWAY_LIMIT,
            hinted=True,
        ),
        _field(
            "keepsake.thanked",
            language,
            kind=FieldKind.CHOICE,
            value=impression.thanked or none.value,
            choices=[none, *(Choice(value=value, label=label) for value, label in others)],
        ),
        _choice(
            "keepsake.shared",
            language,
            "community" if impression.shared else "mine",
            [(each, f"form.keepsake.{each}") for each in ("mine", "community")],
            hinted=True,
        ),
    ]
    return _form("keepsake", f"keepsake:{impression.introduction_id}", language, fields)


def care_form(
    language: Language,
    *,
    about: Sequence[tuple[str, str]],
    named: str,
    conveners: Sequence[tuple[str, str]],
) -> Form:
    """A private word: about whom and to whom (value, name), and what."""
    nobody = Choice(value="nobody", label=words("form.care.nobody", language))
    everyone = Choice(value="all", label=words("form.care.everyone", language))
    fields = [
        _field(
            "care.about",
            language,
            kind=FieldKind.CHOICE,
            value=named,
            choices=[nobody, *(Choice(value=value, label=label) for value, label in about)],
            required=True,
            hinted=True,
        ),
        _field(
            "care.to",
            language,
            kind=FieldKind.CHOICE,
            value=everyone.value,
            choices=[everyone, *(Choice(value=value, label=label) for value, label in conveners)],
            required=True,
            hinted=True,
        ),
        _field(
            "care.words",
            language,
            kind=FieldKind.TEXT,
            limit=WORD_LIMIT,
            required=True,
        ),
    ]
    return _form("care", "care:", language, fields)


def _languages(member: Member) -> Field:
    codes = dict.fromkeys([*SPOKEN, *member.languages])
    return _field(
        "me.languages",
        member.language,
        kind=FieldKind.CHOICES,
        value=",".join(member.languages),
        choices=[
            Choice(
                value=code,
                label=capital(words(f"language.{code}", member.language)) if code in SPOKEN else code,
            )
            for code in codes
        ],
        hinted=True,
    )


def _choice(
    name: str, language: Language, value: str, labels: Iterable[tuple[str, str]], *, hinted: bool = False
) -> Field:
    choices = [Choice(value=each, label=capital(words(label, language))) for each, label in labels]
    return _field(
        name, language, kind=FieldKind.CHOICE, value=value, choices=choices, required=True, hinted=hinted
    )


def _field(
    name: str,
    language: Language,
    *,
    kind: FieldKind = FieldKind.LINE,
    value: str = "",
    choices: Sequence[Choice] = (),
    limit: int = LINE_LIMIT,
    required: bool = False,
    hinted: bool = False,
) -> Field:
    return Field(
        name=name.partition(".")[2],
        label=words(f"form.{name}", language),
        kind=kind,
        value=value,
        hint=words(f"form.{name}.hint", language) if hinted else "",
        choices=tuple(choices),
        limit=limit,
        required=required,
    )


def _form(name: str, action: str, language: Language, fields: Sequence[Field]) -> Form:
    return Form(
        action=action,
        title=words(f"form.{name}", language),
        fields=tuple(fields),
        submit=words("form.save", language),
        language=language,
    )
