"""A partnership's messages on their way out: who has gone or parted hears nothing, and is not named."""

from datetime import datetime

from bot.compose.introductions import kept_apart
from bot.compose.scene import Composed, Letter, Scene, Void, Wait, closed, to
from bot.domain.delivery import DeliveryKind
from bot.domain.ids import PartnershipId
from bot.domain.member import Member
from bot.domain.partnership import PartnershipState
from bot.messages import Message
from bot.wording import partnerships
from bot.wording.partnerships import Company

OF_PARTNERS = frozenset(
    {
        DeliveryKind.PARTNERS,
        DeliveryKind.SESSION,
        DeliveryKind.CHECK,
        DeliveryKind.ENDING,
        DeliveryKind.ENDED,
    }
)
"""They speak of the partnership that their ``subject`` names; after a dot, of its session or of how many they
are.
"""


async def about_partnership(scene: Scene, reader: Member, *, now: datetime) -> Composed:
    message = await accompanied(scene, reader)
    if message is None:
        return Void(reason="it is no longer true")
    until = closed(scene, [reader], now=now)
    return Wait(until=until) if until is not None else Letter(destination=to(reader), message=message)


async def accompanied(scene: Scene, reader: Member) -> Message | None:
    """The words for one of them; None: it is over, or they are not in it."""
    id, _, number = (scene.delivery.subject or "").partition(".")
    company = await company_of(scene, PartnershipId(id))
    if company is None or reader.id not in company.people or len(company.people) < 2:
        return None
    if await kept_apart(scene.work, [*company.people]):
        return None
    ended = company.partnership.state is PartnershipState.ENDED
    if ended != (scene.delivery.kind is DeliveryKind.ENDED) or _said_later(scene, company, number):
        return None
    match scene.delivery.kind:
        case DeliveryKind.PARTNERS:
            return partnerships.begun(company, to=reader)
        case DeliveryKind.SESSION:
            return partnerships.session(company, int(number), to=reader)
        case DeliveryKind.CHECK:
            return partnerships.check(company, to=reader)
        case DeliveryKind.ENDING:
            return partnerships.ending(company, to=reader)
        case _:
            return partnerships.ended(company.others(reader), to=reader)


def _said_later(scene: Scene, company: Company, number: str) -> bool:
    """Whether somebody has joined it since, and a later message says that it begins."""
    begins = scene.delivery.kind is DeliveryKind.PARTNERS
    return begins and number.isdecimal() and int(number) < len(company.partners)


async def company_of(scene: Scene, id: PartnershipId) -> Company | None:
    partnership = await scene.work.partnerships.find(id)
    if partnership is None:
        return None
    partners = await scene.work.partnerships.partners(id)
    people = await scene.work.members.many({each.member_id for each in partners})
    return Company(partnership=partnership, partners=partners, people=people, zone=scene.zone)
