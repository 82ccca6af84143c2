"""Where something can be said: a channel for all, a person alone with Voisin, or a circle."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from adapters.sandbox.render import Json
from bot.domain.ids import ExternalId


@dataclass(frozen=True, kw_only=True, slots=True)
class Room:
    """A room, by a name that is the same for the same people."""

    name: str
    people: frozenset[ExternalId] = frozenset()
    """Who is in it; empty: everyone."""
    channel: ExternalId | None = None

    @classmethod
    def of_channel(cls, channel: ExternalId) -> Self:
        """The room that everyone shares."""
        return cls(name=f"space:{channel}", channel=channel)

    @classmethod
    def of_person(cls, person: ExternalId) -> Self:
        """One person and Voisin."""
        return cls(name=f"person:{person}", people=frozenset({person}))

    @classmethod
    def of_circle(cls, people: Iterable[ExternalId]) -> Self:
        """These people and Voisin."""
        together = frozenset(people)
        named = hashlib.sha256("\n".join(sorted(together)).encode()).hexdigest()[:16]
        return cls(name=f"circle:{named}", people=together)

    @classmethod
    def read(cls, written: Mapping[str, Json]) -> Self:
        """A room as a journal holds it. Raises KeyError, TypeError or ValueError when it is none."""
        people, channel = written["people"], written["channel"]
        if not isinstance(people, list):
            raise TypeError("people of a room are a list")
        return cls(
            name=str(written["name"]),
            people=frozenset(ExternalId(str(person)) for person in people),
            channel=None if channel is None else ExternalId(str(channel)),
        )

    @property
    def written(self) -> dict[str, Json]:
        """The room as a journal holds it."""
        return {"name": self.name, "people": sorted(self.people), "channel": self.channel}

    @property
    def is_circle(self) -> bool:
        """Whether people talk with each other in it, and not all of them."""
        return self.name.startswith("circle:")

    def holds(self, person: ExternalId) -> bool:
        """Whether this person is in it."""
        return self.channel is not None or person in self.people
