"""What Voisin announces by itself: to a member, to a space, to a convener.

``next_at`` is the next round of the program, None while there is none; ``zone`` is the program's.
A space holds people of every language: what is said there is said in all, the community's first.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal

from bot.domain.cadence import Rhythm
from bot.domain.community import Language, Space
from bot.domain.ids import DeliveryId, IntroductionId, ProgramId
from bot.domain.member import Member
from bot.messages import Message, Paragraph, Part, Said
from bot.wording.voice import Tap, Values, day, distinct, mention, message, moment, paragraphs, say, words

Alone = Literal["alone", "chance", "language", "team", "hour", "rules"]
"""Why someone was introduced to nobody: nobody else took part, what parts them from everyone else, or chance.
There is never another reason: a wish to be kept apart reads like chance.
"""


# ── To a member ─────────────────────────────────────────────────────────────────────────────────────


def nobody(
    language: Language, *, space: Space, reason: Alone, next_at: datetime | None, zone: str
) -> Message:
    """The honest word: nobody this time, first next time."""
    return _one("nobody", language, (f"nobody.{reason}", {"space": space}), next_at=next_at, zone=zone)


def greeter(language: Language, *, space: Space, program: ProgramId, welcomes: int) -> Message:
    """A convener asks whether they would welcome newcomers: one tap declines."""
    return say("greeter", language, taps=(("ungreet", program),), space=space, n=welcomes)


def parted(language: Language, *, space: Space, next_at: datetime | None, zone: str) -> Message:
    """The neighbour of this week is no longer there; neither who left nor why is said."""
    return _one("parted", language, ("parted", {"space": space}), next_at=next_at, zone=zone)


def cancelled(language: Language, *, space: Space, next_at: datetime | None, zone: str) -> Message:
    """The round came too late and does not take place."""
    return _one("cancelled", language, ("cancelled", {"space": space}), next_at=next_at, zone=zone)


def welcome_back(
    language: Language, *, space: Space, program: ProgramId, next_at: datetime | None, zone: str
) -> Message:
    """A pause has ended."""
    taps = (("skip", program), ("pause", program))
    return _one(
        "welcome_back", language, ("welcome_back", {"space": space}), next_at=next_at, zone=zone, taps=taps
    )


def interrupted(language: Language, *, about: DeliveryId) -> Message:
    """It is not known whether a message arrived: a button shows it."""
    return _one("interrupted", language, ("interrupted", {}), taps=(("show", about),))


# ── To a space ──────────────────────────────────────────────────────────────────────────────────────


def invitation(
    language: Language,
    *,
    space: Space,
    program: ProgramId,
    rhythm: Rhythm,
    next_at: datetime | None,
    zone: str,
) -> Message:
    """The program exists, and one button joins it."""
    told: dict[str, Values] = {"space": space, "rhythm": lambda spoken: words(f"cadence.{rhythm}", spoken)}
    return _all(
        "invitation", language, ("invitation", told), next_at=next_at, zone=zone, taps=(("join", program),)
    )


def skipped(language: Language, *, space: Space, on: date, next_at: datetime | None, zone: str) -> Message:
    """No round on this date of the program: a day off."""
    told: dict[str, Values] = {"space": space, "day": lambda spoken: day(on, spoken)}
    return _all("skipped", language, ("skipped", told), next_at=next_at, zone=zone)


# ── To a convener ───────────────────────────────────────────────────────────────────────────────────


def small(language: Language, *, space: Space, program: ProgramId, active: int) -> Message:
    """Few members are active: a slower rhythm is proposed."""
    return _one(
        "small",
        language,
        ("small", {"space": space, "n": active}),
        ("small.proposal", {}),
        taps=(("fortnight", program), ("keep", program)),
    )


def late(
    language: Language, *, space: Space, missed: int, cancelled: bool, next_at: datetime | None, zone: str
) -> Message:
    """Rounds (missed ≥ 1) did not open on time; the latest of them was cancelled, or went out late."""
    return _one(
        "late",
        language,
        ("late.missed", {"space": space, "n": missed}),
        ("late.cancelled" if cancelled else "late.sent", {}),
        next_at=next_at,
        zone=zone,
    )


def quiet(language: Language, *, space: Space, active: int, next_at: datetime | None, zone: str) -> Message:
    """Too few members could take part (0 or 1)."""
    told: tuple[str, dict[str, Values]] = (
        ("quiet", {"space": space, "n": active}) if active else ("quiet.none", {"space": space})
    )
    return _one("quiet", language, told, ("quiet.hint", {}), next_at=next_at, zone=zone)


def space_closed(language: Language, *, space: Space) -> Message:
    """Voisin cannot write in the space any more, and its program rests."""
    return _one("space_closed", language, ("space_closed", {"space": space}))


def given_up(language: Language, *, space: Space, person: Member | None, reason: str) -> Message:
    """A message could not be delivered: to a person, or (None) in the space. The reason is the platform's."""
    told: tuple[str, dict[str, Values]] = (
        ("given_up.person", {"person": mention(person)}) if person else ("given_up", {"space": space})
    )
    return _one("given_up", language, told, ("given_up.reason", {"reason": Said(text=reason)}))


def unsure(language: Language, *, space: Space, at: datetime, zone: str) -> Message:
    """A message to the space may or may not stand there, and is never posted a second time."""
    when = moment(at, zone=zone, language=language, with_time=True)
    return _one("unsure", language, ("unsure", {"space": space, "at": when}))


def care(language: Language, *, author: Member, about: Member | None, said: str) -> Message:
    """A member's private word, for a convener alone."""
    told: list[Told] = [("care", {"person": mention(author)})]
    if about is not None:
        # Shown, not rung: whom it is about hears nothing.
        told.append(("care.about", {"person": Said(text=about.name)}))
    return _one("care", language, *told, ("care.words", {"text": Said(text=said)}))


def rest_or_stay(
    language: Language, *, reader: Member, space: Space, program: ProgramId, introduction: IntroductionId
) -> Message:
    """In place of the closing question, after some silent rounds: one tap, no reproach."""
    told: Told = ("rest", {"reader": mention(reader), "space": space})
    taps = (("stay", str(program)), ("rest", str(program)), ("met", str(introduction)))
    return _one("rest", language, told, taps=taps)


def installed(language: Language) -> Message:
    """To whoever installed it: two steps to the first round."""
    return _one("installed", language, ("installed", {}))


def installer_left(language: Language) -> Message:
    """To a convener: who installed Voisin is leaving, and what keeps it here."""
    return _one("installer_left", language, ("installer_left", {}))


Told = tuple[str, dict[str, Values]]
"""A sentence and what fills it."""


def _one(
    name: str,
    language: Language,
    *told: Told,
    next_at: datetime | None = None,
    zone: str = "UTC",
    taps: Sequence[Tap] = (),
) -> Message:
    return message(name, [_part(language, told, next_at, zone)], taps=taps)


def _all(
    name: str, first: Language, *told: Told, next_at: datetime | None, zone: str, taps: Sequence[Tap] = ()
) -> Message:
    return message(
        name, [_part(language, told, next_at, zone) for language in distinct([first, *Language])], taps=taps
    )


def _part(language: Language, told: Sequence[Told], next_at: datetime | None, zone: str) -> Part:
    said: list[Paragraph] = []
    for name, values in told:
        said += paragraphs(name, language, **values)
    if next_at is not None:
        at = moment(next_at, zone=zone, language=language, with_time=True)
        said += paragraphs("notice.next", language, day=at)
    return Part(language=language, paragraphs=tuple(said))
