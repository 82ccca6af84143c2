"""What should not come in and does: a sentence each, nothing lost, nothing broken."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.reflection import LIMIT, Visibility
from bot.domain.round import IntroductionState
from bot.messages import Reply
from storage.database import OpenStorage
from tests.town import Town, found, person

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ENDLESS = "x" * 10_000

STRANGE = {
    "nothing but emoji": "🪢🧵🪡" * 20,
    "mentions": "<@U123> <!channel> @everyone @here <@&5> #général",
    "links": "https://a.example [b](https://b.example) <https://c.example|c>",
    "markup": "**b** _i_ ~s~ `c` > q\n# h\n||spoiler||",
    "both ways of writing": "\u202eabc\u202c שלום مرحبا",
    "unpaired": "e\u0301\u0301\u0301 \u200b\u200d",
}


async def introduced(storage: OpenStorage, *names: str, **zones: str) -> tuple[Town, str]:
    """The first two were introduced an hour ago; returns the introduction's id."""
    town = await found(storage, *names)
    for name, zone in zones.items():
        town.people[name] = person(name, zone=zone)
    town.platform.present = list(town.people.values())
    await town.set_up()
    await town.join(*names)
    await town.move_to(TUESDAY + timedelta(hours=12))
    [seen] = town.platform.of(town.people[names[0]], "introduction")
    return town, next(one.action for one in seen.message.buttons if one.action.startswith("times:"))[6:]


def named(reply: Reply) -> str:
    assert reply.message is not None, reply
    assert reply.message.plain.strip()
    return reply.message.name


async def shared(town: Town, who: str, text: str = "My bowline slips.") -> str:
    """Somebody shares a line with all; returns the reflection's id."""
    form = (await town.type(town.people[who], "learning")).form
    assert form is not None
    reply = await town.submit(town.people[who], form.action, text=text, visibility=Visibility.COMMUNITY)
    assert reply.message is not None
    return reply.message.buttons[0].action.partition(":")[2]


# ── Words ───────────────────────────────────────────────────────────────────────────────────────────


async def test_a_line_of_ten_thousand_letters_is_refused_with_what_would_fit(storage: OpenStorage) -> None:
    town, _ = await introduced(storage, "lea", "tom")

    reply = await town.type(town.people["lea"], f"learning {ENDLESS}")

    assert named(reply) == "refusal.too_long"
    assert reply.message is not None
    assert str(LIMIT) in reply.message.plain
    async with storage.open_work(town.community.id) as work:
        assert await work.reflections.since(TUESDAY - timedelta(days=9)) == []


@pytest.mark.parametrize("text", ["", " \n\t ", ENDLESS])
async def test_a_word_to_somebody_that_is_empty_or_endless_is_not_passed_on(
    storage: OpenStorage, text: str
) -> None:
    town, _ = await introduced(storage, "lea", "tom")
    id = await shared(town, "lea")

    refused = await town.submit(town.people["tom"], f"respond:{id}", text=text)
    await town.move_to(TUESDAY + timedelta(days=1))

    assert set(refused.errors) == {"text"}
    assert town.platform.of(town.people["lea"], "response") == []


@pytest.mark.parametrize("text", STRANGE.values(), ids=STRANGE.keys())
async def test_strange_words_arrive_as_they_were_written_wherever_they_go(
    storage: OpenStorage, text: str
) -> None:
    town, intro = await introduced(storage, "lea", "tom", "zoe", "max")
    id = await shared(town, "lea", text)
    await town.submit(town.people["tom"], f"respond:{id}", text=text)
    await town.press(town.people["lea"], f"met:{intro}")
    await town.submit(town.people["lea"], f"keepsake:{intro}", takeaway=text, shared="community")

    await town.move_to(TUESDAY + timedelta(days=7, hours=1))

    first_line = text.splitlines()[0]
    for said in (
        town.platform.posted("reflection")[0],
        town.platform.of(town.people["lea"], "response")[0],
        town.platform.posted("harvest")[0],
    ):
        assert first_line in said.message.plain


async def test_a_line_of_emoji_alone_leads_nobody_astray(storage: OpenStorage) -> None:
    town, _ = await introduced(storage, "lea", "tom", "zoe", "max")
    for name in ("lea", "tom", "zoe", "max"):
        await shared(town, name, "🪢🧵")
        await town.submit(town.people[name], "me:", can_help="🪢", learning="🧵")

    await town.move_to(TUESDAY + timedelta(days=7, hours=1))
    why = await town.type(town.people["lea"], "why")

    assert len([one for one in town.platform.seen if one.message.name == "introduction"]) == 4
    assert why.message is not None
    assert "🪢" not in why.message.plain


# ── Too late, or no longer there ────────────────────────────────────────────────────────────────────

OF_AN_INTRODUCTION = (
    *("met", "not_yet", "could_not", "phrase", "lighter", "deeper", "times", "calendar", "call_off"),
    *("known", "bow", "expect", "expect_some", "found_much", "keepsake", "go_on", "enough"),
)


async def test_who_left_is_answered_by_every_button_and_nothing_of_the_others_changes(
    storage: OpenStorage,
) -> None:
    town, id = await introduced(storage, "lea", "tom", "zoe", "max")
    lea = town.people["lea"]
    reflection = await shared(town, "zoe")
    await town.type(lea, "leave")
    before = town.clock.now()

    for verb in OF_AN_INTRODUCTION:
        reply = await town.press(lea, f"{verb}:{id}")
        assert reply.form or named(reply) != "refusal.broken", verb
    assert named(await town.submit(lea, f"respond:{reflection}", text="Which rope?")) == "reply.responded"
    assert named(await town.type(lea, "learning to tie")) == "reply.reflected_partner"
    await town.move_to(TUESDAY + timedelta(days=8))

    heard = [one for one in town.platform.of(lea) if one.at > before]
    assert [one.message.name for one in heard] == []
    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
        members = {each.id: each.name for each in await work.members.all()}
        yes = {
            members[one.member_id]: one.standing for one in await work.participations.of_program(program.id)
        }
    assert yes["Lea"] == "left"
    assert {yes[name] for name in ("Tom", "Zoe", "Max")} == {"active"}


async def test_who_left_did_meet_and_the_other_is_not_asked_twice(storage: OpenStorage) -> None:
    town, id = await introduced(storage, "lea", "tom")
    await town.type(town.people["lea"], "leave")

    said = await town.press(town.people["lea"], f"met:{id}")
    await town.move_to(TUESDAY + timedelta(days=8))

    assert named(said) == "reply.met"
    async with storage.open_work(town.community.id) as work:
        tom = await work.members.find(town.people["tom"].external_id)
        assert tom is not None
        [introduction] = await work.introductions.of_member(tom.id, limit=9)
    assert introduction.state is IntroductionState.MET


@pytest.mark.parametrize("verb", OF_AN_INTRODUCTION)
async def test_after_the_round_every_button_is_answered(storage: OpenStorage, verb: str) -> None:
    town, id = await introduced(storage, "lea", "tom")
    await town.move_to(TUESDAY + timedelta(days=9))

    reply = await town.press(town.people["lea"], f"{verb}:{id}")

    assert reply.form or named(reply) != "refusal.broken"


@pytest.mark.parametrize("verb", OF_AN_INTRODUCTION)
async def test_of_an_introduction_whose_other_was_erased_every_button_gets_a_sentence(
    storage: OpenStorage, verb: str
) -> None:
    town, id = await introduced(storage, "lea", "tom")
    await town.press(town.people["tom"], "forget:")

    reply = await town.press(town.people["lea"], f"{verb}:{id}")

    assert named(reply) in {"refusal.gone", "refusal.no_meeting"}


async def test_zones_that_disagree_by_more_than_a_day_agree_on_one_moment(storage: OpenStorage) -> None:
    town, id = await introduced(storage, "lea", "tom", lea="Pacific/Kiritimati", tom="Pacific/Pago_Pago")
    lea, tom = town.people["lea"], town.people["tom"]
    await town.move_to(TUESDAY + timedelta(hours=14))

    offer = await town.press(lea, f"times:{id}")
    assert offer.message is not None
    slot = [one.action for one in offer.message.buttons if one.action.startswith("slot:")][-1]
    await town.press(lea, slot)
    agreed = await town.press(tom, slot)
    await town.move_to(town.clock.now() + timedelta(days=1))

    assert named(agreed) == "reply.agreed"
    [card] = town.platform.of(lea, "card")
    days = [line for line in card.message.plain.splitlines() if "Next meeting" in line]
    # Both dates stand in it: they live on two days of the calendar.
    assert days
    assert "for Tom" in card.message.plain or "for Lea" in card.message.plain
