"""Whose turn it is among all that is due: a few at a time, so that an hour in which everything is due holds
up nothing else.
"""

from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Due = TypeVar("Due")


class Turns(Generic[Due]):
    """Of one kind of thing. What was tried and is due still waits until all the others have had their turn.

    ``chance`` gives a number from 0 to 1: where several processes take turns, each begins somewhere else.
    """

    def __init__(self, *, most: int, chance: Callable[[], float]) -> None:
        """``most``: at one time."""
        self._most = most
        self._chance = chance
        self._tried: set[Due] = set()
        """In this lap."""
        self._begun: set[Due] = set()
        """At least once since it is due."""
        self.left = 0
        """Of what was due the last time, how much has never had its turn."""

    def some(self, due: Sequence[Due]) -> Sequence[Due]:
        """A few of what is due now, those that have waited longest where nobody else takes any."""
        self._tried.intersection_update(due)
        self._begun.intersection_update(due)
        line = [one for one in due if one not in self._tried]
        if not line:
            self._tried.clear()
            line = list(due)
        if len(line) > self._most:
            start = int(self._chance() * len(line)) % len(line)
            line = line[start:] + line[:start]
        taken = line[: self._most]
        self.left = len(set(due).difference(self._begun, taken))
        return taken

    def begin(self, one: Due) -> None:
        """Its turn begins: should something go wrong before, it stays at the head of the line."""
        self._tried.add(one)
        self._begun.add(one)
