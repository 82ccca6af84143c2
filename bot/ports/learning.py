"""The memory within one community: questions, what members answer, and who goes on together."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from bot.domain.ids import (
    IntroductionId,
    MemberId,
    PartnershipId,
    ProgramId,
    PromptId,
    QuestionId,
    ReflectionId,
    ResponseId,
)
from bot.domain.partnership import Partner, Partnership, Willing
from bot.domain.reflection import OwnQuestion, Prompt, Reflection, Response


class Prompts(Protocol):
    """Questions put to programs. (program, wall) is unique."""

    async def find(self, id: PromptId) -> Prompt | None: ...

    async def asked(self, program: ProgramId) -> Mapping[str, datetime]:
        """Question id → when it was put last."""
        ...

    async def add(self, prompt: Prompt) -> None:
        """Raises AlreadyThere when the program was asked something at this wall."""
        ...

    async def own(self, program: ProgramId) -> Sequence[OwnQuestion]:
        """The program's own questions, oldest first."""
        ...

    async def of_author(self, author: MemberId) -> Sequence[OwnQuestion]:
        """By id."""
        ...

    async def find_own(self, id: QuestionId) -> OwnQuestion | None: ...

    async def add_own(self, question: OwnQuestion) -> None: ...

    async def remove_own(self, id: QuestionId) -> None:
        """Prompts that put it stay, without their words."""
        ...


class Reflections(Protocol):
    """What members wrote for others to read, and what was said to it. (prompt, member) is unique."""

    async def find(self, id: ReflectionId) -> Reflection | None: ...

    async def answering(self, prompt: PromptId, member: MemberId) -> Reflection | None: ...

    async def of_member(self, member: MemberId) -> Sequence[Reflection]:
        """Newest first."""
        ...

    async def of_members(self, members: Collection[MemberId]) -> Mapping[MemberId, Sequence[Reflection]]:
        """The same for those who wrote something, read at once; ``of_member`` has them at hand then."""
        ...

    async def since(self, moment: datetime, *, program: ProgramId | None = None) -> Sequence[Reflection]:
        """Written or changed after a moment, in one program or in all; newest first."""
        ...

    async def posted(self, room: str, *, since: datetime) -> Reflection | None:
        """The one, written after a moment, whose post in its space the platform calls so."""
        ...

    async def save(self, reflection: Reflection) -> None:
        """Insert or replace, by id. Raises AlreadyThere when this member answered this prompt already."""
        ...

    async def find_response(self, id: ResponseId) -> Response | None: ...

    async def responses(self, id: ReflectionId) -> Sequence[Response]:
        """Oldest first."""
        ...

    async def responses_of_member(self, member: MemberId) -> Sequence[Response]:
        """Those that they wrote, oldest first."""
        ...

    async def respond(self, response: Response) -> None:
        """Add one."""
        ...


class Partnerships(Protocol):
    """Who would go on, and who does. (introduction, member) is unique for an answer, the introduction for a
    partnership, (partnership, member) for a partner.
    """

    async def willing(self, introduction: IntroductionId) -> Sequence[Willing]:
        """By member id."""
        ...

    async def willing_of_member(self, member: MemberId) -> Sequence[Willing]: ...

    async def say(self, answer: Willing) -> None:
        """Insert, or replace that member's earlier answer."""
        ...

    async def find(self, id: PartnershipId) -> Partnership | None: ...

    async def of_introduction(self, introduction: IntroductionId) -> Partnership | None: ...

    async def of_member(self, member: MemberId) -> Sequence[Partnership]:
        """Newest first, ended ones included."""
        ...

    async def save(self, partnership: Partnership) -> None:
        """Insert or replace, by id. Raises AlreadyThere when the introduction has one already."""
        ...

    async def partners(self, id: PartnershipId) -> Sequence[Partner]:
        """By member id."""
        ...

    async def save_partner(self, partner: Partner) -> None:
        """Insert or replace."""
        ...

    async def remove_partner(self, id: PartnershipId, member: MemberId) -> None: ...
