"""Whose turn it is with SQLite's one connection: people who wait for an answer go before the clock's work."""

import asyncio
from collections import deque
from contextlib import suppress

IN_A_ROW = 4
"""So many in a hurry go before one who is not: a crowd of clicks holds up no round for good."""


class Line:
    """One at a time; those in a hurry first, else as they came."""

    def __init__(self, *, patience: float) -> None:
        """``patience``: seconds after which one gives up."""
        self._patience = patience
        self._taken = False
        self._hurried: deque[asyncio.Future[None]] = deque()
        self._others: deque[asyncio.Future[None]] = deque()
        self._in_a_row = 0

    async def take(self, *, hurried: bool) -> None:
        """Wait for one's turn; who has it leaves in the end. Raises TimeoutError."""
        if not self._taken:
            self._taken = True
            return
        line, turn = self._hurried if hurried else self._others, asyncio.Future[None]()
        line.append(turn)
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():
                # It came in the very moment in which one went away.
                self.leave()
            else:
                with suppress(ValueError):
                    line.remove(turn)
            raise

    def leave(self) -> None:
        """The next one's turn."""
        while self._hurried or self._others:
            turn = self._next().popleft()
            if not turn.done():
                turn.set_result(None)
                return
        self._taken = False

    def _next(self) -> deque[asyncio.Future[None]]:
        if self._hurried and (self._in_a_row < IN_A_ROW or not self._others):
            self._in_a_row += 1
            return self._hurried
        self._in_a_row = 0
        return self._others
