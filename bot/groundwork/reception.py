"""Who asks, and about which program: the first lines of every action."""

from dataclasses import replace
from datetime import datetime

from bot.domain.cadence import UnknownZone, zone_named
from bot.domain.community import Language, Space
from bot.domain.ids import IntroductionId, MemberId, ProgramId
from bot.domain.member import Member, Participation, Standing
from bot.domain.program import Program
from bot.domain.round import Introduction, IntroductionState
from bot.errors import Refusal
from bot.messages import Ask, Asker
from bot.ports import UnitOfWork


async def greet(work: UnitOfWork, asker: Asker, *, now: datetime) -> Member:
    """The member that a person is, written down if this is the first that Voisin hears of them."""
    known = await work.members.find(asker.external_id)
    if known is not None:
        seen = replace(described(known, asker), last_seen_at=now)
        await work.members.save(seen)
        return seen
    member = newcomer(work, asker, now=now)
    await work.members.save(member)
    # Whoever had themselves erased and comes back: the wishes of others about them still hold.
    await work.keep_aparts.recognise(trace=work.community.trace(member.external_id), member=member.id)
    return member


def described(member: Member, asker: Asker) -> Member:
    """A member as the platform describes them now; what they said of themselves stands."""
    return replace(
        member,
        name=asker.name or member.name,
        zone=member.zone if member.chose else _zone(asker) or member.zone,
        language=member.language if member.chose else asker.language or member.language,
    )


def newcomer(work: UnitOfWork, asker: Asker, *, now: datetime) -> Member:
    """Someone of whom nothing is written down yet, as the platform describes them."""
    return Member(
        id=MemberId(work.new_id()),
        community_id=work.community.id,
        external_id=asker.external_id,
        name=asker.name,
        language=asker.language or work.community.language,
        zone=_zone(asker),
        joined_at=now,
        last_seen_at=now,
    )


def _zone(asker: Asker) -> str | None:
    """Theirs, if this machine knows it: a platform may have a newer list of zones."""
    if asker.zone is None:
        return None
    try:
        zone_named(asker.zone)
    except UnknownZone:
        return None
    return asker.zone


async def known_or_new(work: UnitOfWork, asker: Asker, *, now: datetime) -> Member:
    """The member that a person is, for a look: who only looks is not written down."""
    return await work.members.find(asker.external_id) or newcomer(work, asker, now=now)


async def language_of(work: UnitOfWork, asker: Asker) -> Language:
    """The language in which to answer a person, known or not."""
    known = await work.members.find(asker.external_id)
    return known.language if known else asker.language or work.community.language


async def program_asked(work: UnitOfWork, ask: Ask, *, named: ProgramId | None = None) -> Program:
    """The program that was meant: the one a button names, that of the space, or else the only one, or theirs.

    Raises Refusal when there is none, or several and nothing tells which.
    """
    if named is not None:
        found = await work.programs.find(named)
        if found is None:
            raise Refusal("unknown_button")
        return found
    if ask.space is not None:
        space = await work.spaces.find(ask.space)
        here = await work.programs.in_space(space.id) if space else None
        if here is not None:
            return here
    programs = await work.programs.all()
    if not programs:
        raise Refusal("no_program_here")
    if len(programs) == 1:
        return programs[0]
    known = await work.members.find(ask.asker.external_id)
    if known is not None:
        theirs = {
            yes.program_id
            for yes in await work.participations.of_member(known.id)
            if yes.standing is not Standing.LEFT
        }
        if len(theirs) == 1:
            return await work.programs.get(theirs.pop())
    names = [f"#{(await work.spaces.get(program.space_id)).name}" for program in programs]
    raise Refusal("which_program", spaces=", ".join(names))


async def yes_of(work: UnitOfWork, program: Program, member: Member) -> Participation:
    """A member's standing yes to a program. Raises Refusal for who has none."""
    yes = await work.participations.find(program.id, member.id)
    if yes is None or yes.standing is Standing.LEFT:
        raise Refusal("not_participating")
    return yes


async def theirs(work: UnitOfWork, id: IntroductionId, member: Member) -> Introduction:
    """An introduction that the member is in, still standing. Raises Refusal."""
    introduction = await work.introductions.find(id)
    if introduction is None:
        raise Refusal("unknown_button")
    if member.id not in introduction.members:
        raise Refusal("not_yours")
    if introduction.state is IntroductionState.VOID:
        raise Refusal("gone")
    return introduction


async def alive(work: UnitOfWork, program: ProgramId, *members: MemberId) -> None:
    """A sign of life of theirs: silence is counted from zero."""
    for member in members:
        yes = await work.participations.find(program, member)
        if yes is not None and yes.silent_rounds:
            await work.participations.save(replace(yes, silent_rounds=0))


async def space_of(work: UnitOfWork, program: Program) -> Space:
    """Where a program lives."""
    return await work.spaces.get(program.space_id)


async def require_convener(work: UnitOfWork, ask: Ask, program: Program | None) -> None:
    """Let admins and the program's conveners through. Raises Refusal for anyone else."""
    if ask.asker.guest:
        raise Refusal("guests_cannot")
    if ask.asker.admin:
        return
    member = await work.members.find(ask.asker.external_id)
    if member and program and member.id in await work.programs.conveners(program.id):
        return
    raise Refusal("conveners_only")


async def convenes(work: UnitOfWork, ask: Ask) -> bool:
    """Whether someone looks after the community: an admin, or a convener of any of its programs."""
    if ask.asker.guest:
        return False
    if ask.asker.admin:
        return True
    member = await work.members.find(ask.asker.external_id)
    if member is None:
        return False
    programs = await work.programs.all()
    return any([member.id in await work.programs.conveners(program.id) for program in programs])
