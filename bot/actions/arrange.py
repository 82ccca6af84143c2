"""The first word said for its opener, and a time to meet: slots, choices, the card, the calendar file."""

from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.delivery import DeliveryKind
from bot.domain.ids import IntroductionId, SlotId
from bot.domain.member import Member
from bot.domain.program import Program
from bot.domain.promises import Promises
from bot.domain.round import Introduction, IntroductionState, Round
from bot.domain.slots import Appointment, Arrangement, Pick, agreed, days_cross
from bot.domain.steps import ends_at
from bot.errors import Refusal
from bot.groundwork.circumstances import promises_of
from bot.groundwork.offers import offered, zones_of
from bot.groundwork.reception import alive, greet, theirs
from bot.messages import Ask, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording import meetings
from bot.wording.calendars import calendar_file
from bot.wording.introductions import View
from bot.wording.voice import say


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scene:
    work: UnitOfWork
    member: Member
    introduction: Introduction
    round: Round
    program: Program
    view: View

    @property
    def ends_at(self) -> datetime:
        return ends_at(self.round, self.introduction.state)


async def say_it(open_work: OpenWork, ask: Ask, id: str) -> Reply:
    """*Say it for me*: the phrase that stood above the button, as the opener's, on their own click, once.

    ``id``: of the introduction and of the phrase, with a dot between them.
    """
    introduction_id, _, phrase = id.partition(".")
    async with open_work(ask.community, event=ask.event) as work:
        scene = await _scene(work, ask, IntroductionId(introduction_id))
        introduction = scene.introduction
        if scene.member.id != introduction.opener:
            raise Refusal("not_opener", person=scene.view.opener.name)
        _still_on(scene, now=ask.now)
        heard = await work.introductions.heard([scene.member.id])
        if phrase not in heard.get(scene.member.id, {}):
            # Nothing is said in someone's name that they have not read.
            raise Refusal("unknown_button")
        promises = await promises_of(work, scene.program, introduction.members)
        new = await work.deliveries.add(
            *promises.together(
                DeliveryKind.SAID,
                introduction,
                scene.round,
                at=ask.now,
                about=introduction.id,
                besides=scene.member.id,
                expires_at=scene.ends_at,
            )
        )
        if new:
            await work.introductions.save(replace(introduction, phrase=phrase, touched=True))
        await alive(work, scene.program.id, scene.member.id)
        await work.commit()
        name = "reply.said" if new else "reply.said_already"
        return Reply(message=say(name, scene.member.language))


async def find_time(open_work: OpenWork, ask: Ask, id: IntroductionId) -> Reply:
    """*Find a time*: three slots that suit all of them, for whoever asks to choose from first."""
    async with open_work(ask.community, event=ask.event) as work:
        scene = await _scene(work, ask, id)
        _still_on(scene, now=ask.now)
        arrangement = await work.appointments.of(scene.introduction.id)
        standing = arrangement.standing()
        open_slots = arrangement.open(now=ask.now)
        if not open_slots or (standing and any(slot.at == standing.at for slot in open_slots)):
            # Nothing left of the last offer, or it has done its work and another time is wanted.
            besides = [standing.at] if standing else []
            await offered(
                work,
                scene.program,
                scene.introduction,
                now=ask.now,
                until=scene.ends_at,
                besides=besides,
            )
            arrangement = await work.appointments.of(scene.introduction.id)
        await work.introductions.save(replace(scene.introduction, touched=True))
        await alive(work, scene.program.id, scene.member.id)
        await work.commit()
        if arrangement.open(now=ask.now):
            return Reply(message=meetings.to_choose(scene.view, arrangement, to=scene.member, now=ask.now))
        zones = await zones_of(work, scene.program, scene.introduction)
        return Reply(
            message=meetings.no_time(
                scene.view, cross=days_cross(zones, now=ask.now), ends_at=scene.ends_at, to=scene.member
            )
        )


async def choose(open_work: OpenWork, ask: Ask, id: SlotId) -> Reply:
    """One tap: this slot. When all have chosen the same, it is settled; until then it is proposed to them."""
    async with open_work(ask.community, event=ask.event) as work:
        slot = await work.appointments.find_slot(id)
        if slot is None:
            raise Refusal("slot_gone")
        scene = await _scene(work, ask, slot.introduction_id)
        if slot.at <= ask.now:
            taps = [("times", scene.introduction.id)]
            return Reply(message=say("reply.slot_passed", scene.member.language, taps=taps))
        _still_on(scene, now=ask.now)
        await work.appointments.pick(
            Pick(
                introduction_id=scene.introduction.id,
                member_id=scene.member.id,
                community_id=work.community.id,
                slot_id=slot.id,
                at=ask.now,
            )
        )
        await work.introductions.save(replace(scene.introduction, touched=True))
        await alive(work, scene.program.id, scene.member.id)
        arrangement = await work.appointments.of(scene.introduction.id)
        promises = await promises_of(work, scene.program, scene.introduction.members)
        if agreed(arrangement.chosen, scene.introduction.members) is None:
            await work.deliveries.add(
                *promises.together(
                    DeliveryKind.TIMES,
                    scene.introduction,
                    scene.round,
                    at=ask.now,
                    # Once for each slot: who proposes it again has said so.
                    about=slot.id,
                    besides=scene.member.id,
                    subject=slot.id,
                    expires_at=slot.at,
                )
            )
            await work.commit()
            return Reply(message=meetings.picked(scene.view, slot.at, to=scene.member))
        appointment = await _settle(scene, arrangement, slot.at, promises, now=ask.now)
        await work.commit()
        return Reply(
            message=meetings.agreed(scene.view, slot.at, to=scene.member),
            file=calendar_file(scene.view, appointment, to=scene.member, now=ask.now),
        )


async def calendar(open_work: OpenWork, ask: Ask, id: IntroductionId) -> Reply:
    """The calendar file of what was agreed, in the zone and language of who asks; or of its end."""
    async with open_work(ask.community, event=ask.event) as work:
        scene = await _scene(work, ask, id, void=True)
        appointment = (await work.appointments.of(id)).appointment
        if appointment is None:
            raise Refusal("no_meeting")
        name = "reply.calendar_off" if appointment.called_off else "reply.calendar"
        return Reply(
            message=say(name, scene.member.language),
            file=calendar_file(scene.view, appointment, to=scene.member, now=ask.now),
        )


async def call_off(open_work: OpenWork, ask: Ask, id: IntroductionId) -> Reply:
    """What was agreed does not take place; the others hear it, and their calendars too."""
    async with open_work(ask.community, event=ask.event) as work:
        scene = await _scene(work, ask, id)
        standing = (await work.appointments.of(id)).standing()
        if standing is None:
            raise Refusal("no_meeting")
        if standing.at <= ask.now:
            taps = [(verb, id) for verb in ("met", "not_yet", "could_not")]
            return Reply(message=say("reply.meeting_passed", scene.member.language, taps=taps))
        cancelled = standing.cancelled()
        await work.appointments.save(cancelled)
        await work.appointments.offer(id, ())
        promises = await promises_of(work, scene.program, scene.introduction.members)
        await work.deliveries.add(
            *promises.called_off(
                scene.introduction,
                scene.round,
                cancelled,
                scene.introduction.others(scene.member.id),
                at=ask.now,
            )
        )
        await work.commit()
        return Reply(
            message=say("reply.called_off", scene.member.language, taps=[("times", id)]),
            file=calendar_file(scene.view, cancelled, to=scene.member, now=ask.now),
        )


async def _settle(
    scene: _Scene, arrangement: Arrangement, at: datetime, promises: Promises, *, now: datetime
) -> Appointment:
    """All of them chose the same: it is an appointment, and they get its card."""
    before = arrangement.appointment
    if before is not None and before.at == at and not before.called_off:
        return before
    appointment = (
        before.moved(at)
        if before is not None
        else Appointment(
            introduction_id=scene.introduction.id, community_id=scene.introduction.community_id, at=at
        )
    )
    await scene.work.appointments.save(appointment)
    await scene.work.deliveries.add(
        *promises.together(
            DeliveryKind.CARD,
            scene.introduction,
            scene.round,
            at=now,
            about=f"{scene.introduction.id}/{appointment.sequence}",
            subject=str(appointment.sequence),
            expires_at=at,
        )
    )
    return appointment


async def _scene(work: UnitOfWork, ask: Ask, id: IntroductionId, *, void: bool = False) -> _Scene:
    """An introduction of whoever asks. Raises Refusal; ``void``: also one that is no more."""
    member = await greet(work, ask.asker, now=ask.now)
    introduction = await work.introductions.find(id) if void else await theirs(work, id, member)
    if introduction is None:
        raise Refusal("unknown_button")
    if member.id not in introduction.members:
        raise Refusal("not_yours")
    round = await work.rounds.get(introduction.round_id)
    program = await work.programs.get(round.program_id)
    view = View(
        introduction=introduction,
        members=await work.members.many(introduction.members),
        space=await work.spaces.get(program.space_id),
        closes_at=round.closes_at,
        late=round.late,
        zone=program.cadence.zone,
    )
    return _Scene(
        work=work, member=member, introduction=introduction, round=round, program=program, view=view
    )


def _still_on(scene: _Scene, *, now: datetime) -> None:
    """Raises Refusal once the introduction has had its time."""
    if now >= scene.ends_at or scene.introduction.state is IntroductionState.SILENT:
        raise Refusal("closed", day=scene.ends_at.date().isoformat())
