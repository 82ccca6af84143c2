"""Questions, answers and replies on their way out: consent and visibility are looked at once more here."""

from datetime import datetime

from bot.compose.introductions import kept_apart
from bot.compose.scene import Composed, Letter, Scene, Void, Wait, closed, to
from bot.domain.delivery import DeliveryKind
from bot.domain.hours import first_open
from bot.domain.ids import PromptId, QuestionId, ReflectionId, ResponseId
from bot.domain.member import Member, Standing
from bot.domain.reflection import Reflection, Visibility
from bot.messages import Message
from bot.ports import UnitOfWork
from bot.wording import reflections
from bot.wording.reflections import Asked

CARRIED = frozenset(
    {DeliveryKind.PROMPT, DeliveryKind.REFLECTION, DeliveryKind.RESPONSE, DeliveryKind.UNHEARD}
)
"""They carry what their ``subject`` names."""


async def about_subject(scene: Scene, reader: Member | None, *, now: datetime) -> Composed:
    message = await carried(scene, reader)
    if message is None:
        return Void(reason="it is no longer true")
    if reader is None:
        later = first_open(now, zone=scene.zone, blackouts=scene.program.blackouts)
        return Wait(until=later) if later > now else Letter(destination=scene.space, message=message)
    until = closed(scene, [reader], now=now)
    return Wait(until=until) if until is not None else Letter(destination=to(reader), message=message)


async def carried(scene: Scene, reader: Member | None) -> Message | None:
    """The words for one reader, or for the space; None: they are gone, or not for these eyes any more."""
    subject = scene.delivery.subject or ""
    match scene.delivery.kind:
        case DeliveryKind.PROMPT:
            return await _prompt(scene, PromptId(subject), reader)
        case DeliveryKind.REFLECTION:
            return await _shared(scene, ReflectionId(subject))
        case DeliveryKind.RESPONSE if reader is not None:
            return await _response(scene, ResponseId(subject), reader)
        case DeliveryKind.UNHEARD if reader is not None:
            return await _unheard(scene, ReflectionId(subject), reader)
        case _:
            return None


async def asked(work: UnitOfWork, prompt_id: PromptId | None) -> Asked | None:
    """A prompt with its words."""
    prompt = await work.prompts.find(prompt_id) if prompt_id else None
    if prompt is None:
        return None
    return Asked(prompt=prompt, own=await work.prompts.find_own(QuestionId(prompt.question)))


async def _prompt(scene: Scene, id: PromptId, reader: Member | None) -> Message | None:
    question = await asked(scene.work, id)
    if question is None:
        return None
    if reader is None:
        return reflections.to_space(question, scene.work.community.language)
    yes = await scene.work.participations.find(scene.program.id, reader.id)
    wanted = yes is not None and yes.standing is Standing.ACTIVE and yes.prompted
    answered = await scene.work.reflections.answering(id, reader.id)
    return reflections.to_member(question, reader.language) if wanted and answered is None else None


async def _public(scene: Scene, id: ReflectionId) -> tuple[Reflection, Member] | None:
    """A reflection that its author still shares with all, and the author."""
    found = await scene.work.reflections.find(id)
    if found is None or not found.text or found.visibility is not Visibility.COMMUNITY:
        return None
    author = await scene.work.members.find_id(found.member_id)
    return (found, author) if author is not None else None


async def _shared(scene: Scene, id: ReflectionId) -> Message | None:
    public = await _public(scene, id)
    if public is None:
        return None
    reflection, author = public
    return reflections.shared(
        reflection,
        author,
        await asked(scene.work, reflection.prompt_id),
        space=scene.space,
        first=scene.work.community.language,
    )


async def _response(scene: Scene, id: ResponseId, author: Member) -> Message | None:
    response = await scene.work.reflections.find_response(id)
    reflection = await scene.work.reflections.find(response.reflection_id) if response else None
    person = await scene.work.members.find_id(response.member_id) if response else None
    if response is None or reflection is None or person is None or reflection.member_id != author.id:
        return None
    if await kept_apart(scene.work, [author.id, person.id]):
        return None
    return reflections.response(response.text, author=author, person=person)


async def _unheard(scene: Scene, id: ReflectionId, reader: Member) -> Message | None:
    public = await _public(scene, id)
    if public is None or public[0].heard_at is not None:
        return None
    reflection, author = public
    yes = await scene.work.participations.find(scene.program.id, reader.id)
    if (
        yes is None
        or yes.standing is not Standing.ACTIVE
        or await kept_apart(scene.work, [author.id, reader.id])
    ):
        return None
    question = await asked(scene.work, reflection.prompt_id)
    return reflections.unheard(reflection, question, author=author, reader=reader, space=scene.space)
