"""A community and its spaces."""

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.domain.ids import CommunityId, ExternalId, SpaceId

NOWHERE = "UTC"
"""The zone of a community whose platform tells none, until its first program is set up in one."""


class Language(StrEnum):
    """A language that Voisin speaks: that of its messages, not of a member's tongue."""

    FRENCH = "fr"
    ENGLISH = "en"


class TieSource(StrEnum):
    """From what a platform can tell who knows whom, where conveners switch it on. Never from words."""

    REACTIONS = "reactions"
    CHANNELS = "channels"
    """Small ones, which both are in."""
    REPLIES = "replies"
    MENTIONS = "mentions"
    VOICE = "voice"


@dataclass(frozen=True, kw_only=True, slots=True)
class Community:
    """A Slack workspace, a Discord server, or a community in the sandbox."""

    id: CommunityId
    platform: str
    external_id: ExternalId
    name: str
    zone: str
    language: Language
    secret: bytes
    """Keys the seeds of the rounds and the traces that outlive an erasure; never shown."""
    sources: tuple[TieSource, ...] = ()
    """What conveners switched on."""
    away_since: datetime | None = None
    """Voisin was taken out, and has not come back: everything rests; None: it is there."""

    def seed(self, *, program: str, wall: str) -> bytes:
        """32 bytes that decide one round: known in advance to nobody, the same at every replay."""
        return hmac.digest(self.secret, f"round/{program}/{wall}".encode(), hashlib.sha256)

    def trace(self, person: ExternalId) -> str:
        """A keyed hash of a platform's id: recognises who comes back, says nothing of who it was."""
        return hmac.digest(self.secret, f"person/{person}".encode(), hashlib.sha256).hex()


@dataclass(frozen=True, kw_only=True, slots=True)
class Space:
    """A channel of a community."""

    id: SpaceId
    community_id: CommunityId
    external_id: ExternalId
    name: str
