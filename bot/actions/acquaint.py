"""Whom a member knows already, and whom they never want to be introduced to. Both private."""

from bot.domain.ids import MemberId
from bot.domain.member import Member, Tie, TieKind
from bot.errors import Refusal
from bot.groundwork.parting import part
from bot.groundwork.reception import greet
from bot.messages import Ask, Given, Reply, Said
from bot.ports import OpenWork, UnitOfWork
from bot.wording.voice import say


async def know(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """We know each other: a tie at full strength, soft; said again, it offers to take it back."""
    async with open_work(ask.community, event=ask.event) as work:
        member, other = await _both(work, ask, given)
        known = {tie.target for tie in await work.ties.of_source(member.id, TieKind.KNOWN)}
        if other.id in known:
            await work.commit()
            return Reply(
                message=say(
                    "reply.know_again",
                    member.language,
                    person=Said(text=other.name),
                    taps=[("unknow", other.id)],
                )
            )
        await work.ties.add_all(
            [
                Tie(
                    community_id=work.community.id,
                    source=member.id,
                    target=other.id,
                    kind=TieKind.KNOWN,
                    at=None,
                )
            ]
        )
        await work.commit()
        return Reply(message=say("reply.know_added", member.language, person=Said(text=other.name)))


async def unknow(open_work: OpenWork, ask: Ask, id: MemberId) -> Reply:
    """Take the acquaintance back."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        other = await _named(work, id)
        await work.ties.remove(source=member.id, target=other.id, kind=TieKind.KNOWN)
        await work.commit()
        return Reply(message=say("reply.know_removed", member.language, person=Said(text=other.name)))


async def avoid(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """Never introduce us: absolute, and nobody can find out; said again, it offers to take it back."""
    async with open_work(ask.community, event=ask.event) as work:
        member, other = await _both(work, ask, given)
        new = await part(work, member, other, now=ask.now)
        await work.commit()
        name = "reply.avoid_added" if new else "reply.avoid_again"
        taps = [] if new else [("unavoid", other.id)]
        return Reply(message=say(name, member.language, person=Said(text=other.name), taps=taps))


async def unavoid(open_work: OpenWork, ask: Ask, id: MemberId) -> Reply:
    """Take the wish back."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        other = await _named(work, id)
        await work.keep_aparts.remove(author=member.id, trace=work.community.trace(other.external_id))
        await work.commit()
        return Reply(message=say("reply.avoid_removed", member.language, person=Said(text=other.name)))


async def _both(work: UnitOfWork, ask: Ask, given: Given) -> tuple[Member, Member]:
    member = await greet(work, ask.asker, now=ask.now)
    if given.person is None:
        raise Refusal("person_not_found", text=given.text) if given.text else Refusal("person_missing")
    if given.person.external_id == member.external_id:
        raise Refusal("yourself")
    # They did nothing themselves: they are written down, but not as someone who was here today.
    other = await work.members.find(given.person.external_id) or await greet(work, given.person, now=ask.now)
    return member, other


async def _named(work: UnitOfWork, id: MemberId) -> Member:
    other = await work.members.find_id(id)
    if other is None:
        raise Refusal("unknown_button")
    return other
