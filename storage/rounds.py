"""Rounds and their seats."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, select

from bot.domain.ids import MemberId, ProgramId, RoundId
from bot.domain.round import IntroductionState, Round, Seat
from bot.errors import Unknown
from storage import tables
from storage.rows import Rows, values
from storage.tables import introductions, rounds


class SqlRounds:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def get(self, id: RoundId) -> Round:
        statement = self._rows.select(Round, rounds).where(rounds.c.id == id)
        found = await self._rows.once(("round", id), lambda: self._rows.first(Round, statement))
        if found is None:
            raise Unknown(f"There is no round {id} here.")
        return found

    async def find(self, program: ProgramId, wall: str) -> Round | None:
        return await self._rows.first(
            Round,
            self._rows.select(Round, rounds).where(rounds.c.program_id == program, rounds.c.wall == wall),
        )

    async def latest(self, program: ProgramId, *, limit: int) -> Sequence[Round]:
        return await self._rows.fetch(
            Round,
            self._rows.select(Round, rounds)
            .where(rounds.c.program_id == program)
            .order_by(rounds.c.opens_at.desc(), rounds.c.id.desc())
            .limit(limit),
        )

    async def add(self, round: Round) -> None:
        await self._rows.insert(rounds, [values(round)])

    async def save(self, round: Round) -> None:
        await self._rows.replace(rounds, values(round), rounds.c.id == round.id, what="round")

    async def seats(self, id: RoundId) -> Sequence[Seat]:
        seats = tables.seats
        return await self._rows.fetch(
            Seat, self._rows.select(Seat, seats).where(seats.c.round_id == id).order_by(seats.c.member_id)
        )

    async def seat(self, id: RoundId, member: MemberId) -> Seat | None:
        seats = tables.seats
        return await self._rows.first(
            Seat,
            self._rows.select(Seat, seats).where(seats.c.round_id == id, seats.c.member_id == member),
        )

    async def add_seats(self, seats: Sequence[Seat]) -> None:
        await self._rows.insert(tables.seats, [values(seat) for seat in seats])

    async def save_seat(self, seat: Seat) -> None:
        seats = tables.seats
        await self._rows.replace(
            seats,
            values(seat),
            seats.c.round_id == seat.round_id,
            seats.c.member_id == seat.member_id,
            what="seat",
        )

    async def seated_since(self, moment: datetime, *, besides: ProgramId) -> set[MemberId]:
        seats = tables.seats
        statement = (
            select(seats.c.member_id)
            .join(
                introductions,
                and_(self._rows.own(introductions), introductions.c.id == seats.c.introduction_id),
            )
            .join(rounds, and_(self._rows.own(rounds), rounds.c.id == seats.c.round_id))
            .where(
                self._rows.own(seats),
                introductions.c.state != IntroductionState.VOID,
                rounds.c.program_id != besides,
                rounds.c.opens_at > moment,
            )
        )
        return {MemberId(member) for (member,) in await self._rows.tuples(statement)}
