"""What members expected and found, and their private words, within one community."""

from collections.abc import Sequence

from sqlalchemy import and_, func, select

from bot.domain.care import Care
from bot.domain.ids import CareId, IntroductionId, MemberId, RoundId
from bot.domain.impression import Degree, Findings, Impression
from bot.domain.round import RoundState
from storage.rows import Rows, values
from storage.tables import cares, impressions, introductions, rounds


class SqlImpressions:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def find(self, introduction: IntroductionId, member: MemberId) -> Impression | None:
        return await self._rows.first(
            Impression,
            self._rows.select(Impression, impressions).where(
                impressions.c.introduction_id == introduction, impressions.c.member_id == member
            ),
        )

    async def save(self, impression: Impression) -> None:
        await self._rows.upsert(impressions, [values(impression)])

    async def of_member(self, member: MemberId) -> Sequence[Impression]:
        return await self._rows.fetch(
            Impression,
            self._rows.select(Impression, impressions)
            .where(impressions.c.member_id == member)
            .order_by(impressions.c.at, impressions.c.introduction_id),
        )

    async def shared(self, round: RoundId) -> Sequence[Impression]:
        return await self._rows.fetch(
            Impression,
            self._rows.select(Impression, impressions)
            .join(
                introductions,
                and_(self._rows.own(introductions), introductions.c.id == impressions.c.introduction_id),
            )
            .where(introductions.c.round_id == round, impressions.c.shared.is_(True))
            .order_by(impressions.c.at, impressions.c.member_id),
        )

    async def findings(self) -> Findings:
        return await self._rows.once(("findings",), self._findings)

    async def _findings(self) -> Findings:
        answered = (
            self._rows.own(impressions),
            impressions.c.expected.is_not(None),
            impressions.c.found.is_not(None),
            rounds.c.state == RoundState.CLOSED,
        )
        held = introductions.join(
            rounds, and_(self._rows.own(rounds), rounds.c.id == introductions.c.round_id)
        )
        joined = impressions.join(
            held, and_(self._rows.own(introductions), introductions.c.id == impressions.c.introduction_id)
        )
        people = select(func.count(impressions.c.member_id.distinct())).select_from(joined).where(*answered)
        counted = (
            select(impressions.c.expected, impressions.c.found, func.count())
            .select_from(joined)
            .where(*answered)
            .group_by(impressions.c.expected, impressions.c.found)
        )
        [(how_many,)] = await self._rows.tuples(people)
        return Findings(
            people=how_many,
            times={
                (Degree(expected), Degree(found)): times
                for expected, found, times in await self._rows.tuples(counted)
            },
        )


class SqlCares:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def find(self, id: CareId) -> Care | None:
        return await self._rows.first(Care, self._rows.select(Care, cares).where(cares.c.id == id))

    async def add(self, care: Care) -> None:
        await self._rows.insert(cares, [values(care)])

    async def of_author(self, author: MemberId) -> Sequence[Care]:
        return await self._rows.fetch(
            Care,
            self._rows.select(Care, cares).where(cares.c.author == author).order_by(cares.c.at, cares.c.id),
        )
