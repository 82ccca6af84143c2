"""What Voisin says about a program: to one member, to a convener, to the space."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.compose.harvests import harvested
from bot.compose.scene import (
    Composed,
    Letter,
    Scene,
    Void,
    Wait,
    closed,
    set_scene,
    to,
)
from bot.domain.cadence import rhythm_of, zone_named
from bot.domain.delivery import Delivery, DeliveryKind, DeliveryState
from bot.domain.hours import NO_BLACKOUTS, first_open
from bot.domain.ids import CareId
from bot.domain.member import Member, Participation, Standing
from bot.domain.round import RoundState
from bot.matching import WhyNot
from bot.messages import Message
from bot.ports import UnitOfWork
from bot.wording import notices

FOR_CONVENERS = frozenset(
    {
        DeliveryKind.SMALL,
        DeliveryKind.LATE,
        DeliveryKind.QUIET,
        DeliveryKind.SPACE_CLOSED,
        DeliveryKind.GIVEN_UP,
        DeliveryKind.CARE,
    }
)


async def to_member(scene: Scene, reader: Member, *, now: datetime) -> Composed:
    if scene.delivery.kind in FOR_CONVENERS:
        if reader.id not in await scene.work.programs.conveners(scene.program.id):
            return Void(reason="no longer a convener")
    else:
        yes = await scene.work.participations.find(scene.program.id, reader.id)
        if yes is None or yes.standing is not Standing.ACTIVE:
            return Void(reason="they no longer take part")
    later = closed(scene, [reader], now=now)
    if later is not None:
        return Wait(until=later)
    message = await said_to(scene, reader)
    if message is None:
        return Void(reason="it is no longer true")
    return Letter(destination=to(reader), message=message)


async def said_to(scene: Scene, reader: Member) -> Message | None:
    """What there is to say about the program to one of its people; None: no longer true."""
    if scene.delivery.kind is DeliveryKind.CARE:
        return await _cared(scene, reader)
    return worded(scene, reader, await facts(scene, reader))


async def _cared(scene: Scene, reader: Member) -> Message | None:
    """A private word, never to whom it is about."""
    word = await scene.work.cares.find(CareId(scene.delivery.subject or ""))
    if word is None or word.about == reader.id:
        return None
    people = await scene.work.members.many({word.author, *([word.about] if word.about else [])})
    about = people.get(word.about) if word.about else None
    return notices.care(reader.language, author=people[word.author], about=about, said=word.words)


@dataclass(frozen=True, kw_only=True, slots=True)
class Facts:
    """What some of these messages need to know, at the moment of sending."""

    active: Sequence[Participation]
    missed: int
    """Rounds that did not open when they should have."""
    why_not: WhyNot | None
    """Why nobody was found for the reader."""
    welcomes: int | None
    """How many newcomers the reader welcomes; None: they do not."""


async def facts(scene: Scene, reader: Member) -> Facts:
    """Gather them."""
    work, program = scene.work, scene.program.id
    seat = await work.rounds.seat(scene.round.id, reader.id) if scene.round else None
    greeters = {one.member_id: one.welcomes for one in await work.greeters.of_program(program)}
    return Facts(
        active=await active(scene),
        missed=await missed_rounds(scene),
        why_not=seat.why_not if seat else None,
        welcomes=greeters.get(reader.id),
    )


def worded(scene: Scene, reader: Member, known: Facts) -> Message | None:
    if scene.delivery.kind in FOR_CONVENERS:
        return _to_convener(scene, reader, known)
    language, space, next_at, zone = reader.language, scene.space, scene.next_at, scene.zone
    match scene.delivery.kind:
        case DeliveryKind.NOBODY:
            return notices.nobody(language, space=space, reason=_alone(known), next_at=next_at, zone=zone)
        case DeliveryKind.PARTED | DeliveryKind.CANCELLED as kind:
            say = notices.parted if kind is DeliveryKind.PARTED else notices.cancelled
            return say(language, space=space, next_at=next_at, zone=zone)
        case DeliveryKind.WELCOME_BACK:
            return notices.welcome_back(
                language, space=space, program=scene.program.id, next_at=next_at, zone=zone
            )
        case DeliveryKind.GREETER if known.welcomes is not None:
            return notices.greeter(language, space=space, program=scene.program.id, welcomes=known.welcomes)
        case _:
            return None


def _to_convener(scene: Scene, reader: Member, known: Facts) -> Message | None:
    language, space, next_at, zone = reader.language, scene.space, scene.next_at, scene.zone
    match scene.delivery.kind:
        case DeliveryKind.SPACE_CLOSED:
            return notices.space_closed(language, space=space)
        case DeliveryKind.SMALL:
            return notices.small(language, space=space, program=scene.program.id, active=len(known.active))
        case DeliveryKind.QUIET:
            return notices.quiet(language, space=space, active=len(known.active), next_at=next_at, zone=zone)
        case DeliveryKind.LATE if known.missed:
            cancelled = scene.round is not None and scene.round.state is RoundState.CANCELLED
            return notices.late(
                language, space=space, missed=known.missed, cancelled=cancelled, next_at=next_at, zone=zone
            )
        case _:
            return None


_TOLD: Mapping[WhyNot, notices.Alone] = {
    WhyNot.NOBODY: "alone",
    WhyNot.LANGUAGE: "language",
    WhyNot.TEAM: "team",
    WhyNot.HOUR: "hour",
    WhyNot.RULES: "rules",
}


def _alone(known: Facts) -> notices.Alone:
    if known.why_not is not None and known.why_not in _TOLD:
        return _TOLD[known.why_not]
    return "alone" if len(known.active) < 2 else "chance"


async def missed_rounds(scene: Scene) -> int:
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


async def active(scene: Scene) -> Sequence[Participation]:
    everyone = await scene.work.participations.of_program(scene.program.id)
    return [yes for yes in everyone if yes.standing is Standing.ACTIVE]


OF_ANOTHER = frozenset({DeliveryKind.INTERRUPTED, DeliveryKind.GIVEN_UP})
"""They speak of another delivery."""


async def of_another(work: UnitOfWork, delivery: Delivery, reader: Member, *, now: datetime) -> Composed:
    about = await work.deliveries.find(delivery.about) if delivery.about else None
    if about is None:
        return Void(reason="what it speaks of is no longer there")
    scene = await set_scene(work, about, now=now)
    until = first_open(
        now,
        zone=reader.zone or work.community.zone,
        blackouts=scene.program.blackouts if scene else NO_BLACKOUTS,
        program_zone=scene.zone if scene else work.community.zone,
    )
    if until > now:
        return Wait(until=until)
    if delivery.kind is DeliveryKind.INTERRUPTED or scene is None:
        return Letter(destination=to(reader), message=notices.interrupted(reader.language, about=about.id))
    if about.state is DeliveryState.DOUBT:
        unsure = notices.unsure(reader.language, space=scene.space, at=about.due_at, zone=scene.zone)
        return Letter(destination=to(reader), message=unsure)
    person = await work.members.find_id(about.member_id) if about.member_id else None
    return Letter(
        destination=to(reader),
        message=notices.given_up(reader.language, space=scene.space, person=person, reason=about.reason),
    )


async def to_space(scene: Scene, *, now: datetime) -> Composed:
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
        case DeliveryKind.SEASON | DeliveryKind.HARVEST:
            gathered = await harvested(scene)
            if gathered is None:
                return Void(reason="there is nothing to say of it")
            message = gathered
        case _:
            return Void(reason="it is no longer true")
    return Letter(destination=space, message=message)
