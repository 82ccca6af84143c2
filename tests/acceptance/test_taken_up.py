"""An answer that somebody took up by hand, with a sign or a reply, is not brought to anybody's notice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.domain.reflection import Visibility
from bot.ports import Storage
from tests.places.place import TUESDAY, set_up
from tests.places.sandbox_place import sandbox_place
from tests.town import Seen, Town, found, person

MONDAY_NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)


async def shared(storage: Storage) -> tuple[Town, Seen]:
    """Ben shared a line with everybody on Monday noon; returns its post too."""
    town = await found(storage, "ben", "cleo", "dan")
    await town.set_up()
    await town.join("ben", "cleo", "dan")
    form = (await town.type(town.people["ben"], "learning")).form
    assert form is not None
    await town.submit(town.people["ben"], form.action, text="A bowline.", visibility=Visibility.COMMUNITY)
    await town.move_to(MONDAY_NOON)
    return town, town.platform.posted("reflection")[0]


def asked(town: Town) -> list[Seen]:
    return [one for one in town.platform.seen if one.message.name == "unheard"]


async def test_without_anybody_s_sign_one_member_is_asked(storage: Storage) -> None:
    town, _ = await shared(storage)

    await town.move_to(MONDAY_NOON + timedelta(days=3))

    assert len(asked(town)) == 1


async def test_a_reaction_or_a_reply_by_hand_spares_everybody_the_question(storage: Storage) -> None:
    town, post = await shared(storage)

    taken = await town.take_up(town.people["cleo"], post)
    await town.move_to(MONDAY_NOON + timedelta(days=3))

    assert taken
    assert asked(town) == []


async def test_somebody_whom_voisin_does_not_know_counts_too(storage: Storage) -> None:
    town, post = await shared(storage)

    assert await town.take_up(person("a passer-by"), post)
    await town.move_to(MONDAY_NOON + timedelta(days=3))

    assert asked(town) == []


async def test_one_s_own_sign_is_nobody_s_answer(storage: Storage) -> None:
    town, post = await shared(storage)

    assert not await town.take_up(town.people["ben"], post)
    await town.move_to(MONDAY_NOON + timedelta(days=3))

    assert len(asked(town)) == 1


async def test_a_sign_at_another_post_of_voisin_s_changes_nothing(storage: Storage) -> None:
    town, _ = await shared(storage)
    [invitation] = town.platform.posted("invitation")

    assert not await town.take_up(town.people["cleo"], invitation)
    await town.move_to(MONDAY_NOON + timedelta(days=3))

    assert len(asked(town)) == 1


async def test_a_question_on_its_way_is_taken_back_when_somebody_was_faster(storage: Storage) -> None:
    town, post = await shared(storage)
    town.clock.move_to(post.at + timedelta(days=1))
    await town.heart.step()

    await town.take_up(town.people["cleo"], post)
    await town.move_to(post.at + timedelta(days=3))

    assert asked(town) == []


async def test_what_is_kept_of_it_is_that_it_was_taken_up_and_when_not_by_whom(storage: Storage) -> None:
    town, post = await shared(storage)
    await town.take_up(town.people["cleo"], post)

    async with storage.open_work(town.community.id) as work:
        [reflection] = await work.reflections.since(MONDAY_NOON - timedelta(days=1))
        cleo = await work.members.find(town.people["cleo"].external_id)
        assert cleo is not None
        ties = await work.ties.all()
        written = await work.reflections.responses_of_member(cleo.id)
    assert reflection.heard_at == MONDAY_NOON
    assert ties == []
    assert written == []


async def test_a_post_of_long_ago_leads_to_nothing(storage: Storage) -> None:
    town, post = await shared(storage)
    await town.move_to(MONDAY_NOON + timedelta(days=20))

    assert not await town.take_up(town.people["cleo"], post)


@pytest.mark.parametrize("who", ["", "ben", "cleo"])
async def test_at_the_sandbox_a_heart_by_hand_is_an_answer_and_nobody_is_asked(
    sqlite_file: Path, who: str
) -> None:
    async with sandbox_place(sqlite_file, "ada", "ben", "cleo") as place:
        await set_up(place, "ada", "ben", "cleo")
        form = await place.opens("ben", "learning")
        await place.fills("ben", form, text="My bowline slips.", visibility="community")
        await place.until(MONDAY_NOON)
        [post] = [seen for seen in await place.posted() if "My bowline slips." in seen.words]

        if who:
            await place.reacts(who, post)
        await place.until(TUESDAY + timedelta(days=3))

        asked = [
            seen for name in ("ada", "cleo") for seen in await place.came(name) if "respond" in seen.verbs
        ]
        # One's own heart is nobody's answer.
        assert len(asked) == (0 if who == "cleo" else 1)
