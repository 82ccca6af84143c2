"""The limits that Slack publishes: calls a minute per workspace and method, one post a second and room."""

from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import ceil

MINUTE = 60.0

TIERS = {
    1: ("apps.connections.open", "apps.uninstall"),
    2: ("conversations.list", "users.conversations", "users.list"),
    3: (
        "auth.revoke",
        "chat.update",
        "conversations.info",
        "conversations.join",
        "conversations.open",
        "team.info",
    ),
}
"""Everything else is of the fourth tier, or has a rule of its own."""

BUDGETS = {1: 1, 2: 20, 3: 50, 4: 100}
"""Calls a minute. Slack says "1+", "20+": what it promises is what is allowed here, and no more."""

SPECIAL = {"chat.postMessage": 300, "auth.test": 300}
""""Several hundred a minute", for all rooms of a workspace together."""

A_POST = 1.0
"""Seconds between two posts in one room."""

SHAKE = 0.2
"""Seconds by which a post may come early: the network is not a metronome."""


def budget(method: str) -> int:
    """Calls a minute for one workspace."""
    tier = next((tier for tier, methods in TIERS.items() if method in methods), 4)
    return SPECIAL.get(method, BUDGETS[tier])


@dataclass
class Meter:
    """Counts in a sliding minute; ``now`` gives seconds as the platform feels them."""

    now: Callable[[], float]
    enforced: bool = True
    _calls: dict[tuple[str, str], deque[float]] = field(default_factory=lambda: defaultdict(deque))
    _rooms: dict[tuple[str, str], float] = field(default_factory=dict)

    def refuse(self, workspace: str, method: str, room: str | None) -> int | None:
        """Seconds after which to come back, or None and the call is counted."""
        if not self.enforced:
            return None
        now = self.now()
        calls = self._calls[workspace, method]
        while calls and calls[0] <= now - MINUTE:
            calls.popleft()
        if len(calls) >= budget(method):
            return max(1, ceil(calls[0] + MINUTE - now))
        if method == "chat.postMessage" and room is not None:
            free = self._rooms.get((workspace, room), 0.0)
            if now < free - SHAKE:
                return max(1, ceil(free - now))
            self._rooms[workspace, room] = max(free, now) + A_POST
        calls.append(now)
        return None
