"""From people and what they share to a plan: the arrays are somebody else's tests."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from bot.domain.acquaintance import Distance, circles_of, pair
from bot.domain.community import Language
from bot.domain.ids import CommunityId, ExternalId, MemberId, ProgramId
from bot.domain.member import Member, Participation, Standing, Tie, TieKind
from bot.domain.planning import Circumstances, Past, exhausted, history, plan
from bot.matching import match, pack, unpack

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
TOWN = CommunityId("town")


def member(number: int, **values: object) -> Member:
    somebody = Member(
        id=MemberId(f"m{number:03}"),
        community_id=TOWN,
        external_id=ExternalId(f"U{number}"),
        name=f"Member {number}",
        language=Language.ENGLISH,
        zone="Europe/Paris",
        joined_at=NOW,
    )
    return replace(somebody, **values)  # type: ignore[arg-type]  # each test names fields of a Member


def circumstances(*members: Member, **values: object) -> Circumstances:
    plain = Circumstances(
        now=NOW,
        size=2,
        zone="Europe/Paris",
        members=members,
        participations={
            one.id: Participation(
                program_id=ProgramId("p"),
                member_id=one.id,
                community_id=TOWN,
                standing=Standing.ACTIVE,
                since=NOW,
            )
            for one in members
        },
        apart=frozenset(),
        past={},
        ties=(),
    )
    return replace(plain, **values)  # type: ignore[arg-type]  # each test names fields of Circumstances


def tie(one: Member, other: Member, kind: TieKind, at: datetime | None = None) -> Tie:
    return Tie(community_id=TOWN, source=one.id, target=other.id, kind=kind, at=at)


def test_far_is_what_nobody_outside_the_round_has_in_common_either() -> None:
    here = [member(number) for number in range(4)]
    ann, ben = member(8), member(9)
    ties = [tie(here[0], ann, TieKind.REPLY), tie(ann, here[1], TieKind.REACTION)]
    ties += [tie(here[2], ben, TieKind.REPLY), tie(here[3], ben, TieKind.MENTION)]
    near = {pair(here[0].id, here[1].id), pair(here[2].id, here[3].id)}

    for distance, said in ((Distance.FAR, False), (Distance.NEAR, True)):
        planned = plan(circumstances(*here, ties=ties, distance=distance), seed=b"s")
        made = {pair(*group.members) for group in planned.groups}
        assert (made == near) is said
        assert {group.in_common for group in planned.groups} == {said}
        assert planned.problem.knows[:, 1].max() == 5
    plain = plan(circumstances(*here, ties=ties), seed=b"s")
    assert {group.in_common for group in plain.groups} == {None}
    assert not len(plain.problem.knows)


def test_a_crowd_makes_no_acquaintances() -> None:
    here = [member(number) for number in range(4)]
    hall = [
        replace(tie(one, other, kind), people=people)
        for one, other in combinations(here, 2)
        for kind, people in ((TieKind.TOPIC, 51), (TieKind.SPACE, 201), (TieKind.INTRODUCED, 2))
    ]

    assert not any(circles_of(hall, (), asked=Distance.NEAR).values())
    assert circles_of([tie(here[0], here[1], TieKind.SPACE)], (), asked=Distance.NEAR)


def test_whom_somebody_says_they_know_brings_people_together_and_is_not_told() -> None:
    here = [member(number) for number in range(4)]
    ann = member(8)
    ties = [tie(here[0], ann, TieKind.KNOWN), tie(here[1], ann, TieKind.KNOWN)]
    near = pair(here[0].id, here[1].id)

    for distance in (Distance.NEAR, Distance.FAR):
        planned = plan(circumstances(*here, ties=ties, distance=distance), seed=b"s")
        made = {pair(*group.members): group.in_common for group in planned.groups}
        assert (near in made) is (distance is Distance.NEAR)
        assert set(made.values()) == {None if distance is Distance.NEAR else False}


def test_who_met_the_same_person_here_are_not_told_that_they_have_nobody_in_common() -> None:
    one, other, both = (member(number) for number in range(3))
    met = {pair(each.id, both.id): Past(times=1, last=NOW - timedelta(days=7)) for each in (one, other)}

    planned = plan(circumstances(one, other, past=met, distance=Distance.FAR), seed=b"s")

    assert [group.in_common for group in planned.groups] == [None]


def test_who_said_that_they_know_each_other_is_introduced_to_others() -> None:
    four = [member(number) for number in range(4)]
    known = [tie(four[0], four[1], TieKind.KNOWN)]

    for seed in range(20):
        planned = plan(circumstances(*four, ties=known), seed=bytes([seed]) * 32)
        assert all({four[0].id, four[1].id} != set(group.members) for group in planned.groups)


def test_a_known_pair_with_nobody_else_is_introduced_all_the_same() -> None:
    two = [member(0), member(1)]

    planned = plan(circumstances(*two, ties=[tie(two[0], two[1], TieKind.KNOWN)]), seed=bytes(32))

    assert len(planned.groups) == 1
    assert planned.groups[0].acquainted


def test_without_a_common_language_nobody_is_introduced() -> None:
    people = [member(0, languages=("fr",)), member(1, languages=("en",))]

    planned = plan(circumstances(*people), seed=bytes(32))

    assert planned.groups == ()
    assert len(planned.alone) == 2


def test_who_did_not_say_which_languages_they_speak_meets_anyone() -> None:
    people = [member(0, languages=("fr",)), member(1)]

    assert len(plan(circumstances(*people), seed=bytes(32)).groups) == 1


def test_who_opened_least_has_the_first_word() -> None:
    people = [member(0), member(1)]
    world = circumstances(*people)
    often = {**world.participations, people[0].id: replace(world.participations[people[0].id], opened=3)}

    planned = plan(replace(world, participations=often), seed=bytes(32))

    assert planned.groups[0].opener == people[1].id
    assert planned.groups[0].members[0] == people[1].id


def test_both_directions_of_an_imported_introduction_are_one() -> None:
    one, other = member(0), member(1)
    at = NOW - timedelta(days=30)

    past = history([], [tie(one, other, TieKind.INTRODUCED, at), tie(other, one, TieKind.INTRODUCED, at)])

    assert past == {pair(one.id, other.id): Past(times=1, last=at)}


def test_a_season_ends_when_everyone_has_met_everyone_they_may() -> None:
    three = [member(number) for number in range(3)]
    past = {pair(a.id, b.id): Past(times=1, last=NOW) for a, b in combinations(three, 2)}

    assert exhausted(circumstances(*three, past=past), season=1)
    assert not exhausted(circumstances(*three, past=past), season=2)
    past.popitem()
    assert not exhausted(circumstances(*three, past=past), season=1)


def test_a_wish_to_be_apart_never_keeps_a_season_open() -> None:
    three = [member(number) for number in range(3)]
    pairs = [pair(a.id, b.id) for a, b in combinations(three, 2)]
    past = {key: Past(times=1, last=NOW) for key in pairs[1:]}

    assert exhausted(circumstances(*three, past=past, apart=frozenset(pairs[:1])), season=1)


@given(
    st.integers(0, 9),
    st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=12),
    st.binary(min_size=32, max_size=32),
)
def test_everyone_has_one_place_and_no_wish_is_broken(
    count: int, wishes: list[tuple[int, int]], seed: bytes
) -> None:
    people = [member(number) for number in range(count)]
    apart = frozenset(
        pair(people[a].id, people[b].id) for a, b in wishes if a != b and a < count and b < count
    )

    planned = plan(circumstances(*people, apart=apart), seed=seed)

    placed = [one for group in planned.groups for one in group.members] + list(planned.alone)
    assert sorted(placed) == [one.id for one in people]
    for group in planned.groups:
        assert all(pair(a, b) not in apart for a, b in combinations(group.members, 2))


def test_a_round_can_be_replayed_from_its_record() -> None:
    people = [member(number) for number in range(9)]
    world = circumstances(*people, ties=[tie(people[0], people[1], TieKind.REPLY, NOW - timedelta(days=3))])
    planned = plan(world, seed=b"seed" * 8)
    record = pack(planned.problem, [one.id for one in people])

    problem, names = unpack(record)

    assert match(problem, seed=planned.seed) == planned.matching
    assert names == tuple(one.id for one in people)
