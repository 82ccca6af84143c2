"""What conveners let Voisin note of who knows whom: off until they say so, and never a word."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot import commands
from bot.actions import notice
from bot.domain.community import TieSource
from bot.domain.ids import ExternalId
from bot.domain.member import Tie, TieKind
from bot.messages import Reply
from storage.database import OpenStorage
from tests.town import MONDAY, SPACE, Town, found, person

OFFERED = (TieSource.REACTIONS, TieSource.CHANNELS, TieSource.VOICE)
TEAM = ExternalId("C-team")
TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


async def typed(town: Town, name: str) -> Reply:
    """Somebody types ``/voisin ties`` where the platform could tell something."""
    ask = replace(town.ask(town.people[name]), sources=OFFERED)
    return await commands.run(town.storage.open_work, ask, "ties", town.find)


async def chosen(town: Town, name: str, sources: str) -> Reply:
    ask = replace(town.ask(town.people[name]), sources=OFFERED)
    return await commands.submit(town.storage.open_work, ask, "ties:", {"sources": sources})


def id_of(name: str) -> ExternalId:
    return person(name).external_id


async def did(town: Town, source: TieSource, one: str, other: str, at: datetime = MONDAY) -> int:
    deed = notice.Deed(source=source, one=id_of(one), other=id_of(other), at=at)
    return await notice.deeds(town.storage.open_work, town.community.id, [deed], now=town.clock.now())


async def gathered(town: Town, space: ExternalId, *names: str) -> None:
    seen = notice.Gathered(space=space, people=frozenset(id_of(name) for name in names))
    await notice.spaces(town.storage.open_work, town.community.id, [seen])


async def ties(town: Town) -> list[tuple[str, str, TieKind]]:
    async with town.storage.open_work(town.community.id) as work:
        names = {member.id: member.name.lower() for member in await work.members.all()}
        found: list[Tie] = [*await work.ties.all()]
    return [(names[tie.source], names[tie.target], tie.kind) for tie in found]


@pytest.fixture
async def town(storage: OpenStorage) -> Town:
    town = await found(storage, "lea", "tom", "zoe")
    await town.set_up()
    await town.join("lea", "tom")
    return town


async def test_nothing_is_noted_until_a_convener_says_so(town: Town) -> None:
    before = await did(town, TieSource.REACTIONS, "lea", "tom")
    await gathered(town, TEAM, "lea", "tom")
    shown = await typed(town, "ada")
    await chosen(town, "ada", "reactions,channels")

    after = await did(town, TieSource.REACTIONS, "lea", "tom")
    await gathered(town, TEAM, "lea", "tom")

    assert shown.form is not None
    assert [choice.value for choice in shown.form.fields[0].choices] == [*OFFERED]
    assert shown.form.fields[0].value == ""
    assert (before, after) == (0, 1)
    assert sorted(kind for *_, kind in await ties(town)) == [TieKind.REACTION, TieKind.SPACE]


async def test_what_is_done_is_kept_to_the_day_and_once_a_day(town: Town) -> None:
    await chosen(town, "ada", "reactions")

    for minutes in (1, 2, 3):
        await did(town, TieSource.REACTIONS, "lea", "tom", MONDAY - timedelta(minutes=minutes))
    await did(town, TieSource.REACTIONS, "lea", "tom", MONDAY + timedelta(days=400))

    async with town.storage.open_work(town.community.id) as work:
        [tie] = await work.ties.all()
    assert tie.at == datetime(2026, 11, 23, tzinfo=UTC)


async def test_nothing_is_kept_of_whom_voisin_does_not_know(town: Town) -> None:
    await chosen(town, "ada", "reactions,channels")

    await did(town, TieSource.REACTIONS, "lea", "zoe")
    await did(town, TieSource.REACTIONS, "lea", "lea")
    await gathered(town, TEAM, "lea", "zoe")

    assert await ties(town) == []


async def test_a_meeting_of_two_is_one_tie_whoever_is_named_first(town: Town) -> None:
    await chosen(town, "ada", "voice")

    await did(town, TieSource.VOICE, "lea", "tom")
    await did(town, TieSource.VOICE, "tom", "lea")

    assert [kind for *_, kind in await ties(town)] == [TieKind.TOPIC]


async def test_who_leaves_a_small_space_shares_it_no_longer(town: Town) -> None:
    await chosen(town, "ada", "channels")
    await gathered(town, TEAM, "lea", "tom")

    await gathered(town, TEAM, "lea", "zoe")

    assert await ties(town) == []


async def test_a_program_s_own_space_and_a_large_one_say_nothing(town: Town) -> None:
    await chosen(town, "ada", "channels")

    await gathered(town, SPACE, "lea", "tom")
    await gathered(town, TEAM, "lea", "tom", *(f"p{number}" for number in range(11)))

    assert await ties(town) == []


async def test_what_is_switched_off_is_offered_again_and_shared_spaces_are_forgotten(town: Town) -> None:
    await chosen(town, "ada", "reactions,channels")
    await did(town, TieSource.REACTIONS, "lea", "tom")
    await gathered(town, TEAM, "lea", "tom")

    said = await chosen(town, "ada", "")

    assert said.message is not None
    assert said.message.name == "reply.ties_none"
    assert await ties(town) == [("lea", "tom", TieKind.REACTION)]
    assert await did(town, TieSource.REACTIONS, "tom", "lea") == 0


async def test_privacy_says_what_is_switched_on(town: Town) -> None:
    before = await town.type(town.people["lea"], "privacy")
    await chosen(town, "ada", "reactions")

    after = await town.type(town.people["lea"], "privacy")

    assert before.message is not None
    assert after.message is not None
    assert "who reacts to whom" not in before.message.plain
    assert "who reacts to whom" in after.message.plain


async def test_only_who_looks_after_the_community_chooses(town: Town) -> None:
    typed_by_lea, chosen_by_lea = await typed(town, "lea"), await chosen(town, "lea", "reactions")
    town.people["gus"] = person("gus", admin=True, guest=True)
    by_a_guest = await chosen(town, "gus", "reactions")

    for reply, name in (
        (typed_by_lea, "refusal.conveners_only"),
        (chosen_by_lea, "refusal.conveners_only"),
        (by_a_guest, "refusal.guests_cannot"),
    ):
        assert reply.message is not None
        assert reply.message.name == name
    assert await did(town, TieSource.REACTIONS, "lea", "tom") == 0


async def test_a_source_that_the_platform_does_not_have_is_refused(town: Town) -> None:
    unknown = await chosen(town, "ada", "reactions,gossip")
    nowhere = await town.type(town.people["ada"], "ties")

    assert list(unknown.errors) == ["sources"]
    assert nowhere.message is not None
    assert nowhere.message.name == "refusal.no_sources"
    assert await did(town, TieSource.REACTIONS, "lea", "tom") == 0


async def test_who_reacts_to_whom_is_no_stranger_to_them(storage: OpenStorage) -> None:
    town = await found(storage, "lea", "tom", "zoe", "max")
    await town.set_up()
    await town.join("lea", "tom", "zoe", "max")
    await chosen(town, "ada", "reactions")
    await did(town, TieSource.REACTIONS, "lea", "tom")
    await did(town, TieSource.REACTIONS, "max", "zoe")

    await town.move_to(TUESDAY)

    circles = [set(one.people) for one in town.platform.seen if one.message.name == "introduction"]
    assert len(circles) == 2
    assert {id_of("lea"), id_of("tom")} not in circles
    assert {id_of("max"), id_of("zoe")} not in circles
