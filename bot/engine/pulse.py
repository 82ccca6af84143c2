"""What the engine of one process has done so far: numbers, and nobody's words."""

import time
from collections import Counter
from collections.abc import Callable

BEAT = 1.0
"""Seconds from one beat to the next, at most; what is beyond is late."""


class Pulse:
    """Taken by the heartbeat and the deliverer, read by whoever watches over them."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._began: float | None = None
        self.beats = 0
        self.failures = 0
        """Beats that the memory's trouble ended early."""
        self.seconds = 0.0
        """Spent in beats."""
        self.late_seconds = 0.0
        """By which beats came too late, all together."""
        self.sends: Counter[tuple[str, str]] = Counter()
        """By platform and outcome."""

    def begin(self) -> None:
        """A beat begins."""
        self.late_seconds += self.late
        self._began = self._monotonic()
        self.beats += 1

    def end(self) -> None:
        """It has ended, well or not."""
        if self._began is not None:
            self.seconds += self._monotonic() - self._began

    @property
    def late(self) -> float:
        """Seconds by which the next beat is too late already; it grows while one hangs."""
        return 0.0 if self._began is None else max(0.0, self._monotonic() - self._began - BEAT)
