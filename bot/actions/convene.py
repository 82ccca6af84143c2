"""Looking after a program: set it up, see what comes, pause it, keep days free, share the care of it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from bot.domain.cadence import (
    Cadence,
    fortnightly,
    next_after_change,
    rhythm_of,
    zone_named,
)
from bot.domain.community import NOWHERE, Language, Space
from bot.domain.delivery import DeliveryKind
from bot.domain.hours import BlackoutUnclear, parse_blackout
from bot.domain.ids import CommunityId, ExternalId, IntroductionId, MemberId, ProgramId, RoundId, SpaceId
from bot.domain.member import Member
from bot.domain.planning import Group
from bot.domain.program import Program, ProgramState
from bot.domain.round import UNDER_WAY, Introduction
from bot.domain.steps import wakes_at
from bot.errors import Refusal
from bot.groundwork.circumstances import foresee, promises_of
from bot.groundwork.reception import greet, language_of, program_asked, require_convener, space_of
from bot.groundwork.terms import Unclear, as_it_is, chosen, read, weekday
from bot.messages import Ask, Given, Message, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording import forms, replies
from bot.wording.introductions import View, introduction
from bot.wording.phrases import Level, choose
from bot.wording.voice import day as in_words
from bot.wording.voice import mention, moment, say, words


async def setup(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """A short form with good defaults, or with what the program of this space has now."""
    async with open_work(ask.community, event=ask.event) as work:
        if ask.space is None:
            raise Refusal("space_needed")
        space = await work.spaces.find(ask.space)
        program = await work.programs.in_space(space.id) if space else None
        await require_convener(work, ask, program)
        if program is None and not ask.circles:
            raise Refusal("space_unsuited")
        language = await language_of(work, ask.asker)
        shown = forms.SetUp(zone=work.community.zone)
        if program is not None:
            shown = forms.SetUp(
                rhythm=rhythm_of(program.cadence),
                day=weekday(program.cadence),
                at=program.cadence.at,
                zone=program.cadence.zone,
                size=program.group_size,
                distance=program.distance,
                ticked=tuple(name for name, on in program.ticked.items() if on),
            )
        return Reply(form=forms.setup_form(language, shown, space=ask.space))


async def set_up(open_work: OpenWork, ask: Ask, space_id: ExternalId, values: Mapping[str, str]) -> Reply:
    """Take the form: a new program, or new times for the one that is there; what is running goes on."""
    async with open_work(ask.community, event=ask.event) as work:
        space = await work.spaces.find(space_id)
        program = await work.programs.in_space(space.id) if space else None
        await require_convener(work, ask, program)
        if program is not None:
            # A form in pages comes page by page: what one does not ask for stays as it is.
            values = as_it_is(program) | dict(values)
        try:
            cadence, size = read(values, program, today=ask.now.date())
        except Unclear as unclear:
            language = await language_of(work, ask.asker)
            sentence = words(f"refusal.{unclear.name}", language, **unclear.values)
            return Reply(errors={unclear.field: sentence})
        member = await greet(work, ask.asker, now=ask.now)
        if space is None:
            space = Space(
                id=SpaceId(work.new_id()),
                community_id=work.community.id,
                external_id=space_id,
                name=ask.space_name or space_id,
            )
            await work.spaces.save(space)
        if program is None:
            name = "reply.setup_done"
            program = await _founded(work, space, cadence, size, now=ask.now)
        else:
            name = "reply.setup_changed"
            program = await _retimed(work, replace(program, group_size=size), cadence, now=ask.now)
        program = chosen(program, values)
        await work.programs.save(program)
        await work.programs.add_convener(program.id, member.id, at=ask.now)
        if work.community.zone == NOWHERE:
            # No platform told where it is; this is the default of those who name no zone of their own.
            await work.rename(replace(work.community, zone=cadence.zone))
        await work.commit()
        return Reply(message=_dated(name, program, space, member, taps=[("preview", program.id)]))


async def _founded(work: UnitOfWork, space: Space, cadence: Cadence, size: int, *, now: datetime) -> Program:
    """A new program, and the invitation to it in its space."""
    program = Program(
        id=ProgramId(work.new_id()),
        community_id=work.community.id,
        space_id=space.id,
        cadence=cadence,
        group_size=size,
        next_wall=None,
        next_at=None,
        created_at=now,
    ).aimed(after=now)
    await work.programs.save(program)
    promises = await promises_of(work, program, ())
    await work.deliveries.add(promises.to_space(DeliveryKind.INVITATION, at=now, about=program.id))
    return program


async def slow_down(open_work: OpenWork, ask: Ask, program_id: ProgramId) -> Reply:
    """The button of the proposal: from every week to every second week."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask, named=program_id)
        await require_convener(work, ask, program)
        member = await greet(work, ask.asker, now=ask.now)
        if rhythm_of(program.cadence) == "weekly":
            rounds = await work.rounds.latest(program.id, limit=1)
            starts = date.fromisoformat(rounds[0].wall[:10]) if rounds else ask.now.date()
            cadence = fortnightly(weekday(program.cadence), program.cadence.at, program.cadence.zone, starts)
            program = await _retimed(work, program, cadence, now=ask.now)
            await work.programs.save(program)
        await work.commit()
        return Reply(message=_dated("reply.fortnight_done", program, await space_of(work, program), member))


async def preview(
    open_work: OpenWork, ask: Ask, given: Given, *, program_id: ProgramId | None = None
) -> Reply:
    """The next round as it will be with today's roster, for a convener's eyes; nothing is sent."""
    async with open_work(ask.community, event=ask.event) as work:
        program = await program_asked(work, ask, named=program_id)
        await require_convener(work, ask, program)
        language = await language_of(work, ask.asker)
        foresight = await foresee(work, program, now=ask.now)
        if foresight is None or program.state is not ProgramState.RUNNING:
            raise Refusal("program_paused")
        people = {member.id: member for member in foresight.circumstances.members}
        space = await space_of(work, program)
        groups = foresight.plan.groups
        sample = _sample(program, space, groups[0], people, at=foresight.at) if groups else None
        return Reply(
            message=replies.preview(
                language,
                space=space,
                opens_at=foresight.at,
                zone=program.cadence.zone,
                groups=[
                    replies.Previewed(
                        people=[people[member] for member in group.members],
                        opener=people[group.opener],
                        repeat=group.met_before > 0,
                    )
                    for group in groups
                ],
                alone=[people[member] for member in foresight.plan.alone],
                resting=foresight.resting,
                sample=sample,
            )
        )


def _sample(
    program: Program, space: Space, group: Group, people: Mapping[MemberId, Member], *, at: datetime
) -> Message:
    """The first introduction as its people would get it."""
    following = program.cadence.next_after(at)
    imagined = Introduction(
        id=IntroductionId("sample"),
        community_id=program.community_id,
        round_id=RoundId("sample"),
        members=group.members,
        opener=group.opener,
        phrase=choose(Level.PRACTICE, heard=(), ticket=0),
        due_at=at,
        met_before=group.met_before,
        last_met=group.last_met.date() if group.last_met else None,
        acquainted=group.acquainted,
    )
    view = View(
        introduction=imagined,
        members={member: people[member] for member in group.members},
        space=space,
        closes_at=following[1] if following else at,
        late=False,
        zone=program.cadence.zone,
    )
    return introduction(view, to=None)


async def pause_program(
    open_work: OpenWork, ask: Ask, given: Given, *, program_id: ProgramId | None = None
) -> Reply:
    """No new rounds until someone says so; the one that is running goes on to its end."""
    async with open_work(ask.community, event=ask.event) as work:
        program, language = await _mine(work, ask, named=program_id)
        if program.state is ProgramState.PAUSED:
            raise Refusal("already_paused")
        await work.programs.save(replace(program, state=ProgramState.PAUSED))
        await work.commit()
        return Reply(message=say("reply.program_paused", language, space=await space_of(work, program)))


async def resume_program(
    open_work: OpenWork, ask: Ask, given: Given, *, program_id: ProgramId | None = None
) -> Reply:
    """Rounds again, from the next slot on; none is made up for."""
    async with open_work(ask.community, event=ask.event) as work:
        program, language = await _mine(work, ask, named=program_id)
        if program.state is ProgramState.RUNNING:
            raise Refusal("already_running")
        # A round that still runs, opened by hand, may take the place of the next slot.
        ends = [
            round.closes_at - timedelta(microseconds=1)
            for round in await work.rounds.latest(program.id, limit=2)
            if round.state in UNDER_WAY
        ]
        running = replace(program, state=ProgramState.RUNNING).aimed(after=max([ask.now, *ends]))
        if program.prompt_wall is not None:
            running = running.asking(after=ask.now)
        await work.programs.save(running)
        await work.commit()
        space = await space_of(work, program)
        if running.next_at is None:
            raise Refusal("broken")
        day = moment(running.next_at, zone=running.cadence.zone, language=language)
        return Reply(message=say("reply.program_resumed", language, space=space, day=day))


async def blackout(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """Keep days free of Voisin, or give them back; without dates, say which are kept free."""
    async with open_work(ask.community, event=ask.event) as work:
        program, language = await _mine(work, ask)
        if not given.text.strip():
            today = ask.now.astimezone(zone_named(program.cadence.zone)).date()
            coming = [(first, last) for first, last in program.blackouts.dates if last >= today]
            return Reply(message=replies.blackouts(language, dates=coming))
        try:
            first, last = parse_blackout(given.text)
        except BlackoutUnclear as error:
            raise Refusal(f"blackout_{error.code}", text=given.text.strip()) from error
        removing = given.choice == "remove"
        change = program.blackouts.with_removed if removing else program.blackouts.with_added
        await work.programs.save(replace(program, blackouts=change(first, last)))
        await work.commit()
        name = "reply.blackout_removed" if removing else "reply.blackout_added"
        if first == last:
            return Reply(message=say(f"{name}_day", language, day=in_words(first, language, with_year=True)))
        return Reply(
            message=say(
                name,
                language,
                first=in_words(first, language, with_year=True),
                last=in_words(last, language, with_year=True),
            )
        )


async def convener(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """Share the care of the program with someone, or take it back. Without any, the admins look after it."""
    async with open_work(ask.community, event=ask.event) as work:
        program, language = await _mine(work, ask)
        if given.person is None:
            raise Refusal("person_not_found", text=given.text) if given.text else Refusal("person_missing")
        if given.person.guest:
            raise Refusal("guests_cannot")
        person = await work.members.find(given.person.external_id)
        person = person or await greet(work, given.person, now=ask.now)
        is_one = person.id in await work.programs.conveners(program.id)
        if given.choice == "remove":
            if not is_one:
                raise Refusal("not_convener", person=person.name)
            await work.programs.remove_convener(program.id, person.id)
        else:
            if is_one:
                raise Refusal("already_convener", person=person.name)
            await work.programs.add_convener(program.id, person.id, at=ask.now)
        await work.commit()
        name = "reply.convener_removed" if given.choice == "remove" else "reply.convener_added"
        return Reply(message=say(name, language, person=mention(person)))


async def keep_to_the_wall(open_work: OpenWork, community: CommunityId) -> None:
    """The clock, at start: rules of a zone may have changed since; the wall time of a round is what holds."""
    async with open_work(community) as work:
        for program in await work.programs.all():
            kept = program.on_the_wall()
            if kept != program:
                await work.programs.save(kept)
        await work.commit()


async def _mine(work: UnitOfWork, ask: Ask, *, named: ProgramId | None = None) -> tuple[Program, Language]:
    """The program meant, for someone who looks after it, and their language."""
    program = await program_asked(work, ask, named=named)
    await require_convener(work, ask, program)
    return program, await language_of(work, ask.asker)


async def _retimed(work: UnitOfWork, program: Program, cadence: Cadence, *, now: datetime) -> Program:
    """The same program with another cadence: never two rounds in one week, and none lost."""
    old = program.cadence
    if (old.rule, old.at, old.zone) == (cadence.rule, cadence.at, cadence.zone):
        return program
    rounds = await work.rounds.latest(program.id, limit=1)
    slot = next_after_change(old, cadence, rounds[0].wall if rounds else None, now)
    wall, at = slot or (None, None)
    if at is not None and rounds and rounds[0].state in UNDER_WAY and rounds[0].closes_at > at:
        # What runs ends when the next one opens: its reminders and its question come earlier too.
        shorter = replace(rounds[0], closes_at=max(at, now))
        await work.rounds.save(replace(shorter, wake_at=wakes_at(shorter, zone=cadence.zone)))
    changed = replace(program, cadence=cadence, next_wall=wall, next_at=at)
    return changed.asking(after=now) if program.prompt_wall is not None else changed


def _dated(
    name: str, program: Program, space: Space, member: Member, **taps: list[tuple[str, str]]
) -> Message:
    if program.next_at is None:
        raise Refusal("broken")
    day = moment(program.next_at, zone=program.cadence.zone, language=member.language, with_time=True)
    return say(name, member.language, space=space, day=day, taps=taps.get("taps", []))
