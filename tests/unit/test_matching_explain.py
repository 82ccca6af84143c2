"""Why these members, and why nobody: facts, and never a wish to be kept apart."""

import pytest

from bot.matching import Help, Matching, Why, WhyNot, explain, explain_alone, match, problem
from bot.matching.problem import GREETER, NEWCOMER

NAN = float("nan")


def plain(**values: object) -> Why:
    facts: dict[str, object] = {
        "met_before": 0,
        "last_met": None,
        "unavoidable": None,
        "ties": 0,
        "strongest": 0.0,
        "hours_in_common": None,
        "languages": 0,
        "different_team": False,
        "in_common": None,
        "helps": (),
        "greeters": (),
    }
    return Why(**(facts | values))  # type: ignore[arg-type]  # each test names fields of Why


def test_why_says_what_is_known_of_a_pair() -> None:
    state = problem(
        4,
        met=[(1, 0, 2)],
        met_age=[30],
        ties=[(0, 1), (0, 2)],
        strength=[0.4, 0.9],
        team=[3, 4, 3, -1],
        waking=[(22, 8), (6, 12.5), (0, 0), (NAN, NAN)],
        speaks=[0b011, 0b110, 0b100, 0],
    )

    assert explain(state, (0, 1)) == plain(
        met_before=2,
        last_met=30.0,
        unavoidable=False,
        ties=1,
        strongest=0.4,
        hours_in_common=2.0,
        different_team=True,
        languages=0b010,
    )
    assert explain(state, (0, 1, 2)) == plain(
        met_before=2, last_met=30.0, unavoidable=False, ties=2, strongest=0.9, hours_in_common=2.0
    )
    assert explain(state, (2, 3)) == plain()


def test_why_says_who_can_help_whom_and_who_welcomes() -> None:
    state = problem(
        3,
        offers=[(0, 0), (0, 1), (1, 2)],
        wants=[(1, 1), (1, 0), (2, 2)],
        worth=[0.2, 0.9, 0.5],
        role=[GREETER, NEWCOMER, 0],
    )

    why = explain(state, (0, 1, 2))

    assert why.helps == (
        Help(helper=0, learner=1, topics=(1, 0)),
        Help(helper=1, learner=2, topics=(2,)),
    )
    assert why.greeters == (0,)
    assert explain(state, (0, 2)).greeters == ()


def test_a_repeat_is_called_unavoidable_only_with_the_proof() -> None:
    everyone_met = problem(2, met=[(0, 1, 1)], met_age=[7])
    matching = match(everyone_met, seed=b"")

    assert explain(everyone_met, (0, 1), matching=matching).unavoidable
    unproved = Matching(groups=((0, 1),), alone=(), repeats=1, fewest_repeats=None)
    assert explain(everyone_met, (0, 1), matching=unproved).unavoidable is False


def test_why_is_asked_of_members_of_the_round_only() -> None:
    with pytest.raises(ValueError, match="different members"):
        explain(problem(3), (0, 3))
    with pytest.raises(ValueError, match="no member 3"):
        explain_alone(problem(3), 3)


@pytest.mark.parametrize(
    "reason, state",
    [
        (WhyNot.NOBODY, problem(1)),
        (WhyNot.LANGUAGE, problem(3, speaks=[1, 2, 6])),
        (WhyNot.TEAM, problem(3, team=[4, 4, 4], team_hard=True)),
        (WhyNot.HOUR, problem(3, waking=[(0, 8), (12, 20), (13, 21)], hours_hard=True)),
        (WhyNot.RULES, problem(3, speaks=[1, 2, 1], team=[4, 5, 4], team_hard=True)),
        (WhyNot.CHANCE, problem(3)),
        (WhyNot.CHANCE, problem(3, team=[4, 4, 4])),
        (WhyNot.CHANCE, problem(3, speaks=[1, 2, 0])),
    ],
)
def test_why_not_is_what_parts_someone_from_everyone_else(reason: WhyNot, state: object) -> None:
    assert explain_alone(state, 0) is reason  # type: ignore[arg-type]  # built above


def test_a_wish_to_be_kept_apart_reads_like_chance() -> None:
    wish = problem(3, forbidden=[(0, 1), (0, 2)])
    wish_and_rule = problem(3, speaks=[1, 2, 1], forbidden=[(0, 2)])

    assert explain_alone(wish, 0) is WhyNot.CHANCE
    assert explain_alone(wish_and_rule, 0) is WhyNot.CHANCE


def test_what_rules_say_of_someone_is_the_same_with_and_without_a_wish() -> None:
    rule = problem(3, speaks=[1, 2, 2])
    rule_and_wish = problem(3, speaks=[1, 2, 2], forbidden=[(0, 1)])

    assert explain_alone(rule, 0) is explain_alone(rule_and_wish, 0) is WhyNot.LANGUAGE
