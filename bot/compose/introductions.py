"""Introductions, nudges and questions: consent is checked again before any of them is said."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from bot.compose.scene import (
    FIRST_WORDS,
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
from bot.domain.delivery import DeliveryKind
from bot.domain.hours import first_common
from bot.domain.ids import MemberId
from bot.domain.member import Member, Room, Standing
from bot.domain.round import Introduction, IntroductionState
from bot.domain.steps import CIRCLE_WAITS, NUDGE_AFTER
from bot.messages import Circle, Message
from bot.ports import UnitOfWork
from bot.wording import introductions


async def about_introduction(scene: Scene, reader: Member | None, *, now: datetime) -> Composed:
    made = scene.introduction
    if made is None:
        return Void(reason="its introduction is no longer there")
    hindrance = await _hindrance(scene, made, reader, now=now)
    if hindrance is not None:
        return hindrance
    message = introduced(scene, reader)
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
    elif untrue := await _outlived(scene, made, reader):
        return Void(reason=untrue)
    elif scene.delivery.kind is DeliveryKind.NUDGE and made.due_at + NUDGE_AFTER > now:
        return Wait(until=made.due_at + NUDGE_AFTER)
    hearers = [reader] if reader else [scene.people[member] for member in made.members]
    zones = [hearer.zone or scene.zone for hearer in hearers]
    if reader is None and first_common(now, zones=zones, within=CIRCLE_WAITS) is None:
        return Apart()
    later = closed(scene, hearers, now=now)
    return Wait(until=later) if later is not None else None


LATER = timedelta(hours=1)
"""A nudge whose introduction has not gone out yet looks again."""


async def _outlived(scene: Scene, made: Introduction, reader: Member | None) -> str:
    """Why a nudge or a question is no longer wanted; empty while it is."""
    if reader is None or reader.id not in made.members or await someone_left(scene):
        return "one of them is no longer there"
    asking = scene.delivery.kind is DeliveryKind.QUESTION
    # Where the evening falls into the night, the question comes the morning after the round.
    if made.state is not IntroductionState.MADE and not (asking and made.state is IntroductionState.SILENT):
        return "there is nothing to ask about"
    if await scene.work.introductions.answers(made.id):
        return "answered"
    if scene.delivery.kind is DeliveryKind.NUDGE and (made.touched or reader.id != made.opener):
        return "not needed"
    # What is stored of a message is shown to its reader: these words must not tell of a wish.
    return "not needed" if await kept_apart(scene.work, made.members) else ""


def introduced(scene: Scene, reader: Member | None) -> Message | None:
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
