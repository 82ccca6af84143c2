"""Discord's limits: fifty requests a second for the bot, a bucket for each route, ten thousand invalid ones.

The first and the last are published. The buckets are not, and change: those here are of the size that has
been seen, and a client has to learn them from the headers.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha1

GLOBAL = 50
"""Requests a second, for the whole bot; so many may come at once."""

INVALID, INVALID_WITHIN = 10_000, 600.0

BUCKETS: dict[tuple[str, str], tuple[int, float]] = {
    ("POST", "/channels/{channel_id}/messages"): (5, 5.0),
    ("PATCH", "/channels/{channel_id}/messages/{message_id}"): (5, 5.0),
    ("POST", "/channels/{channel_id}/threads"): (5, 5.0),
    ("PUT", "/channels/{channel_id}/thread-members/{user_id}"): (5, 5.0),
    ("PATCH", "/channels/{channel_id}"): (5, 5.0),
    ("POST", "/users/@me/channels"): (10, 10.0),
    ("GET", "/guilds/{guild_id}/members/{user_id}"): (50, 10.0),
    ("GET", "/guilds/{guild_id}/members"): (10, 10.0),
    ("PUT", "/applications/{application_id}/commands"): (2, 20.0),
}
"""Requests in so many seconds, for each channel or server."""

ELSE = (50, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """What the headers say after a request, and whether it was one too many."""

    bucket: str
    limit: int
    remaining: int
    reset_after: float
    scope: str = ""
    """Empty: let through. Else whose limit it was."""
    retry_after: float = 0.0


@dataclass
class Meter:
    """``now`` gives seconds as the platform feels them."""

    now: Callable[[], float]
    enforced: bool = True
    buckets: dict[tuple[str, str], tuple[int, float]] = field(default_factory=lambda: dict(BUCKETS))
    _tokens: float = float(GLOBAL)
    _filled_at: float = 0.0
    _windows: dict[tuple[str, str], tuple[float, int]] = field(default_factory=dict)
    _invalid: deque[float] = field(default_factory=deque)

    def ask(self, verb: str, template: str, major: str, *, free: bool) -> Standing:
        """Count a request; ``free`` ones (interactions) are outside the limit of the whole bot."""
        now = self.now()
        limit, window = self.buckets.get((verb, template), ELSE)
        name = sha1(f"{verb} {template}".encode(), usedforsecurity=False).hexdigest()[:16]
        begun, used = self._windows.get((name, major), (now, 0))
        if now >= begun + window:
            begun, used = now, 0
        after = begun + window - now
        standing = Standing(bucket=name, limit=limit, remaining=max(0, limit - used - 1), reset_after=after)
        if not self.enforced:
            return standing
        if not free:
            self._tokens = min(float(GLOBAL), self._tokens + (now - self._filled_at) * GLOBAL)
            self._filled_at = now
            if self._tokens < 1.0:
                return _refused(standing, "global", (1.0 - self._tokens) / GLOBAL)
        if used >= limit:
            return _refused(standing, "user", after)
        if not free:
            self._tokens -= 1.0
        self._windows[name, major] = (begun, used + 1)
        return standing

    def fault(self) -> None:
        """An invalid request more: 401, 403, or a 429 that is not shared."""
        self._invalid.append(self.now())

    @property
    def invalid(self) -> int:
        """How many there were in ten minutes."""
        while self._invalid and self._invalid[0] < self.now() - INVALID_WITHIN:
            self._invalid.popleft()
        return len(self._invalid)

    @property
    def banned(self) -> bool:
        """Whether they were too many: then nothing gets through."""
        return self.invalid >= INVALID


def _refused(standing: Standing, scope: str, after: float) -> Standing:
    return Standing(
        bucket=standing.bucket,
        limit=standing.limit,
        remaining=0 if scope == "user" else standing.remaining,
        reset_after=standing.reset_after,
        scope=scope,
        retry_after=after,
    )
