"""Bring in what is known of a community from elsewhere: its people, who knows whom. Never a yes of theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.community import Community, Language
from bot.domain.ids import CommunityId, ExternalId, MemberId
from bot.domain.member import Member, Tie, TieKind
from bot.errors import BadInput
from bot.ports import OpenWork, UnitOfWork


@dataclass(frozen=True, kw_only=True, slots=True)
class RosterLine:
    """A person, as a roster describes them."""

    member: ExternalId
    name: str
    team: str | None = None
    last_seen: datetime | None = None
    languages: tuple[str, ...] = ()
    zone: str | None = None
    learning: str = ""
    can_help: str = ""
    joined: datetime | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TieLine:
    """Something that happened between two people, and where it is written, for whoever must correct it."""

    source: ExternalId
    target: ExternalId
    kind: TieKind
    at: datetime | None
    people: int = 2
    place: str = ""
    """``ties.csv, line 7``."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Brought:
    """What came of an import."""

    new: int
    known: int
    """There before."""
    left_out: int = 0
    """Ties of someone with themselves, which say nothing."""


async def people(
    open_work: OpenWork, community_id: CommunityId, lines: Sequence[RosterLine], *, now: datetime
) -> Brought:
    """Write everyone, in one transaction. What members said of themselves stands; gaps are filled."""
    async with open_work(community_id) as work:
        brought = await _people(work, lines, now=now)
        await work.commit()
    return brought


async def ties(
    open_work: OpenWork, community_id: CommunityId, lines: Sequence[TieLine], *, now: datetime
) -> Brought:
    """Write every tie that is not there yet, in one transaction; ``introduced`` brings a history along.

    Raises BadInput, and nothing was written, for a tie to someone who is not in the community, or one that is
    still to come.
    """
    async with open_work(community_id) as work:
        brought = await _ties(work, lines, now=now)
        await work.commit()
    return brought


async def everything(
    open_work: OpenWork,
    community_id: CommunityId,
    roster: Sequence[RosterLine],
    told: Sequence[TieLine],
    *,
    now: datetime,
) -> tuple[Brought, Brought]:
    """People and ties, in one transaction, as above."""
    async with open_work(community_id) as work:
        brought = await _people(work, roster, now=now), await _ties(work, told, now=now)
        await work.commit()
    return brought


async def _people(work: UnitOfWork, lines: Sequence[RosterLine], *, now: datetime) -> Brought:
    there = {member.external_id: member for member in await work.members.all()}
    arrivals, refreshed = [], []
    for line in lines:
        member = there.get(line.member)
        if member is None:
            arrivals.append(_member(MemberId(work.new_id()), line, work.community, now=now))
        elif (fresh := _refreshed(member, line)) != member:
            refreshed.append(fresh)
    await work.members.save_all([*arrivals, *refreshed])
    await _recognise(work, arrivals)
    return Brought(new=len(arrivals), known=len(lines) - len(arrivals))


async def _ties(work: UnitOfWork, lines: Sequence[TieLine], *, now: datetime) -> Brought:
    ids = {member.external_id: member.id for member in await work.members.all()}
    found = [_tie(line, ids, work.community.id, now=now) for line in lines]
    told = [tie for tie in found if tie.source != tie.target]
    new = await work.ties.add_all(told)
    return Brought(new=new, known=len(told) - new, left_out=len(found) - len(told))


def _member(id: MemberId, line: RosterLine, community: Community, *, now: datetime) -> Member:
    return Member(
        id=id,
        community_id=community.id,
        external_id=line.member,
        name=line.name,
        language=_language(line.languages, community.language),
        zone=line.zone,
        languages=line.languages,
        learning=line.learning,
        can_help=line.can_help,
        team=line.team,
        joined_at=line.joined or now,
        last_seen_at=line.last_seen,
    )


def _language(spoken: Sequence[str], otherwise: Language) -> Language:
    """The first of their languages that Voisin speaks."""
    ours = {language.value: language for language in Language}
    return next((ours[code] for code in spoken if code in ours), otherwise)


def _refreshed(member: Member, line: RosterLine) -> Member:
    seen = [moment for moment in (member.last_seen_at, line.last_seen) if moment is not None]
    return replace(
        member,
        name=line.name,
        team=line.team or member.team,
        zone=member.zone or line.zone,
        languages=member.languages or line.languages,
        learning=member.learning or line.learning,
        can_help=member.can_help or line.can_help,
        last_seen_at=max(seen, default=None),
    )


async def _recognise(work: UnitOfWork, arrivals: Sequence[Member]) -> None:
    """A wish to be kept apart from someone who had themselves erased holds when they come back."""
    nameless = {wish.trace for wish in await work.keep_aparts.all() if wish.other is None}
    if not nameless:
        return
    for member in arrivals:
        trace = work.community.trace(member.external_id)
        if trace in nameless:
            await work.keep_aparts.recognise(trace=trace, member=member.id)


def _tie(line: TieLine, ids: Mapping[ExternalId, MemberId], community: CommunityId, *, now: datetime) -> Tie:
    for end in (line.source, line.target):
        if end not in ids:
            raise BadInput(
                f"{line.place}: there is no member {str(end)[:40]!r} in this community: "
                "import the roster first, or take the line out."
            )
    if line.at is not None and line.at > now:
        raise BadInput(f"{line.place}: {line.at.isoformat()} is still to come: correct the date.")
    return Tie(
        community_id=community,
        source=ids[line.source],
        target=ids[line.target],
        kind=line.kind,
        at=line.at,
        people=line.people,
    )
