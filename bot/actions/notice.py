"""What a platform tells without a word: who knows whom, where conveners switched it on, and that somebody
took up what a member shared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time
from itertools import combinations

from bot.domain.community import TieSource
from bot.domain.delivery import DeliveryKind
from bot.domain.ids import CommunityId, ExternalId, MemberId
from bot.domain.member import BOTH_WAYS, NOTICED, SMALL_SPACE, Tie, TieKind
from bot.domain.reflection import FRESH
from bot.errors import Refusal
from bot.groundwork.reception import convenes, language_of
from bot.messages import Ask, Given, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording import forms, replies
from bot.wording.voice import words


@dataclass(frozen=True, kw_only=True, slots=True)
class Deed:
    """One did something towards the other, and when."""

    source: TieSource
    one: ExternalId
    other: ExternalId
    at: datetime
    people: int = 2
    """How many took part."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gathered:
    """A space, and everybody who is in it now."""

    space: ExternalId
    people: frozenset[ExternalId]


async def deeds(open_work: OpenWork, community: CommunityId, done: Sequence[Deed], *, now: datetime) -> int:
    """Write down, to the day, what two members did; returns how many ties are new.

    Nothing is written of a source that is not switched on, nor of anyone that Voisin does not know.
    """
    async with open_work(community) as work:
        wanted = [deed for deed in done if deed.source in work.community.sources and deed.one != deed.other]
        ids = await _known(work, {id for deed in wanted for id in (deed.one, deed.other)})
        ties = [
            _tie(
                community,
                NOTICED[deed.source],
                ids[deed.one],
                ids[deed.other],
                at=_day(min(deed.at, now)),
                people=deed.people,
            )
            for deed in wanted
            if deed.one in ids and deed.other in ids
        ]
        if not ties:
            return 0
        new = await work.ties.add_all(ties)
        await work.commit()
        return new


async def taken_up(
    open_work: OpenWork, community: CommunityId, person: ExternalId, post: str, *, now: datetime
) -> bool:
    """Somebody reacted or replied, by hand, to a post of Voisin's: if it shares what another wrote, that is
    no longer without an answer. Who it was, and with what, is not kept. Returns whether it was such a post.
    """
    async with open_work(community) as work:
        reflection = await work.reflections.posted(post, since=now - FRESH)
        if reflection is None:
            return False
        member = await work.members.find(person)
        if member is not None and member.id == reflection.member_id:
            return False
        await work.reflections.save(reflection.heard(now=now))
        await work.deliveries.void(subject=reflection.id, kind=DeliveryKind.UNHEARD, reason="it was answered")
        await work.commit()
        return True


async def spaces(open_work: OpenWork, community: CommunityId, seen: Sequence[Gathered]) -> None:
    """Which small spaces members share, as it is now: whoever left one shares it no longer.

    A program's own space says nothing: there they are to meet.
    """
    async with open_work(community) as work:
        if TieSource.CHANNELS not in work.community.sources:
            return
        own = {(await work.spaces.get(program.space_id)).external_id for program in await work.programs.all()}
        small = [one for one in seen if 2 <= len(one.people) <= SMALL_SPACE and one.space not in own]
        ids = await _known(work, {id for one in small for id in one.people})
        closest: dict[tuple[MemberId, MemberId], int] = {}
        for one in small:
            for pair in combinations(sorted(ids[id] for id in one.people if id in ids), 2):
                closest[pair] = min(closest.get(pair, SMALL_SPACE), len(one.people))
        await work.ties.replace_all(
            TieKind.SPACE,
            [
                _tie(community, TieKind.SPACE, one, other, at=None, people=people)
                for (one, other), people in closest.items()
            ],
        )
        await work.commit()


async def ties(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """For conveners: what the platform may tell of who knows whom, to be switched on and off."""
    async with open_work(ask.community, event=ask.event) as work:
        await _require(work, ask)
        noted = work.community.sources
        offered = tuple(dict.fromkeys([*ask.sources, *noted]))
        if not offered:
            raise Refusal("no_sources")
        return Reply(form=forms.ties_form(await language_of(work, ask.asker), offered=offered, noted=noted))


async def set_sources(open_work: OpenWork, ask: Ask, values: Mapping[str, str]) -> Reply:
    """Take the form. Who shared a space is forgotten when that is switched off; what was done fades."""
    async with open_work(ask.community, event=ask.event) as work:
        await _require(work, ask)
        language = await language_of(work, ask.asker)
        chosen = {value for value in values.get("sources", "").split(",") if value}
        offered = {*ask.sources, *work.community.sources}
        if unknown := sorted(chosen - offered):
            return Reply(
                errors={"sources": words("refusal.choice_not_understood", language, text=unknown[0])}
            )
        noted = tuple(source for source in TieSource if source in chosen)
        if TieSource.CHANNELS not in noted:
            await work.ties.replace_all(TieKind.SPACE, [])
        await work.rename(replace(work.community, sources=noted))
        await work.commit()
        return Reply(message=replies.ties_saved(language, noted=noted))


async def _require(work: UnitOfWork, ask: Ask) -> None:
    if not await convenes(work, ask):
        raise Refusal("guests_cannot" if ask.asker.guest else "conveners_only")


async def _known(work: UnitOfWork, people: set[ExternalId]) -> Mapping[ExternalId, MemberId]:
    found = [await work.members.find(id) for id in sorted(people)]
    return {member.external_id: member.id for member in found if member is not None}


def _tie(
    community: CommunityId,
    kind: TieKind,
    one: MemberId,
    other: MemberId,
    *,
    at: datetime | None,
    people: int,
) -> Tie:
    source, target = sorted((one, other)) if kind in BOTH_WAYS else (one, other)
    return Tie(
        community_id=community,
        source=source,
        target=target,
        kind=kind,
        at=at,
        people=people,
    )


def _day(at: datetime) -> datetime:
    """Its first moment: to the day is enough for who knows whom, and tells nothing of anyone's hours."""
    return datetime.combine(at.astimezone(UTC).date(), time(), UTC)
