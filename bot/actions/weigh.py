"""What one expects of an introduction, what one finds in it, and the line that one takes away."""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.ids import IntroductionId, MemberId
from bot.domain.impression import TAKEAWAY_LIMIT, Degree, Impression
from bot.domain.member import Member
from bot.domain.round import Introduction
from bot.groundwork.reception import alive, greet, theirs
from bot.messages import Ask, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording import forms
from bot.wording.voice import say, words

EXPECT = ("expect_little", "expect_some", "expect_much")
FOUND = ("found_little", "found_some", "found_much")
"""In the order of the degrees."""


async def asked_what(open_work: OpenWork, ask: Ask, id: IntroductionId) -> Reply:
    """*What do I expect?* Three answers, one tap."""
    async with open_work(ask.community, event=ask.event) as work:
        member = await greet(work, ask.asker, now=ask.now)
        await theirs(work, id, member)
        return Reply(message=say("reply.expect", member.language, taps=[(verb, id) for verb in EXPECT]))


async def expect(open_work: OpenWork, ask: Ask, id: IntroductionId, *, degree: Degree) -> Reply:
    """Before: the first answer counts until they have said what they found."""
    async with open_work(ask.community, event=ask.event) as work:
        member, introduction, impression = await _of(work, ask, id)
        if impression.found is None:
            await work.impressions.save(replace(impression, expected=degree, at=ask.now))
        await _touched(work, introduction, member)
        await work.commit()
        return Reply(message=say("reply.expected", member.language))


async def find(open_work: OpenWork, ask: Ask, id: IntroductionId, *, degree: Degree) -> Reply:
    """After: how much they found."""
    async with open_work(ask.community, event=ask.event) as work:
        member, introduction, impression = await _of(work, ask, id)
        await work.impressions.save(replace(impression, found=degree, at=ask.now))
        await _touched(work, introduction, member)
        await work.commit()
        return Reply(message=say("reply.found", member.language, taps=[("keepsake", id)]))


async def keepsake(open_work: OpenWork, ask: Ask, id: IntroductionId) -> Reply:
    """A short form: a line to take away, someone to thank, and whether the community may read it."""
    async with open_work(ask.community, event=ask.event) as work:
        member, introduction, impression = await _of(work, ask, id)
        people = await work.members.many(introduction.others(member.id))
        others = [(other, people[other].name) for other in introduction.others(member.id) if other in people]
        return Reply(form=forms.keepsake_form(member.language, impression, others=others))


async def keep(open_work: OpenWork, ask: Ask, id: IntroductionId, values: Mapping[str, str]) -> Reply:
    """Take the form. Shared only when they chose so; emptied, it is gone."""
    async with open_work(ask.community, event=ask.event) as work:
        member, introduction, impression = await _of(work, ask, id)
        takeaway = values.get("takeaway", "").strip()
        if len(takeaway) > TAKEAWAY_LIMIT:
            field = words("form.keepsake.takeaway", member.language)
            told = words("refusal.too_long", member.language, field=field, n=TAKEAWAY_LIMIT)
            return Reply(errors={"takeaway": told})
        named = MemberId(values.get("thanked", ""))
        thanked = named if named in introduction.others(member.id) else None
        shared = values.get("shared") == "community" and bool(takeaway or thanked)
        await work.impressions.save(
            replace(impression, takeaway=takeaway, thanked=thanked, shared=shared, at=ask.now)
        )
        await _touched(work, introduction, member)
        await work.commit()
        name = "reply.kept_shared" if shared else "reply.kept_private"
        return Reply(message=say(name, member.language, taps=[("keepsake", id)]))


async def _of(work: UnitOfWork, ask: Ask, id: IntroductionId) -> tuple[Member, Introduction, Impression]:
    """Whoever asks, an introduction of theirs, and what they said of it so far. Raises Refusal."""
    member = await greet(work, ask.asker, now=ask.now)
    introduction = await theirs(work, id, member)
    impression = await work.impressions.find(id, member.id) or Impression(
        introduction_id=id, member_id=member.id, community_id=work.community.id, at=ask.now
    )
    return member, introduction, impression


async def _touched(work: UnitOfWork, introduction: Introduction, member: Member) -> None:
    round = await work.rounds.get(introduction.round_id)
    await work.introductions.save(replace(introduction, touched=True))
    await alive(work, round.program_id, member.id)
