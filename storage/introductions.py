"""Introductions, what became of them, and the phrases that their members have heard."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, func, select

from bot.domain.ids import IntroductionId, MemberId, RoundId
from bot.domain.round import Answer, Introduction, IntroductionState
from bot.errors import Unknown
from bot.ports import Meeting
from storage import tables
from storage.rows import Rows, chunks, names, values
from storage.tables import answers, introduction_members, phrases_heard

COLUMNS = tuple(name for name in names(Introduction) if name != "members")


class SqlIntroductions:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def find(self, id: IntroductionId) -> Introduction | None:
        return await self._rows.once(("introduction", id), lambda: self._find(id))

    async def _find(self, id: IntroductionId) -> Introduction | None:
        found = await self._fetch(self._select().where(tables.introductions.c.id == id))
        return found[0] if found else None

    async def many(self, ids: Collection[IntroductionId]) -> Mapping[IntroductionId, Introduction]:
        found: dict[IntroductionId, Introduction] = {}
        for some in chunks(sorted(set(ids))):
            for each in await self._fetch(self._select().where(tables.introductions.c.id.in_(some))):
                self._rows.keep(("introduction", each.id), each)
                found[each.id] = each
        return found

    async def of_round(self, round: RoundId) -> Sequence[Introduction]:
        introductions = tables.introductions
        return await self._fetch(
            self._select().where(introductions.c.round_id == round).order_by(introductions.c.id)
        )

    async def of_member(self, member: MemberId, *, limit: int) -> Sequence[Introduction]:
        introductions = tables.introductions
        return await self._fetch(
            self._select()
            .join(
                introduction_members,
                and_(
                    self._rows.own(introduction_members),
                    introduction_members.c.introduction_id == introductions.c.id,
                ),
            )
            .where(introduction_members.c.member_id == member)
            .order_by(introductions.c.due_at.desc(), introductions.c.id.desc())
            .limit(limit)
        )

    async def add_all(self, introductions: Sequence[Introduction]) -> None:
        await self._rows.insert(tables.introductions, [_row(each) for each in introductions])
        await self._rows.insert(
            introduction_members, [row for each in introductions for row in _people(each)]
        )

    async def save(self, introduction: Introduction) -> None:
        await self.save_all([introduction])

    async def save_all(self, introductions: Sequence[Introduction]) -> None:
        ids = [each.id for each in introductions]
        if len(await self._known(ids)) < len(ids):
            raise Unknown("There is no such introduction here.")
        await self._rows.upsert(tables.introductions, [_row(each) for each in introductions])
        stored = await self._members(ids)
        moved = [each for each in introductions if stored[each.id] != each.members]
        for some in chunks([each.id for each in moved]):
            await self._rows.run(
                self._rows.delete(introduction_members).where(
                    introduction_members.c.introduction_id.in_(some)
                )
            )
        await self._rows.insert(introduction_members, [row for each in moved for row in _people(each)])

    async def make(self, *ids: IntroductionId, at: datetime) -> None:
        introductions = tables.introductions
        proposed = introductions.c.state == IntroductionState.PROPOSED
        for some in chunks(sorted(set(ids))):
            await self._rows.run(
                self._rows.update(introductions)
                .where(introductions.c.id.in_(some), proposed)
                .values(state=IntroductionState.MADE, due_at=at)
            )

    async def welcomed(self, *, since: datetime) -> Mapping[MemberId, int]:
        introductions = tables.introductions
        statement = (
            select(introductions.c.greeter, func.count())
            .where(
                self._rows.own(introductions),
                introductions.c.greeter.is_not(None),
                introductions.c.due_at >= since,
                introductions.c.state != IntroductionState.VOID,
            )
            .group_by(introductions.c.greeter)
        )
        return {MemberId(greeter): count for greeter, count in await self._rows.tuples(statement)}

    async def meetings(self) -> Sequence[Meeting]:
        introductions = tables.introductions
        one, other = introduction_members.alias("one"), introduction_members.alias("other")
        statement = (
            select(
                one.c.member_id.label("one"),
                other.c.member_id.label("other"),
                func.count().label("times"),
                func.max(introductions.c.due_at).label("last"),
            )
            .join(
                other,
                and_(
                    other.c.community_id == one.c.community_id,
                    other.c.introduction_id == one.c.introduction_id,
                    other.c.member_id > one.c.member_id,
                ),
            )
            .join(
                introductions,
                and_(self._rows.own(introductions), introductions.c.id == one.c.introduction_id),
            )
            .where(
                one.c.community_id == self._rows.community, introductions.c.state != IntroductionState.VOID
            )
            .group_by(one.c.member_id, other.c.member_id)
            .order_by(one.c.member_id, other.c.member_id)
        )
        return await self._rows.fetch(Meeting, statement)

    async def answers(self, id: IntroductionId) -> Sequence[Answer]:
        return await self._rows.fetch(
            Answer,
            self._rows.select(Answer, answers)
            .where(answers.c.introduction_id == id)
            .order_by(answers.c.member_id),
        )

    async def answers_of_round(self, round: RoundId) -> Sequence[Answer]:
        introductions = tables.introductions
        return await self._rows.fetch(
            Answer,
            self._rows.select(Answer, answers)
            .join(
                introductions,
                and_(self._rows.own(introductions), introductions.c.id == answers.c.introduction_id),
            )
            .where(introductions.c.round_id == round)
            .order_by(answers.c.introduction_id, answers.c.member_id),
        )

    async def answers_of_member(self, member: MemberId) -> Sequence[Answer]:
        return await self._rows.fetch(
            Answer,
            self._rows.select(Answer, answers)
            .where(answers.c.member_id == member)
            .order_by(answers.c.at, answers.c.introduction_id),
        )

    async def answer(self, answer: Answer) -> None:
        await self._rows.upsert(answers, [values(answer)])

    async def heard(self, members: Collection[MemberId]) -> Mapping[MemberId, Mapping[str, datetime]]:
        found: dict[MemberId, dict[str, datetime]] = {member: {} for member in members}
        for some in chunks(sorted(found)):
            statement = select(phrases_heard.c.member_id, phrases_heard.c.phrase, phrases_heard.c.at).where(
                self._rows.own(phrases_heard), phrases_heard.c.member_id.in_(some)
            )
            for member, phrase, at in await self._rows.tuples(statement):
                found[member][phrase] = at
        return found

    async def hear(self, members: Collection[MemberId], phrase: str, *, at: datetime) -> None:
        await self.hear_all([(member, phrase) for member in members], at=at)

    async def hear_all(self, heard: Sequence[tuple[MemberId, str]], *, at: datetime) -> None:
        await self._rows.upsert(
            phrases_heard,
            [
                {"community_id": self._rows.community, "member_id": member, "phrase": phrase, "at": at}
                for member, phrase in heard
            ],
        )

    def _select(self) -> Select[Any]:
        introductions = tables.introductions
        return select(*(introductions.c[name] for name in COLUMNS)).where(self._rows.own(introductions))

    async def _fetch(self, statement: Select[Any]) -> list[Introduction]:
        found = await self._rows.read(statement)
        members = await self._members([row["id"] for row in found])
        return [Introduction(members=members[row["id"]], **row) for row in found]

    async def _known(self, ids: Collection[IntroductionId]) -> set[IntroductionId]:
        introductions = tables.introductions
        found: set[IntroductionId] = set()
        for some in chunks(ids):
            statement = select(introductions.c.id).where(
                self._rows.own(introductions), introductions.c.id.in_(some)
            )
            found |= {id for (id,) in await self._rows.tuples(statement)}
        return found

    async def _members(
        self, ids: Collection[IntroductionId]
    ) -> Mapping[IntroductionId, tuple[MemberId, ...]]:
        found: dict[IntroductionId, tuple[MemberId, ...]] = dict.fromkeys(ids, ())
        for some in chunks(ids):
            statement = (
                select(introduction_members.c.introduction_id, introduction_members.c.member_id)
                .where(self._rows.own(introduction_members), introduction_members.c.introduction_id.in_(some))
                .order_by(introduction_members.c.introduction_id, introduction_members.c.position)
            )
            for introduction, member in await self._rows.tuples(statement):
                found[introduction] += (member,)
        return found


def _row(introduction: Introduction) -> dict[str, object]:
    row = values(introduction)
    del row["members"]
    # Who is left alone after an erasure may be so twice in one round: that is no second introduction. Nor is
    # a void one: two may be left of a trio who were a pair before the third one came.
    counts = len(introduction.members) > 1 and introduction.state is not IntroductionState.VOID
    return row | {"fingerprint": introduction.fingerprint if counts else introduction.id}


def _people(introduction: Introduction) -> list[dict[str, object]]:
    return [
        {
            "community_id": introduction.community_id,
            "introduction_id": introduction.id,
            "member_id": member,
            "position": position,
        }
        for position, member in enumerate(introduction.members)
    ]
