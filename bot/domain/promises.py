"""Which messages a fact brings with it, and when each may go out."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bot.domain.delivery import Delivery, DeliveryKind
from bot.domain.hours import first_common, first_open
from bot.domain.ids import DeliveryId, IntroductionId, MemberId
from bot.domain.program import Program
from bot.domain.round import Introduction, Round
from bot.domain.slots import Appointment
from bot.domain.steps import AFTERWARDS, CIRCLE_WAITS, NUDGE_AFTER


@dataclass(frozen=True, kw_only=True, slots=True)
class Promises:
    """Makes the deliveries of one program: each with its key, at an hour that is open to who gets it."""

    program: Program
    zones: Mapping[MemberId, str]
    """Where each member lives; the program's zone counts for those who are not in it."""
    new_id: Callable[[], str]

    def to_member(
        self,
        kind: DeliveryKind,
        member: MemberId,
        *,
        at: datetime,
        about: str,
        round: Round | None = None,
        introduction: IntroductionId | None = None,
        expires_at: datetime | None = None,
    ) -> Delivery:
        """A message to one member; ``about`` makes the key: one of this kind about this, ever."""
        return Delivery(
            id=DeliveryId(self.new_id()),
            community_id=self.program.community_id,
            key=f"{kind}/{about}/{member}",
            kind=kind,
            due_at=self._open(at, member),
            expires_at=expires_at,
            member_id=member,
            program_id=self.program.id,
            round_id=round.id if round else None,
            introduction_id=introduction,
        )

    def honest(
        self, kind: DeliveryKind, member: MemberId, round: Round, *, at: datetime, about: str
    ) -> Delivery:
        """The honest word instead of an introduction: nobody is left without one, even after the round."""
        return self.to_member(
            kind, member, at=at, about=about, round=round, expires_at=max(round.closes_at, at) + AFTERWARDS
        )

    def to_space(
        self,
        kind: DeliveryKind,
        *,
        at: datetime,
        about: str,
        round: Round | None = None,
        expires_at: datetime | None = None,
    ) -> Delivery:
        """A message to the program's space, in its own open hours."""
        return Delivery(
            id=DeliveryId(self.new_id()),
            community_id=self.program.community_id,
            key=f"{kind}/{about}",
            kind=kind,
            due_at=first_open(at, zone=self.program.cadence.zone, blackouts=self.program.blackouts),
            expires_at=expires_at,
            program_id=self.program.id,
            round_id=round.id if round else None,
        )

    def placed(self, introduction: Introduction, *, at: datetime) -> Introduction:
        """The introduction with its hour: the first that is open to all of them, or to each alone."""
        together = first_common(
            at,
            zones=[self._zone(member) for member in introduction.members],
            within=CIRCLE_WAITS,
            blackouts=self.program.blackouts,
            program_zone=self.program.cadence.zone,
        )
        if together is not None:
            return replace(introduction, due_at=together, shared=True)
        alone = max(self._open(at, member) for member in introduction.members)
        return replace(introduction, due_at=alone, shared=False)

    def introduction(self, introduction: Introduction, round: Round, *, at: datetime) -> Iterable[Delivery]:
        """The one message of a round: in the circle, or to each. Past the round's middle it is too late."""
        expires_at = round.opens_at + (round.closes_at - round.opens_at) / 2
        kind = DeliveryKind.JOINED if introduction.joiner else DeliveryKind.INTRODUCTION
        if not introduction.shared:
            for member in introduction.members:
                yield self.to_member(
                    kind,
                    member,
                    at=at,
                    about=introduction.id,
                    round=round,
                    introduction=introduction.id,
                    expires_at=max(expires_at, self._open(at, member) + NUDGE_AFTER),
                )
            return
        yield Delivery(
            id=DeliveryId(self.new_id()),
            community_id=self.program.community_id,
            key=f"{kind}/{introduction.id}",
            kind=kind,
            due_at=introduction.due_at,
            expires_at=max(expires_at, introduction.due_at + NUDGE_AFTER),
            program_id=self.program.id,
            round_id=round.id,
            introduction_id=introduction.id,
        )

    def together(
        self,
        kind: DeliveryKind,
        introduction: Introduction,
        round: Round,
        *,
        at: datetime,
        about: str,
        besides: MemberId | None = None,
        subject: str | None = None,
        expires_at: datetime | None = None,
    ) -> Iterable[Delivery]:
        """Something for all of an introduction: in their circle, or to each alone, ``besides`` left out."""
        if not introduction.shared:
            for member in introduction.members:
                if member != besides:
                    alone = self.to_member(
                        kind,
                        member,
                        at=at,
                        about=about,
                        round=round,
                        introduction=introduction.id,
                        expires_at=expires_at,
                    )
                    yield replace(alone, subject=subject)
            return
        yield Delivery(
            id=DeliveryId(self.new_id()),
            community_id=self.program.community_id,
            key=f"{kind}/{about}",
            kind=kind,
            due_at=self.placed(introduction, at=at).due_at,
            expires_at=expires_at,
            program_id=self.program.id,
            round_id=round.id,
            introduction_id=introduction.id,
            subject=subject,
        )

    def called_off(
        self,
        introduction: Introduction,
        round: Round,
        appointment: Appointment,
        members: Iterable[MemberId],
        *,
        at: datetime,
    ) -> Iterable[Delivery]:
        """To each of these, alone: the meeting they agreed on does not take place. Of use until its time."""
        for member in members:
            yield self.to_member(
                DeliveryKind.CALLED_OFF,
                member,
                at=at,
                about=f"{introduction.id}/{appointment.sequence}",
                round=round,
                introduction=introduction.id,
                expires_at=appointment.at,
            )

    def nudge(self, introduction: Introduction, round: Round, *, at: datetime) -> Delivery:
        """The opener alone, a day after the introduction; let go after another day."""
        due = max(at, introduction.due_at + NUDGE_AFTER)
        return self.to_member(
            DeliveryKind.NUDGE,
            introduction.opener,
            at=due,
            about=introduction.id,
            round=round,
            introduction=introduction.id,
            expires_at=min(due + 2 * NUDGE_AFTER, round.closes_at),
        )

    def question(
        self, introduction: Introduction, member: MemberId, round: Round, *, at: datetime
    ) -> Delivery:
        """How did it go? To each in private."""
        return self.to_member(
            DeliveryKind.QUESTION,
            member,
            at=at,
            about=introduction.id,
            round=round,
            introduction=introduction.id,
            expires_at=round.closes_at + AFTERWARDS,
        )

    def _zone(self, member: MemberId) -> str:
        return self.zones.get(member, self.program.cadence.zone)

    def _open(self, at: datetime, member: MemberId) -> datetime:
        return first_open(
            at,
            zone=self._zone(member),
            blackouts=self.program.blackouts,
            program_zone=self.program.cadence.zone,
        )
