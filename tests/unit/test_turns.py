"""Whose turn it is among all that is due."""

from bot.engine.turns import Turns


def _turns(chance: float = 0.0) -> Turns[str]:
    return Turns(most=2, chance=lambda: chance)


def _take(turns: Turns[str], due: str) -> tuple[str, int]:
    """Who has their turn, and how many wait for theirs."""
    some = turns.some(due)
    for one in some:
        turns.begin(one)
    return "".join(some), turns.left


def test_a_few_at_a_time_those_first_that_have_waited_longest() -> None:
    turns = _turns()

    assert _take(turns, "abcde") == ("ab", 3)
    # What is done is due no more.
    assert _take(turns, "cde") == ("cd", 1)
    assert _take(turns, "e") == ("e", 0)
    assert _take(turns, "") == ("", 0)


def test_what_could_not_be_done_waits_until_all_the_others_have_had_their_turn() -> None:
    turns = _turns()

    assert _take(turns, "xycd") == ("xy", 2)
    assert _take(turns, "xycd") == ("cd", 0)
    # And then it is tried again.
    assert _take(turns, "xy") == ("xy", 0)


def test_what_can_never_be_done_does_not_count_as_waiting_for_ever() -> None:
    turns = _turns()

    assert [_take(turns, "xyz") for _ in range(4)] == [("xy", 1), ("z", 0), ("xy", 0), ("z", 0)]


def test_what_was_done_and_is_due_again_waits_for_nobody() -> None:
    turns = _turns()
    _take(turns, "ab")
    _take(turns, "")

    assert _take(turns, "abc") == ("ab", 1)


def test_whose_turn_did_not_begin_keeps_their_place() -> None:
    turns = _turns()
    some = turns.some("abc")
    turns.begin(some[0])

    # The memory failed in between.
    assert _take(turns, "abc") == ("bc", 0)


def test_where_several_take_turns_each_begins_somewhere_else() -> None:
    assert _turns(0.5).some("abcdef") == ["d", "e"]
    assert _turns(0.9).some("abcdef") == ["f", "a"]
    # Whatever a chance may be: one is a chance too.
    assert _turns(1.0).some("abcdef") == ["a", "b"]
    # All of them take the few that there are.
    assert _turns(0.9).some("ab") == ["a", "b"]
