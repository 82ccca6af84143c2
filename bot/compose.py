"""From a delivery to the message it promises: its words are found, and consent is checked, at this moment."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.domain.cadence import rhythm_of, zone_named
from bot.domain.community import Space
from bot.domain.delivery import Delivery, DeliveryKind
from bot.domain.hours import NO_BLACKOUTS, first_common, first_open
from bot.domain.ids import MemberId
from bot.domain.member import Member, Participation, Standing
from bot.domain.program import Program, ProgramState
from bot.domain.round import Introduction, IntroductionState, Round, RoundState
from bot.domain.steps import CIRCLE_WAITS
from bot.errors import Unknown
from bot.messages import Circle, Destination, Message, Person
from bot.ports import UnitOfWork
from bot.wording import introductions, notices
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
    """No hour is open to all of the circle any more (one of them moved): to each alone instead."""


Composed = Letter | Void | Mend | Apart | Wait

EXPIRED = Void(reason="expired")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scene:
    work: UnitOfWork
    delivery: Delivery
    program: Program
    space: Space
    round: Round | None
    introduction: Introduction | None
    people: dict[MemberId, Member]

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
        )


async def compose(work: UnitOfWork, delivery: Delivery, *, now: datetime) -> Composed:
    """What to send now for a delivery, or why nothing."""
    if await _expired(work, delivery, now=now):
        return EXPIRED
    reader = await work.members.find_id(delivery.member_id) if delivery.member_id else None
    if delivery.member_id is not None and reader is None:
        return Void(reason="the member is no longer there")
    if delivery.kind is DeliveryKind.INSTALLED and reader is not None:
        return Letter(destination=_to(reader), message=notices.installed(reader.language))
    if delivery.kind in OF_ANOTHER and reader is not None:
        return await _of_another(work, delivery, reader, now=now)
    scene = await _scene(work, delivery)
    if scene is None:
        return Void(reason="its program is no longer there")
    if delivery.introduction_id is not None:
        return await _about_introduction(scene, reader, now=now)
    if reader is not None:
        return await _notice(scene, reader, now=now)
    return await _announcement(scene, now=now)


async def _expired(work: UnitOfWork, delivery: Delivery, *, now: datetime) -> bool:
    if delivery.expires_at is None or delivery.expires_at > now:
        return False
    if delivery.introduction_id is None or delivery.kind not in FIRST_WORDS:
        return True
    made = await work.introductions.find(delivery.introduction_id)
    # The other has been told already: better late than to leave them waiting for someone who never heard.
    return made is None or made.state in (IntroductionState.PROPOSED, IntroductionState.SILENT)


async def shown(work: UnitOfWork, delivery: Delivery, reader: Member) -> Message | None:
    """A delivery's message as one person would have got it, for *Show it*; None: no longer true."""
    if delivery.kind is DeliveryKind.INSTALLED:
        return notices.installed(reader.language)
    scene = await _scene(work, delivery)
    if scene is None:
        return None
    if scene.introduction is not None:
        if await _someone_left(scene) or await _kept_apart(work, scene.introduction.members):
            return None
        return _introduced(scene, reader if delivery.member_id else None)
    return _worded(scene, reader, await _active(scene), missed=await _missed(scene))


# ── Introductions, nudges, questions ────────────────────────────────────────────────────────────────


async def _about_introduction(scene: _Scene, reader: Member | None, *, now: datetime) -> Composed:
    made = scene.introduction
    if made is None:
        return Void(reason="its introduction is no longer there")
    if scene.delivery.kind in FIRST_WORDS:
        if made.state is IntroductionState.VOID or not await _all_here(scene):
            return Mend()
    elif untrue := await _outlived(scene, made, reader):
        return Void(reason=untrue)
    hearers = [reader] if reader else [scene.people[member] for member in made.members]
    zones = [hearer.zone or scene.zone for hearer in hearers]
    if reader is None and first_common(now, zones=zones, within=CIRCLE_WAITS) is None:
        return Apart()
    later = _closed(scene, hearers, now=now)
    if later is not None:
        return Wait(until=later)
    message = _introduced(scene, reader)
    if message is None:
        return Void(reason="it is no longer true")
    if reader is not None:
        return Letter(destination=_to(reader), message=message)
    people = tuple(scene.people[member].external_id for member in made.members)
    return Letter(destination=Circle(people=people), message=message)


async def _outlived(scene: _Scene, made: Introduction, reader: Member | None) -> str:
    """Why a nudge or a question is no longer wanted; empty while it is."""
    if reader is None or reader.id not in made.members or await _someone_left(scene):
        return "one of them is no longer there"
    if made.state is not IntroductionState.MADE:
        return "there is nothing to ask about"
    if await scene.work.introductions.answers(made.id):
        return "answered"
    if scene.delivery.kind is DeliveryKind.NUDGE and (made.touched or reader.id != made.opener):
        return "not needed"
    # What is stored of a message is shown to its reader: these words must not tell of a wish.
    return "not needed" if await _kept_apart(scene.work, made.members) else ""


def _introduced(scene: _Scene, reader: Member | None) -> Message | None:
    view = scene.view()
    match scene.delivery.kind:
        case DeliveryKind.INTRODUCTION:
            return introductions.introduction(view, to=reader)
        case DeliveryKind.JOINED:
            return introductions.joined(view, to=reader)
        case DeliveryKind.NUDGE:
            return introductions.nudge(view, phrase=view.introduction.phrase)
        case DeliveryKind.QUESTION if reader is not None:
            return introductions.question(view, to=reader)
        case _:
            return None


async def _kept_apart(work: UnitOfWork, members: Sequence[MemberId]) -> bool:
    """Whether one of these wished never to be introduced to another of them."""
    wishes = [await work.keep_aparts.of_author(member) for member in members]
    return any(wish.other in members for theirs in wishes for wish in theirs)


async def _all_here(scene: _Scene) -> bool:
    """Consent, at this moment: all of them take part."""
    return await _standings(scene) == {Standing.ACTIVE}


async def _someone_left(scene: _Scene) -> bool:
    """Once introduced, a pause takes nothing back; only leaving does."""
    return Standing.LEFT in await _standings(scene)


async def _standings(scene: _Scene) -> set[Standing]:
    members = scene.introduction.members if scene.introduction else ()
    yeses = [await scene.work.participations.find(scene.program.id, member) for member in members]
    return {
        yes.standing if yes is not None and yes.member_id in scene.people else Standing.LEFT for yes in yeses
    }


# ── To one member, about the program ────────────────────────────────────────────────────────────────

FOR_CONVENERS = frozenset({DeliveryKind.SMALL, DeliveryKind.LATE, DeliveryKind.QUIET, DeliveryKind.GIVEN_UP})


async def _notice(scene: _Scene, reader: Member, *, now: datetime) -> Composed:
    if scene.delivery.kind in FOR_CONVENERS:
        if reader.id not in await scene.work.programs.conveners(scene.program.id):
            return Void(reason="no longer a convener")
    else:
        yes = await scene.work.participations.find(scene.program.id, reader.id)
        if yes is None or yes.standing is not Standing.ACTIVE:
            return Void(reason="they no longer take part")
    later = _closed(scene, [reader], now=now)
    if later is not None:
        return Wait(until=later)
    message = _worded(scene, reader, await _active(scene), missed=await _missed(scene))
    if message is None:
        return Void(reason="it is no longer true")
    return Letter(destination=_to(reader), message=message)


def _worded(
    scene: _Scene, reader: Member, active: Sequence[Participation], *, missed: int = 0
) -> Message | None:
    language, space, next_at, zone = reader.language, scene.space, scene.next_at, scene.zone
    match scene.delivery.kind:
        case DeliveryKind.NOBODY:
            return notices.nobody(
                language,
                space=space,
                reason="alone" if len(active) < 2 else "chance",
                next_at=next_at,
                zone=zone,
            )
        case DeliveryKind.PARTED:
            return notices.parted(language, space=space, next_at=next_at, zone=zone)
        case DeliveryKind.CANCELLED:
            return notices.cancelled(language, space=space, next_at=next_at, zone=zone)
        case DeliveryKind.WELCOME_BACK:
            return notices.welcome_back(
                language, space=space, program=scene.program.id, next_at=next_at, zone=zone
            )
        case DeliveryKind.SMALL:
            return notices.small(language, space=space, program=scene.program.id, active=len(active))
        case DeliveryKind.QUIET:
            return notices.quiet(language, space=space, active=len(active), next_at=next_at, zone=zone)
        case DeliveryKind.LATE if missed:
            cancelled = scene.round is not None and scene.round.state is RoundState.CANCELLED
            return notices.late(
                language, space=space, missed=missed, cancelled=cancelled, next_at=next_at, zone=zone
            )
        case _:
            return None


async def _missed(scene: _Scene) -> int:
    """How many rounds did not open when they should have: those passed over, and the one that came late."""
    if scene.delivery.kind is not DeliveryKind.LATE or scene.round is None:
        return 0
    cadence = scene.program.cadence
    earlier = [
        round.wall
        for round in await scene.work.rounds.latest(scene.program.id, limit=3)
        if round.opens_at < scene.round.opens_at
    ]
    first = cadence.following(earlier[0]) if earlier else cadence.next_after(scene.program.created_at)
    due = cadence.latest_until(scene.round.opens_at, not_before=first[0] if first else scene.round.wall)
    return 1 + (due.passed_over if due else 0)


async def _active(scene: _Scene) -> Sequence[Participation]:
    everyone = await scene.work.participations.of_program(scene.program.id)
    return [yes for yes in everyone if yes.standing is Standing.ACTIVE]


OF_ANOTHER = frozenset({DeliveryKind.INTERRUPTED, DeliveryKind.GIVEN_UP})
"""They speak of another delivery."""


async def _of_another(work: UnitOfWork, delivery: Delivery, reader: Member, *, now: datetime) -> Composed:
    about = await work.deliveries.find(delivery.about) if delivery.about else None
    if about is None:
        return Void(reason="what it speaks of is no longer there")
    scene = await _scene(work, about)
    until = first_open(
        now,
        zone=reader.zone or work.community.zone,
        blackouts=scene.program.blackouts if scene else NO_BLACKOUTS,
        program_zone=scene.zone if scene else work.community.zone,
    )
    if until > now:
        return Wait(until=until)
    if delivery.kind is DeliveryKind.INTERRUPTED or scene is None:
        return Letter(destination=_to(reader), message=notices.interrupted(reader.language, about=about.id))
    person = await work.members.find_id(about.member_id) if about.member_id else None
    return Letter(
        destination=_to(reader),
        message=notices.given_up(reader.language, space=scene.space, person=person, reason=about.reason),
    )


# ── To the space ────────────────────────────────────────────────────────────────────────────────────


async def _announcement(scene: _Scene, *, now: datetime) -> Composed:
    later = first_open(now, zone=scene.zone, blackouts=scene.program.blackouts)
    if later > now:
        return Wait(until=later)
    language, space, zone = scene.work.community.language, scene.space, scene.zone
    match scene.delivery.kind:
        case DeliveryKind.INVITATION:
            message = notices.invitation(
                language,
                space=space,
                program=scene.program.id,
                rhythm=rhythm_of(scene.program.cadence),
                next_at=scene.next_at,
                zone=zone,
            )
        case DeliveryKind.SKIPPED if scene.round is not None:
            on = scene.round.opens_at.astimezone(zone_named(zone)).date()
            message = notices.skipped(language, space=space, on=on, next_at=scene.next_at, zone=zone)
        case DeliveryKind.SEASON:
            message = notices.season(
                language, space=space, n=scene.program.season, next_at=scene.next_at, zone=zone
            )
        case _:
            return Void(reason="it is no longer true")
    return Letter(destination=space, message=message)


# ── What they share ─────────────────────────────────────────────────────────────────────────────────


async def _scene(work: UnitOfWork, delivery: Delivery) -> _Scene | None:
    program = await work.programs.find(delivery.program_id) if delivery.program_id else None
    if program is None:
        return None
    introduction = (
        await work.introductions.find(delivery.introduction_id) if delivery.introduction_id else None
    )
    round_id = introduction.round_id if introduction else delivery.round_id
    return _Scene(
        work=work,
        delivery=delivery,
        program=program,
        space=await work.spaces.get(program.space_id),
        round=await work.rounds.get(round_id) if round_id else None,
        introduction=introduction,
        people=dict(await work.members.many(introduction.members)) if introduction else {},
    )


def _closed(scene: _Scene, hearers: Sequence[Member], *, now: datetime) -> datetime | None:
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


def _to(member: Member) -> Person:
    return Person(external_id=member.external_id)
