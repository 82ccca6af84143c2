from dataclasses import replace

import pytest

from bot.domain.community import Community, Language
from bot.domain.ids import MemberId
from bot.domain.member import Rhythm, TieKind
from bot.errors import AlreadyThere, Unknown
from storage.database import OpenStorage
from tests.contract.village import HOUR, NOW, a_member, a_program, a_space, a_tie, a_village, a_wish, a_yes


async def test_a_member_comes_back_as_they_were_saved(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        amina = a_member(work)
        await work.members.save(amina)
        await work.commit()

    async with memory.open_work(community.id) as work:
        assert await work.members.find(amina.external_id) == amina
        assert await work.members.find_id(amina.id) == amina
        assert await work.members.get(amina.id) == amina


async def test_a_member_with_the_fewest_words_comes_back_too(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        bare = replace(
            a_member(work), zone=None, languages=(), learning="", can_help="", team=None, last_seen_at=None
        )

        await work.members.save(bare)

        assert await work.members.get(bare.id) == bare


async def test_saving_a_member_again_replaces_them(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        amina = a_member(work)
        await work.members.save(amina)

        changed = replace(amina, name="Amina B.", language=Language.FRENCH, rhythm=Rhythm.FOURTH)
        await work.members.save(changed)

        assert await work.members.all() == [changed]


async def test_two_members_never_share_one_person(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        amina, bruno = a_member(work), a_member(work, "U-bruno")
        await work.members.save(amina)

        with pytest.raises(AlreadyThere):
            await work.members.save_all([bruno, a_member(work)])

        assert await work.members.all() == [amina], "the unit of work goes on, and nothing was half-written"


async def test_who_is_not_there_is_none_or_unknown(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        nobody = a_member(work)

        assert await work.members.find(nobody.external_id) is None
        assert await work.members.find_id(nobody.id) is None
        with pytest.raises(Unknown):
            await work.members.get(nobody.id)
        with pytest.raises(Unknown):
            await work.members.erase(nobody.id)


async def test_thousands_of_members_are_saved_and_found_at_once(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        crowd = [a_member(work, f"U{number}") for number in range(12_000)]

        await work.members.save_all(crowd)

        assert await work.members.all() == crowd
        found = await work.members.many([member.id for member in crowd] + [MemberId("nobody")])
        assert found == {member.id: member for member in crowd}


async def test_nobody_at_all_is_saved_and_found_too(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        await work.members.save_all([])

        assert await work.members.many([]) == {}
        assert await work.ties.add_all([]) == 0
        assert await work.deliveries.add() == 0


async def test_members_come_in_the_order_in_which_python_sorts_their_ids(
    memory: OpenStorage, community: Community
) -> None:
    ids = [MemberId(text) for text in ("b", "A", "a", "Z", "é", "_", "0")]
    async with memory.open_work(community.id) as work:
        await work.members.save_all([replace(a_member(work, f"U{id}"), id=id) for id in ids])

        assert [member.id for member in await work.members.all()] == sorted(ids)


async def test_a_character_that_nobody_can_see_is_left_out(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        amina = replace(a_member(work), learning="pot\0tery", languages=("f\0r",))

        await work.members.save(amina)

        assert await work.members.get(amina.id) == replace(amina, learning="pottery", languages=("fr",))


async def test_a_yes_comes_back_as_it_was_saved(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        yes = a_yes(village.program, village.bruno)

        assert await work.participations.find(village.program.id, village.bruno.id) == yes
        assert await work.participations.of_member(village.bruno.id) == [yes]
        assert [each.member_id for each in await work.participations.of_program(village.program.id)] == [
            village.amina.id,
            village.bruno.id,
            village.chloe.id,
        ]


async def test_a_second_yes_to_one_program_replaces_the_first(
    memory: OpenStorage, community: Community
) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        yes = a_yes(village.program, village.amina).active()

        await work.participations.save(yes)

        assert await work.participations.of_member(village.amina.id) == [yes]
        assert len(await work.participations.of_program(village.program.id)) == 3


async def test_a_yes_of_nobody_is_refused_at_the_commit(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        space = a_space(work)
        program = a_program(work, space)
        await work.spaces.save(space)
        await work.programs.save(program)
        await work.participations.save(a_yes(program, a_member(work)))

        with pytest.raises(Unknown):
            await work.commit()

    async with memory.open_work(community.id) as work:
        assert await work.programs.all() == []


async def test_the_same_ties_added_twice_change_nothing(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        amina, bruno = a_member(work), a_member(work, "U-bruno")
        await work.members.save_all([amina, bruno])
        ties = [
            a_tie(amina, bruno, at=None),
            a_tie(amina, bruno, at=NOW - HOUR),
            a_tie(amina, bruno, at=NOW),
            a_tie(bruno, amina, at=None, kind=TieKind.KNOWN),
        ]

        first = await work.ties.add_all(list(reversed(ties)))
        second = await work.ties.add_all([*ties, a_tie(bruno, amina, at=NOW)])

        assert (first, second) == (4, 1)
        assert await work.ties.all() == [*ties, a_tie(bruno, amina, at=NOW)]


async def test_a_tie_is_found_by_its_source_and_taken_back(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        amina, bruno = a_member(work), a_member(work, "U-bruno")
        await work.members.save_all([amina, bruno])
        known = a_tie(amina, bruno, kind=TieKind.KNOWN)
        await work.ties.add_all([known, a_tie(amina, bruno), a_tie(bruno, amina, kind=TieKind.KNOWN)])

        assert await work.ties.of_source(amina.id, TieKind.KNOWN) == [known]
        await work.ties.remove(source=amina.id, target=bruno.id, kind=TieKind.KNOWN)

        assert await work.ties.all() == [a_tie(amina, bruno), a_tie(bruno, amina, kind=TieKind.KNOWN)]


async def test_ties_of_one_kind_are_replaced_and_no_others(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        amina, bruno = a_member(work), a_member(work, "U-bruno")
        await work.members.save_all([amina, bruno])
        kept = a_tie(amina, bruno, kind=TieKind.KNOWN)
        await work.ties.add_all([kept, a_tie(amina, bruno, kind=TieKind.SPACE)])
        now = a_tie(bruno, amina, kind=TieKind.SPACE)

        await work.ties.replace_all(TieKind.SPACE, [now])
        await work.ties.replace_all(TieKind.TOPIC, [])

        assert await work.ties.all() == sorted([kept, now], key=lambda tie: tie.source)


async def test_a_wish_is_kept_once_and_can_be_taken_back(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        amina, bruno = a_member(work), a_member(work, "U-bruno")
        await work.members.save_all([amina, bruno])
        wish = a_wish(community, amina, bruno)
        await work.keep_aparts.add(wish)
        await work.keep_aparts.add(replace(wish, at=NOW + HOUR))

        assert await work.keep_aparts.all() == [wish]
        assert await work.keep_aparts.of_author(amina.id) == [wish]
        assert await work.keep_aparts.of_author(bruno.id) == []
        await work.keep_aparts.remove(author=amina.id, trace=wish.trace)

        assert await work.keep_aparts.all() == []


async def test_a_wish_holds_when_who_it_names_comes_back(memory: OpenStorage, community: Community) -> None:
    async with memory.open_work(community.id) as work:
        village = await a_village(work)
        await work.members.erase(village.amina.id)
        again = a_member(work)
        await work.members.save(again)

        await work.keep_aparts.recognise(trace=community.trace(again.external_id), member=again.id)
        await work.commit()

        assert {wish.author for wish in await work.keep_aparts.all() if wish.other == again.id} == {
            village.bruno.id,
            village.chloe.id,
        }
