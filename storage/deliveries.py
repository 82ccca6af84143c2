"""Messages on their way out, within one community."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, bindparam, select

from bot.domain.delivery import Delivery, DeliveryKind, DeliveryState
from bot.domain.ids import DeliveryId, IntroductionId, MemberId, ProgramId, RoundId
from bot.ports import Claim
from storage import tables
from storage.rows import Rows, chunks, values
from storage.tables import deliveries

OURS = (DeliveryState.SENDING, DeliveryState.DOUBT)
"""States in which a claim can be settled."""


class SqlDeliveries:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def add(self, *deliveries: Delivery) -> int:
        rows = [values(delivery) | {"lane": delivery.lane} for delivery in deliveries]
        return await self._rows.add_new(tables.deliveries, rows, unique=["key"])

    async def find(self, id: DeliveryId) -> Delivery | None:
        found = await self._fetch(deliveries.c.id == id)
        return found[0] if found else None

    async def of_round(self, round: RoundId) -> Sequence[Delivery]:
        return await self._fetch(deliveries.c.round_id == round)

    async def of_introduction(self, introduction: IntroductionId) -> Sequence[Delivery]:
        return await self._fetch(deliveries.c.introduction_id == introduction)

    async def of_member(self, member: MemberId) -> Sequence[Delivery]:
        return await self._fetch(deliveries.c.member_id == member)

    async def of_subject(self, subject: str, *, kind: DeliveryKind) -> Sequence[Delivery]:
        return await self._fetch((deliveries.c.subject == subject) & (deliveries.c.kind == kind))

    async def unsettled(self) -> Sequence[Delivery]:
        return await self._fetch(deliveries.c.state.in_((DeliveryState.QUEUED, DeliveryState.SENDING)))

    async def void(
        self,
        *,
        introduction: IntroductionId | None = None,
        member: MemberId | None = None,
        program: ProgramId | None = None,
        subject: str | None = None,
        kind: DeliveryKind | None = None,
        reason: str,
    ) -> int:
        given = {
            "introduction_id": introduction,
            "member_id": member,
            "program_id": program,
            "subject": subject,
            "kind": kind,
        }
        matches = [deliveries.c[name] == value for name, value in given.items() if value is not None]
        if not matches:
            raise ValueError("Taking back everything that is queued is never meant: say what it belongs to.")
        return await self._rows.run(
            self._rows.update(deliveries)
            .where(deliveries.c.state == DeliveryState.QUEUED, *matches)
            .values(state=DeliveryState.VOID, reason=reason)
        )

    async def settle(
        self,
        claim: Claim,
        *,
        state: DeliveryState,
        reason: str = "",
        due_at: datetime | None = None,
        room: str = "",
        spent: bool = True,
    ) -> bool:
        changed: dict[str, object] = {"state": state, "reason": reason}
        changed |= {} if spent else {"attempts": deliveries.c.attempts - 1}
        changed |= {"due_at": due_at} if due_at else {}
        changed |= {"room": room} if room else {}
        return (
            await self._rows.run(
                self._rows.update(deliveries)
                .where(
                    deliveries.c.id == claim.delivery.id,
                    deliveries.c.owner == claim.owner,
                    deliveries.c.epoch == claim.epoch,
                    deliveries.c.state.in_(OURS),
                )
                .values(owner=None, lease_until=None, lease_seconds=None, **changed)
            )
            > 0
        )

    async def sent(self, *sent: tuple[Claim, str]) -> Collection[DeliveryId]:
        by_id = {claim.delivery.id: (claim, room) for claim, room in sent}
        ours: list[dict[str, object]] = []
        for some in chunks(sorted(by_id)):
            held = await self._rows.tuples(
                select(deliveries.c.id, deliveries.c.owner, deliveries.c.epoch, deliveries.c.room)
                .where(self._rows.own(deliveries), deliveries.c.id.in_(some), deliveries.c.state.in_(OURS))
                .order_by(deliveries.c.id)
                # Whoever settles doubts does not come in between.
                .with_for_update()
            )
            for id, owner, epoch, before in held:
                claim, room = by_id[id]
                if (owner, epoch) == (claim.owner, claim.epoch):
                    ours.append({"its_id": id, "its_room": room or before})
        if ours:
            await self._rows.run(
                self._rows.update(deliveries)
                .where(deliveries.c.id == bindparam("its_id"))
                .values(
                    state=DeliveryState.SENT,
                    reason="",
                    room=bindparam("its_room"),
                    owner=None,
                    lease_until=None,
                    lease_seconds=None,
                ),
                ours,
            )
        return {DeliveryId(str(row["its_id"])) for row in ours}

    async def save(self, delivery: Delivery) -> None:
        row = {
            "community_id": delivery.community_id,
            "state": delivery.state,
            "reason": delivery.reason,
            "due_at": delivery.due_at,
        }
        await self._rows.replace(deliveries, row, deliveries.c.id == delivery.id, what="delivery")

    async def _fetch(self, where: ColumnElement[bool]) -> list[Delivery]:
        return await self._rows.fetch(
            Delivery,
            self._rows.select(Delivery, deliveries)
            .where(where)
            .order_by(deliveries.c.due_at, deliveries.c.id),
        )
