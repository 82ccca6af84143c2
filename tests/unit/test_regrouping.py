from dataclasses import replace
from datetime import UTC, date, datetime

from bot.domain.acquaintance import pair
from bot.domain.ids import CommunityId, IntroductionId, MemberId, RoundId
from bot.domain.planning import Past
from bot.domain.regrouping import Neighbourhood, Place, place
from bot.domain.round import Introduction, IntroductionState

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)


def introduction(*members: str, state: IntroductionState = IntroductionState.MADE) -> Introduction:
    return Introduction(
        id=IntroductionId("-".join(members)),
        community_id=CommunityId("c"),
        round_id=RoundId("r"),
        members=tuple(MemberId(each) for each in members),
        opener=MemberId(members[0]),
        phrase="light-1",
        state=state,
        due_at=NOW,
        last_met=date(2026, 11, 1),
    )


def around(
    *introductions: Introduction,
    waiting: tuple[str, ...] = (),
    barred: tuple[tuple[str, str], ...] = (),
    met: tuple[tuple[str, str], ...] = (),
    answered: tuple[str, ...] = (),
    parted: tuple[tuple[str, ...], ...] = (),
) -> Neighbourhood:
    return Neighbourhood(
        waiting=[MemberId(each) for each in waiting],
        introductions=introductions,
        busy=answered,
        barred={pair(MemberId(a), MemberId(b)) for a, b in barred},
        allow=lambda together: not any(set(two) <= set(together) for two in parted),
        past={pair(MemberId(a), MemberId(b)): Past(times=1, last=NOW) for a, b in met},
        tied=set(),
        size=2,
        seed=b"s" * 32,
    )


A = MemberId("a")


def test_someone_who_waits_comes_before_any_pair() -> None:
    assert place(A, around(introduction("b", "c"), waiting=("d",))) == Place(waiting=MemberId("d"))


def test_a_stranger_comes_before_someone_met_before() -> None:
    assert place(A, around(waiting=("b", "c"), met=(("a", "b"),))) == Place(waiting=MemberId("c"))


def test_a_pair_takes_one_more_and_a_trio_none() -> None:
    pair_of_two = introduction("b", "c")

    assert place(A, around(introduction("d", "e", "f"), pair_of_two)) == Place(joins=pair_of_two)
    assert place(A, around(introduction("d", "e", "f"))) is None


def test_larger_groups_are_never_larger_than_asked() -> None:
    threes = replace(around(introduction("b", "c", "d")), size=3)
    twos = replace(around(introduction("b", "c")), size=3)

    assert place(A, threes) is None
    assert place(A, twos) == Place(joins=introduction("b", "c"))


def test_no_wish_is_broken_on_this_path_either() -> None:
    barred = (("a", "c"), ("a", "d"))

    assert place(A, around(introduction("b", "c"), waiting=("d",), barred=barred)) is None


def test_who_was_together_this_round_is_not_brought_together_again() -> None:
    undone = introduction("a", "b", state=IntroductionState.VOID)

    assert place(A, around(undone, waiting=("b",))) is None


def test_who_has_met_is_left_in_peace() -> None:
    talked = introduction("b", "c")

    assert place(A, around(talked, answered=(talked.id,))) is None


def test_two_who_wish_to_be_apart_since_are_not_joined_by_a_third() -> None:
    assert place(A, around(introduction("b", "c"), barred=(("b", "c"),))) is None


def test_what_a_rule_forbids_all_together_is_no_place_either() -> None:
    pair_of_two, other_pair = introduction("b", "c"), introduction("d", "e")

    found = place(A, around(pair_of_two, other_pair, parted=(("a", "b", "c"),)))

    assert found == Place(joins=other_pair)
