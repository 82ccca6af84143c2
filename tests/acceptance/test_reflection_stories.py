"""What are you learning? Questions, answers, who may read them, and nobody left without a reply."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.ids import PromptId
from bot.domain.reflection import LIMIT, Visibility
from bot.messages import Reply
from bot.ports import Storage
from tests.town import SPACE, Town, found

THURSDAY = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
"""Two days after the round, at 10:00 in Paris."""


async def with_questions(storage: Storage, *names: str) -> tuple[Town, str]:
    """A town with a program that asks every week; returns the program's id too."""
    town = await found(storage, "ben", "cleo", "dan", *names)
    program = await town.set_up()
    await town.join("ada", "ben", "cleo", "dan", *names)
    said(await town.type(town.people["ada"], "prompt on"), "reply.prompt_on")
    return town, program


def said(reply: Reply, name: str) -> Reply:
    assert reply.message is not None, reply
    assert reply.message.name == name, reply.message.plain
    return reply


def prompt_of(town: Town) -> str:
    """The id of the question that was put last."""
    return town.platform.posted("prompt")[-1].message.buttons[0].action.partition(":")[2]


async def answer(
    town: Town, who: str, text: str, *, to: Visibility = Visibility.COMMUNITY, prompt: str = ""
) -> Reply:
    return await town.submit(
        town.people[who], f"reflect:{prompt or prompt_of(town)}", text=text, visibility=to
    )


def id_in(reply: Reply) -> str:
    assert reply.message is not None
    return reply.message.buttons[0].action.partition(":")[2]


# ── The question ────────────────────────────────────────────────────────────────────────────────────


async def test_every_week_one_question_is_put_two_days_after_the_round_and_none_twice_until_all_were(
    storage: Storage,
) -> None:
    town, _ = await with_questions(storage)

    await town.move_to(THURSDAY + timedelta(weeks=28, days=1))

    asked = [one.message.parts[0].paragraphs[1] for one in town.platform.posted("prompt")]
    assert len(asked[:28]) == len(set(asked)) == 28
    # Then the one of longest ago comes back.
    assert asked[28:] == asked[:1]
    assert town.platform.posted("prompt")[0].at == THURSDAY


async def test_a_convener_s_own_question_goes_first_and_can_be_taken_back(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    said(await town.type(town.people["ada"], "prompt add Which knot did you learn?"), "reply.prompt_added")
    said(await town.type(town.people["ada"], "question ajouter Lequel as-tu oublié ?"), "reply.prompt_added")
    said(await town.type(town.people["ada"], "prompt remove 2"), "reply.prompt_removed")

    await town.move_to(THURSDAY)

    assert "Which knot did you learn?" in town.platform.posted("prompt")[0].message.plain
    listed = said(await town.type(town.people["ada"], "prompt"), "reply.prompts").message
    assert listed is not None
    assert "1. Which knot" in listed.plain
    assert "Lequel" not in listed.plain


async def test_a_question_now_and_no_more_questions(storage: Storage) -> None:
    town, _ = await with_questions(storage)

    said(await town.type(town.people["ada"], "prompt now"), "reply.prompt_now")
    said(await town.type(town.people["ada"], "prompt now"), "refusal.prompt_just_put")
    said(await town.type(town.people["ada"], "prompt off"), "reply.prompt_off")
    said(await town.type(town.people["ada"], "prompt off"), "refusal.prompts_already_off")
    await town.move_to(THURSDAY + timedelta(weeks=2))

    assert len(town.platform.posted("prompt")) == 1


async def test_a_question_put_by_hand_does_not_take_the_place_of_this_week_s(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    town.clock.move_to(THURSDAY)

    said(await town.type(town.people["ada"], "prompt now"), "reply.prompt_now")
    await town.move_to(THURSDAY)

    assert len(town.platform.posted("prompt")) == 2


async def test_questions_keep_silent_on_days_off_and_after_an_outage_only_today_s_is_put(
    storage: Storage,
) -> None:
    town, _ = await with_questions(storage)
    await town.type(town.people["ada"], "blackout add 2026-11-26")

    await town.move_to(THURSDAY + timedelta(days=1))
    assert town.platform.posted("prompt") == []
    town.clock.move_to(THURSDAY + timedelta(weeks=4, days=2))
    await town.heart.tick()
    assert town.platform.posted("prompt") == []
    town.clock.move_to(THURSDAY + timedelta(weeks=5, hours=3))
    await town.heart.tick()

    assert len(town.platform.posted("prompt")) == 1


async def test_whoever_likes_gets_the_question_in_private_too_and_no_longer_once_they_answered(
    storage: Storage,
) -> None:
    town, program = await with_questions(storage)
    ben = town.people["ben"]
    said(await town.press(ben, f"prompt_me:{program}"), "reply.prompted")

    await town.move_to(THURSDAY)
    assert len(town.platform.of(ben, "prompt")) == 1
    assert town.platform.of(town.people["cleo"], "prompt") == []
    said(await town.press(ben, f"prompt_stop:{program}"), "reply.unprompted")
    await town.move_to(THURSDAY + timedelta(weeks=1))

    assert len(town.platform.of(ben, "prompt")) == 1


async def test_only_conveners_ask(storage: Storage) -> None:
    town, _ = await with_questions(storage)

    for line in ("prompt", "prompt on", "prompt off", "prompt now", "prompt add What?", "prompt remove 1"):
        said(await town.type(town.people["ben"], line), "refusal.conveners_only")


@pytest.mark.parametrize(
    "line, refused",
    [
        ("prompt add", "refusal.prompt_text_missing"),
        ("prompt add " + "x" * 201, "refusal.prompt_too_long"),
        ("prompt remove", "refusal.prompt_number_missing"),
        ("prompt remove 0", "refusal.prompt_number"),
        ("prompt remove ²", "refusal.prompt_number"),
        ("prompt remove first", "refusal.prompt_number"),
    ],
)
async def test_what_cannot_be_asked_gets_a_sentence(storage: Storage, line: str, refused: str) -> None:
    town, _ = await with_questions(storage)

    said(await town.type(town.people["ada"], line), refused)


# ── The answers ─────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_for_all_is_brought_to_the_space_once(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)

    form = (await town.press(town.people["ben"], f"reflect:{prompt_of(town)}")).form
    assert form is not None
    assert form.fields[1].value == Visibility.PARTNER
    reply = said(await answer(town, "ben", "I tied a bowline."), "reply.reflected_community")
    await town.move_to(THURSDAY + timedelta(minutes=5))
    await town.submit(
        town.people["ben"], f"reword:{id_in(reply)}", text="I tied two.", visibility=Visibility.COMMUNITY
    )
    await town.move_to(THURSDAY + timedelta(minutes=10))

    shared = town.platform.posted("reflection")
    assert len(shared) == 1
    assert "Ben" in shared[0].message.plain
    assert "I tied a bowline." in shared[0].message.plain
    again = (await town.press(town.people["ben"], f"reflect:{prompt_of(town)}")).form
    assert again is not None
    assert again.fields[0].value == "I tied two."


async def test_what_is_taken_back_before_it_goes_out_is_never_seen(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)
    evening = THURSDAY + timedelta(hours=12)
    await town.move_to(evening)

    reply = said(await answer(town, "ben", "Too personal."), "reply.reflected_community")
    said(await town.press(town.people["ben"], f"withdraw:{id_in(reply)}"), "reply.reflected_mine")
    await town.move_to(evening + timedelta(days=2))

    assert town.platform.posted("reflection") == []
    assert all("Too personal." not in one.message.plain for one in town.platform.seen)


async def test_what_is_taken_back_and_shared_again_the_same_day_is_brought_once(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    evening = THURSDAY + timedelta(hours=12)
    await town.move_to(evening)
    id = id_in(await answer(town, "ben", "A bowline."))
    await town.press(town.people["ben"], f"withdraw:{id}")
    await town.move_to(THURSDAY + timedelta(days=1, minutes=5))

    for _ in range(2):
        said(await town.press(town.people["ben"], f"share:{id}"), "reply.reflected_community")
    await town.move_to(THURSDAY + timedelta(days=1, minutes=10))
    said(await town.press(town.people["ben"], f"share:{id}"), "reply.reflected_community")
    await town.move_to(THURSDAY + timedelta(days=3))

    assert len(town.platform.posted("reflection")) == 1


async def test_who_takes_back_or_rewords_what_has_appeared_is_told_that_it_stays_there(
    storage: Storage,
) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)
    id = id_in(await answer(town, "ben", "A bowline."))
    await town.move_to(THURSDAY + timedelta(minutes=5))

    reworded = await town.submit(
        town.people["ben"], f"reword:{id}", text="Two bowlines.", visibility=Visibility.COMMUNITY
    )
    withdrawn = await town.press(town.people["ben"], f"withdraw:{id}")
    asked = await town.press(town.people["cleo"], f"respond:{id}")
    await town.move_to(THURSDAY + timedelta(days=3))

    said(reworded, "reply.reflected_reworded")
    said(withdrawn, "reply.reflected_withdrawn")
    said(asked, "refusal.reflection_gone")
    assert len(town.platform.posted("reflection")) == 1
    assert [one for one in town.platform.seen if one.message.name == "unheard"] == []


async def test_an_answer_for_oneself_is_seen_by_nobody_and_one_for_neighbours_opens_their_introduction(
    storage: Storage,
) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)
    said(await answer(town, "ben", "Mine alone.", to=Visibility.MINE), "reply.reflected_mine")
    said(await answer(town, "cleo", "Stuck on splices.", to=Visibility.PARTNER), "reply.reflected_partner")

    await town.move_to(THURSDAY + timedelta(days=6))

    second = [one for one in town.platform.of(town.people["cleo"], "introduction") if one.at > THURSDAY]
    assert len(second) == 1
    assert "Stuck on splices." in second[0].message.plain
    assert all("Mine alone." not in one.message.plain for one in town.platform.seen)
    assert town.platform.posted("reflection") == []


async def test_an_answer_of_three_weeks_ago_opens_nothing(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)
    await answer(town, "cleo", "Stuck on splices.", to=Visibility.PARTNER)

    await town.move_to(THURSDAY + timedelta(days=20))

    late = [
        one
        for one in town.platform.of(town.people["cleo"], "introduction")
        if one.at > THURSDAY + timedelta(days=14)
    ]
    assert late
    assert all("splices" not in one.message.plain for one in late)


async def test_nothing_this_week_is_an_answer_and_a_sign_of_life(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)

    said(await town.press(town.people["ben"], f"nothing:{prompt_of(town)}"), "reply.nothing_this_week")
    said(await town.press(town.people["ben"], f"nothing:{prompt_of(town)}"), "reply.nothing_this_week")

    async with storage.open_work(town.community.id) as work:
        ben = await work.members.find(town.people["ben"].external_id)
        assert ben is not None
        answered = await work.reflections.answering(PromptId(prompt_of(town)), ben.id)
    assert answered is not None
    assert answered.text == ""


async def test_learning_can_be_told_at_any_time_in_either_language(storage: Storage) -> None:
    town, _ = await with_questions(storage)

    reply = said(await town.type(town.people["ben"], "learning to splice a rope"), "reply.reflected_partner")
    said(await town.press(town.people["ben"], f"share:{id_in(reply)}"), "reply.reflected_community")
    form = (await town.type(town.people["cleo"], "apprendre")).form
    assert form is not None
    said(
        await town.submit(town.people["cleo"], form.action, text="Nœuds", visibility="mine"),
        "reply.reflected_mine",
    )
    await town.move_to(THURSDAY - timedelta(days=2))

    assert "to splice a rope" in town.platform.posted("reflection")[0].message.plain


@pytest.mark.parametrize("text", ["", "   \n \n", "x" * 10_000])
async def test_an_answer_that_is_empty_or_endless_changes_nothing(storage: Storage, text: str) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)

    reply = await answer(town, "ben", text)

    assert set(reply.errors) == {"text"}
    async with storage.open_work(town.community.id) as work:
        assert await work.reflections.since(THURSDAY - timedelta(days=30)) == []


@pytest.mark.parametrize("text", ["🪢" * 40, "<!channel> @everyone [here](https://a.example)", "x" * LIMIT])
async def test_what_people_write_stays_words(storage: Storage, text: str) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)

    said(await answer(town, "ben", text), "reply.reflected_community")
    await town.move_to(THURSDAY + timedelta(minutes=1))

    assert text in town.platform.posted("reflection")[0].message.plain


async def test_nobody_changes_another_s_words(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)
    id = id_in(await answer(town, "ben", "A bowline."))

    for verb in ("reword", "share", "withdraw"):
        said(await town.press(town.people["cleo"], f"{verb}:{id}"), "refusal.reflection_not_yours")
    forged = await town.submit(town.people["cleo"], f"reword:{id}", text="Ha", visibility="mine")
    said(forged, "refusal.reflection_not_yours")
    said(await town.press(town.people["ben"], "reword:nowhere"), "refusal.reflection_gone")
    said(await town.press(town.people["ben"], "reflect:nowhere"), "refusal.prompt_gone")


# ── No answer left alone ────────────────────────────────────────────────────────────────────────────


async def test_a_word_about_an_answer_reaches_its_author_alone(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)
    id = id_in(await answer(town, "ben", "A bowline."))

    form = (await town.press(town.people["cleo"], f"respond:{id}")).form
    assert form is not None
    said(await town.submit(town.people["cleo"], form.action, text="Which rope?"), "reply.responded")
    await town.move_to(THURSDAY + timedelta(days=3))

    told = [one for one in town.platform.seen if "Which rope?" in one.message.plain]
    assert [one.people for one in told] == [[town.people["ben"].external_id]]
    assert [one for one in town.platform.seen if one.message.name == "unheard"] == []


async def test_after_a_day_without_a_word_the_one_who_can_help_is_asked_once(storage: Storage) -> None:
    town, _ = await with_questions(storage, "eve", "fay")
    await town.submit(town.people["dan"], "me:", can_help="tying bowlines")
    await town.move_to(THURSDAY)
    await answer(town, "ben", "My bowline slips.")

    await town.move_to(THURSDAY + timedelta(days=3))

    asked = [one for one in town.platform.seen if one.message.name == "unheard"]
    assert [one.people for one in asked] == [[town.people["dan"].external_id]]
    assert asked[0].at == THURSDAY + timedelta(days=1)


async def test_nobody_is_asked_to_reply_twice_within_a_week(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)
    for who in ("ada", "ben", "cleo", "dan"):
        await answer(town, who, f"{who} ties knots.")
    await town.type(town.people["ben"], "learning even more knots")

    await town.move_to(THURSDAY + timedelta(days=3))

    asked = [one.people[0] for one in town.platform.seen if one.message.name == "unheard"]
    assert len(asked) == len(set(asked)) == 4


async def test_where_everybody_was_asked_this_week_an_answer_waits_for_who_may_be_asked_first(
    storage: Storage,
) -> None:
    town = await found(storage, "ben")
    program = await town.set_up()
    await town.join("ada", "ben")
    for words in ("A bowline.", "A sheet bend."):
        await town.submit(
            town.people["ben"], f"learning:{program}", text=words, visibility=Visibility.COMMUNITY
        )
        await town.move_to(town.clock.now() + timedelta(hours=6))

    await town.move_to(town.clock.now() + timedelta(days=20))

    first, second = town.platform.of(town.people["ada"], "unheard")
    assert "A bowline." in first.message.plain
    assert "A sheet bend." in second.message.plain
    assert timedelta(days=7) <= second.at - first.at < timedelta(days=8)


async def test_nobody_is_asked_about_what_they_cannot_read(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    for who, spoken in (("ben", "fr"), ("ada", "en,de"), ("cleo", "en"), ("dan", "en,fr")):
        await town.submit(town.people[who], "me:", languages=spoken)
    await town.submit(town.people["cleo"], "me:", can_help="nœuds de chaise")
    await town.move_to(THURSDAY)
    await answer(town, "ben", "Mon nœud de chaise glisse.")

    await town.move_to(THURSDAY + timedelta(days=3))

    asked = [one for one in town.platform.seen if one.message.name == "unheard"]
    assert [one.people for one in asked] == [[town.people["dan"].external_id]]


async def test_a_keep_apart_wish_holds_here_too_and_does_not_show(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    await town.type(town.people["ben"], "avoid @cleo")
    await town.move_to(THURSDAY)
    id = id_in(await answer(town, "ben", "A bowline."))

    reply = await town.submit(town.people["cleo"], f"respond:{id}", text="Which rope?")
    await town.move_to(THURSDAY + timedelta(days=3))

    said(reply, "reply.responded")
    assert [one for one in town.platform.seen if "Which rope?" in one.message.plain] == []


async def test_an_answer_that_is_no_longer_shared_takes_no_words(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)
    id = id_in(await answer(town, "ben", "A bowline."))
    await town.press(town.people["ben"], f"withdraw:{id}")

    said(await town.press(town.people["cleo"], f"respond:{id}"), "refusal.reflection_gone")
    said(await town.submit(town.people["cleo"], f"respond:{id}", text="Which?"), "refusal.reflection_gone")
    await town.move_to(THURSDAY + timedelta(days=3))

    assert [one for one in town.platform.seen if one.message.name == "unheard"] == []


async def test_whoever_goes_takes_their_words_along(storage: Storage) -> None:
    town, _ = await with_questions(storage)
    await town.move_to(THURSDAY)
    evening = THURSDAY + timedelta(hours=12)
    await town.move_to(evening)
    id = id_in(await answer(town, "ben", "A bowline."))
    await town.submit(town.people["cleo"], f"respond:{id}", text="Which rope?")

    exported = (await town.type(town.people["ben"], "export-me")).file
    assert exported is not None
    assert b"A bowline." in exported.content
    assert b"Which rope?" in exported.content
    await town.press(town.people["ben"], "forget:")
    await town.move_to(evening + timedelta(days=3))

    assert [one for one in town.platform.seen if "bowline" in one.message.plain] == []
    said(await town.press(town.people["cleo"], f"respond:{id}"), "refusal.reflection_gone")


async def test_a_program_that_changes_its_hour_asks_at_the_new_one(storage: Storage) -> None:
    town, _ = await with_questions(storage)

    await town.submit(
        town.people["ada"],
        f"setup:{SPACE}",
        rhythm="weekly",
        day="3",
        at="15:00",
        zone="Europe/Paris",
        size="2",
    )
    await town.move_to(THURSDAY + timedelta(days=7))

    assert [one.at for one in town.platform.posted("prompt")] == [datetime(2026, 11, 30, 14, tzinfo=UTC)]
