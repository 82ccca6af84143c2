"""The memory within one community: where things happen, who is there, who knows whom."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.community import Space
from bot.domain.ids import ExternalId, MemberId, ProgramId, SpaceId
from bot.domain.member import KeepApart, Member, Participation, Tie, TieKind
from bot.domain.program import Greeter, Program


class Spaces(Protocol):
    """The channels in which something of Voisin's happens."""

    async def find(self, external_id: ExternalId) -> Space | None: ...

    async def get(self, id: SpaceId) -> Space:
        """Raises Unknown."""
        ...

    async def save(self, space: Space) -> None:
        """Insert or replace, by id. Raises AlreadyThere when another id has this external id."""
        ...


class Programs(Protocol):
    """Programs and who looks after them."""

    async def get(self, id: ProgramId) -> Program:
        """Raises Unknown, also for a program of another community."""
        ...

    async def find(self, id: ProgramId) -> Program | None: ...

    async def all(self) -> Sequence[Program]:
        """Oldest first."""
        ...

    async def in_space(self, space: SpaceId) -> Program | None: ...

    async def save(self, program: Program) -> None:
        """Insert or replace, by id. A space has one program at most: else AlreadyThere."""
        ...

    async def conveners(self, id: ProgramId) -> Sequence[MemberId]:
        """In the order in which they were named."""
        ...

    async def add_convener(self, id: ProgramId, member: MemberId, *, at: datetime) -> None:
        """Does nothing when they are one already."""
        ...

    async def remove_convener(self, id: ProgramId, member: MemberId) -> None: ...


class Greeters(Protocol):
    """Who welcomes newcomers in a program. (program, member) is unique."""

    async def of_program(self, program: ProgramId) -> Sequence[Greeter]:
        """By member id."""
        ...

    async def of_member(self, member: MemberId) -> Sequence[Greeter]:
        """By program id."""
        ...

    async def save(self, greeter: Greeter) -> None:
        """Insert or replace."""
        ...

    async def remove(self, program: ProgramId, member: MemberId) -> None:
        """Does nothing when they are not one."""
        ...


class Members(Protocol):
    """People of the community that Voisin has heard of."""

    async def find(self, external_id: ExternalId) -> Member | None: ...

    async def find_id(self, id: MemberId) -> Member | None: ...

    async def get(self, id: MemberId) -> Member:
        """Raises Unknown, also for a member of another community."""
        ...

    async def many(self, ids: Collection[MemberId]) -> Mapping[MemberId, Member]:
        """Those that exist; any number of ids (thousands)."""
        ...

    async def all(self) -> Sequence[Member]:
        """By id."""
        ...

    async def save(self, member: Member) -> None:
        """Insert or replace, by id. Raises AlreadyThere when another id has this external id."""
        ...

    async def save_all(self, members: Sequence[Member]) -> None:
        """The same for many at once (a roster of 100,000 in a few statements)."""
        ...

    async def erase(self, id: MemberId) -> None:
        """Remove the member and every row and word of theirs, in every table: participations, ties, their
        own keep-aparts, answers, seats, phrases heard, questions, reflections with what was said to them,
        responses, conveners, greeters, deliveries to them, their id in
        introductions and in the inputs of rounds (those inputs become None). Other people's keep-aparts that
        name them keep the trace alone (``other`` becomes None). Introductions that they were in and that are
        still open become VOID.
        """
        ...


class Participations(Protocol):
    """Who said yes to which program. (program, member) is unique."""

    async def find(self, program: ProgramId, member: MemberId) -> Participation | None: ...

    async def of_members(
        self, program: ProgramId, members: Collection[MemberId]
    ) -> Mapping[MemberId, Participation]:
        """Those of them that are here, read at once; ``find`` has them at hand then."""
        ...

    async def of_member(self, member: MemberId) -> Sequence[Participation]:
        """By program id."""
        ...

    async def of_program(self, program: ProgramId) -> Sequence[Participation]:
        """All of them, those who left included; by member id, so that the order never depends on the
        database.
        """
        ...

    async def save(self, participation: Participation) -> None:
        """Insert or replace."""
        ...

    async def save_all(self, participations: Sequence[Participation]) -> None: ...


class Ties(Protocol):
    """Who knows whom. (source, target, kind, at) is unique, so that the same file imported twice changes
    nothing.
    """

    async def all(self) -> Sequence[Tie]:
        """Every tie of the community, by source, target, kind, at (undated first)."""
        ...

    async def add_all(self, ties: Sequence[Tie]) -> int:
        """Add those that are not there yet; returns how many were new."""
        ...

    async def of_source(self, source: MemberId, kind: TieKind) -> Sequence[Tie]: ...

    async def replace_all(self, kind: TieKind, ties: Sequence[Tie]) -> None:
        """All ties of this kind are these from now on."""
        ...

    async def remove(self, *, source: MemberId, target: MemberId, kind: TieKind) -> None: ...


class KeepAparts(Protocol):
    """Private wishes. (author, trace) is unique."""

    async def all(self) -> Sequence[KeepApart]: ...

    async def of_author(self, author: MemberId) -> Sequence[KeepApart]: ...

    async def add(self, wish: KeepApart) -> None:
        """Does nothing when the wish is there."""
        ...

    async def remove(self, *, author: MemberId, trace: str) -> None: ...

    async def recognise(self, *, trace: str, member: MemberId) -> None:
        """Someone came back: every wish with this trace and nobody in it names them again."""
        ...
