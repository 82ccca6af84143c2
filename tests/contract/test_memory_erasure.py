import json
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from bot.actions import forget
from bot.domain.cadence import Wall
from bot.domain.community import Community
from bot.domain.delivery import DeliveryState
from bot.domain.ids import ExternalId
from bot.domain.round import IntroductionState, RoundState
from bot.messages import Ask, Asker, Given
from bot.ports import Installation
from storage.database import OpenStorage
from storage.installations import SqlInstallations
from storage.seal import Seal
from storage.tables import metadata
from tests.contract.village import (
    HOUR,
    NOW,
    Village,
    a_member,
    a_round,
    a_seat,
    a_village,
    a_yes,
    an_answer,
    an_introduction,
    settle,
)

WHERE_MEMBERS_STAND = sorted(
    (table.name, foreign.parent.name)
    for table in metadata.sorted_tables
    for foreign in table.foreign_keys
    if foreign.column.table.name == "members" and foreign.column.name == "id"
)
"""Table and column, by the schema itself: a new one cannot be forgotten here."""

IN_THE_EXPORT = {
    "greeters": "greeter_of",
    "answers": "answers",
    "cares": "words_to_conveners",
    "conveners": "convener_of",
    "deliveries": "messages",
    "impressions": "impressions",
    "introduction_members": "introductions",
    "keep_aparts": "keep_apart",
    "own_questions": "questions_added",
    "participations": "participations",
    "partners": "partnerships",
    "phrases_heard": "phrases_heard",
    "picks": "slots_chosen",
    "reflections": "reflections",
    "responses": "said_by_me",
    "seats": "seats",
    "ties": "ties",
    "willing": "would_go_on",
}
"""Where a member finds what such a table holds of them."""


async def _everything(memory: OpenStorage) -> dict[str, list[dict[str, object]]]:
    async with memory.engine.connect() as connection:
        return {
            table.name: [dict(row) for row in (await connection.execute(select(table))).mappings()]
            for table in metadata.sorted_tables
        }


def _words_of(village: Village) -> list[str]:
    amina = village.amina
    return [
        amina.id,
        amina.external_id,
        amina.name,
        amina.learning,
        amina.can_help,
        village.introduction.fingerprint,
        village.question.text,
        village.reflection.text,
        village.response.text,
        f"{amina.name} wonders how.",
        f"{amina.name} wants to throw a bowl",
    ]


async def _filled(memory: OpenStorage, community: Community) -> Village:
    async with memory.open_work(community.id, event="sandbox/1") as work:
        village = await a_village(work)
        await work.commit()
    async with memory.open_work(community.id, event=f"sandbox/press/{village.amina.id}") as work:
        await work.commit()
    shelf = SqlInstallations(memory.engine, seal=Seal([bytes(32)]))
    await shelf.save(
        Installation(
            platform=community.platform,
            external_id=community.external_id,
            name=community.name,
            token="xoxb-village",
            scopes=("commands",),
            bot=ExternalId("U-voisin"),
            installer=village.amina.external_id,
            at=NOW,
        )
    )
    await shelf.issue_state(until=NOW)
    await memory.posts.take("discord", "shard/0", owner="w", lease=HOUR)
    await memory.posts.note("discord", "commands", "a digest")
    await memory.outbox.pause(community.id, "person", until=NOW)
    [claim] = [
        claim
        for claim in await memory.outbox.claim(now=NOW + HOUR, owner="w", limit=1, lease=HOUR)
        if claim.delivery.id == village.to_circle.id
    ]
    async with memory.open_work(community.id) as work:
        await work.deliveries.settle(
            claim, state=DeliveryState.SENT, reason="not to U-amina", room="U-amina+U-bruno+U-chloe"
        )
        await work.commit()
    return village


async def test_the_village_has_something_in_every_table(memory: OpenStorage, community: Community) -> None:
    await _filled(memory, community)

    empty = [table for table, rows in (await _everything(memory)).items() if not rows]

    assert empty == [], "Fill it in the village, or the erasure is not proven for it."


async def test_the_member_stands_wherever_a_member_can(memory: OpenStorage, community: Community) -> None:
    village = await _filled(memory, community)

    stood = await _everything(memory)

    absent = [
        f"{table}.{column}"
        for table, column in WHERE_MEMBERS_STAND
        if village.amina.id not in {row[column] for row in stood[table]}
    ]
    assert absent == [], "Put her there in the village, or the erasure is not proven for it."


async def test_an_export_speaks_of_every_table_that_a_member_stands_in(
    memory: OpenStorage, community: Community
) -> None:
    village = await _filled(memory, community)
    asker = Asker(external_id=village.amina.external_id, name=village.amina.name)

    reply = await forget.export_me(
        memory.open_work, Ask(community=community.id, asker=asker, now=NOW), Given()
    )

    assert reply.file is not None
    told = json.loads(reply.file.content)
    assert {table for table, _ in WHERE_MEMBERS_STAND} == set(IN_THE_EXPORT)
    assert {table: part for table, part in IN_THE_EXPORT.items() if not told[part]} == {}


async def test_nothing_of_a_member_is_left_in_any_table(memory: OpenStorage, community: Community) -> None:
    village = await _filled(memory, community)

    async with memory.open_work(community.id) as work:
        await work.members.erase(village.amina.id)
        await work.commit()

    left = [
        f"{table}.{column} still holds {word!r}"
        for table, rows in (await _everything(memory)).items()
        for row in rows
        for column, value in row.items()
        for word in _words_of(village)
        if word in (value.decode("latin-1") if isinstance(value, bytes) else str(value))
    ]
    assert left == []


async def test_the_others_keep_what_is_theirs(memory: OpenStorage, community: Community) -> None:
    village = await _filled(memory, community)
    bruno, chloe = village.bruno, village.chloe

    async with memory.open_work(community.id) as work:
        await work.members.erase(village.amina.id)
        await work.commit()

    async with memory.open_work(community.id) as work:
        assert await work.members.all() == [bruno, chloe]
        assert len(await work.participations.of_program(village.program.id)) == 2
        assert await work.programs.conveners(village.program.id) == [bruno.id, chloe.id]
        assert await work.introductions.answers(village.introduction.id) == [
            an_answer(village.introduction, bruno),
            an_answer(village.introduction, chloe),
        ]
        assert {(tie.source, tie.target) for tie in await work.ties.all()} == {
            (bruno.id, chloe.id),
            (chloe.id, bruno.id),
        }
        assert await work.introductions.heard([bruno.id]) == {bruno.id: {"first-job": NOW}}
        assert await work.rounds.get(village.round.id) == replace(village.round, inputs=None)
        assert [seat.member_id for seat in await work.rounds.seats(village.round.id)] == [bruno.id, chloe.id]


async def test_the_wishes_of_others_keep_the_trace_alone(memory: OpenStorage, community: Community) -> None:
    village = await _filled(memory, community)
    trace = community.trace(village.amina.external_id)

    async with memory.open_work(community.id) as work:
        await work.members.erase(village.amina.id)
        await work.commit()

        wishes = await work.keep_aparts.all()

    assert [(wish.author, wish.other) for wish in wishes if wish.trace == trace] == [
        (village.bruno.id, None),
        (village.chloe.id, None),
    ]
    assert village.amina.id not in {wish.author for wish in wishes}


async def test_an_introduction_under_way_becomes_void_for_those_who_stay(
    memory: OpenStorage, community: Community
) -> None:
    village = await _filled(memory, community)

    async with memory.open_work(community.id) as work:
        await work.members.erase(village.amina.id)
        await work.commit()

        left = await work.introductions.find(village.introduction.id)

    assert left == replace(
        village.introduction,
        members=(village.bruno.id, village.chloe.id),
        opener=village.bruno.id,
        state=IntroductionState.VOID,
        greeter=None,
    )


async def test_what_was_settled_before_stays_settled(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        old = replace(a_round(work, village.program, "2026-11-17T10:00"), state=RoundState.CLOSED)
        met = replace(
            an_introduction(work, old, village.bruno, village.amina, village.chloe),
            state=IntroductionState.MET,
        )
        await work.rounds.add(old)
        await work.introductions.add_all([met])
        await work.introductions.save(replace(village.introduction, state=IntroductionState.MET))

        await work.members.erase(village.amina.id)
        await work.commit()

        assert [meeting.times for meeting in await work.introductions.meetings()] == [2]
        assert await work.introductions.find(met.id) == replace(
            met, members=(village.bruno.id, village.chloe.id)
        )


async def test_messages_to_them_go_and_messages_about_them_say_nothing(
    memory: OpenStorage, community: Community
) -> None:
    village = await _filled(memory, community)

    async with memory.open_work(community.id) as work:
        await work.members.erase(village.amina.id)
        await work.commit()

        assert await work.deliveries.find(village.to_amina.id) is None
        about = await work.deliveries.find(village.about_amina.id)
        circle = await work.deliveries.find(village.to_circle.id)

    assert about is not None
    assert about == replace(
        village.about_amina, key=about.key, about=None, reason="", state=DeliveryState.VOID
    )
    assert about.key != village.about_amina.key
    assert circle == replace(village.to_circle, state=DeliveryState.SENT, reason="", attempts=1)


async def test_when_all_of_an_introduction_are_erased_it_goes_too(
    memory: OpenStorage, community: Community
) -> None:
    village = await _filled(memory, community)
    async with memory.open_work(community.id) as work:
        again = a_round(work, village.program, "2026-12-01T10:00")
        pairs = [
            an_introduction(work, again, village.amina, village.bruno),
            an_introduction(work, again, village.amina, village.chloe),
        ]
        await work.rounds.add(again)
        await work.introductions.add_all(pairs)
        await work.rounds.add_seats([a_seat(pairs[0], village.amina)])
        await work.commit()

    for member in (village.bruno, village.chloe, village.amina):
        async with memory.open_work(community.id) as work:
            await work.members.erase(member.id)
            await work.commit()

    left = {table for table, rows in (await _everything(memory)).items() if rows}
    installed = {"installations", "oauth_states", "posts", "notes"}
    assert left == {"communities", "spaces", "programs", "prompts", "rounds", "lanes", "inbox", *installed}


async def test_rounds_from_before_they_came_can_still_be_replayed(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        before = village.amina.joined_at - HOUR
        old = replace(
            a_round(work, village.program, "2026-09-01T10:00"), opens_at=before - HOUR, closes_at=before
        )
        later = a_round(work, village.program, "2026-11-17T10:00")
        naming = replace(
            old,
            id=a_round(work, village.program).id,
            wall=Wall("2026-09-08T10:00"),
            inputs=json.dumps([village.amina.id]).encode(),
        )
        for each in (old, later, naming):
            await work.rounds.add(each)

        await work.members.erase(village.amina.id)

        assert (await work.rounds.get(old.id)).inputs == old.inputs
        assert (await work.rounds.get(later.id)).inputs is None
        assert (await work.rounds.get(naming.id)).inputs is None


async def test_a_community_with_a_member_less_can_go_on(memory: OpenStorage, community: Community) -> None:
    village = await _filled(memory, community)
    async with memory.open_work(community.id) as work:
        await work.members.erase(village.amina.id)
        await work.commit()

    async with memory.open_work(community.id) as work:
        back = a_member(work)
        await work.members.save(back)
        await work.participations.save(a_yes(village.program, back))
        await work.introductions.save(
            replace(village.introduction, members=(village.bruno.id,), opener=village.bruno.id, joiner=None)
        )
        await work.commit()

        assert await work.members.find(village.amina.external_id) == back


async def test_after_an_erasure_the_file_itself_has_forgotten_them(
    storage: OpenStorage, sqlite_file: Path
) -> None:
    community = await settle(storage)
    village = await _filled(storage, community)
    words = [word.encode() for word in _words_of(village)]
    stood = b"".join(path.read_bytes() for path in _files(sqlite_file))

    async with storage.open_work(community.id) as work:
        await work.members.erase(village.amina.id)
        await work.commit()

    raw = b"".join(path.read_bytes() for path in _files(sqlite_file))
    assert [word for word in words if word not in stood] == []
    assert [word for word in words if word in raw] == []


async def test_every_memory_can_be_scrubbed(memory: OpenStorage, community: Community) -> None:
    await memory.scrub()

    assert await memory.communities.all() == [community]


def _files(database: Path) -> list[Path]:
    return sorted(path for path in database.parent.glob(f"{database.name}*") if path.suffix != ".lock")
