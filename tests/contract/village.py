"""People, rounds and messages to fill a memory with; every field says something, lest one is lost unseen."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

from bot.domain.acquaintance import Distance
from bot.domain.cadence import Wall, weekly
from bot.domain.care import Care
from bot.domain.community import Community, Language, Space
from bot.domain.delivery import Delivery, DeliveryKind, DeliveryState
from bot.domain.hours import Blackouts
from bot.domain.ids import (
    CareId,
    CommunityId,
    DeliveryId,
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
from bot.domain.impression import Degree, Impression
from bot.domain.member import Format, KeepApart, Member, Participation, Rhythm, Room, Standing, Tie, TieKind
from bot.domain.partnership import Pace, Partner, Partnership, Willing
from bot.domain.program import Greeter, Program
from bot.domain.reflection import OwnQuestion, Prompt, Reflection, Response, Visibility
from bot.domain.round import Answer, Introduction, IntroductionState, Outcome, Round, RoundState, Seat
from bot.domain.slots import Appointment, Pick, Slot
from bot.matching import WhyNot
from bot.ports import Conversation, Storage, UnitOfWork

NOW = datetime(2026, 11, 24, 9, 0, 0, 123456, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def settle(storage: Storage, external_id: str = "T1") -> Community:
    return await storage.communities.settle(
        platform="sandbox",
        external_id=ExternalId(external_id),
        name="Le Jardin",
        zone="Europe/Paris",
        language=Language.FRENCH,
    )


def a_member(work: UnitOfWork, external_id: str = "U-amina", name: str = "Amina") -> Member:
    return Member(
        id=MemberId(work.new_id()),
        community_id=work.community.id,
        external_id=ExternalId(external_id),
        name=name,
        language=Language.ENGLISH,
        zone="Africa/Nairobi",
        languages=("sw", "en"),
        learning="pottery 🏺 « au tour »",
        can_help="reading maps",
        format=Format.TRIO,
        rhythm=Rhythm.SECOND,
        room=Room.OWN,
        team="Maps",
        chose=True,
        joined_at=NOW - 900 * HOUR,
        last_seen_at=NOW - HOUR,
        asked_at=NOW - 40 * HOUR,
    )


def a_space(work: UnitOfWork, external_id: str = "C-hello") -> Space:
    return Space(
        id=SpaceId(work.new_id()),
        community_id=work.community.id,
        external_id=ExternalId(external_id),
        name="hello",
    )


def a_program(work: UnitOfWork, space: Space) -> Program:
    return Program(
        id=ProgramId(work.new_id()),
        community_id=work.community.id,
        space_id=space.id,
        cadence=weekly(1, time(10), "Europe/Paris", date(2026, 11, 1)),
        group_size=3,
        blackouts=Blackouts(dates=((date(2026, 12, 24), date(2027, 1, 2)),)),
        season=2,
        season_rounds=3,
        rounds=29,
        next_wall=Wall("2026-12-01T10:00"),
        next_at=NOW + 168 * HOUR,
        created_at=NOW - 5_000 * HOUR,
        prompt_wall=Wall("2026-11-26T10:00"),
        prompt_at=NOW + 48 * HOUR,
        other_teams=True,
        tells_rounds=False,
        tells_seasons=False,
        common_hour=True,
        distance=Distance.FAR,
    )


def a_greeter(program: Program, member: Member) -> Greeter:
    return Greeter(
        program_id=program.id, member_id=member.id, community_id=program.community_id, welcomes=3, at=NOW
    )


def a_yes(program: Program, member: Member) -> Participation:
    return Participation(
        program_id=program.id,
        member_id=member.id,
        community_id=program.community_id,
        standing=Standing.PAUSED,
        since=NOW - 800 * HOUR,
        paused_until=date(2026, 12, 7),
        wake_at=NOW + 300 * HOUR,
        skips_next=True,
        last_round=28,
        first_next=True,
        left_out=1,
        trios=2,
        opened=3,
        silent_rounds=1,
        prompted=True,
    )


def a_round(work: UnitOfWork, program: Program, wall: str = "2026-11-24T10:00") -> Round:
    return Round(
        id=RoundId(work.new_id()),
        community_id=work.community.id,
        program_id=program.id,
        wall=Wall(wall),
        number=30,
        state=RoundState.INTRODUCED,
        opens_at=NOW,
        closes_at=NOW + 168 * HOUR,
        wake_at=NOW + 24 * HOUR,
        late=True,
        seed=bytes(range(32)),
        engine="blossom 1",
        inputs=b"\x00packed\xff",
    )


def an_introduction(work: UnitOfWork, round: Round, *members: Member) -> Introduction:
    return Introduction(
        id=IntroductionId(work.new_id()),
        community_id=work.community.id,
        round_id=round.id,
        members=tuple(member.id for member in members),
        opener=members[0].id,
        phrase="first-job",
        state=IntroductionState.MADE,
        due_at=NOW + HOUR,
        shared=False,
        touched=True,
        joiner=members[-1].id,
        met_before=1,
        last_met=date(2026, 3, 3),
        acquainted=True,
        hours=7.5,
        crosses_teams=True,
        in_common=False,
        unavoidable=True,
        greeter=members[0].id,
    )


def a_seat(introduction: Introduction, member: Member) -> Seat:
    return Seat(
        round_id=introduction.round_id,
        member_id=member.id,
        community_id=member.community_id,
        introduction_id=introduction.id,
        bowed_out=True,
        why_not=WhyNot.LANGUAGE,
    )


def an_answer(introduction: Introduction, member: Member, outcome: Outcome = Outcome.NOT_YET) -> Answer:
    return Answer(
        introduction_id=introduction.id,
        member_id=member.id,
        community_id=member.community_id,
        outcome=outcome,
        at=NOW + 2 * HOUR,
    )


def a_slot(work: UnitOfWork, introduction: Introduction, at: datetime = NOW + 26 * HOUR) -> Slot:
    return Slot(
        id=SlotId(work.new_id()),
        community_id=introduction.community_id,
        introduction_id=introduction.id,
        at=at,
    )


def a_pick(slot: Slot, member: Member) -> Pick:
    return Pick(
        introduction_id=slot.introduction_id,
        member_id=member.id,
        community_id=slot.community_id,
        slot_id=slot.id,
        at=NOW + 3 * HOUR,
    )


def an_impression(introduction: Introduction, member: Member, *, thanked: Member) -> Impression:
    return Impression(
        introduction_id=introduction.id,
        member_id=member.id,
        community_id=introduction.community_id,
        expected=Degree.LITTLE,
        found=Degree.MUCH,
        takeaway=member.learning,
        thanked=thanked.id,
        shared=True,
        at=NOW + 4 * HOUR,
    )


def a_care(work: UnitOfWork, author: Member, *, about: Member | None = None) -> Care:
    return Care(
        id=CareId(work.new_id()),
        community_id=author.community_id,
        author=author.id,
        about=about.id if about else None,
        words=author.can_help,
        at=NOW + 5 * HOUR,
    )


def an_appointment(introduction: Introduction) -> Appointment:
    return Appointment(
        introduction_id=introduction.id,
        community_id=introduction.community_id,
        at=NOW + 26 * HOUR,
        sequence=1,
    )


def a_tie(one: Member, other: Member, *, at: datetime | None = NOW, kind: TieKind = TieKind.REPLY) -> Tie:
    return Tie(community_id=one.community_id, source=one.id, target=other.id, kind=kind, at=at, people=3)


def a_wish(community: Community, author: Member, other: Member) -> KeepApart:
    return KeepApart(
        community_id=community.id,
        author=author.id,
        other=other.id,
        trace=community.trace(other.external_id),
        at=NOW,
    )


def a_prompt(work: UnitOfWork, program: Program, wall: str = "2026-11-19T10:00") -> Prompt:
    return Prompt(
        id=PromptId(work.new_id()),
        community_id=work.community.id,
        program_id=program.id,
        wall=Wall(wall),
        question="tried-1",
        at=NOW - 120 * HOUR,
    )


def a_question(work: UnitOfWork, program: Program, author: Member) -> OwnQuestion:
    return OwnQuestion(
        id=QuestionId(work.new_id()),
        community_id=work.community.id,
        program_id=program.id,
        author=author.id,
        text=f"What does {author.name} ask?",
        at=NOW - 200 * HOUR,
    )


def a_reflection(work: UnitOfWork, prompt: Prompt, member: Member) -> Reflection:
    return Reflection(
        id=ReflectionId(work.new_id()),
        community_id=work.community.id,
        member_id=member.id,
        program_id=prompt.program_id,
        prompt_id=prompt.id,
        text=f"{member.name} centred the clay.",
        visibility=Visibility.COMMUNITY,
        at=NOW - 100 * HOUR,
        edited_at=NOW - 90 * HOUR,
        wake_at=NOW + HOUR,
        heard_at=NOW - 80 * HOUR,
    )


def a_response(work: UnitOfWork, reflection: Reflection, member: Member) -> Response:
    return Response(
        id=ResponseId(work.new_id()),
        community_id=work.community.id,
        reflection_id=reflection.id,
        member_id=member.id,
        text=f"{member.name} wonders how.",
        at=NOW - 80 * HOUR,
    )


def a_wish_to_go_on(introduction: Introduction, member: Member) -> Willing:
    return Willing(
        introduction_id=introduction.id,
        member_id=member.id,
        community_id=member.community_id,
        yes=True,
        at=NOW + HOUR,
    )


def a_partner(partnership: Partnership, member: Member) -> Partner:
    return Partner(
        partnership_id=partnership.id,
        member_id=member.id,
        community_id=member.community_id,
        better_at=f"{member.name} wants to throw a bowl",
        will_try=f"{member.name} tries a lid",
        going_on=True,
    )


def a_delivery(work: UnitOfWork, key: str, *, to: Member | None = None, due_at: datetime = NOW) -> Delivery:
    return Delivery(
        id=DeliveryId(work.new_id()),
        community_id=work.community.id,
        key=key,
        kind=DeliveryKind.NUDGE,
        due_at=due_at,
        expires_at=NOW + 48 * HOUR,
        member_id=to.id if to else None,
    )


async def brought(memory: Storage, reflection: Reflection, *, room: str) -> None:
    """It was posted in its space, and this is what the platform calls the post."""
    long_ago = NOW - 999 * HOUR
    async with memory.open_work(reflection.community_id) as work:
        due = a_delivery(work, f"reflection/{reflection.id}", due_at=long_ago)
        await work.deliveries.add(replace(due, kind=DeliveryKind.REFLECTION, subject=reflection.id))
        await work.commit()
    [claim] = await memory.outbox.claim(now=long_ago, owner="w", limit=1, lease=HOUR)
    async with memory.open_work(reflection.community_id) as work:
        assert await work.deliveries.settle(claim, state=DeliveryState.SENT, room=room)
        await work.commit()


def a_conversation(*people: Member, occasion: str = "", room: str | None = "R-1") -> Conversation:
    return Conversation(
        people=tuple(member.external_id for member in people),
        occasion=occasion,
        room=ExternalId(room) if room else None,
        space=ExternalId("C-hello"),
        at=NOW,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class Village:
    """Three members and something of theirs in every table."""

    community: CommunityId
    amina: Member
    bruno: Member
    chloe: Member
    space: Space
    program: Program
    round: Round
    introduction: Introduction
    slot: Slot
    care: Care
    prompt: Prompt
    question: OwnQuestion
    """Amina's."""
    reflection: Reflection
    """Amina's."""
    response: Response
    """Bruno's, to Amina."""
    partnership: Partnership
    """Of Amina and Bruno."""
    to_amina: Delivery
    to_circle: Delivery
    about_amina: Delivery


async def a_village(work: UnitOfWork) -> Village:
    """Fill every table; not committed."""
    amina = a_member(work)
    bruno, chloe = (
        replace(a_member(work, f"U-{name.casefold()}", name), learning="bread", can_help="moving house")
        for name in ("Bruno", "Chloe")
    )
    people = (amina, bruno, chloe)
    space = a_space(work)
    program = a_program(work, space)
    held = a_round(work, program)
    introduction = an_introduction(work, held, *people)
    await work.members.save_all(people)
    await work.spaces.save(space)
    await work.programs.save(program)
    await work.participations.save_all([a_yes(program, member) for member in people])
    await work.rounds.add(held)
    await work.introductions.add_all([introduction])
    await work.rounds.add_seats([a_seat(introduction, member) for member in people])
    await work.conversations.save(a_conversation(*people, occasion=held.id))
    slot = a_slot(work, introduction)
    await work.appointments.offer(introduction.id, [slot])
    await work.appointments.save(an_appointment(introduction))
    for member in people:
        await work.conversations.save(a_conversation(member))
        await work.programs.add_convener(program.id, member.id, at=NOW)
        await work.greeters.save(a_greeter(program, member))
        await work.introductions.answer(an_answer(introduction, member))
        await work.introductions.hear([member.id], "first-job", at=NOW)
        await work.appointments.pick(a_pick(slot, member))
        await work.impressions.save(an_impression(introduction, member, thanked=people[0]))
        await work.cares.add(a_care(work, member, about=people[0]))
        for other in people:
            if other != member:
                await work.keep_aparts.add(a_wish(work.community, member, other))
                await work.ties.add_all([a_tie(member, other), a_tie(member, other, at=None)])
    care = a_care(work, amina)
    await work.cares.add(care)
    prompt, question, reflection, response = await _words(work, program, amina, bruno)
    partnership = await _go_on(work, program, introduction, amina, bruno)
    to_amina, to_circle, about_amina = await _messages(work, held, introduction, amina, chloe)
    return Village(
        community=work.community.id,
        amina=amina,
        bruno=bruno,
        chloe=chloe,
        space=space,
        program=program,
        round=held,
        introduction=introduction,
        slot=slot,
        care=care,
        prompt=prompt,
        question=question,
        reflection=reflection,
        response=response,
        partnership=partnership,
        to_amina=to_amina,
        to_circle=to_circle,
        about_amina=about_amina,
    )


async def _go_on(
    work: UnitOfWork, program: Program, introduction: Introduction, *people: Member
) -> Partnership:
    """Who said yes in private, and the partnership of it."""
    partnership = Partnership(
        id=PartnershipId(work.new_id()),
        community_id=work.community.id,
        program_id=program.id,
        introduction_id=introduction.id,
        pace=Pace.WEEKLY,
        term=2,
        started_at=NOW,
        said_until=NOW + HOUR,
        wake_at=NOW + 2 * HOUR,
    )
    await work.partnerships.save(partnership)
    for member in people:
        await work.partnerships.say(a_wish_to_go_on(introduction, member))
        await work.partnerships.save_partner(a_partner(partnership, member))
    return partnership


async def _words(
    work: UnitOfWork, program: Program, amina: Member, bruno: Member
) -> tuple[Prompt, OwnQuestion, Reflection, Response]:
    """What each of two wrote, and said to the other's."""
    prompt = a_prompt(work, program)
    await work.prompts.add(prompt)
    question = a_question(work, program, amina)
    await work.prompts.add_own(question)
    reflection, other = a_reflection(work, prompt, amina), a_reflection(work, prompt, bruno)
    await work.reflections.save(reflection)
    await work.reflections.save(other)
    response = a_response(work, reflection, bruno)
    await work.reflections.respond(response)
    await work.reflections.respond(a_response(work, other, amina))
    return prompt, question, reflection, response


async def _messages(
    work: UnitOfWork,
    round: Round,
    introduction: Introduction,
    amina: Member,
    chloe: Member,
) -> tuple[Delivery, Delivery, Delivery]:
    to_circle = replace(
        a_delivery(work, f"introduction/{introduction.id}"),
        kind=DeliveryKind.INTRODUCTION,
        program_id=round.program_id,
        round_id=round.id,
        introduction_id=introduction.id,
        reason="no right to write to U-amina",
    )
    to_amina = replace(
        to_circle,
        id=DeliveryId(work.new_id()),
        key=f"question/{introduction.id}/{amina.id}",
        kind=DeliveryKind.QUESTION,
        member_id=amina.id,
        reason="",
    )
    about_amina = replace(
        a_delivery(work, f"given_up/{amina.id}/{chloe.id}", to=chloe),
        kind=DeliveryKind.GIVEN_UP,
        about=to_amina.id,
        reason="Amina has gone",
    )
    await work.deliveries.add(to_amina, to_circle, about_amina)
    return to_amina, to_circle, about_amina
