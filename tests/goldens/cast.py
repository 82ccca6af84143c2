"""The people of the goldens: one small community, always the same."""

from dataclasses import replace
from datetime import UTC, date, datetime

from bot.domain.cadence import Wall, weekly
from bot.domain.community import Language, Space
from bot.domain.ids import (
    CommunityId,
    ExternalId,
    IntroductionId,
    MemberId,
    PartnershipId,
    ProgramId,
    PromptId,
    QuestionId,
    ReflectionId,
    ResponseId,
    RoundId,
    SlotId,
    SpaceId,
)
from bot.domain.member import Member, Participation, Standing
from bot.domain.partnership import Partner, Partnership
from bot.domain.program import Program
from bot.domain.reflection import OwnQuestion, Prompt, Reflection, Response, Visibility
from bot.domain.round import Introduction
from bot.domain.slots import Slot
from bot.wording.introductions import View
from bot.wording.partnerships import Company
from bot.wording.reflections import Asked

FRENCH, ENGLISH = Language.FRENCH, Language.ENGLISH

COMMUNITY = CommunityId("curious")
PARIS = "Europe/Paris"
OPENS = datetime(2026, 11, 24, 9, tzinfo=UTC)
CLOSES = datetime(2026, 12, 1, 9, tzinfo=UTC)
CLOSES_ON = date(2026, 12, 1)

LINES = {
    "lea": {
        FRENCH: ("le tissage sur un petit métier", "la comptabilité, sans peur"),
        ENGLISH: ("weaving on a small loom", "accounts, without fear"),
    },
    "tom": {FRENCH: ("écrire des tests qui durent", ""), ENGLISH: ("writing tests that last", "")},
    "zoe": {FRENCH: ("", "relire un texte"), ENGLISH: ("", "proofreading a text")},
    "noor": {FRENCH: ("", ""), ENGLISH: ("", "")},
}
NAMES = {"lea": "Léa Martin", "tom": "Tom Okafor", "zoe": "Zoé Lindqvist", "noor": "Noor El Amrani"}


def member(id: str, language: Language) -> Member:
    """One of the cast, with their lines in their language."""
    learning, can_help = LINES[id][language]
    return Member(
        id=MemberId(id),
        community_id=COMMUNITY,
        external_id=ExternalId(f"U-{id}"),
        name=NAMES[id],
        language=language,
        zone=PARIS,
        learning=learning,
        can_help=can_help,
        joined_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
    )


SPACE = Space(id=SpaceId("s1"), community_id=COMMUNITY, external_id=ExternalId("C-atelier"), name="atelier")

PROGRAM = replace(
    Program(
        id=ProgramId("p1"),
        community_id=COMMUNITY,
        space_id=SPACE.id,
        cadence=weekly(1, datetime(2026, 1, 6, 10, tzinfo=UTC).time(), PARIS, date(2026, 1, 6)),
        next_wall=None,
        next_at=None,
        created_at=datetime(2026, 1, 5, 9, tzinfo=UTC),
    ),
    next_at=CLOSES,
)

PAIR = Introduction(
    id=IntroductionId("i1"),
    community_id=COMMUNITY,
    round_id=RoundId("r1"),
    members=(MemberId("tom"), MemberId("lea")),
    opener=MemberId("lea"),
    phrase="practice-1",
    due_at=OPENS,
    hours=9.4,
    crosses_teams=True,
)
TRIO = replace(PAIR, members=(MemberId("lea"), MemberId("tom"), MemberId("zoe")), opener=MemberId("tom"))
TOM = MemberId("tom")
SLOTS = tuple(
    Slot(id=SlotId(f"s{day}"), community_id=COMMUNITY, introduction_id=PAIR.id, at=at)
    for day, at in (
        (1, datetime(2026, 11, 25, 14, tzinfo=UTC)),
        (2, datetime(2026, 11, 26, 15, 30, tzinfo=UTC)),
        (3, datetime(2026, 11, 27, 16, tzinfo=UTC)),
    )
)
BEFORE = date(2026, 3, 10)
LAST_YEAR = date(2025, 3, 11)


PROMPT = Prompt(
    id=PromptId("q1"),
    community_id=COMMUNITY,
    program_id=PROGRAM.id,
    wall=Wall("2026-11-26T10:00"),
    question="tried-1",
    at=OPENS,
)
OWN_QUESTION = OwnQuestion(
    id=QuestionId("own-1"),
    community_id=COMMUNITY,
    program_id=PROGRAM.id,
    author=MemberId("zoe"),
    text="Quel nœud as-tu appris ?",
    at=OPENS,
)
ASKED = Asked(prompt=PROMPT, own=None)
ASKED_OWN = Asked(prompt=replace(PROMPT, question="own-1"), own=OWN_QUESTION)
REFLECTION = Reflection(
    id=ReflectionId("f1"),
    community_id=COMMUNITY,
    member_id=MemberId("lea"),
    program_id=PROGRAM.id,
    prompt_id=PROMPT.id,
    text="J’ai monté ma première chaîne. La moitié des fils était à l’envers.",
    visibility=Visibility.COMMUNITY,
    at=OPENS,
)
RESPONSE = Response(
    id=ResponseId("w1"),
    community_id=COMMUNITY,
    reflection_id=REFLECTION.id,
    member_id=MemberId("tom"),
    text="Comment as-tu repéré l’erreur ?",
    at=OPENS,
)


def company(language: Language) -> Company:
    """Two of the cast who go on together."""
    partnership = Partnership(
        id=PartnershipId("pp1"),
        community_id=COMMUNITY,
        program_id=PROGRAM.id,
        introduction_id=PAIR.id,
        started_at=OPENS,
        said_until=OPENS,
        wake_at=None,
    )
    lines = {
        Language.FRENCH: ("lire un patron", "tisser un dessous de plat d’ici dimanche"),
        Language.ENGLISH: ("reading a pattern", "weaving a coaster by Sunday"),
    }
    better_at, will_try = lines[language]
    return Company(
        partnership=partnership,
        partners=[
            Partner(
                partnership_id=partnership.id,
                member_id=MemberId(id),
                community_id=COMMUNITY,
                better_at=better_at if id == "lea" else "",
                will_try=will_try if id == "lea" else "",
            )
            for id in ("lea", "tom")
        ],
        people={MemberId(id): member(id, language) for id in ("lea", "tom")},
        zone=PARIS,
    )


def view(made: Introduction, *languages: Language, late: bool = False) -> View:
    """An introduction seen whole; the languages are those of the cast in order, the last one for the rest."""
    spoken = [*languages, *[languages[-1]] * len(NAMES)]
    people = [member(id, language) for id, language in zip(NAMES, spoken, strict=False)]
    return View(
        introduction=made,
        members={person.id: person for person in people},
        space=SPACE,
        closes_at=CLOSES,
        late=late,
        zone=PARIS,
    )


def participation(standing: Standing, *, until: date | None = None, skips: bool = False) -> Participation:
    """A yes to the program, in one of its standings."""
    return Participation(
        program_id=PROGRAM.id,
        member_id=MemberId("lea"),
        community_id=COMMUNITY,
        standing=standing,
        since=datetime(2026, 1, 5, 9, tzinfo=UTC),
        paused_until=until,
        skips_next=skips,
    )
