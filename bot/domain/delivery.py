"""One message on its way out. It holds ids only; its words are found at the moment of sending."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.ids import CommunityId, DeliveryId, IntroductionId, MemberId, ProgramId, RoundId


class DeliveryKind(StrEnum):
    """Which message it is."""

    INTRODUCTION = "introduction"
    """To the circle of those introduced, or to one of them alone."""
    JOINED = "joined"
    """A running introduction has one more."""
    NOBODY = "nobody"
    """The honest word: nobody this time, first next time."""
    PARTED = "parted"
    """Their neighbour is no longer there this week, and nobody else was free."""
    CANCELLED = "cancelled"
    """To a member: the round came too late."""
    NUDGE = "nudge"
    QUESTION = "question"
    """How did it go?"""
    WELCOME_BACK = "welcome_back"
    """A pause has ended."""
    SAID = "said"
    """The opener's phrase, in their name and on their click."""
    SLOTS = "slots"
    """Mid-round, where nothing came of it yet: three slots."""
    TIMES = "times"
    """One of them proposes a slot."""
    CARD = "card"
    """They agreed on a slot."""
    CALLED_OFF = "called_off"
    """The meeting they agreed on does not take place."""
    FEWER = "fewer"
    """Of three, two are left."""
    INTERRUPTED = "interrupted"
    """Did my message reach you? With a button that shows it."""
    INVITATION = "invitation"
    """To the space: the program exists, one button to join."""
    SKIPPED = "skipped"
    """To the space: no round, a break."""
    HARVEST = "harvest"
    """To the space: what a round has brought, at its end or so far."""
    SEASON = "season"
    """To the space: a new season begins."""
    SMALL = "small"
    """To a convener: few members, a slower rhythm is proposed."""
    LATE = "late"
    """To a convener: a round came too late, or rounds were missed."""
    QUIET = "quiet"
    """To a convener: too few members for a round."""
    SPACE_CLOSED = "space_closed"
    """To a convener: the space is closed to Voisin, so its program rests."""
    GIVEN_UP = "given_up"
    """To a convener: a message could not be delivered, or one to the space may not have been."""
    PROMPT = "prompt"
    """A question: to the space, and to members who asked for it in private."""
    REFLECTION = "reflection"
    """To the space: an answer that its author shares."""
    RESPONSE = "response"
    """To the author of an answer: somebody's word about it."""
    UNHEARD = "unheard"
    """To a member: somebody's answer has had no reply; would you ask them something?"""
    CARE = "care"
    """To a convener: a member's private word."""
    PARTNERS = "partners"
    """To each of a partnership: two yeses have met, or it begins another term."""
    SESSION = "session"
    """To each of a partnership: a session is due."""
    CHECK = "check"
    """To each of a partnership: a month has gone by."""
    ENDING = "ending"
    """To each of a partnership: its last session is due; go on?"""
    ENDED = "ended"
    """To those of a partnership that somebody ended."""
    GREETER = "greeter"
    """To a member: would they welcome newcomers? With a button to decline."""
    INSTALLED = "installed"
    """To whoever installed it: two steps to the first round."""
    INSTALLER_LEFT = "installer_left"
    """To a convener: who installed it is leaving, and the platform then takes Voisin out."""


class DeliveryState(StrEnum):
    """Where a delivery stands. ``sending`` is a doubt until it is settled."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DOUBT = "doubt"
    """It may or may not have arrived; never posted again blindly."""
    DEAD = "dead"
    EXPIRED = "expired"
    VOID = "void"
    """What it would have said is no longer true."""


UNSAID = frozenset({DeliveryState.VOID, DeliveryState.EXPIRED})
"""States of a message that nobody got, nor will."""

HEARD = frozenset({DeliveryState.SENDING, DeliveryState.SENT, DeliveryState.DOUBT})
"""States of a message that may have arrived."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Delivery:
    """A promise to say something to someone, with a key that makes a second one impossible."""

    id: DeliveryId
    community_id: CommunityId
    key: str
    kind: DeliveryKind
    due_at: datetime
    expires_at: datetime | None = None
    member_id: MemberId | None = None
    """Who gets it; None: the circle of the introduction, or the program's space."""
    program_id: ProgramId | None = None
    round_id: RoundId | None = None
    introduction_id: IntroductionId | None = None
    about: DeliveryId | None = None
    """The delivery that this one asks about."""
    subject: str | None = None
    """What it speaks of besides, by its id: a slot, a prompt, a reflection, a response, a word of care, a
    partnership (and after a dot its session); of a card, which version; of a season, its rounds as 1-26.
    """
    state: DeliveryState = DeliveryState.QUEUED
    attempts: int = 0
    reason: str = ""

    @property
    def lane(self) -> str:
        """Deliveries of one lane go out one after the other; lanes do not wait for each other."""
        if self.member_id is not None:
            return "person"
        return "circle" if self.introduction_id is not None else "space"
