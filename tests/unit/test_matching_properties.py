"""What holds for every matching, whatever the state: Hypothesis looks for the state where it does not.

A few hundred states, for seconds; `make bench-matching ARGS=--long` puts a hundred thousand on trial.
"""

from itertools import combinations

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.matching import Problem, match, problem
from bot.matching.costs import table
from bot.matching.pairs import pair
from bot.matching.tickets import Tickets
from tests.matching_check import barred, best_score, check, score, score_of


@st.composite
def states(draw: st.DrawFn, *, most: int, sizes: tuple[int, ...] = (2, 3, 4, 8)) -> Problem:
    members = draw(st.integers(0, most))
    everyone = list(combinations(range(members), 2))
    some = st.lists(st.sampled_from(everyone), unique=True) if everyone else st.just([])
    met, ties = draw(some), draw(some)
    topics = st.lists(st.tuples(st.integers(0, max(members - 1, 0)), st.integers(0, 2)), max_size=2 * members)
    return problem(
        members,
        size=draw(st.sampled_from(sizes)),
        forbidden=draw(some),
        speaks=draw(st.lists(st.sampled_from((0, 1, 2, 3, 1 << 63)), min_size=members, max_size=members)),
        met=[(a, b, draw(st.integers(1, 4))) for a, b in met],
        met_age=draw(st.lists(st.floats(0, 3000), min_size=len(met), max_size=len(met))),
        ties=ties,
        strength=draw(st.lists(st.floats(0, 1), min_size=len(ties), max_size=len(ties))),
        team=draw(st.lists(st.integers(-1, 2), min_size=members, max_size=members)),
        waking=draw(
            st.lists(st.tuples(st.floats(0, 24), st.floats(0, 24)), min_size=members, max_size=members)
        )
        if members
        else None,
        first=draw(st.lists(st.booleans(), min_size=members, max_size=members)),
        left_out=draw(st.lists(st.integers(0, 5), min_size=members, max_size=members)),
        trios=draw(st.lists(st.integers(0, 5), min_size=members, max_size=members)),
        role=draw(st.lists(st.integers(0, 4), min_size=members, max_size=members)),
        offers=(offers := draw(topics) if members else []),
        wants=(wants := draw(topics) if members else []),
        worth=[0.2, 0.5, 1.0] if offers or wants else [],
        distance=draw(st.integers(0, 2)),
        team_hard=draw(st.booleans()),
        hours_hard=draw(st.booleans()),
    )


@settings(max_examples=120)
@given(state=states(most=7), seed=st.binary(max_size=8))
@example(state=problem(0), seed=b"")
@example(state=problem(1, size=8), seed=b"")
def test_no_grouping_leaves_fewer_alone_or_repeats_less(state: Problem, seed: bytes) -> None:
    matching = match(state, seed=seed)

    check(state, matching)
    best = best_score(state)
    assert score_of(state, matching) == best
    assert matching.fewest_repeats == best[-1]


@settings(max_examples=40)
@given(state=states(most=26), seed=st.binary(max_size=8))
def test_larger_rounds_keep_every_promise_that_can_be_checked(state: Problem, seed: bytes) -> None:
    matching = match(state, seed=seed)

    check(state, matching)
    allowed = {frozenset(pair) for pair in combinations(range(state.members), 2)}
    allowed -= barred(state)
    assert not any(frozenset(pair) in allowed for pair in combinations(matching.alone, 2))


@settings(max_examples=100)
@given(state=states(most=8, sizes=(2,)), seed=st.binary(max_size=8))
def test_the_engine_for_hundreds_never_claims_too_much_of_a_few(state: Problem, seed: bytes) -> None:
    costs = table(state, np.arange(state.members), Tickets(seed, ""))

    paired = pair(costs)

    groups = tuple(tuple(sorted(costs.members[list(group)].tolist())) for group in paired.groups)
    best, found = best_score(state), score(state, groups)
    assert found >= best
    assert found[-1] == paired.repeats
    if found[:-1] == best[:-1] and paired.fewest is not None:
        assert paired.fewest == best[-1]


@settings(max_examples=25)
@given(state=states(most=30), seed=st.binary(max_size=8))
def test_the_same_seed_gives_the_same_matching(state: Problem, seed: bytes) -> None:
    assert match(state, seed=seed) == match(state, seed=seed)


@settings(max_examples=40)
@given(
    members=st.integers(0, 30),
    size=st.sampled_from((2, 3, 4)),
    wishes=st.lists(st.sampled_from((0, 2, 3)), min_size=30, max_size=30),
)
def test_wishes_for_a_format_leave_nobody_alone(members: int, size: int, wishes: list[int]) -> None:
    state = problem(members, size=size, format=wishes[:members])

    matching = match(state, seed=b"wishes")

    check(state, matching)
    assert len(matching.alone) == (members == 1)


def test_two_whom_their_wishes_would_leave_alone_have_each_other() -> None:
    meet = {(0, 17), (1, 6), (1, 8), (2, 6), (2, 14), (3, 7), (3, 15), (4, 5), (4, 13)}
    meet |= {(7, 11), (7, 13), (7, 14), (8, 15), (11, 12), (14, 16)}
    apart = [pair for pair in combinations(range(18), 2) if pair not in meet]
    wishes = {1: 2, 8: 2, 17: 2, 11: 3, 16: 3}
    state = problem(18, size=3, forbidden=apart, format=[wishes.get(at, 0) for at in range(18)])

    for seed in range(60):
        matching = match(state, seed=bytes([seed]))

        check(state, matching)
        assert not meet & set(combinations(matching.alone, 2))
