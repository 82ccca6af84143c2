"""Whose turn it is among all that is due."""

from bot.engine.turns import Turns


def _turns(chance: float = 0.0) -> Turns[str]:
    return Turns(most=2, chance=lambda: chance)


def test_a_few_at_a_time_those_first_that_have_waited_longest() -> None:
    turns = _turns()

    assert (turns.some("abcde"), turns.left) == (["a", "b"], 3)
    # What is done is due no more.
    assert (turns.some("cde"), turns.left) == (["c", "d"], 1)
    assert (turns.some("e"), turns.left) == (["e"], 0)
    assert (turns.some(""), turns.left) == ([], 0)


def test_what_could_not_be_done_waits_until_all_the_others_have_had_their_turn() -> None:
    turns = _turns()

    assert turns.some("xycd") == ["x", "y"]
    assert (turns.some("xycd"), turns.left) == (["c", "d"], 0)
    # And then it is tried again; that much is left does not mean that one turns in circles for ever.
    assert (turns.some("xy"), turns.left) == (["x", "y"], 0)


def test_what_was_done_and_is_due_again_waits_for_nobody() -> None:
    turns = _turns()
    turns.some("ab")
    turns.some("")

    assert turns.some("abc") == ["a", "b"]


def test_where_several_take_turns_each_begins_somewhere_else() -> None:
    assert _turns(0.5).some("abcdef") == ["d", "e"]
    assert _turns(0.9).some("abcdef") == ["f", "a"]
    # Whatever a chance may be: one is a chance too.
    assert _turns(1.0).some("abcdef") == ["a", "b"]
    # All of them take the few that there are.
    assert _turns(0.9).some("ab") == ["a", "b"]
