"""What members do, in both languages, and what must never show."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot import commands
from bot.domain.community import Language
from bot.domain.ids import ExternalId
from bot.domain.member import Standing
from bot.messages import Circle, FieldKind, Person, Said
from bot.wording.replies import command_name
from storage.database import OpenStorage
from tests.town import Town, found, person

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WEEK = timedelta(days=7)


async def opened(storage: OpenStorage, *names: str) -> Town:
    town = await found(storage, *names)
    await town.set_up()
    await town.join(*names)
    await town.move_to(TUESDAY)
    return town


def introduction_of(town: Town, name: str) -> str:
    """The id that the buttons of somebody's latest introduction carry."""
    seen = [
        one for one in town.platform.of(town.people[name]) if one.message.name in ("introduction", "joined")
    ]
    return seen[-1].message.buttons[0].action.partition(":")[2]


def companions(town: Town, name: str) -> set[str]:
    """With whom somebody was introduced, over all rounds."""
    met: set[str] = set()
    for one in town.platform.of(town.people[name]):
        if isinstance(one.destination, Circle):
            met |= {each.removeprefix("U-") for each in one.people} - {name}
    return met


# ── Buttons ─────────────────────────────────────────────────────────────────────────────────────────


async def test_we_know_each_other_gives_both_a_new_neighbour(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max", "ida", "joe")
    [partner] = companions(town, "lea")

    reply = await town.press(town.people["lea"], f"known:{introduction_of(town, 'lea')}")
    await town.move_to(TUESDAY + timedelta(hours=1))

    assert reply.message is not None
    assert reply.message.name == "reply.swapped"
    for name in ("lea", partner):
        [joined] = town.platform.of(town.people[name], "joined")
        assert len(joined.people) == 3
        assert not {"U-lea", f"U-{partner}"} <= set(joined.people)


async def test_alone_with_each_other_they_come_first_next_time(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")

    reply = await town.press(town.people["lea"], f"known:{introduction_of(town, 'lea')}")
    await town.move_to(TUESDAY + timedelta(hours=1))

    assert reply.message is not None
    assert reply.message.name == "reply.swap_waiting"
    assert len(town.platform.of(town.people["tom"], "parted")) == 1


async def test_not_this_week_gives_the_other_a_new_neighbour_and_asks_nothing(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    [partner] = companions(town, "lea")

    await town.press(town.people["lea"], f"bow:{introduction_of(town, 'lea')}")
    await town.move_to(TUESDAY + WEEK - timedelta(minutes=1))

    assert len(town.platform.of(town.people[partner], "joined")) == 1
    assert [one.message.name for one in town.platform.of(town.people["lea"])] == ["introduction"]


@pytest.mark.parametrize("verb", ["known", "bow"])
async def test_who_has_met_is_not_parted_by_a_late_click(storage: OpenStorage, verb: str) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    id = introduction_of(town, "lea")
    await town.press(town.people["lea"], f"met:{id}")

    await town.press(town.people["lea"], f"{verb}:{id}")
    await town.move_to(TUESDAY + timedelta(days=1))

    assert [one.message.name for one in town.platform.of(town.people["lea"])] == ["introduction"]


async def test_a_round_by_hand_twice_in_a_minute_is_a_sentence(storage: OpenStorage) -> None:
    town = await found(storage)
    await town.set_up()

    await town.type(town.people["ada"], "run-now")
    again = await town.type(town.people["ada"], "run-now")

    assert again.message is not None
    assert again.message.name == "reply.run_now_quiet"


async def test_another_phrase_is_new_every_time_until_the_bank_is_through(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    action = f"phrase:{introduction_of(town, 'lea')}"

    replies = [await town.press(town.people["lea"], action) for _ in range(22)]

    texts = [reply.message.plain for reply in replies if reply.message]
    assert len(set(texts)) == 22


@pytest.mark.parametrize("verb", ["met", "known", "bow", "phrase"])
async def test_a_button_of_others_gets_a_sentence_and_changes_nothing(
    storage: OpenStorage, verb: str
) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    [partner] = companions(town, "lea")
    outsider = next(name for name in ("tom", "zoe", "max") if name != partner)

    reply = await town.press(town.people[outsider], f"{verb}:{introduction_of(town, 'lea')}")

    assert reply.message is not None
    assert reply.message.name == "refusal.not_yours"


@pytest.mark.parametrize(
    "action", ["met:nonsense", "nonsense:1", "", "met", "met:../../etc", "met:" + "x" * 500, "show:1"]
)
async def test_a_forged_button_gets_a_sentence(storage: OpenStorage, action: str) -> None:
    town = await opened(storage, "lea", "tom")

    reply = await town.press(town.people["lea"], action)

    assert reply.message is not None
    assert reply.message.name in ("refusal.unknown_button", "reply.not_needed")


async def test_a_button_pressed_twice_is_heard_once(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    action = f"met:{introduction_of(town, 'lea')}"

    await town.press(town.people["lea"], action, event="sandbox/1")
    again = await town.press(town.people["lea"], action, event="sandbox/1")

    assert again.message is None


# ── Wishes that nobody can find out about ───────────────────────────────────────────────────────────


async def test_a_keep_apart_wish_holds_in_every_round(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom", "zoe", "max")
    await town.set_up()
    await town.join("lea", "tom", "zoe", "max")
    await town.type(town.people["lea"], "avoid @tom")

    await town.move_to(TUESDAY + 6 * WEEK)

    assert "tom" not in companions(town, "lea")


async def test_a_keep_apart_wish_holds_for_who_erased_themselves_and_came_back(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom", "zoe", "max")
    await town.set_up()
    await town.join("lea", "tom", "zoe", "max")
    await town.type(town.people["lea"], "avoid @tom")
    await town.press(town.people["tom"], "forget:")
    await town.join("tom")

    await town.move_to(TUESDAY + 6 * WEEK)

    assert "tom" not in companions(town, "lea")
    assert companions(town, "tom")


async def test_the_one_left_over_by_a_wish_reads_that_it_was_chance(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom")
    await town.set_up()
    await town.join("lea", "tom")
    await town.type(town.people["lea"], "avoid @tom")

    await town.move_to(TUESDAY)
    why = await town.type(town.people["tom"], "why")

    [seen] = town.platform.of(town.people["tom"])
    assert seen.message.name == "nobody"
    assert why.message is not None
    assert why.message.name == "reply.alone_why"
    assert "Lea" not in why.message.plain + seen.message.plain


async def test_an_export_shows_ones_own_wishes_and_nobody_elses(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    await town.type(town.people["lea"], "avoid @tom")
    await town.type(town.people["lea"], "know @zoe")

    mine = await town.type(town.people["lea"], "export-me")
    theirs = await town.type(town.people["tom"], "export-me")
    known = await town.type(town.people["zoe"], "export-me")

    assert mine.file is not None
    assert theirs.file is not None
    assert known.file is not None
    assert len(json.loads(mine.file.content)["keep_apart"]) == 1
    assert json.loads(theirs.file.content)["keep_apart"] == []
    assert json.loads(known.file.content)["ties"] == []


async def test_said_again_a_wish_can_be_taken_back(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    await town.type(town.people["lea"], "avoid @tom")

    again = await town.type(town.people["lea"], "avoid @tom")
    assert again.message is not None
    back = await town.press(town.people["lea"], again.message.buttons[0].action)
    once_more = await town.type(town.people["lea"], "avoid @tom")

    assert back.message is not None
    assert back.message.name == "reply.avoid_removed"
    assert once_more.message is not None
    assert once_more.message.name == "reply.avoid_added"


# ── Coming and going ────────────────────────────────────────────────────────────────────────────────


async def test_who_pauses_until_a_day_comes_back_with_a_note(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom", "zoe")
    await town.set_up()
    await town.join("lea", "tom", "zoe")
    await town.type(town.people["lea"], "pause 2026-11-28")

    await town.move_to(TUESDAY + WEEK)

    names = [one.message.name for one in town.platform.of(town.people["lea"])]
    assert names == ["welcome_back", "introduction"]


async def test_who_skips_hears_nothing_in_that_round_and_something_in_the_next(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom", "zoe")
    await town.set_up()
    await town.join("lea", "tom", "zoe")
    await town.type(town.people["lea"], "skip")

    await town.move_to(TUESDAY + WEEK - timedelta(minutes=1))
    assert town.platform.of(town.people["lea"]) == []
    await town.move_to(TUESDAY + WEEK)

    assert len(town.platform.of(town.people["lea"], "introduction")) == 1


async def test_an_own_rhythm_rests_in_between_and_hears_nothing(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom", "zoe")
    await town.set_up()
    await town.join("lea", "tom", "zoe")
    await town.submit(town.people["lea"], "me:", rhythm="second")

    await town.move_to(TUESDAY + 3 * WEEK + timedelta(days=1))

    times = [one.at for one in town.platform.of(town.people["lea"], "introduction")]
    assert times == [TUESDAY, TUESDAY + 2 * WEEK]


async def test_who_wants_a_message_of_their_own_gets_one_and_so_does_their_neighbour(
    storage: OpenStorage,
) -> None:
    town = await found(storage, "lea", "tom", "zoe", "max")
    await town.set_up()
    await town.join("lea", "tom", "zoe", "max")
    await town.submit(town.people["lea"], "me:", room="own")

    await town.move_to(TUESDAY)

    made = [one for one in town.platform.seen if one.message.name == "introduction"]
    alone = [one.destination for one in made if isinstance(one.destination, Person)]
    together = [one.destination for one in made if isinstance(one.destination, Circle)]
    assert (len(alone), len(together)) == (2, 1)
    assert Person(external_id=town.people["lea"].external_id) in alone
    assert all(
        len(town.platform.of(asker, "introduction")) == 1
        for asker in town.people.values()
        if asker != town.people["ada"]
    )


async def test_a_platform_that_brings_it_aside_is_told_who_likes_to_hear_of_it_where(
    storage: OpenStorage,
) -> None:
    town = await found(storage, "lea", "tom", "zoe")
    town.platform.aside = True
    await town.set_up()
    await town.join("lea", "tom", "zoe")
    await town.submit(town.people["lea"], "me:", room="own")
    await town.submit(town.people["tom"], "me:", room="shared")
    await town.submit(town.people["zoe"], "me:", room="usual")

    await town.move_to(TUESDAY)

    [made] = [one for one in town.platform.seen if one.message.name == "introduction"]
    assert isinstance(made.destination, Circle)
    assert len(made.destination.people) == 3
    assert made.destination.aside == (town.people["lea"].external_id,)
    assert made.destination.within == (town.people["tom"].external_id,)


async def test_leaving_is_silent(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    await town.type(town.people["lea"], "leave")
    before = len(town.platform.seen)

    await town.move_to(TUESDAY + timedelta(days=6))

    assert all("Lea" not in one.message.plain for one in town.platform.seen[before:])


async def test_who_is_no_longer_in_the_channel_is_not_introduced(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom", "zoe", "max", "ida")
    await town.set_up()
    await town.join("lea", "tom", "zoe", "max", "ida")
    town.platform.present = [one for one in town.platform.present if one.external_id != "U-ida"]

    await town.move_to(TUESDAY)

    assert town.platform.of(town.people["ida"]) == []


async def test_erasure_leaves_nothing_of_who_it_was(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    await town.submit(town.people["lea"], "me:", learning="the oboe, very slowly")
    confirm = await town.type(town.people["lea"], "forget-me")
    assert confirm.message is not None
    [erase] = [button.action for button in confirm.message.buttons if not button.main]

    done = await town.press(town.people["lea"], erase)

    assert done.message is not None
    assert done.message.name == "reply.forgotten"
    theirs = await town.type(town.people["tom"], "export-me")
    assert theirs.file is not None
    assert b"oboe" not in theirs.file.content
    assert b"Lea" not in theirs.file.content
    async with storage.open_work(town.community.id) as work:
        assert await work.members.find(ExternalId("U-lea")) is None


async def test_two_programs_introduce_a_member_once_a_week(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    second = town.ask(town.people["ada"])
    form = {"rhythm": "weekly", "day": "2", "at": "10:00", "zone": "Europe/Paris", "size": "2"}
    await commands.submit(
        storage.open_work,
        replace(second, space=ExternalId("C-other"), space_name="other"),
        "setup:C-other",
        form,
    )
    for name in ("lea", "tom", "zoe", "max"):
        ask = replace(town.ask(town.people[name]), space=ExternalId("C-other"))
        await commands.run(storage.open_work, ask, "join", town.find)

    await town.move_to(TUESDAY + timedelta(days=2))

    for name in ("lea", "tom", "zoe", "max"):
        assert len(town.platform.of(town.people[name], "introduction")) == 1


# ── Conveners ───────────────────────────────────────────────────────────────────────────────────────


async def test_the_preview_is_what_is_sent(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom", "zoe", "max", "ida", "joe")
    await town.set_up()
    await town.join("lea", "tom", "zoe", "max", "ida", "joe")

    preview = await town.type(town.people["ada"], "preview")
    await town.move_to(TUESDAY)

    assert preview.message is not None
    for one in town.platform.seen:
        if one.message.name == "introduction":
            first, second = (each.removeprefix("U-").capitalize() for each in one.people)
            assert any(first in line and second in line for line in preview.message.plain.splitlines()), (
                preview.message.plain
            )


@pytest.mark.parametrize(
    "line",
    [
        "setup",
        "preview",
        "run-now",
        "pause-program",
        "resume-program",
        "blackout 2026-12-24",
        "convener @tom",
    ],
)
async def test_conveners_commands_are_theirs_alone(storage: OpenStorage, line: str) -> None:
    town = await opened(storage, "lea", "tom")

    reply = await town.type(town.people["lea"], line)

    assert reply.message is not None
    assert reply.message.name == "refusal.conveners_only"


async def test_a_named_convener_may_and_a_guest_never(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    guest = person("gus", guest=True)
    town.people["gus"] = guest

    await town.type(town.people["ada"], "convener @lea")
    allowed = await town.type(town.people["lea"], "preview")
    refused = await town.type(town.people["ada"], "convener @gus")
    await town.type(town.people["ada"], "convener remove @lea")
    no_longer = await town.type(town.people["lea"], "preview")

    assert allowed.message is not None
    assert allowed.message.name == "preview"
    assert refused.message is not None
    assert refused.message.name == "refusal.guests_cannot"
    assert no_longer.message is not None
    assert no_longer.message.name == "refusal.conveners_only"


async def test_run_now_opens_a_round_and_refuses_a_second(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom")
    await town.set_up()
    await town.join("lea", "tom")

    first = await town.type(town.people["ada"], "run-now")
    second = await town.type(town.people["ada"], "run-now")
    await town.move_to(TUESDAY)

    assert first.message is not None
    assert first.message.name == "reply.run_now"
    assert second.message is not None
    assert second.message.name == "refusal.round_running"
    assert len(town.platform.of(town.people["lea"], "introduction")) == 1


async def test_a_paused_program_opens_nothing_and_makes_nothing_up(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom")
    await town.set_up()
    await town.join("lea", "tom")
    await town.type(town.people["ada"], "pause-program")
    await town.move_to(TUESDAY + 2 * WEEK)

    await town.type(town.people["ada"], "resume-program")
    await town.move_to(TUESDAY + 3 * WEEK)

    assert [one.at for one in town.platform.of(town.people["lea"], "introduction")] == [TUESDAY + 3 * WEEK]


async def test_few_members_are_offered_every_two_weeks_and_one_click_does_it(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    [offer] = town.platform.of(town.people["ada"], "small")

    reply = await town.press(town.people["ada"], offer.message.buttons[0].action)
    await town.move_to(TUESDAY + 4 * WEEK)

    assert reply.message is not None
    assert reply.message.name == "reply.fortnight_done"
    times = [one.at for one in town.platform.of(town.people["lea"], "introduction")]
    assert times == [TUESDAY, TUESDAY + 2 * WEEK, TUESDAY + 4 * WEEK]
    assert len(town.platform.of(town.people["ada"], "small")) == 1


async def test_a_changed_zone_gives_one_round_that_week(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")
    await town.move_to(TUESDAY + timedelta(days=1))

    await town.set_up(zone="Asia/Tokyo")
    await town.move_to(TUESDAY + 2 * WEEK)

    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
        walls = [one.wall for one in await work.rounds.latest(program.id, limit=9)]
    assert sorted(walls) == ["2026-11-24T10:00", "2026-12-01T10:00", "2026-12-08T10:00"]


# ── Commands in both languages, and what cannot be understood ───────────────────────────────────────


@pytest.mark.parametrize("command", [each.name for each in commands.COMMANDS])
@pytest.mark.parametrize("language", list(Language))
async def test_every_command_answers_in_the_language_of_who_types_it(
    storage: OpenStorage, command: str, language: Language
) -> None:
    town = await found(storage, "lea", "tom")
    await town.set_up()
    await town.join("tom")
    town.people["lea"] = person("lea", language=language, admin=True)
    await town.type(town.people["lea"], "join")
    if command == "resume-program":
        await town.type(town.people["ada"], "pause-program")
    option = {"know": " @tom", "avoid": " @tom", "convener": " @tom"}.get(command, "")

    reply = await town.type(town.people["lea"], command_name(command, language) + option)

    assert reply.message is not None or reply.form is not None
    if reply.message is not None:
        # Who knows whom cannot be learnt in the town: that is what it says then.
        refused = {"ties": "refusal.no_sources"}.get(command, "")
        assert reply.message.name == refused or not reply.message.name.startswith("refusal.")
        assert reply.message.parts[0].language is language
        # What a preview shows as an example is in the languages of those whom it introduces.
        sample = {Language.ENGLISH} if command == "preview" else set()
        assert {part.language for part in reply.message.parts} == {language} | sample
    if reply.form is not None:
        assert reply.form.language is language


async def test_completion_offers_conveners_what_is_theirs_and_nobody_else(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    await town.type(town.people["ada"], "convener @lea")

    theirs = await commands.complete(storage.open_work, town.ask(town.people["lea"]), "pa")
    others = await commands.complete(storage.open_work, town.ask(town.people["tom"]), "pa")
    choices = await commands.complete(storage.open_work, town.ask(town.people["lea"]), "convener re")

    assert [text for text, _ in theirs] == ["pause", "partners", "pause-program"]
    assert [text for text, _ in others] == ["pause", "partners"]
    assert [text for text, _ in choices] == ["convener remove"]


@pytest.mark.parametrize(
    "line,refusal",
    [
        ("dance", "refusal.unknown_command"),
        ("know", "refusal.person_missing"),
        ("know @nobody", "refusal.person_not_found"),
        ("know @lea", "refusal.yourself"),
        ("avoid @lea", "refusal.yourself"),
        ("pause the day after the rain", "refusal.day_not_understood"),
        ("pause 2020-01-01", "refusal.day_passed"),
        ("pause 2026-02-31", "refusal.day_not_understood"),
    ],
)
async def test_what_cannot_be_done_gets_a_sentence(storage: OpenStorage, line: str, refusal: str) -> None:
    town = await opened(storage, "lea", "tom")

    reply = await town.type(town.people["lea"], line)

    assert reply.message is not None
    assert reply.message.name == refusal


async def test_a_slip_of_the_fingers_is_shown_what_was_meant(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")

    slipped, strange = [await town.type(town.people["lea"], line) for line in ("lerning to weave", "dance")]

    assert slipped.message is not None
    assert strange.message is not None
    assert "Try: learning." in slipped.message.plain
    assert "Try: join, skip, pause, me." in strange.message.plain


@pytest.mark.parametrize("line", ["skip", "pause", "leave", "resume"])
async def test_who_never_joined_is_told_how(storage: OpenStorage, line: str) -> None:
    town = await opened(storage, "lea", "tom")
    town.people["new"] = person("new")

    reply = await town.type(town.people["new"], line)

    assert reply.message is not None
    assert reply.message.name == "refusal.not_participating"


@pytest.mark.parametrize(
    "field,value",
    [
        ("learning", "x" * 151),
        ("language", "tlh"),
        ("languages", "fr,xx"),
        ("zone", "Paris/Texas/Nowhere"),
        ("format", "quartet"),
        ("rhythm", "hourly"),
        ("room", "cellar"),
    ],
)
async def test_a_form_that_cannot_be_taken_changes_nothing_at_all(
    storage: OpenStorage, field: str, value: str
) -> None:
    town = await opened(storage, "lea", "tom")
    values = {"learning": "looms", "can_help": "accounts", field: value}

    reply = await town.submit(town.people["lea"], "me:", **values)

    assert list(reply.errors) == [field]
    async with storage.open_work(town.community.id) as work:
        member = await work.members.find(ExternalId("U-lea"))
    assert member is not None
    assert member.can_help == ""


async def test_a_members_words_stay_words(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom")
    await town.set_up()
    await town.join("lea", "tom")
    hostile = "<!channel> @everyone *bold* [link](https://example.org) {person} \u202eabc"
    await town.submit(town.people["lea"], "me:", learning=hostile)

    await town.move_to(TUESDAY)

    [seen] = town.platform.of(town.people["tom"], "introduction")
    said = [
        span.text
        for part in seen.message.parts
        for paragraph in part.paragraphs
        for span in paragraph
        if isinstance(span, Said)
    ]
    assert hostile in said


async def test_the_form_about_oneself_offers_own_wishes_to_untick(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    await town.type(town.people["lea"], "avoid @tom")

    form = (await town.type(town.people["lea"], "me")).form
    assert form is not None
    [apart] = [field for field in form.fields if field.name == "apart"]
    assert apart.kind is FieldKind.CHOICES
    await town.submit(town.people["lea"], form.action, apart="")

    again = (await town.type(town.people["lea"], "me")).form
    assert again is not None
    assert [field for field in again.fields if field.name == "apart"] == []


async def test_a_pause_ends_the_yes_of_the_moment_and_not_the_history(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")

    await town.type(town.people["lea"], "pause")
    await town.type(town.people["lea"], "resume")

    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
        member = await work.members.find(ExternalId("U-lea"))
        assert member is not None
        yes = await work.participations.find(program.id, member.id)
    assert yes is not None
    assert yes.standing is Standing.ACTIVE
    assert yes.last_round == 1
