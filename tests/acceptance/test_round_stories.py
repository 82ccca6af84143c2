"""A round from the yes to its end, through the real commands, engine and memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from bot import commands
from bot.actions import settle_in
from bot.domain.community import Language
from bot.messages import Circle, Reply
from storage.database import OpenStorage
from tests.town import Town, found, person

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""10:00 in Paris: the first round."""

WEEK = timedelta(days=7)


async def opened(storage: OpenStorage, *names: str) -> Town:
    town = await found(storage, *names)
    await town.set_up()
    await town.join(*names)
    await town.move_to(TUESDAY)
    return town


async def test_where_nobody_can_be_brought_together_nothing_begins_and_what_has_begun_may_be_changed(
    storage: OpenStorage,
) -> None:
    town = await found(storage, "lea")

    async def setup(name: str) -> Reply:
        ask = replace(town.ask(town.people[name]), circles=False)
        return await commands.run(storage.open_work, ask, "setup", town.find)

    refused = [(await setup(name)).message for name in ("lea", "ada")]
    assert [said.name for said in refused if said] == ["refusal.conveners_only", "refusal.space_unsuited"]
    await town.set_up()

    # Its channel has become one of another kind since.
    assert (await setup("ada")).form is not None


async def test_everyone_who_said_yes_is_introduced_exactly_once(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")

    for name in ("lea", "tom", "zoe", "max"):
        assert len(town.platform.of(town.people[name], "introduction")) == 1


async def test_who_did_not_say_yes_hears_nothing(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom", "silent")
    await town.set_up()
    await town.join("lea", "tom")

    await town.move_to(TUESDAY + WEEK)

    assert town.platform.of(town.people["silent"]) == []


async def test_an_odd_number_makes_a_trio(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe")

    [seen] = [one for one in town.platform.seen if one.message.name == "introduction"]
    assert isinstance(seen.destination, Circle)
    assert len(seen.destination.people) == 3


async def test_a_second_beat_sends_nothing(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    before = len(town.platform.seen)

    await town.heart.tick()
    await town.heart.tick()

    assert len(town.platform.seen) == before


async def test_the_silent_get_one_nudge_and_one_question_each(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")

    await town.move_to(TUESDAY + WEEK - timedelta(minutes=1))

    nudged = [one for one in town.platform.seen if one.message.name == "nudge"]
    asked = [one for one in town.platform.seen if one.message.name == "question"]
    assert len(nudged) == 1
    assert timedelta(hours=24) <= nudged[0].at - TUESDAY <= timedelta(hours=48)
    assert sorted(one.people[0] for one in asked) == ["U-lea", "U-tom"]


async def test_an_answer_stops_every_reminder(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    [seen] = town.platform.of(town.people["lea"], "introduction")
    id = seen.message.buttons[0].action.partition(":")[2]

    reply = await town.press(town.people["tom"], f"met:{id}")
    await town.move_to(TUESDAY + WEEK - timedelta(minutes=1))

    assert reply.message is not None
    assert reply.message.name == "reply.met"
    assert [one for one in town.platform.seen if one.message.name in ("nudge", "question")] == []


async def test_four_people_meet_everyone_before_anyone_again(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")

    await town.move_to(TUESDAY + 2 * WEEK)

    circles = [frozenset(one.people) for one in town.platform.seen if one.message.name == "introduction"]
    assert len(circles) == 6
    assert len(set(circles)) == 6


async def test_a_new_season_is_announced_once_when_all_have_met(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "zoe", "max")

    await town.move_to(TUESDAY + 4 * WEEK)

    assert len(town.platform.posted("season")) == 1


@pytest.mark.parametrize("others", [("tom",), ("tom", "zoe")])
async def test_two_or_three_people_are_not_told_of_a_new_season_every_week(
    storage: OpenStorage, others: tuple[str, ...]
) -> None:
    town = await opened(storage, "lea", *others)

    await town.move_to(TUESDAY + 4 * WEEK)

    assert len(town.platform.of(town.people["lea"], "introduction")) == 5
    assert town.platform.posted("season") == []


async def test_two_languages_are_both_in_the_message(storage: OpenStorage) -> None:
    town = await found(storage, "tom")
    town.people["lea"] = person("lea", language=Language.FRENCH)
    town.platform.present.append(town.people["lea"])
    await town.set_up()
    await town.join("lea", "tom")

    await town.move_to(TUESDAY)

    [seen] = town.platform.of(town.people["lea"], "introduction")
    assert {part.language for part in seen.message.parts} == set(Language)


async def test_nobody_is_written_to_at_night(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom")
    town.people["kai"] = person("kai", zone="America/Vancouver")
    town.people["rio"] = person("rio", zone="Asia/Tokyo")
    town.platform.present += [town.people["kai"], town.people["rio"]]
    await town.set_up()
    await town.join("lea", "tom", "kai", "rio")

    await town.move_to(TUESDAY + 2 * WEEK)

    zones = {name: asker.zone for name, asker in town.people.items()}
    for one in town.platform.seen:
        for external in one.people:
            zone = zones[external.removeprefix("U-")]
            assert zone is not None
            assert 8 <= one.at.astimezone(ZoneInfo(zone)).hour < 20, (one.message.name, external, one.at)


async def test_who_leaves_between_the_match_and_the_sending_is_not_named(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom", "zoe", "max", start=datetime(2026, 11, 23, 8, 0, tzinfo=UTC))
    await town.set_up(at="07:00")
    await town.join("lea", "tom", "zoe", "max")
    # The round opens at seven; it is delivered at eight, when people may be written to.
    await town.move_to(datetime(2026, 11, 24, 6, 0, tzinfo=UTC))
    await town.type(town.people["max"], "leave")

    await town.move_to(datetime(2026, 11, 24, 8, 0, tzinfo=UTC))

    assert town.platform.of(town.people["max"], "introduction") == []
    assert all("Max" not in one.message.plain for one in town.platform.seen)
    for name in ("lea", "tom", "zoe"):
        assert len(town.platform.of(town.people[name])) == 1


async def test_whoever_brings_voisin_is_told_once_how_to_begin(storage: OpenStorage) -> None:
    town = await found(storage, "lea")

    for _ in range(2):
        await settle_in.welcome(
            storage.open_work, town.community.id, town.people["lea"], now=town.clock.now()
        )
    await town.heart.tick()

    assert [one.message.name for one in town.platform.of(town.people["lea"])] == ["installed"]
