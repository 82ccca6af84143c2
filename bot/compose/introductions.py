"""Introductions, nudges and questions: consent is checked again before any of them is said."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from bot.compose.scene import (
    FIRST_WORDS,
    OF_MEETINGS,
    Apart,
    Composed,
    Letter,
    Mend,
    Scene,
    Void,
    Wait,
    closed,
    to,
)
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.hours import first_common
from bot.domain.ids import MemberId
from bot.domain.member import Member, Room, Standing
from bot.domain.round import Introduction, IntroductionState
from bot.domain.slots import Slot
from bot.domain.steps import CIRCLE_WAITS, NUDGE_AFTER
from bot.messages import Circle, Message
from bot.ports import UnitOfWork
from bot.wording import introductions, meetings, notices, partnerships
from bot.wording.introductions import View


async def about_introduction(scene: Scene, reader: Member | None, *, now: datetime) -> Composed:
    made = scene.introduction
    if made is None:
        return Void(reason="its introduction is no longer there")
    hindrance = await _hindrance(scene, made, reader, now=now)
    if hindrance is not None:
        return hindrance
    message = introduced(scene, reader, now=now)
    if message is None:
        return Void(reason="it is no longer true")
    if reader is not None:
        return Letter(destination=to(reader), message=message)
    people = [scene.people[member] for member in made.members]
    return Letter(destination=_circle(scene, made, people), message=message)


def _circle(scene: Scene, made: Introduction, people: Sequence[Member]) -> Circle:
    """Where all of them hear it, and how each of them likes to."""
    return Circle(
        people=tuple(member.external_id for member in people),
        aside=tuple(member.external_id for member in people if member.room is Room.OWN),
        within=tuple(member.external_id for member in people if member.room is Room.SHARED),
        space=scene.space.external_id,
        occasion=made.round_id,
        first=scene.delivery.kind in FIRST_WORDS,
    )


async def _hindrance(
    scene: Scene, made: Introduction, reader: Member | None, *, now: datetime
) -> Composed | None:
    """What keeps it from being said now; None: nothing does."""
    if scene.delivery.kind in FIRST_WORDS:
        if made.state is IntroductionState.VOID or not await _all_here(scene):
            return Mend()
    elif scene.delivery.kind is DeliveryKind.NUDGE and made.state is IntroductionState.PROPOSED:
        return Wait(until=now + LATER)
    elif untrue := await _outlived(scene, made, reader, now=now):
        return Void(reason=untrue)
    elif scene.delivery.kind is DeliveryKind.SAID and await _still_to_be_introduced(scene, reader):
        return Wait(until=now + LATER)
    elif scene.delivery.kind is DeliveryKind.NUDGE and made.due_at + NUDGE_AFTER > now:
        return Wait(until=made.due_at + NUDGE_AFTER)
    hearers = [reader] if reader else [scene.people[member] for member in made.members]
    zones = [hearer.zone or scene.zone for hearer in hearers]
    first = scene.delivery.kind in FIRST_WORDS
    if first and reader is None and first_common(now, zones=zones, within=CIRCLE_WAITS) is None:
        return Apart()
    later = closed(scene, hearers, now=now)
    return Wait(until=later) if later is not None else None


LATER = timedelta(hours=1)
"""A nudge whose introduction has not gone out yet looks again."""


async def _outlived(scene: Scene, made: Introduction, reader: Member | None, *, now: datetime) -> str:
    """Why a message about a running introduction is no longer wanted; empty while it is."""
    kind = scene.delivery.kind
    if reader is not None and reader.id not in made.members:
        return "they are no longer in it"
    if kind is DeliveryKind.CALLED_OFF:
        return "" if scene.arrangement.appointment and not scene.arrangement.standing() else "it stands again"
    if await someone_left(scene):
        return "one of them is no longer there"
    if not await _still_true(scene, made, reader, now=now):
        return "not needed"
    # What is stored of a message is shown to its reader: these words must not tell of a wish.
    return "not needed" if await kept_apart(scene.work, made.members) else ""


async def _still_true(scene: Scene, made: Introduction, reader: Member | None, *, now: datetime) -> bool:
    """Whether there is something to say still, by what became of the introduction since."""
    arrangement = scene.arrangement
    match scene.delivery.kind:
        case DeliveryKind.NUDGE:
            opens = reader is not None and reader.id == made.opener
            return made.state is IntroductionState.MADE and not made.touched and opens
        case DeliveryKind.QUESTION:
            # Where the evening falls into the night, the question comes the morning after the round.
            asked = made.state in (IntroductionState.MADE, IntroductionState.SILENT)
            answered = {answer.member_id for answer in await scene.work.introductions.answers(made.id)}
            # Told by another, what is left to ask is whether to go on.
            met = made.state is IntroductionState.MET
            return (asked and not answered) or (met and await _may_go_on(scene, made, reader, answered))
        case DeliveryKind.SAID:
            return made.state in OPEN
        case DeliveryKind.SLOTS:
            chosen = arrangement.chosen or arrangement.appointment
            return made.state is IntroductionState.MADE and not chosen
        case DeliveryKind.TIMES:
            return made.state in OPEN and _proposed(scene, now=now) is not None
        case DeliveryKind.CARD:
            standing = arrangement.standing()
            return standing is not None and str(standing.sequence) == scene.delivery.subject
        case DeliveryKind.FEWER:
            return made.state in OPEN
        case _:
            return False


async def _may_go_on(
    scene: Scene, made: Introduction, reader: Member | None, answered: Collection[MemberId]
) -> bool:
    wishes = {wish.member_id for wish in await scene.work.partnerships.willing(made.id)}
    return reader is not None and reader.id not in {*answered, *wishes}


OPEN = (IntroductionState.MADE, IntroductionState.NOT_YET, IntroductionState.MET)


def _proposed(scene: Scene, *, now: datetime) -> tuple[Slot, Member] | None:
    """The slot that a delivery proposes and who chose it, while that is so and nothing is settled."""
    arrangement = scene.arrangement
    slot = next((one for one in arrangement.open(now=now) if one.id == scene.delivery.subject), None)
    by = next((member for member, chosen in arrangement.chosen.items() if slot and chosen == slot.id), None)
    standing = arrangement.standing()
    settled = standing is not None and slot is not None and standing.at == slot.at
    if slot is None or by is None or by not in scene.people or settled:
        return None
    return slot, scene.people[by]


async def _still_to_be_introduced(scene: Scene, reader: Member | None) -> bool:
    """Whether whoever would hear it has not heard yet of whom."""
    if scene.introduction is None:
        return False
    return any(
        one.kind in FIRST_WORDS
        and one.state in (DeliveryState.QUEUED, DeliveryState.SENDING)
        and (reader is None or one.member_id in (None, reader.id))
        for one in await scene.work.deliveries.of_introduction(scene.introduction.id)
    )


def introduced(scene: Scene, reader: Member | None, *, now: datetime) -> Message | None:
    view = scene.view()
    if scene.delivery.kind in OF_MEETINGS:
        return _of_a_meeting(scene, view, reader, now=now)
    match scene.delivery.kind:
        case DeliveryKind.INTRODUCTION:
            return introductions.introduction(view, to=reader)
        case DeliveryKind.JOINED:
            return introductions.joined(view, to=reader)
        case DeliveryKind.NUDGE:
            return introductions.nudge(view, phrase=view.introduction.phrase)
        case DeliveryKind.QUESTION if reader is not None:
            return _asked(scene, view, reader)
        case DeliveryKind.SAID:
            return meetings.said(view, to=reader)
        case _:
            return None


def _asked(scene: Scene, view: View, reader: Member) -> Message:
    """How it went; or, of who has not been heard of for long, whether they would like to rest."""
    made = view.introduction
    if made.state is IntroductionState.MET:
        return partnerships.question(made.id, others=view.others(reader), to=reader)
    if not scene.silent:
        return introductions.question(view, to=reader)
    return notices.rest_or_stay(
        reader.language,
        reader=reader,
        space=scene.space,
        program=scene.program.id,
        introduction=view.introduction.id,
    )


def _of_a_meeting(scene: Scene, view: View, reader: Member | None, *, now: datetime) -> Message | None:
    arrangement = scene.arrangement
    match scene.delivery.kind:
        case DeliveryKind.SLOTS:
            return meetings.slots(view, arrangement.open(now=now), to=reader)
        case DeliveryKind.TIMES if proposed := _proposed(scene, now=now):
            slot, by = proposed
            return meetings.times(view, arrangement.open(now=now), chosen=slot, by=by, to=reader)
        case DeliveryKind.CARD if standing := arrangement.standing():
            return meetings.card(view, standing.at, moved=bool(standing.sequence), to=reader)
        case DeliveryKind.FEWER:
            standing = arrangement.standing()
            return meetings.fewer(
                view, standing if standing is not None and standing.at > now else None, to=reader
            )
        case DeliveryKind.CALLED_OFF if arrangement.appointment and reader is not None:
            return meetings.called_off(view, arrangement.appointment.at, to=reader)
        case _:
            return None


async def kept_apart(work: UnitOfWork, members: Sequence[MemberId]) -> bool:
    """Whether one of these wished never to be introduced to another of them."""
    wishes = [await work.keep_aparts.of_author(member) for member in members]
    return any(wish.other in members for theirs in wishes for wish in theirs)


async def _all_here(scene: Scene) -> bool:
    """Consent, at this moment: all of them take part."""
    return await _standings(scene) == {Standing.ACTIVE}


async def someone_left(scene: Scene) -> bool:
    """Once introduced, a pause takes nothing back; only leaving does."""
    return Standing.LEFT in await _standings(scene)


async def _standings(scene: Scene) -> set[Standing]:
    members = scene.introduction.members if scene.introduction else ()
    yeses = [await scene.work.participations.find(scene.program.id, member) for member in members]
    return {
        yes.standing if yes is not None and yes.member_id in scene.people else Standing.LEFT for yes in yeses
    }
