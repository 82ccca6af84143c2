"""A time that suits everyone: slots to choose from, who chose which, and what was agreed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

from bot.domain.cadence import zone_named
from bot.domain.hours import NO_BLACKOUTS, Blackouts, is_open
from bot.domain.ids import CommunityId, IntroductionId, MemberId, SlotId

LASTS = timedelta(minutes=20)
"""How long a meeting is said to take."""

LEAD = timedelta(hours=2)
"""Between an offer and its first slot: everyone has to see it first."""

OFFERED = 3

STEP = timedelta(minutes=30)

APART = timedelta(hours=2)
"""Two slots of one day lie at least so far from each other, or they would be one."""

PLEASANT = (10.0, 13.5, 16.5)
"""Hours of the day that are looked for first, one for each slot: who is busy in the morning is not always."""

WEEKEND = 5


@dataclass(frozen=True, kw_only=True, slots=True)
class Slot:
    """A moment that was offered to an introduction."""

    id: SlotId
    community_id: CommunityId
    introduction_id: IntroductionId
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Pick:
    """The slot that a member chose; they have one choice at a time."""

    introduction_id: IntroductionId
    member_id: MemberId
    community_id: CommunityId
    slot_id: SlotId
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Appointment:
    """When the members of an introduction agreed to meet."""

    introduction_id: IntroductionId
    community_id: CommunityId
    at: datetime
    sequence: int = 0
    """How often it was changed: calendars take the highest."""
    called_off: bool = False

    def moved(self, at: datetime) -> "Appointment":
        """The same appointment at another time."""
        return replace(self, at=at, sequence=self.sequence + 1, called_off=False)

    def renewed(self) -> "Appointment":
        """The same time with other company: calendars are to take it anew."""
        return replace(self, sequence=self.sequence + 1)

    def cancelled(self) -> "Appointment":
        """The same appointment, which does not take place."""
        return replace(self, sequence=self.sequence + 1, called_off=True)


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrangement:
    """What the members of an introduction know of a time to meet."""

    slots: Sequence[Slot] = ()
    picks: Mapping[MemberId, SlotId] | None = None
    appointment: Appointment | None = None

    @property
    def chosen(self) -> Mapping[MemberId, SlotId]:
        """Who chose what."""
        return self.picks or {}

    def open(self, *, now: datetime) -> Sequence[Slot]:
        """The slots that are still to come."""
        return [slot for slot in self.slots if slot.at > now]

    def standing(self) -> Appointment | None:
        """What is agreed and not called off."""
        return self.appointment if self.appointment and not self.appointment.called_off else None


def agreed(chosen: Mapping[MemberId, SlotId], members: Iterable[MemberId]) -> SlotId | None:
    """The slot that all of them chose, if they did."""
    wanted = {chosen.get(member) for member in members}
    return wanted.pop() if len(wanted) == 1 else None


def offer(
    *,
    after: datetime,
    until: datetime,
    zones: Sequence[str],
    blackouts: Blackouts = NO_BLACKOUTS,
    program_zone: str | None = None,
    besides: Sequence[datetime] = (),
) -> tuple[datetime, ...]:
    """Up to three slots (UTC) in which it is day for all, two hours after a moment at the earliest.

    They are over by ``until``, on days of their own where there are enough, working days first, each at
    another hour of the day. The first of ``zones`` has the full hours. None of ``besides``, no day off.
    """
    free = [
        at
        for at in _half_hours(after + LEAD, until - LASTS)
        if at not in besides
        and all(is_open(at, zone) and is_open(at + LASTS - timedelta(seconds=1), zone) for zone in zones)
        and not blackouts.contains(_day(at, program_zone or zones[0]))
    ]
    days: dict[date, list[datetime]] = {}
    for at in free:
        days.setdefault(_day(at, zones[0]), []).append(at)
    working_first = sorted(days.values(), key=lambda moments: (_rests(moments[0], zones), moments[0]))
    chosen: list[datetime] = []
    while len(chosen) < OFFERED:
        before = len(chosen)
        for moments in working_first:
            apart = [at for at in moments if all(abs(at - other) >= APART for other in chosen)]
            if apart and len(chosen) < OFFERED:
                chosen.append(min(apart, key=lambda at: _unpleasant(at, zones, PLEASANT[len(chosen)])))
        if len(chosen) == before:
            break
    return tuple(sorted(chosen))


def days_cross(zones: Sequence[str], *, now: datetime) -> bool:
    """Whether there is an hour of the week to come in which it is day for all of them."""
    return any(all(is_open(at, zone) for zone in zones) for at in _half_hours(now, now + timedelta(days=7)))


def _half_hours(first: datetime, last: datetime) -> Iterable[datetime]:
    at = first.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while at <= last:
        if at >= first:
            yield at
        at += STEP


def _day(at: datetime, zone: str) -> date:
    return at.astimezone(zone_named(zone)).date()


def _rests(at: datetime, zones: Sequence[str]) -> bool:
    """Whether it is the end of the week for one of them."""
    return any(_day(at, zone).weekday() >= WEEKEND for zone in zones)


def _unpleasant(at: datetime, zones: Sequence[str], wanted: float) -> tuple[float, int, datetime]:
    """How far it is from an hour of the day, for who is worst off; then full hours, then early ones."""
    local = [at.astimezone(zone_named(zone)) for zone in zones]
    far = max(abs(clock.hour + clock.minute / 60 - wanted) for clock in local)
    return far, local[0].minute, at
