"""How time passes in a place: from one due moment to the next."""

from datetime import datetime
from typing import Protocol

from adapters.clock import MovableClock
from bot.engine.heartbeat import Heartbeat
from storage.database import OpenStorage

AT_MOST = 400
"""Beats that one stretch of time may need."""


class Timed(Protocol):
    """Has a clock that can be moved, and a heart."""

    @property
    def storage(self) -> OpenStorage: ...

    @property
    def clock(self) -> MovableClock: ...

    @property
    def heart(self) -> Heartbeat: ...


async def pass_by(place: Timed, moment: datetime) -> None:
    """Let time pass up to a moment, and do at each what is due."""
    for _ in range(AT_MOST):
        due = await place.storage.agenda.next_due()
        if due is None or due > moment:
            break
        place.clock.move_to(max(due, place.clock.now()))
        await place.heart.tick()
    else:
        raise AssertionError(f"After {AT_MOST} beats something is still due.")
    place.clock.move_to(moment)
    await place.heart.tick()
