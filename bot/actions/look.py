"""What a member can see: their own panel, why they were introduced, what is kept, what can be asked."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.domain.cadence import UnknownZone, zone_named
from bot.domain.community import Language
from bot.domain.ids import MemberId
from bot.domain.member import LINE_LIMIT, Format, Member, Rhythm, Room, TieKind
from bot.domain.round import IntroductionState
from bot.groundwork.circumstances import lately
from bot.groundwork.reception import convenes, greet, known_or_new, language_of, program_asked, space_of
from bot.messages import Ask, Given, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording import forms, replies
from bot.wording.introductions import View
from bot.wording.voice import say, words

Names = Mapping[MemberId, str]
"""Member id → name."""


async def panel(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """Where I stand, with a button for the rest."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await known_or_new(work, ask.asker, now=ask.now)
        enrolments = [
            replies.Enrolment(
                program=program,
                space=await space_of(work, program),
                participation=await work.participations.find(program.id, member.id),
            )
            for program in await work.programs.all()
        ]
        zone = member.zone or work.community.zone
        return Reply(message=replies.panel(member, enrolments=enrolments, zone=zone))


async def me(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """The form about oneself: two lines, language, zone, format, rhythm, room, own wishes, acquaintances."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await known_or_new(work, ask.asker, now=ask.now)
        apart, known = await _private(work, member)
        zone = member.zone or work.community.zone
        return Reply(
            form=forms.me_form(member, zone=zone, apart=list(apart.items()), known=list(known.items()))
        )


async def save_me(open_work: OpenWork, ask: Ask, values: Mapping[str, str]) -> Reply:
    """Take the form, whole or not at all; fields that were not sent stay as they are."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        changed, errors = _changed(member, values)
        if errors:
            return Reply(errors=errors)
        await work.members.save(changed)
        apart, known = await _private(work, member)
        if "apart" in values:
            kept = _several(values["apart"])
            for wish in await work.keep_aparts.of_author(member.id):
                if wish.other in apart and wish.other not in kept:
                    await work.keep_aparts.remove(author=member.id, trace=wish.trace)
        if "known" in values:
            kept = _several(values["known"])
            for other in known:
                if other not in kept:
                    await work.ties.remove(source=member.id, target=other, kind=TieKind.KNOWN)
        await work.commit()
        return Reply(message=say("reply.me_saved", changed.language))


async def why(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """Why these people, in words; for who had nobody, it was chance."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await work.members.find(ask.asker.external_id)
        if member is None:
            return Reply(message=say("reply.nothing_yet", await language_of(work, ask.asker)))
        program = await program_asked(work, ask)
        for round in await work.rounds.latest(program.id, limit=10):
            seat = await work.rounds.seat(round.id, member.id)
            if seat is None or seat.bowed_out:
                continue
            if seat.introduction_id is None:
                return Reply(message=replies.alone(member.language, seat.why_not))
            introduction = await work.introductions.find(seat.introduction_id)
            # Before it is delivered, an introduction is nobody's business yet.
            if introduction is None or introduction.state in (
                IntroductionState.VOID,
                IntroductionState.PROPOSED,
            ):
                continue
            view = View(
                introduction=introduction,
                members=await work.members.many(introduction.members),
                space=await space_of(work, program),
                closes_at=round.closes_at,
                late=round.late,
                zone=program.cadence.zone,
            )
            if len(view.members) < len(introduction.members):
                continue
            told = await lately(work, now=ask.now)
            return Reply(message=replies.why(view, to=member, wants=told.wants, offers=told.offers))
        return Reply(message=say("reply.nothing_yet", member.language))


async def privacy(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """What is kept, what is never read."""
    async with open_work(ask.community, event=ask.event) as work:
        language = await language_of(work, ask.asker)
        return Reply(message=replies.privacy(language, noted=work.community.sources))


async def keep(open_work: OpenWork, ask: Ask) -> Reply:
    """A button for second thoughts: nothing changes."""
    async with open_work(ask.community, event=ask.event) as work:
        return Reply(message=say("reply.kept", await language_of(work, ask.asker)))


async def help(  # noqa: A001  what people type
    open_work: OpenWork, ask: Ask, given: Given, *, everybody: Sequence[str], conveners: Sequence[str]
) -> Reply:
    """What can be asked; the conveners' part only for who looks after something here."""
    async with open_work(ask.community, event=ask.event) as work:
        return Reply(
            message=replies.help(
                await language_of(work, ask.asker),
                commands=everybody,
                conveners=conveners if await convenes(work, ask) else (),
            )
        )


async def stance(open_work: OpenWork, ask: Ask) -> tuple[Language, bool]:
    """In which language someone is answered, and whether what conveners do concerns them."""
    async with open_work(ask.community) as work:
        return await language_of(work, ask.asker), await convenes(work, ask)


async def _private(work: UnitOfWork, member: Member) -> tuple[Names, Names]:
    """Own keep-aparts and acquaintances. A wish about someone erased cannot be shown, and holds."""
    apart = [wish.other for wish in await work.keep_aparts.of_author(member.id) if wish.other is not None]
    known = [tie.target for tie in await work.ties.of_source(member.id, TieKind.KNOWN)]
    people = await work.members.many({*apart, *known})
    return (
        {id: people[id].name for id in apart if id in people},
        {id: people[id].name for id in known if id in people},
    )


def _changed(member: Member, values: Mapping[str, str]) -> tuple[Member, Mapping[str, str]]:
    """The member with the form's values, and a sentence for each field that cannot be taken."""
    errors: dict[str, str] = {}
    said: dict[str, str] = {}
    for name in ("learning", "can_help"):
        if name in values:
            said[name] = " ".join(values[name].split())
            if len(said[name]) > LINE_LIMIT:
                field = words(f"form.me.{name}", member.language)
                errors[name] = words("refusal.too_long", member.language, field=field, n=LINE_LIMIT)
    rooms = (forms.USUAL, *Room)
    for name, known in (("language", Language), ("format", Format), ("rhythm", Rhythm), ("room", rooms)):
        if name in values and values[name] not in {str(each) for each in known}:
            errors[name] = words("refusal.choice_not_understood", member.language, text=values[name])
    spoken = _several(values.get("languages", ",".join(member.languages)))
    if unknown := [code for code in spoken if code not in forms.SPOKEN and code not in member.languages]:
        errors["languages"] = words("refusal.choice_not_understood", member.language, text=unknown[0])
    zone = values.get("zone", "").strip() or member.zone
    if zone:
        try:
            zone_named(zone)
        except UnknownZone as error:
            close = {"close": ", ".join(error.near)} if error.near else {}
            name = "refusal.zone_unknown" if close else "refusal.zone_unknown_bare"
            errors["zone"] = words(name, member.language, text=zone, **close)
    if errors:
        return member, errors
    changed = replace(
        member,
        learning=said.get("learning", member.learning),
        can_help=said.get("can_help", member.can_help),
        language=Language(values.get("language", member.language)),
        languages=spoken,
        zone=zone,
        format=Format(values.get("format", member.format)),
        chose=member.chose
        or zone != member.zone
        or Language(values.get("language", member.language)) is not member.language,
        rhythm=Rhythm(values.get("rhythm", member.rhythm)),
        room=_room(values["room"]) if "room" in values else member.room,
    )
    return changed, {}


def _room(value: str) -> Room | None:
    return None if value == forms.USUAL else Room(value)


def _several(value: str) -> tuple[str, ...]:
    """The values of a field that takes any number of them."""
    return tuple(dict.fromkeys(part.strip() for part in value.split(",") if part.strip()))
