"""What became of one send, and what a platform's refusal means for its delivery."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.compose import EXPIRED, FIRST_WORDS, Composed, Letter, Mend, Void, Wait
from bot.domain.delivery import DeliveryState
from bot.errors import Gone, Impossible, NotSent, PlatformError, TryLater
from bot.ports import Claim

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
