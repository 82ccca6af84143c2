"""What Discord's errors mean for Voisin. The one place where its codes stand."""

from collections.abc import Mapping
from enum import StrEnum

import aiohttp
import discord

from adapters.discord.rest import Limited
from bot.errors import Impossible, NotSent, PlatformError, Uncertain

LATER = frozenset(
    [
        20016,  # slow mode of the channel
        20022,  # announcements are limited
        20028,  # writes in this channel are limited
        20029,  # writes in this server are limited
        20031,  # the words of the server are being checked
        31001,
        30007,
        40004,  # a feature is turned off for a while
        40006,  # the same
        40062,  # the service is limited
        40333,  # the network in front of Discord refuses
        110001,  # the server cannot be reached in search
        130000,  # Discord is overloaded
        180000,
    ]
)
"""Surely not done, and worth another try by itself."""

TOKEN = frozenset([0, 40001, 50014, 20001, 40002, 40110])
"""Voisin is no longer let in, or not with this token."""

PERSON = frozenset(
    [
        10007,  # no member of this server
        10013,  # nobody
        50033,  # cannot be addressed
        50278,  # shares no server with Voisin
        40007,  # banned from the server
        10026,
    ]
)
"""Somebody addressed cannot be reached any more."""

SHUT = frozenset([50007])
"""They take no direct messages; Voisin can speak to them elsewhere."""

OPENING = frozenset([40003])
"""Direct messages are being opened too fast: no more of that for a while."""

FULL = frozenset([160006])
"""As many threads as a server may have are open."""

STALE = frozenset([10062, 40060, 10015, 50027, 10008, 50005])
"""What was to be answered is over: clicks live for 15 minutes, their first answer for 3 seconds."""

ASLEEP = frozenset([50083])
"""The thread rests: it is woken first."""

UNSEEN = 50001
"""Voisin does not see the channel; or, where somebody is brought into a conversation, they do not."""

PLACES: Mapping[int, str] = {
    10003: "the channel is gone: set up another with /voisin-convene setup",
    10004: "Voisin is no longer in this server: invite it again",
    20012: "only the app’s owner may do this: ask them",
    30013: "the server has as many channels as Discord allows",
    30033: "the conversation has as many people as Discord allows: make smaller groups",
    30034: "commands were published too often today: it works again tomorrow",
    UNSEEN: "Voisin does not see the channel: give it View Channel there (`voisin doctor` says where)",
    50006: "there was nothing to say",
    50008: "nobody can write in a channel of this kind: choose a text channel",
    50009: "the server’s verification level keeps Voisin from writing: ask an admin",
    50013: "a permission is missing: `voisin doctor` says which, channel by channel",
    50019: "the channel has another kind of messages: choose a text channel",
    50024: "Discord does not allow it in a channel of this kind: choose a text channel",
    50028: "a role of the server stands in the way: ask an admin",
    50068: "Discord does not know this kind of message any more: take the newest Voisin",
    50095: "Discord does not offer this in your country",
    50600: "the server is too young for this: it works in some days",
    160002: "nobody can answer to a message that is gone",
    160004: "there is a thread already",
    160005: "the conversation is locked: a moderator can open it",
    160007: "the announcements of the channel are full",
    200000: "the server’s AutoMod stops these words: ask an admin to let Voisin through",
    200001: "the server’s AutoMod stops a member’s name as the title of a conversation: ask an admin",
    240000: "Discord takes a link in it for harmful",
}
"""Where it will never work as it is → why, for whoever can change it."""

DEFECTS = frozenset([50035, 50109, 40005, 50016, 50041, 50046, 50055, 50067, 50074, 50080, 50081, 50138])
"""Discord does not take what we sent: ours to mend."""

NEVER_LEFT = (
    # No name, no connection, no certificate, no proxy: the request itself never began.
    aiohttp.ClientConnectorError,
    aiohttp.ClientProxyConnectionError,
    aiohttp.ClientHttpProxyError,
    aiohttp.InvalidURL,
    aiohttp.ConnectionTimeoutError,
)

BROKEN = (discord.DiscordException, aiohttp.ClientError, TimeoutError, OSError, ValueError)
"""Everything that a request can end with."""

FAILED = 500
UNAUTHORIZED = 401


class Meaning(StrEnum):
    """What follows from an error."""

    LATER = "later"
    TOKEN = "token"  # noqa: S105 -- the name of a meaning, not a secret
    PERSON = "person"
    SHUT = "shut"
    OPENING = "opening"
    FULL = "full"
    STALE = "stale"
    ASLEEP = "asleep"
    PLACE = "place"
    DEFECT = "defect"


MEANINGS: Mapping[Meaning, frozenset[int]] = {
    Meaning.LATER: LATER,
    Meaning.PERSON: PERSON,
    Meaning.SHUT: SHUT,
    Meaning.OPENING: OPENING,
    Meaning.FULL: FULL,
    Meaning.STALE: STALE,
    Meaning.ASLEEP: ASLEEP,
    Meaning.PLACE: frozenset(PLACES),
    Meaning.TOKEN: TOKEN - {0},
}


class Refused(PlatformError):
    """Discord answered no."""

    def __init__(self, status: int, code: int, text: str = "") -> None:
        super().__init__(f"Discord: {PLACES.get(code) or text or 'refused'} ({code or status})")
        self.status = status
        self.code = code

    @property
    def meaning(self) -> Meaning:
        """What follows from it."""
        for meaning, codes in MEANINGS.items():
            if self.code in codes:
                return meaning
        return Meaning.TOKEN if self.status == UNAUTHORIZED else Meaning.DEFECT

    @property
    def consequence(self) -> PlatformError:
        """As the core knows it, where nothing more is known."""
        if self.meaning in (Meaning.LATER, Meaning.TOKEN, Meaning.OPENING, Meaning.FULL):
            return NotSent(str(self))
        return Impossible(str(self))


def understood(error: Exception, *, once: bool) -> PlatformError:
    """What a failed request means. ``once``: done twice it would be seen twice, so that a lost answer is a
    doubt; everything else may be asked again.
    """
    if isinstance(error, Limited):
        return error.later
    if isinstance(error, discord.RateLimited):
        return NotSent("Discord: later")
    if isinstance(error, discord.HTTPException) and error.status < FAILED:
        # Its text names fields, never what people wrote.
        return Refused(error.status, error.code, error.text.partition("\n")[0][:200])
    if isinstance(error, NEVER_LEFT):
        return NotSent(f"Discord cannot be reached ({type(error).__name__})")
    lost = f"Discord gave no answer ({getattr(error, 'status', None) or type(error).__name__})"
    return Uncertain(lost) if once else NotSent(lost)
