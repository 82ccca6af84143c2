"""What goes back to the community: figures that speak of nobody, and words that were released."""

from datetime import timedelta

import pytest

from bot.domain.ids import ProgramId
from bot.ports import Storage
from tests.town import MONDAY, SPACE, Town, found

TUESDAY = MONDAY + timedelta(days=1, hours=1)
WEEK = timedelta(weeks=1)
SIX = ("ada", "ben", "cleo", "dan", "eve", "fay")


async def introduced(
    storage: Storage, *names: str, rhythm: str = "weekly"
) -> tuple[Town, dict[str, str], dict[str, str]]:
    """Everyone was introduced; returns each one's introduction and neighbour."""
    town = await found(storage, *names[1:])
    program = await town.set_up(rhythm=rhythm)
    await town.join(*names)
    async with storage.open_work(town.community.id) as work:
        begins = (await work.programs.get(ProgramId(program))).next_at
    assert begins is not None
    await town.move_to(begins + timedelta(hours=1))
    known = {town.people[name].external_id: name for name in names}
    ids, neighbours = {}, {}
    for name in names:
        [first] = town.platform.of(town.people[name], "introduction")
        ids[name] = first.message.buttons[0].action.partition(":")[2].partition(".")[0]
        [neighbours[name]] = [known[one] for one in first.people if known[one] != name]
    return town, ids, neighbours


async def test_at_the_end_of_a_round_the_space_reads_how_many_met_and_what_they_released(
    storage: Storage,
) -> None:
    town, ids, neighbours = await introduced(storage, *SIX)
    ada, bens = town.people["ada"], neighbours["ada"]
    await town.press(ada, f"met:{ids['ada']}")
    form = (await town.press(ada, f"keepsake:{ids['ada']}")).form
    assert form is not None
    thanked = next(field for field in form.fields if field.name == "thanked").choices[-1].value
    await town.submit(ada, form.action, takeaway="knots hold", thanked=thanked, shared="community")
    await town.submit(town.people[bens], form.action, takeaway="my secret", shared="mine")
    other = next(name for name in SIX if name not in ("ada", bens))
    await town.press(town.people[other], f"could_not:{ids[other]}")

    await town.move_to(TUESDAY + WEEK + timedelta(minutes=1))

    [harvest] = town.platform.posted("harvest")
    words = harvest.message.plain
    assert "Meetings that took place: 1 of 3. No word yet: 1 of 3." in words
    assert "Ada: “knots hold”" in words
    assert f"Ada thanks {bens.capitalize()}." in words
    assert "my secret" not in words
    assert not any(name.capitalize() in words for name in SIX if name not in ("ada", bens))


async def test_of_few_introductions_no_figure_is_told_and_nothing_released_means_no_message(
    storage: Storage,
) -> None:
    town, ids, _ = await introduced(storage, "ada", "ben", "cleo", "dan")
    await town.press(town.people["ada"], f"met:{ids['ada']}")

    await town.move_to(TUESDAY + WEEK + timedelta(minutes=1))

    assert town.platform.posted("harvest") == []


async def test_what_is_released_by_who_did_not_meet_stays_with_them(storage: Storage) -> None:
    town, ids, _ = await introduced(storage, *SIX)
    await town.submit(
        town.people["ada"], f"keepsake:{ids['ada']}", takeaway="we never met", shared="community"
    )

    await town.move_to(TUESDAY + WEEK + timedelta(minutes=1))

    [harvest] = town.platform.posted("harvest")
    assert "we never met" not in harvest.message.plain
    assert "Meetings that took place: 0 of 3. No word yet: 3 of 3." in harvest.message.plain


async def test_whoever_was_erased_is_not_in_the_harvest(storage: Storage) -> None:
    town, ids, _ = await introduced(storage, *SIX)
    await town.press(town.people["ada"], f"met:{ids['ada']}")
    await town.submit(town.people["ada"], f"keepsake:{ids['ada']}", takeaway="knots", shared="community")
    await town.press(town.people["ada"], "forget:")

    await town.move_to(TUESDAY + WEEK + timedelta(minutes=1))

    assert all("knots" not in one.message.plain for one in town.platform.posted())


async def test_a_season_that_ends_is_told_with_its_figures(storage: Storage) -> None:
    town, _, _ = await introduced(storage, *SIX)

    await town.move_to(TUESDAY + 6 * WEEK)

    [season] = town.platform.posted("season")
    assert "in 15 introductions" in season.message.plain
    assert "Meetings that took place: 0 of 15." in season.message.plain


SET_UP = {"rhythm": "weekly", "day": "1", "at": "10:00", "zone": "Europe/Paris", "size": "2"}


async def test_a_convener_switches_the_harvest_of_a_round_off_and_that_of_the_season_stays(
    storage: Storage,
) -> None:
    town, _, _ = await introduced(storage, *SIX)

    await town.submit(town.people["ada"], f"setup:{SPACE}", **SET_UP, harvest="tells_seasons")
    await town.move_to(TUESDAY + 6 * WEEK)

    assert town.platform.posted("harvest") == []
    [season] = town.platform.posted("season")
    assert "in 15 introductions" in season.message.plain


async def test_without_any_harvest_a_new_season_is_said_and_nothing_of_the_one_before(
    storage: Storage,
) -> None:
    town, ids, _ = await introduced(storage, *SIX)
    await town.press(town.people["ada"], f"met:{ids['ada']}")
    await town.submit(town.people["ada"], f"keepsake:{ids['ada']}", takeaway="knots", shared="community")

    await town.submit(town.people["ada"], f"setup:{SPACE}", **SET_UP, harvest="")
    await town.move_to(TUESDAY + 6 * WEEK)

    assert town.platform.posted("harvest") == []
    [season] = town.platform.posted("season")
    assert "15 introductions" not in season.message.plain
    assert "took place" not in season.message.plain
    assert all("knots" not in one.message.plain for one in town.platform.posted())


async def test_a_harvest_on_its_way_is_held_back_when_it_is_switched_off(storage: Storage) -> None:
    town, _, _ = await introduced(storage, *SIX)
    town.clock.move_to(TUESDAY + WEEK)
    await town.heart.step()

    await town.submit(town.people["ada"], f"setup:{SPACE}", **SET_UP, harvest="tells_seasons")
    await town.move_to(TUESDAY + WEEK + timedelta(minutes=1))

    assert town.platform.posted("harvest") == []


async def test_the_form_shows_what_is_on_and_a_form_that_does_not_ask_changes_nothing(
    storage: Storage,
) -> None:
    town, _, _ = await introduced(storage, *SIX)

    first = (await town.type(town.people["ada"], "setup")).form
    await town.submit(town.people["ada"], f"setup:{SPACE}", **SET_UP, harvest="tells_rounds")
    await town.submit(town.people["ada"], f"setup:{SPACE}", **SET_UP)
    then = (await town.type(town.people["ada"], "setup")).form
    wrong = await town.submit(
        town.people["ada"], f"setup:{SPACE}", **SET_UP, harvest="tells_rounds,tells_all"
    )

    assert first is not None
    assert then is not None
    shown = [next(each.value for each in form.fields if each.name == "harvest") for form in (first, then)]
    assert shown == ["tells_rounds,tells_seasons", "tells_rounds"]
    assert set(wrong.errors) == {"harvest"}


# ── Each week of a longer round ─────────────────────────────────────────────────────────────────────


async def release(town: Town, name: str, id: str, takeaway: str) -> None:
    await town.press(town.people[name], f"met:{id}")
    await town.submit(town.people[name], f"keepsake:{id}", takeaway=takeaway, shared="community")


@pytest.mark.parametrize("rhythm, weeks", [("fortnightly", 2), ("monthly", 4)])
async def test_in_a_longer_round_each_week_brings_what_was_released_in_it_and_the_end_the_rest(
    storage: Storage, rhythm: str, weeks: int
) -> None:
    town, ids, neighbours = await introduced(storage, *SIX, rhythm=rhythm)
    begun = town.clock.now() - timedelta(hours=1)
    other = next(name for name in SIX if name not in ("ada", neighbours["ada"]))
    await release(town, "ada", ids["ada"], "knots hold")
    await town.move_to(begun + WEEK + timedelta(minutes=1))
    first = town.platform.posted("harvest.week")
    await release(town, other, ids[other], "splices too")

    # To the end of the round, and no further.
    await town.move_to(begun + weeks * WEEK + timedelta(days=1))

    digests = town.platform.posted("harvest.week")
    told = [*digests, *town.platform.posted("harvest")]
    assert len(first) == 1
    assert "knots hold" in first[0].message.plain
    assert "The round so far." in first[0].message.plain
    assert "Meetings that took place: 1 of 3. No word yet: 2 of 3." in first[0].message.plain
    # A week without anything new is not told: of four weeks two were, and the end.
    assert len(digests) == (1 if rhythm == "fortnightly" else 2)
    for words in ("knots hold", "splices too"):
        assert sum(words in one.message.plain for one in told) == 1
    assert "Meetings that took place: 2 of 3." in told[-1].message.plain


async def test_a_week_in_which_nothing_was_released_is_not_told(storage: Storage) -> None:
    town, ids, _ = await introduced(storage, *SIX, rhythm="monthly")
    await town.press(town.people["ada"], f"met:{ids['ada']}")
    await town.submit(town.people["ada"], f"keepsake:{ids['ada']}", takeaway="my own", shared="mine")

    await town.move_to(town.clock.now() + 3 * WEEK)

    assert town.platform.posted("harvest.week") == []


async def test_what_was_released_before_they_told_that_they_met_waits_for_that(storage: Storage) -> None:
    town, ids, neighbours = await introduced(storage, *SIX, rhythm="monthly")
    begun = town.clock.now()
    await town.submit(town.people["ada"], f"keepsake:{ids['ada']}", takeaway="knots hold", shared="community")
    await release(
        town, *next((name, ids[name]) for name in SIX if name not in ("ada", neighbours["ada"])), "x"
    )
    await town.move_to(begun + WEEK)
    await town.press(town.people[neighbours["ada"]], f"met:{ids['ada']}")
    await town.move_to(begun + 2 * WEEK)

    first, second = town.platform.posted("harvest.week")
    assert "knots hold" not in first.message.plain
    assert "knots hold" in second.message.plain


async def test_without_a_harvest_of_rounds_there_is_none_of_weeks(storage: Storage) -> None:
    town, ids, _ = await introduced(storage, *SIX, rhythm="monthly")
    await release(town, "ada", ids["ada"], "knots hold")

    await town.submit(
        town.people["ada"], f"setup:{SPACE}", **(SET_UP | {"rhythm": "monthly"}), harvest="tells_seasons"
    )
    await town.move_to(town.clock.now() + 3 * WEEK)

    assert town.platform.posted("harvest.week") == []
