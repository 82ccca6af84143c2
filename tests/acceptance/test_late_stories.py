"""Who comes while a round runs, and what is left of three when one goes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.domain.ids import ExternalId
from bot.domain.program import Program
from bot.messages import Message
from storage.database import OpenStorage
from tests.town import Town, found

TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
WEEK = timedelta(weeks=1)


async def opened(storage: OpenStorage, *names: str, later: tuple[str, ...] = ()) -> Town:
    town = await found(storage, *names, *later)
    await town.set_up()
    await town.join(*names)
    await town.move_to(TUESDAY + timedelta(hours=1))
    return town


def met(town: Town, name: str) -> set[ExternalId]:
    """With whom somebody is in a conversation of Voisin's."""
    people = {one for seen in town.platform.of(town.people[name]) for one in seen.people}
    return people - {town.people[name].external_id}


def id_of(message: Message, verb: str) -> str:
    return next(one.action for one in message.buttons if one.action.startswith(f"{verb}:")).partition(":")[2]


# ── Late joiners ────────────────────────────────────────────────────────────────────────────────────


async def test_who_joins_while_a_round_runs_is_introduced_in_it(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", later=("zoe",))

    reply = await town.type(town.people["zoe"], "join")
    await town.move_to(TUESDAY + timedelta(hours=2))

    assert reply.message is not None
    assert reply.message.name == "reply.joined_now"
    assert met(town, "zoe") == {"U-lea", "U-tom"}


async def test_two_who_come_late_are_introduced_to_each_other(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", later=("zoe", "max"))
    await town.type(town.people["zoe"], "avoid @lea")

    await town.type(town.people["zoe"], "join")
    await town.type(town.people["max"], "join")
    await town.move_to(TUESDAY + timedelta(hours=2))

    assert met(town, "zoe") == {"U-max"}


@pytest.mark.parametrize("author, other", [("zoe", "lea"), ("lea", "zoe")])
async def test_a_wish_to_be_kept_apart_holds_for_who_comes_late(
    storage: OpenStorage, author: str, other: str
) -> None:
    town = await opened(storage, "lea", "tom", later=("zoe",))
    await town.type(town.people[author], f"avoid @{other}")

    reply = await town.type(town.people["zoe"], "join")
    await town.move_to(TUESDAY + timedelta(days=6))

    assert reply.message is not None
    assert reply.message.name == "reply.joined"
    assert met(town, "zoe") == set()


async def test_who_found_nobody_late_comes_first_in_the_next_round(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", later=("zoe",))
    await town.type(town.people["zoe"], "avoid @lea")
    await town.type(town.people["zoe"], "join")

    await town.move_to(TUESDAY + WEEK + timedelta(hours=1))

    assert met(town, "zoe") == {"U-tom"}
    assert len(town.platform.of(town.people["lea"], "nobody")) == 1


async def test_a_meeting_that_is_agreed_is_left_in_peace(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", later=("zoe",))
    [seen] = town.platform.of(town.people["lea"], "introduction")
    offer = await town.press(town.people["lea"], f"times:{id_of(seen.message, 'times')}")
    assert offer.message is not None
    for name in ("lea", "tom"):
        await town.press(town.people[name], f"slot:{id_of(offer.message, 'slot')}")

    reply = await town.type(town.people["zoe"], "join")
    await town.move_to(TUESDAY + timedelta(hours=4))

    assert reply.message is not None
    assert reply.message.name == "reply.joined"
    assert met(town, "zoe") == set()


async def test_leaving_and_coming_back_is_no_way_to_another_neighbour(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom", "max", "ben", later=("zoe",))
    await town.type(town.people["zoe"], "join")
    await town.move_to(TUESDAY + timedelta(hours=2))
    before = met(town, "zoe")

    await town.type(town.people["zoe"], "leave")
    reply = await town.type(town.people["zoe"], "join")
    await town.move_to(TUESDAY + timedelta(days=5))

    assert reply.message is not None
    assert reply.message.name == "reply.joined"
    assert met(town, "zoe") == before


@pytest.mark.parametrize("rhythm", ["weekly", "fortnightly", "monthly"])
async def test_a_newcomer_is_introduced_within_fourteen_days(storage: OpenStorage, rhythm: str) -> None:
    town = await found(storage, "lea", "tom", "zoe")
    await town.set_up(rhythm=rhythm)
    await town.join("lea", "tom")
    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
    assert program.next_at is not None
    await town.move_to(program.next_at + timedelta(days=3))
    arrived = town.clock.now()

    await town.type(town.people["zoe"], "join")
    await town.move_to(arrived + timedelta(days=14))

    assert met(town, "zoe")


async def test_a_newcomer_meets_a_veteran_first(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom", "max", "ben", "zoe")
    await town.set_up()
    await town.join("lea", "tom")
    # The two have been here for four months when the others come.
    await town.move_to(TUESDAY + 17 * WEEK - timedelta(days=1))
    await town.join("max", "ben")
    await town.move_to(TUESDAY + 18 * WEEK + timedelta(hours=1))
    pairs = {
        frozenset(one.people)
        for one in town.platform.seen
        if one.at > TUESDAY + 18 * WEEK - timedelta(hours=2)
    }

    await town.type(town.people["zoe"], "join")
    await town.move_to(TUESDAY + 18 * WEEK + timedelta(hours=3))

    assert pairs
    assert met(town, "zoe") & {"U-lea", "U-tom"}


# ── Of three, two ───────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("verb", ["bow", "known"])
async def test_two_who_are_left_of_three_hear_so_and_who_begins(storage: OpenStorage, verb: str) -> None:
    town = await opened(storage, "lea", "tom", "zoe")
    [seen] = town.platform.of(town.people["lea"], "introduction")
    id = id_of(seen.message, "times")
    going = next(
        name for name in ("lea", "tom", "zoe") if f"{name.capitalize()}, the first" in seen.message.plain
    )
    staying = [name for name in ("lea", "tom", "zoe") if name != going]

    await town.press(town.people[going], f"{verb}:{id}")
    await town.move_to(TUESDAY + timedelta(hours=2))

    [told] = town.platform.of(town.people[staying[0]], "fewer")
    assert set(told.people) == {f"U-{name}" for name in staying}
    assert "has the first word" in told.message.plain
    assert going.capitalize() not in told.message.plain
    assert town.platform.of(town.people[going], "fewer") == []


async def test_what_is_said_of_two_who_are_left_is_true_of_them(storage: OpenStorage) -> None:
    town = await opened(storage, "lea", "tom")
    await town.type(town.people["lea"], "join")
    await town.move_to(TUESDAY + timedelta(days=2))
    town.people["zoe"] = town.people["ada"]
    await town.join("ada")
    await town.move_to(TUESDAY + WEEK + timedelta(hours=1))
    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
        [last, *_] = await work.rounds.latest(program.id, limit=1)
        [trio] = [one for one in await work.introductions.of_round(last.id) if len(one.members) == 3]
        people = await work.members.many(trio.members)
    ada = next(id for id, member in people.items() if member.name == "Ada")
    lea = next(id for id, member in people.items() if member.name == "Lea")
    going = next(member for id, member in people.items() if id not in (ada, lea))

    await town.press(town.people[going.name.casefold()], f"bow:{trio.id}")

    async with storage.open_work(town.community.id) as work:
        left = await work.introductions.find(trio.id)
    assert left is not None
    assert set(left.members) == {ada, lea}
    assert left.met_before == 1


# ── Within fourteen days ────────────────────────────────────────────────────────────────────────────


async def a_month(
    storage: OpenStorage, *names: str, later: tuple[str, ...], told_by: tuple[str, ...] | None = None
) -> Town:
    """These people were introduced in a monthly round, an hour ago, and have met, as each of them tells."""
    town = await found(storage, *names, *later)
    await town.set_up(rhythm="monthly")
    await town.join(*names)
    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
    assert program.next_at is not None
    await town.move_to(program.next_at + timedelta(hours=1))
    for name in names if told_by is None else told_by:
        [seen] = town.platform.of(town.people[name], "introduction")
        await town.press(town.people[name], f"met:{id_of(seen.message, 'times')}")
    return town


async def test_in_a_monthly_round_where_all_have_met_who_comes_late_meets_somebody_in_time(
    storage: OpenStorage,
) -> None:
    town = await a_month(storage, "lea", "tom", later=("zoe",))
    await town.move_to(town.clock.now() + timedelta(hours=2))
    arrived = town.clock.now()
    reply = await town.type(town.people["zoe"], "join")

    await town.move_to(arrived + timedelta(days=11))
    before = met(town, "zoe")
    await town.move_to(arrived + timedelta(days=14))

    assert reply.message is not None
    assert reply.message.name == "reply.joined"
    assert before == set()
    assert len(met(town, "zoe") & {"U-lea", "U-tom"}) == 1
    # Whoever meets a second neighbour had the first for more than a week, and nobody a third.
    second = met(town, "zoe") - {"U-zoe"}
    for name in ("lea", "tom"):
        seen = [one.at for one in town.platform.of(town.people[name], "introduction")]
        assert len(seen) == 1 + (f"U-{name}" in second)


async def test_a_wish_to_be_kept_apart_holds_for_who_is_looked_after_late(storage: OpenStorage) -> None:
    town = await a_month(storage, "lea", "tom", later=("zoe",))
    await town.type(town.people["lea"], "avoid @zoe")
    await town.type(town.people["zoe"], "avoid @tom")
    await town.type(town.people["zoe"], "join")

    await town.move_to(town.clock.now() + timedelta(days=20))

    assert met(town, "zoe") == set()


async def test_who_would_be_in_the_next_round_soon_waits_for_it(storage: OpenStorage) -> None:
    town = await a_month(storage, "lea", "tom", later=("zoe",))
    await town.move_to(town.clock.now() + timedelta(days=22))
    await town.type(town.people["zoe"], "join")
    await town.move_to(town.clock.now() + timedelta(days=14))

    [first] = town.platform.of(town.people["zoe"], "introduction")
    assert first.at - town.clock.now() < timedelta(days=14)
    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
    assert program.rounds == 2


CLOSING = ("question", "question.met", "rest")


@pytest.mark.parametrize("told_by", [("lea",), ("tom",), ("lea", "tom")])
async def test_who_met_a_second_neighbour_in_a_month_gets_one_closing_question(
    storage: OpenStorage, told_by: tuple[str, ...]
) -> None:
    town = await a_month(storage, "lea", "tom", later=("zoe",), told_by=told_by)
    arrived = town.clock.now()
    await town.type(town.people["zoe"], "join")
    await town.move_to(arrived + timedelta(days=14))

    await town.move_to(arrived + timedelta(days=35))

    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
        *_, round = await work.rounds.latest(program.id, limit=2)
        sent = {each.key for each in await work.deliveries.of_round(round.id)}
    asked = {
        name: [
            one.message.name
            for one in town.platform.of(town.people[name])
            if one.key in sent and one.message.name in CLOSING
        ]
        for name in ("lea", "tom", "zoe")
    }
    assert met(town, "zoe")
    assert all(len(each) <= 1 for each in asked.values()), asked
    # Whoever was not the one to tell that they met is still asked whether they would go on.
    for name in {"lea", "tom"} - set(told_by):
        assert asked[name] == ["question.met"]
    assert asked["zoe"] == ["question"]


# ── Greeters, before the fourteenth day ─────────────────────────────────────────────────────────────


async def here_for_long(town: Town, *names: str) -> None:
    async with town.storage.open_work(town.community.id) as work:
        for name in names:
            member = await work.members.find(town.people[name].external_id)
            assert member is not None
            await work.members.save(replace(member, joined_at=town.clock.now() - timedelta(days=200)))
        await work.commit()


async def test_a_greeter_who_has_welcomed_enough_is_spared_on_this_path_too(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom", "kim", "joe", "zoe")
    await town.set_up(rhythm="monthly")
    await town.join("lea", "tom", "kim", "joe")
    await here_for_long(town, "lea", "tom", "kim")
    await town.type(town.people["ada"], "greeter add @lea 1")
    async with storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
    assert program.next_at is not None
    await town.move_to(program.next_at + timedelta(hours=1))
    for name in ("lea", "tom", "kim", "joe"):
        [seen] = town.platform.of(town.people[name], "introduction")
        await town.press(town.people[name], f"met:{id_of(seen.message, 'times')}")
    await town.type(town.people["ada"], "greeter add @tom 1")

    await town.type(town.people["zoe"], "join")
    await town.move_to(town.clock.now() + timedelta(days=14))

    assert met(town, "joe") == {"U-lea"}
    assert met(town, "zoe") == {"U-tom"}


async def test_who_is_looked_after_late_meets_a_greeter_then_a_veteran_and_nobody_too_often(
    storage: OpenStorage,
) -> None:
    people = ("lea", "tom", "kim", "joe")
    late = ("zoe", "max", "eve")
    town = await a_month(storage, *people, later=late)
    await here_for_long(town, "lea", "tom", "kim")
    await town.type(town.people["ada"], "greeter add @lea 1")
    await town.type(town.people["ada"], "greeter add @tom 1")
    # The first of the two greeters is not for zoe, by a wish that nobody reads of.
    await town.type(town.people["lea"], "avoid @zoe")
    for name in late:
        # Each waits alone: who comes late is not introduced to who came late.
        for other in late:
            if other != name:
                await town.type(town.people[name], f"avoid @{other}")
        await town.type(town.people[name], "join")
        town.clock.move_to(town.clock.now() + timedelta(minutes=1))

    await town.move_to(town.clock.now() + timedelta(days=14))

    assert met(town, "zoe") == {"U-tom"}
    assert met(town, "max") == {"U-lea"}
    # Both have welcomed as many as they said: the veteran is next, though the newcomer is free as well.
    assert met(town, "eve") == {"U-kim"}


# ── Where no round is near ──────────────────────────────────────────────────────────────────────────


async def program_of(town: Town) -> Program:
    async with town.storage.open_work(town.community.id) as work:
        [program] = await work.programs.all()
    return program


async def month_begins(storage: OpenStorage, *names: str) -> tuple[Town, datetime]:
    """A monthly program whose first round is more than three weeks away; and when that is."""
    town = await found(storage, *names, start=datetime(2026, 12, 3, 9, tzinfo=UTC))
    await town.set_up(rhythm="monthly")
    next_at = (await program_of(town)).next_at
    assert next_at is not None
    assert next_at - town.clock.now() > timedelta(days=21)
    return town, next_at


async def test_who_says_yes_long_before_the_first_round_meets_somebody_within_fourteen_days(
    storage: OpenStorage,
) -> None:
    town, first = await month_begins(storage, "lea", "tom", "zoe")
    begun = town.clock.now()
    await town.join("lea")
    await town.move_to(begun + timedelta(days=2))
    await town.join("tom")

    await town.move_to(begun + timedelta(days=14))
    before = met(town, "lea")
    await town.move_to(first + timedelta(hours=1))

    assert before == {"U-tom"}
    # The first round of the rhythm keeps its date, and nobody met twice within a week of it.
    seen = [one.at for one in town.platform.of(town.people["lea"], "introduction")]
    assert len(seen) == 2
    assert seen[1] == first
    assert seen[1] - seen[0] >= timedelta(days=7)


async def test_who_waits_alone_is_looked_after_each_day_until_somebody_comes(storage: OpenStorage) -> None:
    town, _ = await month_begins(storage, "lea", "tom")
    begun = town.clock.now()
    await town.join("lea")
    await town.move_to(begun + timedelta(days=9))
    before = len(town.platform.of(town.people["lea"]))
    await town.join("tom")

    await town.move_to(begun + timedelta(days=14))

    assert before == 0
    assert met(town, "lea") == {"U-tom"}


async def test_after_a_round_that_was_skipped_a_newcomer_meets_a_greeter_and_the_others_are_left_alone(
    storage: OpenStorage,
) -> None:
    town = await found(storage, "lea", "tom", "kim", "joe", "zoe")
    await town.set_up(rhythm="monthly")
    await town.join("lea", "tom", "kim", "joe")
    first = (await program_of(town)).next_at
    assert first is not None
    await town.move_to(first + timedelta(hours=1))
    second = (await program_of(town)).next_at
    assert second is not None
    await here_for_long(town, "lea", "tom", "kim", "joe")
    await town.type(town.people["ada"], "greeter add @kim")
    await town.type(town.people["ada"], f"blackout {second.date().isoformat()}")
    await town.move_to(second - timedelta(days=1))
    before = {name: met(town, name) for name in ("lea", "tom", "joe")}
    arrived = town.clock.now()
    await town.join("zoe")

    await town.move_to(arrived + timedelta(days=14))

    assert met(town, "zoe") == {"U-kim"}
    for name in ("lea", "tom", "joe"):
        assert met(town, name) == before[name]
        assert [one.message.name for one in town.platform.of(town.people[name]) if one.at > second] == []


async def test_who_wants_every_second_round_still_has_it_when_a_few_met_in_between(
    storage: OpenStorage,
) -> None:
    town = await found(storage, "lea", "tom", "kim", "joe", "zoe")
    await town.set_up(rhythm="monthly")
    await town.join("lea", "tom", "kim", "joe")
    await town.submit(town.people["lea"], "me:", rhythm="second")
    opens: list[datetime] = []

    async def next_round() -> None:
        at = (await program_of(town)).next_at
        assert at is not None
        opens.append(at)
        await town.move_to(at + timedelta(hours=1))

    await next_round()
    skipped = (await program_of(town)).next_at
    assert skipped is not None
    await town.type(town.people["ada"], f"blackout {skipped.date().isoformat()}")
    await town.move_to(skipped - timedelta(days=1))
    await town.join("zoe")
    await town.move_to(skipped + timedelta(days=14))
    assert met(town, "zoe")

    # The round of zoe and one more is none of lea's: they rest in the next, and are in the one after.
    await next_round()
    rests = len(town.platform.of(town.people["lea"]))
    await next_round()

    assert (await program_of(town)).rounds == 4
    assert rests == len([one for one in town.platform.of(town.people["lea"]) if one.at < opens[1]])
    assert [one.at for one in town.platform.of(town.people["lea"], "introduction")] == [opens[0], opens[2]]


@pytest.mark.parametrize("author, other", [("lea", "tom"), ("tom", "lea")])
async def test_a_wish_to_be_kept_apart_holds_where_no_round_is_near(
    storage: OpenStorage, author: str, other: str
) -> None:
    town, first = await month_begins(storage, "lea", "tom")
    await town.join("lea", "tom")
    await town.type(town.people[author], f"avoid @{other}")

    await town.move_to(first - timedelta(hours=1))

    assert town.platform.of(town.people["lea"]) == town.platform.of(town.people["tom"]) == []


async def test_who_leaves_or_pauses_meanwhile_is_looked_after_no_more(storage: OpenStorage) -> None:
    town, first = await month_begins(storage, "lea", "tom", "zoe")
    await town.join("lea", "tom", "zoe")
    await town.type(town.people["tom"], "leave")
    await town.type(town.people["zoe"], "pause")

    await town.move_to(first - timedelta(hours=1))

    assert met(town, "lea") == set()
    assert town.platform.of(town.people["tom"]) == town.platform.of(town.people["zoe"]) == []
