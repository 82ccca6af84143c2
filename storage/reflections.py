"""Questions to a community, what members answered, and what was said to them."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select

from bot.domain.delivery import DeliveryKind
from bot.domain.ids import MemberId, ProgramId, PromptId, QuestionId, ReflectionId, ResponseId
from bot.domain.reflection import OwnQuestion, Prompt, Reflection, Response
from storage.rows import Rows, chunks, values
from storage.tables import deliveries, own_questions, prompts, reflections, responses


class SqlPrompts:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def find(self, id: PromptId) -> Prompt | None:
        return await self._rows.first(Prompt, self._rows.select(Prompt, prompts).where(prompts.c.id == id))

    async def asked(self, program: ProgramId) -> Mapping[str, datetime]:
        statement = (
            select(prompts.c.question, func.max(prompts.c.at).label("at"))
            .where(self._rows.own(prompts), prompts.c.program_id == program)
            .group_by(prompts.c.question)
        )
        return {row["question"]: row["at"] for row in await self._rows.read(statement)}

    async def add(self, prompt: Prompt) -> None:
        await self._rows.insert(prompts, [values(prompt)])

    async def own(self, program: ProgramId) -> Sequence[OwnQuestion]:
        return await self._rows.fetch(
            OwnQuestion,
            self._rows.select(OwnQuestion, own_questions)
            .where(own_questions.c.program_id == program)
            .order_by(own_questions.c.at, own_questions.c.id),
        )

    async def of_author(self, author: MemberId) -> Sequence[OwnQuestion]:
        return await self._rows.fetch(
            OwnQuestion,
            self._rows.select(OwnQuestion, own_questions)
            .where(own_questions.c.author == author)
            .order_by(own_questions.c.id),
        )

    async def find_own(self, id: QuestionId) -> OwnQuestion | None:
        return await self._rows.first(
            OwnQuestion, self._rows.select(OwnQuestion, own_questions).where(own_questions.c.id == id)
        )

    async def add_own(self, question: OwnQuestion) -> None:
        await self._rows.insert(own_questions, [values(question)])

    async def remove_own(self, id: QuestionId) -> None:
        await self._rows.run(self._rows.delete(own_questions).where(own_questions.c.id == id))


class SqlReflections:
    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    async def find(self, id: ReflectionId) -> Reflection | None:
        return await self._rows.first(
            Reflection, self._rows.select(Reflection, reflections).where(reflections.c.id == id)
        )

    async def answering(self, prompt: PromptId, member: MemberId) -> Reflection | None:
        return await self._rows.first(
            Reflection,
            self._rows.select(Reflection, reflections).where(
                reflections.c.prompt_id == prompt, reflections.c.member_id == member
            ),
        )

    async def of_member(self, member: MemberId) -> Sequence[Reflection]:
        return await self._rows.once(("written", member), lambda: self._by([member]))

    async def of_members(self, members: Collection[MemberId]) -> Mapping[MemberId, Sequence[Reflection]]:
        every: dict[MemberId, list[Reflection]] = {}
        for some in chunks(sorted(set(members))):
            theirs: dict[MemberId, list[Reflection]] = {member: [] for member in some}
            for each in await self._by(some):
                theirs[each.member_id].append(each)
            for member, written in theirs.items():
                self._rows.keep(("written", member), written)
            every |= {member: written for member, written in theirs.items() if written}
        return every

    async def _by(self, members: Collection[MemberId]) -> Sequence[Reflection]:
        return await self._rows.fetch(
            Reflection,
            self._rows.select(Reflection, reflections)
            .where(reflections.c.member_id.in_(members))
            .order_by(reflections.c.at.desc(), reflections.c.id),
        )

    async def since(self, moment: datetime, *, program: ProgramId | None = None) -> Sequence[Reflection]:
        changed = func.coalesce(reflections.c.edited_at, reflections.c.at)
        statement = self._rows.select(Reflection, reflections).where(changed > moment)
        if program is not None:
            statement = statement.where(reflections.c.program_id == program)
        return await self._rows.fetch(Reflection, statement.order_by(changed.desc(), reflections.c.id))

    async def posted(self, room: str, *, since: datetime) -> Reflection | None:
        sent = select(deliveries.c.subject).where(
            self._rows.own(deliveries),
            deliveries.c.subject == reflections.c.id,
            deliveries.c.kind == DeliveryKind.REFLECTION,
            deliveries.c.room == room,
        )
        return await self._rows.first(
            Reflection,
            self._rows.select(Reflection, reflections).where(reflections.c.at > since, sent.exists()),
        )

    async def save(self, reflection: Reflection) -> None:
        await self._rows.upsert(reflections, [values(reflection)])

    async def find_response(self, id: ResponseId) -> Response | None:
        return await self._rows.first(
            Response, self._rows.select(Response, responses).where(responses.c.id == id)
        )

    async def responses(self, id: ReflectionId) -> Sequence[Response]:
        return await self._rows.fetch(
            Response,
            self._rows.select(Response, responses)
            .where(responses.c.reflection_id == id)
            .order_by(responses.c.at, responses.c.id),
        )

    async def responses_of_member(self, member: MemberId) -> Sequence[Response]:
        return await self._rows.fetch(
            Response,
            self._rows.select(Response, responses)
            .where(responses.c.member_id == member)
            .order_by(responses.c.at, responses.c.id),
        )

    async def respond(self, response: Response) -> None:
        await self._rows.insert(responses, [values(response)])
