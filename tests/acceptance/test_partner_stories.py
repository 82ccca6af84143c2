"""From a meeting to a partnership: two private yeses, some weeks, a kind end; a no leaves no trace."""

import shutil
import tempfile
from collections.abc import Mapping
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.ids import ExternalId
from bot.messages import Asker, Message, Reply
from bot.ports import Storage
from storage.database import opened
from storage.ids import numbered
from tests.town import MONDAY, Town, found

TUESDAY = MONDAY + timedelta(days=1, hours=1)
"""The first round, at 10:00 in Paris."""

AFTER = TUESDAY + timedelta(days=2)

WEEK = timedelta(weeks=1)


async def introduced(storage: Storage, *names: str) -> tuple[Town, str]:
    """Ada and the others have been introduced two days ago, all in one; returns the introduction's id too."""
    town = await found(storage, *(names or ("ben",)))
    await town.set_up(size=str(max(2, len(names) + 1)))
    await town.join("ada", *(names or ("ben",)))
    await town.move_to(AFTER)
    first = town.platform.of(town.people["ada"], "introduction")[0]
    return town, first.message.buttons[0].action.partition(":")[2].partition(".")[0]


async def go_on_together(storage: Storage) -> tuple[Town, str]:
    """Ada and Ben have both said yes; returns the partnership's id."""
    town, id = await introduced(storage)
    await town.press(town.people["ada"], f"met:{id}")
    await town.press(town.people["ada"], f"go_on:{id}")
    reply = said(await town.press(town.people["ben"], f"go_on:{id}"), "partners")
    return town, id_in(reply)


def said(reply: Reply, name: str) -> Reply:
    assert reply.message is not None, reply
    assert reply.message.name == name, reply.message.plain
    return reply


def id_in(reply: Reply) -> str:
    assert reply.message is not None
    return reply.message.buttons[0].action.partition(":")[2]


# ── Two yeses ───────────────────────────────────────────────────────────────────────────────────────


async def test_two_yeses_make_a_partnership_and_both_hear_of_it(storage: Storage) -> None:
    town, id = await introduced(storage)

    asked = said(await town.press(town.people["ada"], f"met:{id}"), "reply.met")
    said(await town.press(town.people["ada"], f"go_on:{id}"), "reply.willing")
    said(await town.press(town.people["ben"], f"go_on:{id}"), "partners")
    await town.move_to(AFTER + timedelta(minutes=1))

    assert asked.message is not None
    assert [button.action for button in asked.message.buttons][:2] == [f"go_on:{id}", f"enough:{id}"]
    assert len(town.platform.of(town.people["ada"], "partners")) == 1
    assert town.platform.of(town.people["ben"], "partners") == []


async def test_whoever_did_not_tell_is_asked_once_at_the_end_of_the_round(storage: Storage) -> None:
    town, id = await introduced(storage)

    await town.press(town.people["ada"], f"met:{id}")
    await town.move_to(TUESDAY + WEEK)

    assert len(town.platform.of(town.people["ben"], "question.met")) == 1
    assert town.platform.of(town.people["ben"], "question") == []
    assert town.platform.of(town.people["ada"], "question") == []
    assert town.platform.of(town.people["ada"], "question.met") == []


async def test_nobody_is_asked_before_they_have_met(storage: Storage) -> None:
    town, id = await introduced(storage)

    said(await town.press(town.people["ada"], f"go_on:{id}"), "refusal.not_met")
    said(await town.press(town.people["ada"], f"could_not:{id}"), "reply.could_not")
    said(await town.press(town.people["ada"], f"go_on:{id}"), "refusal.not_met")


async def test_of_three_two_can_go_on_and_the_third_can_join_them(storage: Storage) -> None:
    town, id = await introduced(storage, "ben", "cleo")
    for who in ("ada", "ben", "cleo"):
        await town.press(town.people[who], f"met:{id}")

    said(await town.press(town.people["ada"], f"go_on:{id}"), "reply.willing")
    said(await town.press(town.people["cleo"], f"enough:{id}"), "reply.unwilling")
    said(await town.press(town.people["ben"], f"go_on:{id}"), "partners")
    said(await town.press(town.people["cleo"], f"go_on:{id}"), "partners")

    listed = said(await town.type(town.people["ada"], "partners"), "reply.partners").message
    assert listed is not None
    assert "Ben" in listed.plain
    assert "Cleo" in listed.plain


async def test_three_who_say_yes_in_one_breath_hear_of_it_once(storage: Storage) -> None:
    town, id = await introduced(storage, "ben", "cleo")
    for who in ("ada", "ben", "cleo"):
        await town.press(town.people[who], f"met:{id}")
        await town.press(town.people[who], f"go_on:{id}")

    await town.move_to(AFTER + timedelta(minutes=1))

    told = {who: len(town.platform.of(town.people[who], "partners")) for who in town.people}
    assert told == {"ada": 1, "ben": 1, "cleo": 0}


async def test_of_three_a_wish_of_one_leaves_the_yeses_of_the_others_to_them(storage: Storage) -> None:
    town, id = await introduced(storage, "ben", "cleo")
    for who in ("ada", "ben", "cleo"):
        await town.press(town.people[who], f"met:{id}")
    await town.type(town.people["ben"], "avoid @ada")

    said(await town.press(town.people["ada"], f"go_on:{id}"), "reply.willing")
    said(await town.press(town.people["ben"], f"go_on:{id}"), "reply.willing")
    begun = said(await town.press(town.people["cleo"], f"go_on:{id}"), "partners")
    again = said(await town.press(town.people["ben"], f"go_on:{id}"), "reply.willing")

    assert begun.message is not None
    assert again.message is not None
    assert "Ada" in begun.message.plain
    assert "Ben" not in begun.message.plain
    said(await town.type(town.people["ben"], "partners"), "reply.partners_none")


async def test_a_keep_apart_wish_makes_none_and_reads_like_silence(storage: Storage) -> None:
    town, id = await introduced(storage)
    await town.press(town.people["ada"], f"met:{id}")
    await town.press(town.people["ada"], f"go_on:{id}")
    await town.type(town.people["ben"], "avoid @ada")

    said(await town.press(town.people["ben"], f"go_on:{id}"), "reply.willing")
    await town.move_to(AFTER + 4 * WEEK)

    said(await town.type(town.people["ada"], "partners"), "reply.partners_none")
    assert town.platform.of(town.people["ada"], "partners") == []


Said = Literal["yes", "no", "nothing"]

AFTER_A_MEETING = {"yes": "go_on", "no": "enough"}
AFTER_A_TERM = {"yes": "again", "no": "done"}


async def _until_they_are_asked(
    storage: Storage, verbs: Mapping[str, str], *, three: bool
) -> tuple[Town, str]:
    """To the question whether to go on, the first or the second; returns what its buttons carry too."""
    town, id = await introduced(storage, *(("ben", "cleo") if three else ("ben",)))
    for who in town.people:
        await town.press(town.people[who], f"met:{id}")
    if verbs is AFTER_A_MEETING:
        return town, id
    *_, begun = [await town.press(person, f"go_on:{id}") for person in town.people.values()]
    # The rounds go on without end; what is asked here is about one meeting.
    await town.type(town.people["ada"], "pause-program")
    await town.move_to(AFTER + 12 * WEEK + timedelta(days=1))
    return town, id_in(begun)


async def _world(
    empty: Path,
    verbs: Mapping[str, str],
    *,
    ada: Said,
    ben: Said,
    three: bool,
    ben_first: bool,
    waits: int,
    changes: bool,
) -> list[object]:
    """Everything that ada sees, and when, while she and ben say what they say; a third says yes."""
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        file = shutil.copy(empty, folder)
        storage = await stack.enter_async_context(opened(f"sqlite:///{file}", ids=numbered(), durable=False))
        town, id = await _until_they_are_asked(storage, verbs, three=three)
        replies: list[object] = []

        async def answers(who: str, what: Said) -> None:
            if what == "nothing":
                return
            reply = await town.press(town.people[who], f"{verbs[what]}:{id}")
            if who == "ada":
                assert reply.message is not None
                replies.append(shown(reply.message))

        order: list[tuple[str, Said]] = [("ada", ada), ("ben", ben)]
        order += [("cleo", "yes")] if three else []
        for who, what in reversed(order) if ben_first else order:
            await answers(who, what)
            await town.move_to(town.clock.now() + timedelta(hours=waits))
        if changes and ben == "no":
            await answers("ben", "no")
        for line in ("partners", "why", ""):
            reply = await town.type(town.people["ada"], line)
            assert reply.message is not None
            replies.append(shown(reply.message))
        await town.move_to(town.clock.now() + 3 * WEEK)
        own = (await town.type(town.people["ada"], "export-me")).file
        assert own is not None
        mine = [(one.at, shown(one.message)) for one in town.platform.of(town.people["ada"])]
        public = [(one.at, shown(one.message)) for one in town.platform.posted()]
        return [*replies, own.content, *mine, *public]


def shown(message: Message) -> tuple[str, list[tuple[str, str]]]:
    """All that one sees of a message: its words and its buttons."""
    return message.plain, [(button.label, button.action) for button in message.buttons]


@pytest.mark.parametrize("verbs", [AFTER_A_MEETING, AFTER_A_TERM], ids=["after a meeting", "after a term"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    ada=st.sampled_from(("yes", "no", "nothing")),
    three=st.booleans(),
    ben_first=st.booleans(),
    waits=st.integers(0, 60),
    changes=st.booleans(),
)
async def test_nothing_that_one_sees_or_gets_depends_on_the_no_of_the_other(
    empty_file: Path,
    verbs: Mapping[str, str],
    ada: Said,
    three: bool,
    ben_first: bool,
    waits: int,
    changes: bool,
) -> None:
    # Without a yes of her own, his yes too is nothing that she could see.
    answers: tuple[Said, ...] = ("no", "nothing") if ada == "yes" or three else ("no", "nothing", "yes")

    refused, *others = [
        await _world(
            empty_file,
            verbs,
            ada=ada,
            ben=ben,
            three=three,
            ben_first=ben_first,
            waits=waits,
            changes=changes,
        )
        for ben in answers
    ]

    assert all(other == refused for other in others)


# ── Some weeks ──────────────────────────────────────────────────────────────────────────────────────


async def test_each_session_is_recalled_once_with_what_each_set_out_to_do(storage: Storage) -> None:
    town, id = await go_on_together(storage)
    form = (await town.press(town.people["ben"], f"intend:{id}")).form
    assert form is not None
    values = {"better_at": "throwing bowls", "will_try": "one by Sunday", "pace": "fortnightly"}
    said(await town.submit(town.people["ben"], form.action, **values), "reply.intended")

    await town.move_to(AFTER + 12 * WEEK + timedelta(days=1))

    for who in ("ada", "ben"):
        sessions = town.platform.of(town.people[who], "session")
        assert len(sessions) == 6
        assert [one.message.plain.split("\n")[0].split(" with")[0] for one in sessions] == [
            f"Session {number} of 6" for number in range(1, 7)
        ]
        assert all("throwing bowls" in one.message.plain for one in sessions)
        assert len(town.platform.of(town.people[who], "check")) == 1
        assert len(town.platform.of(town.people[who], "ending")) == 1
        assert [one for one in sessions if not 8 <= one.at.hour + 1 < 20] == []


async def test_another_pace_counts_from_the_sessions_to_come(storage: Storage) -> None:
    town, id = await go_on_together(storage)

    said(await town.submit(town.people["ada"], f"intend:{id}", pace="monthly"), "reply.intended")
    await town.move_to(AFTER + 12 * WEEK + timedelta(days=1))

    assert len(town.platform.of(town.people["ben"], "session")) == 3


async def test_it_ends_by_itself_when_nobody_says_anything(storage: Storage) -> None:
    town, _ = await go_on_together(storage)

    await town.move_to(AFTER + 16 * WEEK)

    said(await town.type(town.people["ada"], "partners"), "reply.partners_none")
    assert len(town.platform.of(town.people["ada"], "ending")) == 1
    assert town.platform.of(town.people["ada"], "ended") == []


async def test_two_more_yeses_begin_another_term_and_one_alone_stays_private(storage: Storage) -> None:
    town, id = await go_on_together(storage)
    said(await town.press(town.people["ada"], f"again:{id}"), "refusal.partnership_running")
    await town.move_to(AFTER + 12 * WEEK + timedelta(days=1))

    said(await town.press(town.people["ada"], f"again:{id}"), "reply.willing")
    said(await town.press(town.people["ben"], f"done:{id}"), "reply.unwilling")
    said(await town.press(town.people["ben"], f"again:{id}"), "partners.renewed")
    await town.move_to(AFTER + 25 * WEEK)

    assert len(town.platform.of(town.people["ada"], "partners.renewed")) == 1
    assert len(town.platform.of(town.people["ada"], "session")) == 12


async def at_the_end_of_three(storage: Storage) -> tuple[Town, str]:
    """Ada, Ben and Cleo have gone on together for a term, and are asked whether they would again."""
    town, id = await introduced(storage, "ben", "cleo")
    for who in ("ada", "ben", "cleo"):
        await town.press(town.people[who], f"met:{id}")
    *_, begun = [await town.press(person, f"go_on:{id}") for person in town.people.values()]
    await town.move_to(AFTER + 12 * WEEK + timedelta(days=1))
    return town, id_in(begun)


async def test_of_three_the_last_yes_joins_the_new_term_that_two_have_begun(storage: Storage) -> None:
    town, id = await at_the_end_of_three(storage)

    said(await town.press(town.people["ada"], f"again:{id}"), "reply.willing")
    said(await town.press(town.people["ben"], f"again:{id}"), "partners.renewed")
    said(await town.press(town.people["cleo"], f"done:{id}"), "reply.unwilling")
    await town.move_to(town.clock.now() + timedelta(days=1))
    joined = said(await town.press(town.people["cleo"], f"again:{id}"), "partners.renewed").message
    await town.move_to(AFTER + 25 * WEEK)

    assert joined is not None
    assert "Ada and Ben" in joined.plain
    assert len(town.platform.of(town.people["ada"], "partners.renewed")) == 2
    for who in ("ada", "ben", "cleo"):
        assert len(town.platform.of(town.people[who], "session")) == 12


async def test_of_three_whoever_decides_after_their_week_is_told_that_it_is_over(storage: Storage) -> None:
    town, id = await at_the_end_of_three(storage)
    for who in ("ada", "ben"):
        await town.press(town.people[who], f"again:{id}")

    await town.move_to(town.clock.now() + WEEK)

    for verb in ("again", "done"):
        said(await town.press(town.people["cleo"], f"{verb}:{id}"), "refusal.partnership_gone")


async def test_of_three_whoever_parted_from_one_finds_no_way_back_and_reads_silence(
    storage: Storage,
) -> None:
    town, id = await at_the_end_of_three(storage)
    for who in ("ada", "ben"):
        await town.press(town.people[who], f"again:{id}")
    await town.type(town.people["ada"], "avoid @cleo")

    said(await town.press(town.people["cleo"], f"again:{id}"), "reply.willing")
    await town.move_to(town.clock.now() + timedelta(days=1))

    listed = said(await town.type(town.people["ben"], "partners"), "reply.partners").message
    assert listed is not None
    assert "Cleo" not in listed.plain


async def test_whoever_ends_it_does_so_at_once_and_the_other_hears_one_kind_line(storage: Storage) -> None:
    town, id = await go_on_together(storage)

    said(await town.press(town.people["ben"], f"part:{id}"), "reply.partnership_ended")
    said(await town.press(town.people["ben"], f"part:{id}"), "refusal.partnership_gone")
    await town.move_to(AFTER + 14 * WEEK)

    assert len(town.platform.of(town.people["ada"], "ended")) == 1
    assert town.platform.of(town.people["ada"], "session") == []
    said(await town.type(town.people["ada"], "partners"), "reply.partners_none")


@pytest.mark.parametrize("way", ["avoid", "forget"])
async def test_whoever_parts_or_goes_is_gone_from_it_without_a_word(storage: Storage, way: str) -> None:
    town, _ = await go_on_together(storage)

    if way == "avoid":
        await town.type(town.people["ben"], "avoid @ada")
    else:
        await town.press(town.people["ben"], "forget:")
    await town.move_to(AFTER + 14 * WEEK)

    names = {one.message.name for one in town.platform.of(town.people["ada"]) if one.at > AFTER}
    assert names & {"session", "check", "ending", "ended", "partners"} == set()
    said(await town.type(town.people["ada"], "partners"), "reply.partners_none")


async def test_a_wish_to_be_kept_apart_ends_it_at_once_on_every_path(storage: Storage) -> None:
    town, id = await go_on_together(storage)
    await town.move_to(AFTER + 12 * WEEK + timedelta(days=1))
    said(await town.press(town.people["ada"], f"again:{id}"), "reply.willing")

    await town.type(town.people["ben"], "avoid @ada")

    for verb in ("again", "done", "intend", "part"):
        for who in ("ada", "ben"):
            said(await town.press(town.people[who], f"{verb}:{id}"), "refusal.partnership_gone")
    await town.move_to(AFTER + 14 * WEEK)
    assert town.platform.of(town.people["ada"], "ended") == []
    assert town.platform.of(town.people["ada"], "partners.renewed") == []


async def test_of_three_whoever_parts_from_one_leaves_and_the_others_go_on(storage: Storage) -> None:
    town, id = await introduced(storage, "ben", "cleo")
    for who in ("ada", "ben", "cleo"):
        await town.press(town.people[who], f"met:{id}")
        await town.press(town.people[who], f"go_on:{id}")

    await town.type(town.people["ben"], "avoid @ada")

    listed = said(await town.type(town.people["ada"], "partners"), "reply.partners").message
    assert listed is not None
    assert "Cleo" in listed.plain
    assert "Ben" not in listed.plain
    said(await town.type(town.people["ben"], "partners"), "reply.partners_none")


async def test_a_stranger_to_it_reads_and_changes_nothing(storage: Storage) -> None:
    town, id = await go_on_together(storage)
    town.people["eve"] = Asker(external_id=ExternalId("U-eve"), name="Eve")

    for verb in ("intend", "part", "again", "done"):
        said(await town.press(town.people["eve"], f"{verb}:{id}"), "refusal.partnership_gone")
    reply = await town.submit(town.people["eve"], f"intend:{id}", better_at="x", pace="weekly")
    said(reply, "refusal.partnership_gone")


@pytest.mark.parametrize(
    "values, wrong",
    [
        ({"better_at": "x" * 151}, {"better_at"}),
        ({"will_try": "x" * 999}, {"will_try"}),
        ({"pace": "daily"}, {"pace"}),
    ],
)
async def test_an_intention_that_cannot_be_taken_changes_nothing(
    storage: Storage, values: dict[str, str], wrong: set[str]
) -> None:
    town, id = await go_on_together(storage)

    reply = await town.submit(town.people["ada"], f"intend:{id}", **values)

    assert set(reply.errors) == wrong
    form = (await town.press(town.people["ada"], f"intend:{id}")).form
    assert form is not None
    assert [field.value for field in form.fields] == ["", "", "fortnightly"]


async def test_it_survives_an_outage_without_a_flood(storage: Storage) -> None:
    town, _ = await go_on_together(storage)

    town.clock.move_to(AFTER + 9 * WEEK)
    await town.heart.tick()

    late = [one for one in town.platform.of(town.people["ada"]) if one.at > AFTER]
    assert [one.message.name for one in late if one.message.name in ("session", "check")] == []


async def test_what_is_private_is_in_one_s_own_export_alone(storage: Storage) -> None:
    town, id = await go_on_together(storage)
    await town.submit(town.people["ben"], f"intend:{id}", better_at="throwing bowls", pace="weekly")

    mine = (await town.type(town.people["ben"], "export-me")).file
    others = (await town.type(town.people["ada"], "export-me")).file

    assert mine is not None
    assert others is not None
    assert b"throwing bowls" in mine.content
    assert b"throwing bowls" not in others.content
