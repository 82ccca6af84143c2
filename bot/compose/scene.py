"""What a delivery speaks of, brought together, and what can become of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.community import Space
from bot.domain.delivery import Delivery, DeliveryKind
from bot.domain.hours import first_common, first_open
from bot.domain.ids import MemberId
from bot.domain.impression import calibration
from bot.domain.member import Member
from bot.domain.program import Program, ProgramState
from bot.domain.round import Introduction, Round
from bot.domain.slots import Arrangement
from bot.domain.steps import CIRCLE_WAITS, SILENT_ROUNDS
from bot.errors import Unknown
from bot.messages import Destination, Message, Person
from bot.ports import UnitOfWork
from bot.wording.introductions import View

FIRST_WORDS = frozenset({DeliveryKind.INTRODUCTION, DeliveryKind.JOINED})
"""The one message of a round: who meets whom."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Letter:
    """Ready to be sent."""

    destination: Destination
    message: Message


@dataclass(frozen=True, kw_only=True, slots=True)
class Void:
    """What it would have said is no longer true, or nobody is left to hear it."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Mend:
    """Someone of the introduction is no longer there: it has to be made anew before anything is said."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """It is night for who would hear it, or a day off: at this moment then (UTC)."""

    until: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Apart:
    """To each alone instead: no hour is open to all of the circle any more, or one of them asked for it."""


Composed = Letter | Void | Mend | Apart | Wait

EXPIRED = Void(reason="expired")
UNSPEAKABLE = Void(reason="could not be put into words")


NOTHING_ARRANGED = Arrangement()

OF_MEETINGS = frozenset(
    {
        DeliveryKind.SLOTS,
        DeliveryKind.TIMES,
        DeliveryKind.CARD,
        DeliveryKind.CALLED_OFF,
        DeliveryKind.FEWER,
    }
)
"""They speak of a time to meet."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Scene:
    work: UnitOfWork
    delivery: Delivery
    program: Program
    space: Space
    round: Round | None
    introduction: Introduction | None
    people: dict[MemberId, Member]
    fresh: dict[MemberId, str]
    """What those introduced wrote lately, each their newest that a neighbour may read."""
    arrangement: Arrangement = NOTHING_ARRANGED
    silent: bool = False
    """The reader has not been heard of for some rounds: it is time to ask whether they would like to rest."""
    tenths: int | None = None
    """Of ten who were introduced here, about so many found at least what they expected; None: not known."""

    @property
    def zone(self) -> str:
        return self.program.cadence.zone

    @property
    def next_at(self) -> datetime | None:
        return self.program.next_at if self.program.state is ProgramState.RUNNING else None

    def view(self) -> View:
        """The introduction as its words need it. Raises Unknown when there is none."""
        if self.introduction is None or self.round is None:
            raise Unknown(f"The delivery {self.delivery.id} has no introduction.")
        return View(
            introduction=self.introduction,
            members=self.people,
            space=self.space,
            closes_at=self.round.closes_at,
            late=self.round.late,
            zone=self.zone,
            tenths=self.tenths,
            fresh=self.fresh,
        )


async def set_scene(work: UnitOfWork, delivery: Delivery, *, now: datetime) -> Scene | None:
    program = await work.programs.find(delivery.program_id) if delivery.program_id else None
    if program is None:
        return None
    introduction = (
        await work.introductions.find(delivery.introduction_id) if delivery.introduction_id else None
    )
    round_id = introduction.round_id if introduction else delivery.round_id
    return Scene(
        work=work,
        delivery=delivery,
        program=program,
        space=await work.spaces.get(program.space_id),
        round=await work.rounds.get(round_id) if round_id else None,
        introduction=introduction,
        people=dict(await work.members.many(introduction.members)) if introduction else {},
        arrangement=(
            await work.appointments.of(introduction.id)
            if introduction and delivery.kind in OF_MEETINGS
            else NOTHING_ARRANGED
        ),
        silent=await _silent(work, program, delivery),
        tenths=(calibration(await work.impressions.findings()) if delivery.kind in FIRST_WORDS else None),
        fresh=await _fresh(work, introduction, now=now) if introduction else {},
    )


async def _fresh(work: UnitOfWork, introduction: Introduction, *, now: datetime) -> dict[MemberId, str]:
    written = {
        member: next(
            (each.text for each in await work.reflections.of_member(member) if each.fresh(now=now)), None
        )
        for member in introduction.members
    }
    return {member: text for member, text in written.items() if text}


async def _silent(work: UnitOfWork, program: Program, delivery: Delivery) -> bool:
    if delivery.kind is not DeliveryKind.QUESTION or delivery.member_id is None:
        return False
    yes = await work.participations.find(program.id, delivery.member_id)
    # Who does not answer that either is asked again after as many rounds, not each time.
    return yes is not None and yes.silent_rounds > 0 and yes.silent_rounds % SILENT_ROUNDS == 0


def closed(scene: Scene, hearers: Sequence[Member], *, now: datetime) -> datetime | None:
    """When to come back if it is not an hour for all who would hear it; None: it is."""
    zones = [member.zone or scene.zone for member in hearers]
    open_at = first_common(
        now,
        zones=zones,
        within=CIRCLE_WAITS,
        blackouts=scene.program.blackouts,
        program_zone=scene.zone,
    )
    if open_at is None:
        # No hour suits all of them: the program's own day decides, rather than never.
        open_at = first_open(now, zone=scene.zone, blackouts=scene.program.blackouts)
    return open_at if open_at > now else None


def to(member: Member) -> Person:
    return Person(external_id=member.external_id)
