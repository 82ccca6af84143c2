"""Sorting and looking up for a million members: quick, and the same as the plain way."""

import numpy as np
import pytest

from bot.matching.blocks import together
from bot.matching.tickets import Tickets, in_order


@pytest.mark.parametrize("most", [1, 5, 2**40, 2**62], ids=["equal", "few", "many", "beyond packing"])
def test_equals_keep_the_order_in_which_they_stood(most: int) -> None:
    keys = np.repeat(Tickets(b"", "keys").each_below(2**20, 300), 2)[::-1] * (most - 1) // 2**20

    assert in_order(keys).tolist() == np.argsort(keys, kind="stable").tolist()


def test_tickets_of_64_bits_are_sorted_to_the_last_bit() -> None:
    keys = np.array([2**64 - 1, 2**63, 2**64 - 2, 0, 2**63], dtype=np.uint64)

    assert in_order(keys).tolist() == [3, 1, 4, 2, 0]
    assert in_order(keys[:0]).tolist() == []


@pytest.mark.parametrize("groups", [1, 3, 254, 255, 700])
def test_who_shares_a_group_is_found_among_any_number_of_groups(groups: int) -> None:
    tickets = Tickets(b"", "together")
    number = tickets.each_below(groups + 1, 900) - 1
    pairs = tickets.each_below(900, 100_000 * 3).reshape(-1, 3)

    rows = together(number, pairs)

    i, j = number[pairs[:, 0]], number[pairs[:, 1]]
    assert rows.tolist() == np.nonzero((i == j) & (i >= 0))[0].tolist()
    assert len(rows) > 0
