"""What became of one send, and what a platform's refusal means for its delivery."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.compose import EXPIRED, FIRST_WORDS, Composed, Letter, Mend, Void, Wait
from bot.domain.delivery import DeliveryState
from bot.errors import Gone, Impossible, NotSent, PlatformError, TryLater
from bot.ports import Claim, Platform

LATER = "the platform said when"
SLEPT = "the sender slept past half its lease"
UNANSWERED = "sent, and no answer"
"""Of a delivery that waits to be sent once more with its key: it may have arrived before."""

SOON = timedelta(seconds=1)
"""A platform that says "now" is not asked again in the same breath."""

ATTEMPTS = 12
"""Sends that surely failed before a delivery is given up in words to the conveners: about a day."""

PATIENCE = (timedelta(seconds=30), timedelta(hours=4))
"""The first pause after a send that surely failed, doubled each time, and the longest."""

SETTLED_WITHIN = 0.25
"""Seconds after which what has been answered is written down, while the rest is on its way: a death leaves
little more in doubt than what has no answer.
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What became of one send."""

    claim: Claim
    state: DeliveryState
    reason: str = ""
    due_at: datetime | None = None
    room: str = ""
    gone: Gone | None = None

    @property
    def outcome(self) -> str:
        """In a word, for whoever counts."""
        if self.gone is not None:
            return "gone"
        if self.state is DeliveryState.QUEUED:
            return {LATER: "later", SLEPT: "slept"}.get(self.reason, "failed")
        return self.state


def once_more(claim: Claim) -> bool:
    """Whether it was sent before, and nobody knows what came of that."""
    return claim.delivery.reason == UNANSWERED


def held(claim: Claim, what: Composed, *, known: bool, now: datetime) -> Sent | None:
    """What becomes of one that was to be sent once more; None: that is harmless, or it is taken back.

    ``known``: the platform surely recognises its key still.
    """
    match what:
        case Letter() if known:
            return None
        case Wait(until=until) if known and until <= now:
            return Sent(claim=claim, state=DeliveryState.QUEUED, reason=UNANSWERED)
        case Mend():
            return None
        case Void() if what != EXPIRED:
            return None
        case _:
            return Sent(claim=claim, state=DeliveryState.DOUBT, reason=UNANSWERED)


def failed(claim: Claim, error: PlatformError | TimeoutError, *, now: datetime) -> Sent:
    """What a platform's refusal means for a delivery."""
    if once_more(claim) and not isinstance(error, TryLater | Gone):
        # It was not sent this time; whether it was before is not known any better.
        return Sent(claim=claim, state=DeliveryState.DOUBT, reason=str(error))
    match error:
        case TryLater():
            later = max(error.at, now + SOON)
            return Sent(claim=claim, state=DeliveryState.QUEUED, due_at=later, reason=LATER)
        case NotSent() if claim.delivery.attempts < ATTEMPTS:
            pause = min(PATIENCE[0] * 2 ** (claim.delivery.attempts - 1), PATIENCE[1])
            return Sent(claim=claim, state=DeliveryState.QUEUED, due_at=now + pause, reason=str(error))
        case NotSent() | Impossible():
            return Sent(claim=claim, state=DeliveryState.DEAD, reason=str(error))
        case Gone():
            # Whoever is left of a circle gets it still, without them; a pair's is taken back by the mending.
            first = claim.delivery.kind in FIRST_WORDS
            left = first and claim.delivery.lane == "circle" and claim.delivery.attempts < ATTEMPTS
            state = DeliveryState.QUEUED if left else DeliveryState.VOID
            return Sent(claim=claim, state=state, due_at=now, reason="gone", gone=error)
        case _:
            return Sent(claim=claim, state=DeliveryState.DOUBT, reason=str(error) or "no answer in time")


def known(platform: Platform, claim: Claim, *, now: datetime) -> bool:
    """Whether the platform surely knows its key still, if it got it: not before the delivery was due."""
    return now - claim.delivery.due_at < platform.remembers


async def answered(sends: Sequence[asyncio.Task[Sent]]) -> AsyncGenerator[Sequence[Sent], None]:
    """What has come of them, in parts: what was answered does not stay in doubt until the slowest has been.

    At least one part, though it be empty: what was not sent is settled with it.
    """
    left = list(sends)
    try:
        while True:
            if left:
                await asyncio.wait(left, timeout=SETTLED_WITHIN)
            ready = [task for task in left if task.done()]
            left = [task for task in left if not task.done()]
            if ready or not left:
                yield [task.result() for task in ready]
            if not left:
                return
    finally:
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
