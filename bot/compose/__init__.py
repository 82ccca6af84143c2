"""From a delivery to the message it promises: its words are found, and consent is checked, at this moment."""

from collections.abc import Sequence
from datetime import datetime

from bot.compose.introductions import about_introduction, introduced, kept_apart, someone_left
from bot.compose.notices import OF_ANOTHER, of_another, said_to, to_member, to_space
from bot.compose.partnerships import OF_PARTNERS, about_partnership, accompanied
from bot.compose.reflections import CARRIED, about_subject, carried
from bot.compose.scene import (
    EXPIRED,
    FIRST_WORDS,
    UNSPEAKABLE,
    Apart,
    Composed,
    Letter,
    Mend,
    Scene,
    Void,
    Wait,
    set_scene,
    to,
)
from bot.domain.delivery import Delivery, DeliveryKind
from bot.domain.member import Member
from bot.domain.round import IntroductionState
from bot.messages import Message
from bot.ports import UnitOfWork
from bot.wording import notices

__all__ = [
    "EXPIRED",
    "FIRST_WORDS",
    "UNSPEAKABLE",
    "Apart",
    "Composed",
    "Letter",
    "Mend",
    "Void",
    "Wait",
    "compose",
    "foresee",
    "kept_apart",
    "shown",
]


OF_THE_HOUSE = {
    DeliveryKind.INSTALLED: notices.installed,
    DeliveryKind.INSTALLER_LEFT: notices.installer_left,
}
"""They are about no program."""


async def foresee(work: UnitOfWork, deliveries: Sequence[Delivery]) -> None:
    """Read at once what many deliveries of a community speak of: each finds its own at hand."""
    known = {each.introduction_id for each in deliveries if each.introduction_id is not None}
    made = await work.introductions.many(known)
    people = {member for introduction in made.values() for member in introduction.members}
    await work.members.many(people | {each.member_id for each in deliveries if each.member_id is not None})
    await work.reflections.of_members(people)
    for program in sorted({each.program_id for each in deliveries if each.program_id is not None}):
        await work.participations.of_members(program, people)


async def compose(work: UnitOfWork, delivery: Delivery, *, now: datetime) -> Composed:
    """What to send now for a delivery, or why nothing."""
    if await _expired(work, delivery, now=now):
        return EXPIRED
    reader = await work.members.find_id(delivery.member_id) if delivery.member_id else None
    if delivery.member_id is not None and reader is None:
        return Void(reason="the member is no longer there")
    if delivery.kind in OF_THE_HOUSE and reader is not None:
        # At whatever hour: who has just installed it is there, and who lost it may not be reached tomorrow.
        return Letter(destination=to(reader), message=OF_THE_HOUSE[delivery.kind](reader.language))
    if delivery.kind in OF_ANOTHER and reader is not None:
        return await of_another(work, delivery, reader, now=now)
    scene = await set_scene(work, delivery, now=now)
    if scene is None:
        return Void(reason="its program is no longer there")
    return await _of_program(scene, reader, now=now)


async def _of_program(scene: Scene, reader: Member | None, *, now: datetime) -> Composed:
    if scene.delivery.kind in OF_PARTNERS and reader is not None:
        return await about_partnership(scene, reader, now=now)
    if scene.delivery.kind in CARRIED:
        return await about_subject(scene, reader, now=now)
    if scene.delivery.introduction_id is not None:
        return await about_introduction(scene, reader, now=now)
    if reader is not None:
        return await to_member(scene, reader, now=now)
    return await to_space(scene, now=now)


async def _expired(work: UnitOfWork, delivery: Delivery, *, now: datetime) -> bool:
    if delivery.expires_at is None or delivery.expires_at > now:
        return False
    if delivery.introduction_id is None or delivery.kind not in FIRST_WORDS:
        return True
    made = await work.introductions.find(delivery.introduction_id)
    # The other has been told already: better late than to leave them waiting for someone who never heard.
    return made is None or made.state in (IntroductionState.PROPOSED, IntroductionState.SILENT)


async def shown(work: UnitOfWork, delivery: Delivery, reader: Member, *, now: datetime) -> Message | None:
    """A delivery's message as one person would have got it, for *Show it*; None: no longer true."""
    if delivery.kind in OF_THE_HOUSE:
        return OF_THE_HOUSE[delivery.kind](reader.language)
    scene = await set_scene(work, delivery, now=now)
    if scene is None:
        return None
    if delivery.kind in CARRIED:
        return await carried(scene, reader)
    if delivery.kind in OF_PARTNERS:
        return await accompanied(scene, reader)
    if scene.introduction is not None:
        if await someone_left(scene) or await kept_apart(work, scene.introduction.members):
            return None
        return introduced(scene, reader if delivery.member_id else None, now=now)
    return await said_to(scene, reader)
