"""Who would go on after a meeting, and the partnerships that came of it."""

from collections.abc import Sequence

from sqlalchemy import select

from bot.domain.ids import IntroductionId, MemberId, PartnershipId
from bot.domain.partnership import Partner, Partnership, Willing
from storage.rows import Rows, values
from storage.tables import partners, partnerships, willing


class SqlPartnerships:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def willing(self, introduction: IntroductionId) -> Sequence[Willing]:
        return await self._rows.fetch(
            Willing,
            self._rows.select(Willing, willing)
            .where(willing.c.introduction_id == introduction)
            .order_by(willing.c.member_id),
        )

    async def willing_of_member(self, member: MemberId) -> Sequence[Willing]:
        return await self._rows.fetch(
            Willing,
            self._rows.select(Willing, willing)
            .where(willing.c.member_id == member)
            .order_by(willing.c.at, willing.c.introduction_id),
        )

    async def say(self, answer: Willing) -> None:
        await self._rows.upsert(willing, [values(answer)])

    async def find(self, id: PartnershipId) -> Partnership | None:
        return await self._rows.first(
            Partnership, self._rows.select(Partnership, partnerships).where(partnerships.c.id == id)
        )

    async def of_introduction(self, introduction: IntroductionId) -> Partnership | None:
        return await self._rows.first(
            Partnership,
            self._rows.select(Partnership, partnerships).where(
                partnerships.c.introduction_id == introduction
            ),
        )

    async def of_member(self, member: MemberId) -> Sequence[Partnership]:
        theirs = select(partners.c.partnership_id).where(
            self._rows.own(partners), partners.c.member_id == member
        )
        return await self._rows.fetch(
            Partnership,
            self._rows.select(Partnership, partnerships)
            .where(partnerships.c.id.in_(theirs))
            .order_by(partnerships.c.started_at.desc(), partnerships.c.id),
        )

    async def save(self, partnership: Partnership) -> None:
        await self._rows.upsert(partnerships, [values(partnership)])

    async def partners(self, id: PartnershipId) -> Sequence[Partner]:
        return await self._rows.fetch(
            Partner,
            self._rows.select(Partner, partners)
            .where(partners.c.partnership_id == id)
            .order_by(partners.c.member_id),
        )

    async def save_partner(self, partner: Partner) -> None:
        await self._rows.upsert(partners, [values(partner)])

    async def remove_partner(self, id: PartnershipId, member: MemberId) -> None:
        await self._rows.run(
            self._rows.delete(partners).where(partners.c.partnership_id == id, partners.c.member_id == member)
        )
