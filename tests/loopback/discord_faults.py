"""What can go wrong on Discord's side, to be asked for before a request."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

ERRORS: dict[int, tuple[int, str]] = {
    0: (401, "401: Unauthorized"),
    10003: (404, "Unknown Channel"),
    10004: (404, "Unknown Guild"),
    10007: (404, "Unknown Member"),
    10008: (404, "Unknown Message"),
    10013: (404, "Unknown User"),
    10015: (404, "Unknown Webhook"),
    10062: (404, "Unknown interaction"),
    20026: (403, "This action cannot be performed until the bot is verified"),
    30007: (400, "Maximum number of webhooks reached"),
    30033: (400, "Maximum number of thread participants has been reached (1000)"),
    40001: (401, "Unauthorized. Provide a valid token and try again"),
    40003: (403, "You are opening direct messages too fast"),
    40004: (403, "Send messages has been temporarily disabled"),
    40060: (400, "Interaction has already been acknowledged"),
    50001: (403, "Missing Access"),
    50005: (403, "Cannot edit a message authored by another user"),
    50006: (400, "Cannot send an empty message"),
    50007: (403, "Cannot send messages to this user"),
    50013: (403, "You lack permissions to perform that action"),
    50024: (403, "Cannot execute action on this channel type"),
    50027: (401, "Invalid Webhook Token"),
    50035: (400, "Invalid Form Body"),
    50083: (400, "Thread is archived"),
    50278: (403, "Cannot send messages to this user due to having no mutual guilds"),
    160005: (400, "Thread is locked"),
    160006: (400, "Maximum number of active threads reached"),
    220003: (404, "Unknown integration"),
}
"""Code → HTTP status, and what Discord says."""


class How(StrEnum):
    """In which way a request goes wrong."""

    ERROR = "error"
    """A documented code, nothing done."""
    LIMITED = "limited"
    """429, nothing done."""
    STATUS = "status"
    """An HTTP status, nothing done."""
    STATUS_AFTER = "status_after"
    """It is done, and an HTTP status says otherwise."""
    RESET = "reset"
    """The connection breaks, nothing done."""
    RESET_AFTER = "reset_after"
    """It is done, and the connection breaks before the answer."""
    GARBLED_AFTER = "garbled_after"
    """It is done, and a page of HTML comes back."""
    HOLD = "hold"
    """It is done, and the answer waits until someone lets it go."""


@dataclass(kw_only=True)
class Fault:
    """One thing that goes wrong, as many times as it says."""

    verb: str
    template: str
    """As in the description: ``/channels/{channel_id}/messages``."""
    how: How
    code: int = 50013
    status: int = 500
    retry_after: float = 1.0
    scope: str = "user"
    """Of a 429: ``user``, ``global`` or ``shared``."""
    at: str | None = None
    """An id in the path: this channel, this server."""
    saying: str = ""
    """Something that stands in the body."""
    times: int = 1
    struck: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it has happened."""
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    """Ends a hold."""

    def fits(self, verb: str, template: str, path: str, body: object) -> bool:
        """Whether this request is to go wrong."""
        return (
            self.times > 0
            and (self.verb, self.template) == (verb, template)
            and (self.at is None or self.at in path.split("/"))
            and self.saying in str(body)
        )

    @property
    def before(self) -> bool:
        """Whether nothing is done."""
        return self.how in (How.ERROR, How.LIMITED, How.STATUS, How.RESET)
