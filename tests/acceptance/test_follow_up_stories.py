"""What is asked before and after, who is asked to rest, and a private word to a convener."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from bot.messages import Message
from storage.database import OpenStorage
from tests.town import Town, found, person

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)
EVENING = timedelta(hours=12)


async def opened(storage: OpenStorage, *names: str) -> Town:
    town = await found(storage, *names)
    await town.set_up()
    await town.join(*names)
    await town.move_to(TUESDAY + timedelta(hours=1))
    return town


def latest(town: Town, name: str, kind: str = "introduction") -> Message:
    return town.platform.of(town.people[name], kind)[-1].message


def id_of(message: Message, verb: str) -> str:
    return next(one.action for one in message.buttons if one.action.startswith(f"{verb}:")).partition(":")[2]


async def rounds(town: Town, *, answering: tuple[str, ...] = (), until: int) -> None:
    """Rounds go by; these answer every closing question."""
    for week in range(1, until + 1):
        await town.move_to(TUESDAY + week * WEEK - timedelta(hours=13))
        for name in answering:
            for seen in town.platform.of(town.people[name], "question")[-1:]:
                await town.press(town.people[name], f"could_not:{id_of(seen.message, 'could_not')}")


# ── Before and after ────────────────────────────────────────────────────────────────────────────────


async def test_what_one_expected_and_found_stays_theirs(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id = id_of(latest(town, "lea"), "expect")

    asked = await town.press(town.people["lea"], f"expect:{id}")
    noted = await town.press(town.people["lea"], f"expect_little:{id}")
    met = await town.press(town.people["lea"], f"met:{id}")
    found_it = await town.press(town.people["lea"], f"found_much:{id}")
    hers = await town.type(town.people["lea"], "export-me")
    his = await town.type(town.people["tom"], "export-me")

    names = [reply.message.name for reply in (asked, noted, met, found_it) if reply.message]
    assert names == ["reply.expect", "reply.expected", "reply.met", "reply.found"]
    assert hers.file is not None
    assert his.file is not None
    [impression] = json.loads(hers.file.content)["impressions"]
    assert (impression["expected"], impression["found"]) == ("little", "much")
    assert json.loads(his.file.content)["impressions"] == []


async def test_an_expectation_is_not_changed_by_what_was_found(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id = id_of(latest(town, "lea"), "expect")
    for verb in ("expect_little", "found_some", "expect_much"):
        await town.press(town.people["lea"], f"{verb}:{id}")

    reply = await town.type(town.people["lea"], "export-me")

    assert reply.file is not None
    [impression] = json.loads(reply.file.content)["impressions"]
    assert impression["expected"] == "little"


async def test_eight_answers_make_the_communitys_own_figure_and_seven_do_not(storage: OpenStorage) -> None:
    names = [f"p{number}" for number in range(10)]
    town = await opened(storage, *names)
    for number, name in enumerate(names[:8]):
        id = id_of(latest(town, name), "expect")
        await town.press(town.people[name], f"expect_little:{id}")
        if number < 7:
            await town.press(town.people[name], f"found_much:{id}")
    eighth = id_of(latest(town, names[7]), "expect")
    await town.move_to(TUESDAY + WEEK + timedelta(hours=1))
    second = latest(town, "p0").plain
    await town.press(town.people[names[7]], f"found_much:{eighth}")

    await town.move_to(TUESDAY + 2 * WEEK + timedelta(hours=1))

    assert "Most people find more" in second
    assert "Here, about 9 in 10" in latest(town, "p0").plain


async def test_a_line_to_keep_is_shared_only_by_ones_own_choice(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id = id_of(latest(town, "lea"), "expect")
    form = (await town.press(town.people["lea"], f"keepsake:{id}")).form
    assert form is not None
    tom = next(choice.value for choice in form.fields[1].choices if choice.label == "Tom")

    kept = await town.submit(town.people["lea"], form.action, takeaway="<@U-tom> taught me knots")
    shared = await town.submit(
        town.people["tom"], form.action, takeaway="", thanked="nobody", shared="community"
    )
    thanks = await town.submit(
        town.people["lea"], form.action, takeaway="knots", thanked=tom, shared="community"
    )

    names = [reply.message.name for reply in (kept, shared, thanks) if reply.message]
    assert names == ["reply.kept_private", "reply.kept_private", "reply.kept_shared"]


@pytest.mark.parametrize("thanked", ["", "nonsense", "nobody"])
async def test_a_line_that_is_too_long_is_refused_and_a_stranger_is_not_thanked(
    storage: OpenStorage, thanked: str
) -> None:
    town = await opened(storage, "lea", "tom")
    id = id_of(latest(town, "lea"), "expect")

    long = await town.submit(town.people["lea"], f"keepsake:{id}", takeaway="x" * 10_000)
    fine = await town.submit(town.people["lea"], f"keepsake:{id}", takeaway="😀", thanked=thanked)

    assert "takeaway" in long.errors
    assert fine.message is not None
    assert fine.message.name == "reply.kept_private"


async def test_an_answer_after_the_round_counts_and_nothing_is_lost(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id = id_of(latest(town, "lea"), "expect")
    await town.move_to(TUESDAY + 2 * WEEK)

    met = await town.press(town.people["lea"], f"met:{id}")
    left = await town.type(town.people["tom"], "leave")
    his = await town.press(town.people["tom"], f"could_not:{id}")

    assert met.message is not None
    assert met.message.name == "reply.met"
    assert left.message is not None
    assert his.message is not None
    assert his.message.name == "reply.could_not"


async def test_a_button_of_an_introduction_that_was_erased_gets_a_sentence(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    id = id_of(latest(town, "lea"), "expect")
    await town.press(town.people["tom"], "forget:")

    replies = [
        await town.press(town.people["lea"], f"{verb}:{id}")
        for verb in ("met", "expect", "expect_some", "found_some", "keepsake", "times", "bow")
    ]

    assert {reply.message.name for reply in replies if reply.message} == {"refusal.gone"}
    assert all(reply.message for reply in replies)


# ── Rest or stay ────────────────────────────────────────────────────────────────────────────────────


async def test_after_three_silent_rounds_rest_or_stay_takes_the_place_of_the_question(
    storage: OpenStorage,
) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    await rounds(town, until=4)

    seen = [one.message.name for one in town.platform.of(town.people["lea"]) if one.message.name != "nudge"]

    assert seen.count("rest") == 1
    assert seen.count("question") == 3
    assert seen.index("rest") > 5


async def test_any_sign_of_life_resets_the_count(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    await rounds(town, until=2)
    await town.type(town.people["lea"], "me")
    await town.submit(town.people["lea"], "me:", learning="knots", zone="Europe/Paris")

    for week in (3, 4):
        await town.move_to(TUESDAY + week * WEEK - timedelta(hours=13))

    assert town.platform.of(town.people["lea"], "rest") == []
    assert len(town.platform.of(town.people["tom"], "rest")) == 1


@pytest.mark.parametrize("verb, standing", [("rest", "on a break"), ("stay", "next introduction")])
async def test_one_tap_rests_or_stays(storage: OpenStorage, verb: str, standing: str) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    await rounds(town, until=4)
    message = latest(town, "lea", "rest")

    reply = await town.press(town.people["lea"], f"{verb}:{id_of(message, verb)}")
    panel = await town.type(town.people["lea"], "")

    assert reply.message is not None
    assert reply.message.name in ("reply.rested", "reply.stayed")
    assert panel.message is not None
    assert standing in panel.message.plain


async def test_one_met_is_a_sign_of_life_of_both(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    await rounds(town, until=3)
    id = id_of(latest(town, "lea"), "expect")
    await town.press(town.people["tom"], f"met:{id}")

    await town.move_to(TUESDAY + 4 * WEEK - timedelta(hours=13))

    assert town.platform.of(town.people["lea"], "rest") == []


# ── Care ────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_private_word_reaches_a_convener_and_parts_the_two(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    first = {one for seen in town.platform.of(town.people["lea"], "introduction") for one in seen.people}
    [other] = [one.removeprefix("U-") for one in first - {"U-lea"}]
    form = (await town.type(town.people["lea"], f"care @{other}", private=True)).form
    assert form is not None
    about = next(one.value for one in form.fields[0].choices if one.label == other.capitalize())
    before = len(town.platform.of(town.people[other]))

    reply = await town.submit(town.people["lea"], "care:", about=about, to="all", words="It was *not* kind.")
    await town.move_to(TUESDAY + timedelta(hours=2))
    after = len(town.platform.of(town.people[other]))
    await town.move_to(TUESDAY + 6 * WEEK)

    assert form.fields[0].value == about
    assert reply.message is not None
    assert reply.message.name == "reply.care"
    [word] = town.platform.of(town.people["ada"], "care")
    assert "It was *not* kind." in word.message.plain
    assert set(word.people) == {"U-ada"}
    assert before == after
    later = [
        one for one in town.platform.of(town.people["lea"], "introduction") if one.at > TUESDAY + WEEK / 2
    ]
    assert later
    assert all(f"U-{other}" not in one.people for one in later)


async def test_a_convener_never_reads_of_themselves(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    await town.type(town.people["ada"], "convener @tom")
    form = (await town.type(town.people["lea"], "care @tom", private=True)).form
    assert form is not None
    about = next(one.value for one in form.fields[0].choices if one.label == "Tom")

    offered = [one.label for one in form.fields[1].choices]
    await town.submit(town.people["lea"], "care:", about=about, to=about, words="a word")
    await town.move_to(TUESDAY + timedelta(days=2))

    assert "Tom" not in offered
    assert town.platform.of(town.people["tom"], "care") == []
    assert len(town.platform.of(town.people["ada"], "care")) == 1


async def test_a_word_goes_to_the_convener_who_was_chosen(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe")
    await town.type(town.people["ada"], "convener @zoe")
    form = (await town.type(town.people["lea"], "care", private=True)).form
    assert form is not None
    zoe = next(one.value for one in form.fields[1].choices if one.label == "Zoe")

    await town.submit(town.people["lea"], "care:", about="nobody", to=zoe, words="a word")
    await town.move_to(TUESDAY + timedelta(days=1))

    assert len(town.platform.of(town.people["zoe"], "care")) == 1
    assert town.platform.of(town.people["ada"], "care") == []


async def test_where_the_only_convener_is_meant_the_two_are_parted_and_it_is_said(
    storage: OpenStorage,
) -> None:
    town = await opened(storage, "lea", "tom")
    form = (await town.type(town.people["lea"], "care @ada", private=True)).form
    assert form is not None
    ada = form.fields[0].value

    reply = await town.submit(town.people["lea"], "care:", about=ada, to="all", words="a word")
    again = await town.type(town.people["lea"], "avoid @ada", private=True)

    assert reply.message is not None
    assert reply.message.name == "reply.care_nobody"
    assert again.message is not None
    assert again.message.name == "reply.avoid_again"


@pytest.mark.parametrize("words", ["", "   ", "x" * 1001])
async def test_a_word_needs_words_and_not_too_many(storage: OpenStorage, words: str) -> None:
    town = await opened(storage, "lea", "tom")

    reply = await town.submit(town.people["lea"], "care:", about="nobody", to="all", words=words)

    assert "words" in reply.errors


async def test_who_erases_themselves_takes_the_word_back(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    town.people["ada"] = person("ada", admin=True, zone="Asia/Tokyo")
    await town.type(town.people["ada"], "help")
    await town.move_to(TUESDAY + EVENING)

    await town.submit(town.people["lea"], "care:", about="nobody", to="all", words="a word")
    await town.press(town.people["lea"], "forget:")
    await town.move_to(TUESDAY + timedelta(days=3))

    assert town.platform.of(town.people["ada"], "care") == []
