"""Taking one member out of every table. What stays is the trace in other people's keep-apart wishes."""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Table, and_, func, or_, select, union, update

from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.ids import IntroductionId
from bot.domain.member import Member
from bot.domain.round import UNDER_WAY, IntroductionState
from storage.columns import blob_holds
from storage.ids import random_id
from storage.rows import Rows, chunks
from storage.tables import (
    answers,
    appointments,
    cares,
    conveners,
    conversations,
    deliveries,
    greeters,
    impressions,
    inbox,
    installations,
    introduction_members,
    introductions,
    keep_aparts,
    members,
    own_questions,
    participations,
    partners,
    partnerships,
    phrases_heard,
    picks,
    reflections,
    responses,
    rounds,
    seats,
    slots,
    ties,
    willing,
)

UNDECIDED = (IntroductionState.PROPOSED, IntroductionState.MADE, IntroductionState.NOT_YET)
"""What an introduction of a running round can still turn from."""


async def erase(rows: Rows, member: Member) -> None:
    """Remove the member; every reference to them must be gone by the commit, or the database refuses it."""
    theirs = [
        IntroductionId(introduction)
        for (introduction,) in await rows.tuples(
            select(introduction_members.c.introduction_id).where(
                rows.own(introduction_members), introduction_members.c.member_id == member.id
            )
        )
    ]
    await _forget_inputs(rows, member)
    await _forget_words(rows, member)
    for table, column in (
        (participations, "member_id"),
        (willing, "member_id"),
        (partners, "member_id"),
        (own_questions, "author"),
        (responses, "member_id"),
        (reflections, "member_id"),
        (conveners, "member_id"),
        (greeters, "member_id"),
        (answers, "member_id"),
        (picks, "member_id"),
        (impressions, "member_id"),
        (cares, "author"),
        (seats, "member_id"),
        (phrases_heard, "member_id"),
        (introduction_members, "member_id"),
        (ties, "source"),
        (ties, "target"),
        (keep_aparts, "author"),
    ):
        await rows.run(rows.delete(table).where(table.c[column] == member.id))
    await rows.run(rows.update(keep_aparts).where(keep_aparts.c.other == member.id).values(other=None))
    await rows.run(rows.update(impressions).where(impressions.c.thanked == member.id).values(thanked=None))
    await rows.run(rows.update(cares).where(cares.c.about == member.id).values(about=None))
    for some in chunks(theirs):
        await _leave_introductions(rows, member, some)
        await _clean_deliveries(rows, member, some)
    await _forget_deliveries(rows, member)
    await rows.run(
        rows.delete(conversations).where(_holds(conversations.c.circle, f"/{member.external_id}/"))
    )
    await _respell(rows, deliveries, "key", member)
    await _respell(rows, inbox, "event", member)
    await rows.run(
        update(installations).where(installations.c.installer == member.external_id).values(installer=None)
    )
    await rows.run(rows.delete(members).where(members.c.id == member.id))


async def _forget_inputs(rows: Rows, member: Member) -> None:
    """In every round that may have counted them: inputs can be packed, so a search could miss them."""
    sat = select(seats.c.round_id).where(rows.own(seats), seats.c.member_id == member.id)
    took_part = union(
        select(participations.c.program_id).where(
            rows.own(participations), participations.c.member_id == member.id
        ),
        select(rounds.c.program_id).where(rows.own(rounds), rounds.c.id.in_(sat)),
    )
    await rows.run(
        rows.update(rounds)
        .where(
            rounds.c.inputs.is_not(None),
            or_(
                rounds.c.id.in_(sat),
                and_(rounds.c.program_id.in_(took_part), rounds.c.closes_at >= member.joined_at),
                blob_holds(rounds.c.inputs, member.id),
            ),
        )
        .values(inputs=None)
    )


async def _forget_words(rows: Rows, member: Member) -> None:
    """What others said to their reflections goes with these; what was to carry any of it is let go."""
    theirs = select(reflections.c.id).where(rows.own(reflections), reflections.c.member_id == member.id)
    said = select(responses.c.id).where(
        rows.own(responses), or_(responses.c.member_id == member.id, responses.c.reflection_id.in_(theirs))
    )
    await rows.run(
        rows.delete(deliveries).where(or_(deliveries.c.subject.in_(theirs), deliveries.c.subject.in_(said)))
    )
    await rows.run(rows.delete(responses).where(responses.c.reflection_id.in_(theirs)))


async def _leave_introductions(rows: Rows, member: Member, ids: Collection[IntroductionId]) -> None:
    first = (
        select(introduction_members.c.member_id)
        .where(
            introduction_members.c.community_id == introductions.c.community_id,
            introduction_members.c.introduction_id == introductions.c.id,
        )
        .order_by(introduction_members.c.position)
        .limit(1)
        .scalar_subquery()
    )
    running = select(rounds.c.id).where(rows.own(rounds), rounds.c.state.in_(UNDER_WAY))
    among = introductions.c.id.in_(ids)
    empty = select(introductions.c.id).where(rows.own(introductions), among, first.is_(None))
    gone = [introduction for (introduction,) in await rows.tuples(empty)]
    for table in (answers, picks, slots, appointments, impressions, partnerships):
        await rows.run(rows.delete(table).where(table.c.introduction_id.in_(gone)))
    await rows.run(rows.delete(deliveries).where(deliveries.c.introduction_id.in_(gone)))
    await rows.run(rows.update(seats).where(seats.c.introduction_id.in_(gone)).values(introduction_id=None))
    await rows.run(rows.delete(introductions).where(introductions.c.id.in_(gone)))
    await rows.run(
        rows.update(introductions)
        .where(among, introductions.c.state.in_(UNDECIDED), introductions.c.round_id.in_(running))
        .values(state=IntroductionState.VOID)
    )
    # Nobody else says what was theirs to say.
    opened = select(introductions.c.id).where(rows.own(introductions), introductions.c.opener == member.id)
    await rows.run(
        rows.update(deliveries)
        .where(
            deliveries.c.kind == DeliveryKind.SAID,
            deliveries.c.state == DeliveryState.QUEUED,
            deliveries.c.introduction_id.in_(opened),
        )
        .values(state=DeliveryState.VOID)
    )
    await rows.run(
        rows.update(introductions).where(among, introductions.c.opener == member.id).values(opener=first)
    )
    await rows.run(
        rows.update(introductions).where(among, introductions.c.joiner == member.id).values(joiner=None)
    )
    await rows.run(
        rows.update(introductions).where(among, introductions.c.greeter == member.id).values(greeter=None)
    )
    # The fingerprint is computed from the ids of all; the introduction's own id is as unique.
    await rows.run(rows.update(introductions).where(among).values(fingerprint=introductions.c.id))


async def _clean_deliveries(rows: Rows, member: Member, ids: Collection[IntroductionId]) -> None:
    """What went to others about an introduction of theirs: where it went may be named after its people."""
    among = deliveries.c.introduction_id.in_(ids)
    told = [word for word in (member.external_id, member.name) if word]
    await rows.run(rows.update(deliveries).where(among).values(room=""))
    await rows.run(
        rows.update(deliveries)
        .where(among, or_(*(_holds(deliveries.c.reason, word) for word in told)))
        .values(reason="")
    )


async def _forget_deliveries(rows: Rows, member: Member) -> None:
    to_them = select(deliveries.c.id).where(rows.own(deliveries), deliveries.c.member_id == member.id)
    others = [deliveries.c.about.in_(to_them), deliveries.c.member_id.is_distinct_from(member.id)]
    await rows.run(
        rows.update(deliveries)
        .where(*others, deliveries.c.state == DeliveryState.QUEUED)
        .values(state=DeliveryState.VOID)
    )
    await rows.run(rows.update(deliveries).where(*others).values(about=None, reason=""))
    await rows.run(rows.delete(deliveries).where(deliveries.c.member_id == member.id))
    await rows.run(rows.update(deliveries).where(_holds(deliveries.c.reason, member.id)).values(reason=""))


async def _respell(rows: Rows, table: Table, name: str, member: Member) -> None:
    """A key that was made of their id stays a key, of an id that was never anyone's."""
    column = table.c[name]
    await rows.run(
        rows.update(table)
        .where(_holds(column, member.id))
        .values({name: func.replace(column, member.id, random_id())})
    )


def _holds(column: ColumnElement[str], word: str) -> ColumnElement[bool]:
    return column.contains(word, autoescape=True)
