"""Going on together after a meeting: asked in private, shown only when it is shared, ended kindly."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from bot.compose import kept_apart
from bot.domain.delivery import Delivery, DeliveryKind
from bot.domain.ids import CommunityId, IntroductionId, MemberId, PartnershipId
from bot.domain.member import Member
from bot.domain.partnership import (
    LINE_LIMIT,
    OF_USE,
    TO_DECIDE,
    Pace,
    Partner,
    Partnership,
    PartnershipState,
    Step,
    Willing,
)
from bot.domain.round import Introduction, IntroductionState
from bot.errors import Refusal
from bot.groundwork.circumstances import promises_of
from bot.groundwork.reception import alive, greet, known_or_new, theirs
from bot.messages import Ask, Given, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording import partnerships
from bot.wording.partnerships import Company
from bot.wording.voice import names, say, words

SAYS = {
    Step.SESSION: DeliveryKind.SESSION,
    Step.CHECK: DeliveryKind.CHECK,
    Step.ENDING: DeliveryKind.ENDING,
}


# ── Two yeses ───────────────────────────────────────────────────────────────────────────────────────


async def go_on(open_work: OpenWork, ask: Ask, id: IntroductionId, *, yes: bool) -> Reply:
    """Whether they would go on: nobody hears of it unless another of them would too.

    Neither what the others see nor when depends on a no: it leaves the same traces as silence.
    """
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        introduction = await theirs(work, id, member)
        if introduction.state is not IntroductionState.MET:
            raise Refusal("not_met")
        round = await work.rounds.get(introduction.round_id)
        answer = Willing(
            introduction_id=id,
            member_id=member.id,
            community_id=work.community.id,
            yes=yes,
            at=ask.now,
        )
        await work.partnerships.say(answer)
        await alive(work, round.program_id, member.id)
        company = await _shared(work, introduction, member, now=ask.now) if yes else None
        await work.commit()
        if company is None:
            return Reply(message=say("reply.willing" if yes else "reply.unwilling", member.language))
        return Reply(message=partnerships.begun(company, to=member))


async def _shared(
    work: UnitOfWork, introduction: Introduction, member: Member, *, now: datetime
) -> Company | None:
    """The partnership that a yes makes or joins; None: it is the only one so far."""
    partnership = await work.partnerships.of_introduction(introduction.id)
    if partnership is not None and partnership.state is PartnershipState.ENDED:
        return None
    before = await work.partnerships.partners(partnership.id) if partnership else ()
    in_it = {each.member_id for each in before}
    wishes = await work.partnerships.willing(introduction.id)
    yeses = {wish.member_id for wish in wishes if wish.yes and wish.member_id in introduction.members}
    together = await _not_parting(work, in_it | yeses)
    if member.id not in together or len(together) < 2:
        return None
    round = await work.rounds.get(introduction.round_id)
    if partnership is None:
        partnership = Partnership(
            id=PartnershipId(work.new_id()),
            community_id=work.community.id,
            program_id=round.program_id,
            introduction_id=introduction.id,
            started_at=now,
            said_until=now,
            wake_at=None,
        ).advanced(now=now)
        await work.partnerships.save(partnership)
    return await _joined(work, partnership, sorted(together - in_it), member, now=now)


async def _not_parting(work: UnitOfWork, members: Collection[MemberId]) -> set[MemberId]:
    """Those of them who wish to be kept apart from none of the others: whoever does is left out, silently."""
    wishes = {each: await work.keep_aparts.of_author(each) for each in members}
    return {each for each, theirs in wishes.items() if not any(wish.other in members for wish in theirs)}


async def _joined(
    work: UnitOfWork,
    partnership: Partnership,
    new: Sequence[MemberId],
    member: Member,
    *,
    now: datetime,
) -> Company:
    """These are in it from now on. All hear so but the member whose yes it was: the answer says it."""
    for one in new:
        await work.partnerships.save_partner(
            Partner(partnership_id=partnership.id, member_id=one, community_id=work.community.id)
        )
    company = await _company(work, partnership)
    if member.id in new:
        await _tell_of(work, company, [member.id], now=now)
    return company


async def _tell_of(
    work: UnitOfWork, company: Company, besides: Collection[MemberId], *, now: datetime
) -> None:
    """Who is in it now, and that it begins."""
    about = f"{company.partnership.id}.{len(company.partners)}"
    await _tell(work, company, DeliveryKind.PARTNERS, about=about, besides=besides, now=now)


# ── What they see and change ────────────────────────────────────────────────────────────────────────


async def partners(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """My partnerships and their next sessions."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await known_or_new(work, ask.asker, now=ask.now)
        running = [
            await _company(work, each)
            for each in await work.partnerships.of_member(member.id)
            if each.state is PartnershipState.RUNNING
        ]
        shown = [
            each for each in running if len(each.people) > 1 and not await kept_apart(work, [*each.people])
        ]
        return Reply(message=partnerships.listed(shown, to=member, now=ask.now))


async def open_form(open_work: OpenWork, ask: Ask, id: PartnershipId) -> Reply:
    """The form of one's intention."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        company, mine = await _mine(work, id, member)
        await work.commit()
        return Reply(form=partnerships.intention_form(company, mine, member.language))


async def intend(open_work: OpenWork, ask: Ask, id: PartnershipId, values: Mapping[str, str]) -> Reply:
    """Take the form: two lines of one's own, and the pace of all of them."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        company, mine = await _mine(work, id, member)
        lines = {name: " ".join(values.get(name, "").split()) for name in ("better_at", "will_try")}
        errors = {
            name: words(
                "refusal.too_long",
                member.language,
                field=words(f"form.intention.{name}", member.language),
                n=LINE_LIMIT,
            )
            for name, line in lines.items()
            if len(line) > LINE_LIMIT
        }
        pace = values.get("pace", company.partnership.pace)
        if pace not in set(Pace):
            errors["pace"] = words("refusal.choice_not_understood", member.language, text=pace)
        if errors:
            return Reply(errors=errors)
        await work.partnerships.save_partner(
            replace(mine, better_at=lines["better_at"], will_try=lines["will_try"])
        )
        if pace != company.partnership.pace:
            await work.partnerships.save(company.partnership.paced(Pace(pace), now=ask.now))
        await work.commit()
        people = names(company.others(member), member.language)
        return Reply(message=say("reply.intended", member.language, people=people))


async def part(open_work: OpenWork, ask: Ask, id: PartnershipId) -> Reply:
    """End it: the others hear one kind line."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        company, _ = await _mine(work, id, member)
        await work.partnerships.save(company.partnership.ended())
        await _tell(work, company, DeliveryKind.ENDED, about=id, besides=[member.id], now=ask.now)
        await work.commit()
        people = names(company.others(member), member.language)
        return Reply(message=say("reply.partnership_ended", member.language, people=people))


async def again(open_work: OpenWork, ask: Ask, id: PartnershipId, *, yes: bool) -> Reply:
    """Whether to go on for another term: again only shown when it is shared."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        if (partnership := await _went_on(work, id, member, now=ask.now)) is not None:
            renewed = await _back(work, partnership, member, now=ask.now) if yes else None
        else:
            company, mine = await _mine(work, id, member)
            if company.partnership.ends_at > ask.now:
                raise Refusal("partnership_running", day=company.partnership.ends_at.date().isoformat())
            await work.partnerships.save_partner(replace(mine, going_on=yes))
            company = await _company(work, company.partnership)
            renewed = await _renewed(work, company, [member.id], now=ask.now)
        await work.commit()
        if renewed is None:
            return Reply(message=say("reply.willing" if yes else "reply.unwilling", member.language))
        return Reply(message=partnerships.begun(renewed, to=member))


async def _went_on(
    work: UnitOfWork, id: PartnershipId, member: Member, *, now: datetime
) -> Partnership | None:
    """Of three, two have begun another term, and this is the third, who has their week to decide still."""
    found = await work.partnerships.find(id)
    if found is None or found.state is PartnershipState.ENDED or found.term == 1:
        return None
    introduction = await work.introductions.find(found.introduction_id)
    in_it = {each.member_id for each in await work.partnerships.partners(id)}
    if introduction is None or member.id in in_it or member.id not in introduction.members:
        return None
    return found if now < found.started_at + TO_DECIDE else None


async def _back(
    work: UnitOfWork, partnership: Partnership, member: Member, *, now: datetime
) -> Company | None:
    """They join the new term; None, as if nobody had wanted one: a wish keeps them apart."""
    in_it = [each.member_id for each in await work.partnerships.partners(partnership.id)]
    if await kept_apart(work, [*in_it, member.id]):
        return None
    return await _joined(work, partnership, [member.id], member, now=now)


async def _renewed(
    work: UnitOfWork, company: Company, besides: Collection[MemberId], *, now: datetime
) -> Company | None:
    """Another term for those who said yes, once two of them have; the rest may still join it by a yes."""
    yeses = [each for each in company.partners if each.going_on]
    if len(yeses) < 2:
        return None
    partnership = company.partnership.renewed(now=now)
    await work.partnerships.save(partnership)
    for each in company.partners:
        if each in yeses:
            await work.partnerships.save_partner(replace(each, going_on=None))
        else:
            await work.partnerships.remove_partner(partnership.id, each.member_id)
    renewed = await _company(work, partnership)
    await _tell_of(work, renewed, besides, now=now)
    return renewed


# ── The clock ───────────────────────────────────────────────────────────────────────────────────────


async def accompany(open_work: OpenWork, community: CommunityId, id: PartnershipId, *, now: datetime) -> None:
    """What is due: a session to recall, a month gone by, the last session, the end."""
    async with open_work(community) as work:
        partnership = await work.partnerships.find(id)
        if partnership is None or partnership.wake_at is None or partnership.wake_at > now:
            return
        company = await _company(work, partnership)
        due = partnership.due(now=now)
        over = any(step is Step.OVER for _, step, _ in due) or len(company.people) < 2
        if over or await kept_apart(work, [*company.people]):
            await work.partnerships.save(partnership.ended())
            await work.commit()
            return
        await work.partnerships.save(partnership.advanced(now=now))
        for at, step, number in due:
            if now - at < OF_USE:
                about = f"{id}.{number}" if number else id
                await _tell(work, company, SAYS[step], about=about, now=now)
        await work.commit()


async def _tell(
    work: UnitOfWork,
    company: Company,
    kind: DeliveryKind,
    *,
    about: str,
    now: datetime,
    besides: Collection[MemberId] = (),
) -> None:
    """Each of them, alone, once in a term; ``about`` begins with the partnership's id."""
    program = await work.programs.get(company.partnership.program_id)
    hearers = [id for id in company.people if id not in besides]
    promises = await promises_of(work, program, hearers)
    promised: Sequence[Delivery] = [
        promises.to_member(
            kind, hearer, at=now, about=f"{about}/{company.partnership.term}", expires_at=now + OF_USE
        )
        for hearer in hearers
    ]
    await work.deliveries.add(*(replace(delivery, subject=about) for delivery in promised))


async def _company(work: UnitOfWork, partnership: Partnership) -> Company:
    partners = await work.partnerships.partners(partnership.id)
    people = await work.members.many({each.member_id for each in partners})
    program = await work.programs.get(partnership.program_id)
    return Company(
        partnership=partnership,
        partners=partners,
        people={each.member_id: people[each.member_id] for each in partners},
        zone=program.cadence.zone,
    )


async def _mine(work: UnitOfWork, id: PartnershipId, member: Member) -> tuple[Company, Partner]:
    """A running partnership that the member is in. Raises Refusal."""
    found = await work.partnerships.find(id)
    if found is None or found.state is PartnershipState.ENDED:
        raise Refusal("partnership_gone")
    company = await _company(work, found)
    mine = next((each for each in company.partners if each.member_id == member.id), None)
    if mine is None:
        raise Refusal("partnership_gone")
    return company, mine
