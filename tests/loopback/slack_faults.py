"""What can go wrong on Slack's side, to be asked for before a call."""

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

from tests.loopback.slack_people import Json


class How(StrEnum):
    """In which way a call goes wrong."""

    ERROR = "error"
    """``ok: false`` with an error, nothing done."""
    LIMITED = "limited"
    """429 with Retry-After, nothing done."""
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
    HALF_AFTER = "half_after"
    """It is done, and the answer breaks off in the middle."""
    HOLD = "hold"
    """It is done, and the answer waits until someone lets it go."""


@dataclass(kw_only=True)
class Fault:
    """One thing that goes wrong, as many times as it says."""

    method: str
    how: How
    error: str = ""
    status: int = 500
    retry_after: int = 1
    team: str | None = None
    saying: str = ""
    """Something that stands in the arguments."""
    times: int = 1
    struck: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it has happened."""
    let_go: asyncio.Event = field(default_factory=asyncio.Event)
    """Ends a hold."""

    def fits(self, method: str, team: str, args: Json) -> bool:
        """Whether this call is to go wrong."""
        return (
            self.times > 0
            and self.method == method
            and self.team in (None, team)
            and self.saying in str(args)
        )

    @property
    def before(self) -> bool:
        """Whether nothing is done."""
        return self.how in (How.ERROR, How.LIMITED, How.STATUS, How.RESET)
