"""Edge colouring: whether the pairs that are left make so many rounds in which everyone is paired.

Greedy, with Kempe chains; where a chain comes back, a random chain is turned over at one end, which leaves as
many pairs coloured as before but others free (a walk on a plateau). After Vizing (1964) and Kempe; deciding
whether Delta colours are enough is NP-complete (Holyer, 1981), so a "no" here only means: not found.
"""

from itertools import pairwise
from typing import Final

import numpy as np

from bot.matching.problem import BoolArray

Class = list[tuple[int, int]]

_NONE: Final = -1
_RESTARTS: Final = 12
_KICKED: Final = 40
"""One plateau step in so many also takes the colour from another pair."""


def classes(
    near: BoolArray, colours: int, *, work: int, apart: BoolArray | None = None, reserve: int = 0
) -> list[Class] | None:
    """The pairs of `near` (m, m), symmetric, as `colours` matchings; None where none was found.

    If everyone has `colours` pairs, each matching holds everyone. Pairs in `apart` (m, m) are in the last
    `reserve` matchings only. The same graph gives the same answer, always: chance comes from a constant.
    `work` bounds the steps along chains, at a sixth of a microsecond each, so that the answer does not depend
    on the machine. O(pairs x chain) time, O(m x colours) memory.
    """
    degrees = near.sum(axis=1)
    if degrees.max(initial=0) > colours:
        return None
    if apart is not None and (near & apart).sum(axis=1).max(initial=0) > reserve:
        return None
    pairs: Class = [(i, j) for i, j in np.argwhere(np.triu(near)).tolist()]
    bound = set() if apart is None else {(i, j) for i, j in pairs if apart[i, j]}
    chance = _Chance()
    left = work
    for _ in range(_RESTARTS):
        colouring = _Colouring(len(near), colours, chance, left // 2, bound=bound, reserve=reserve)
        if colouring.colour(pairs):
            return colouring.classes()
        left -= colouring.steps
        if left <= 0:
            break
    return None


class _Chance:
    """A linear congruential generator (Knuth's MMIX), its upper bits: small, fast and the same everywhere."""

    __slots__ = ("_state",)

    def __init__(self) -> None:
        self._state = 0x9E3779B97F4A7C15

    def below(self, bound: int) -> int:
        self._state = (self._state * 6364136223846793005 + 1442695040888963407) & 0xFFFFFFFFFFFFFFFF
        return ((self._state >> 32) * bound) >> 32

    def shuffle(self, items: Class) -> None:
        for last in range(len(items) - 1, 0, -1):
            at = self.below(last + 1)
            items[at], items[last] = items[last], items[at]


class _Colouring:
    """A colouring in the making."""

    def __init__(
        self,
        members: int,
        colours: int,
        chance: _Chance,
        work: int,
        *,
        bound: set[tuple[int, int]],
        reserve: int,
    ) -> None:
        self.steps = 0
        self._colours = colours
        self._work = work
        self._chance = chance
        self._bound = bound
        self._all = (1 << colours) - 1
        # The colours that a bound pair may have; chains of two colours of which one is among them may not
        # carry such a pair across.
        self._late = self._all & ~((1 << (colours - reserve)) - 1)
        self._mate = [[_NONE] * colours for _ in range(members)]
        # Bit c: the member has no pair of colour c yet.
        self._free = [self._all] * members

    def colour(self, pairs: Class) -> bool:
        """Whether all pairs got a colour before the work ran out."""
        chance = self._chance
        todo = list(pairs)
        chance.shuffle(todo)
        if self._bound:
            # The last come first.
            todo.sort(key=lambda pair: pair in self._bound)
        while todo:
            u, v = todo.pop()
            mask = self._late if self._bound and self._is_bound(u, v) else self._all
            if self._place(u, v, mask):
                continue
            self.steps += 10
            if self.steps > self._work:
                return False
            todo.append(self._stir(u, v, mask))
            if chance.below(2):
                at = chance.below(len(todo))
                todo[at], todo[-1] = todo[-1], todo[at]
        return True

    def classes(self) -> list[Class]:
        return [
            [(v, mate[c]) for v, mate in enumerate(self._mate) if mate[c] > v] for c in range(self._colours)
        ]

    def _place(self, u: int, v: int, mask: int) -> bool:
        common = self._free[u] & self._free[v] & mask
        if common:
            self._put(u, v, self._some(common))
            return True
        for _ in range(3):
            if not self._free[u] & mask:
                u, v = v, u
            if not self._free[u] & mask or not self._free[v]:
                return False
            first, second = self._some(self._free[u] & mask), self._some(self._free[v])
            chain = self._chain(v, first, second)
            if chain[-1] != u and self._turn(chain, first, second):
                self._put(u, v, first)
                return True
        return False

    def _stir(self, u: int, v: int, mask: int) -> tuple[int, int]:
        """Another pair to colour, or the same after a chain was turned over."""
        chance = self._chance
        end = v if chance.below(2) else u
        given, other = self._some(self._free[end]), self._some(mask)
        if not self._free[end] >> other & 1:
            self._turn(self._chain(end, other, given), other, given)
        if self._free[u] & mask and chance.below(_KICKED) == 0:
            colour = self._some(self._free[u] & mask)
            gone = self._mate[v][colour]
            if gone != _NONE:
                self._mate[gone][colour] = _NONE
                self._free[gone] |= 1 << colour
                self._mate[v][colour] = _NONE
                self._free[v] |= 1 << colour
                self._put(u, v, colour)
                return v, gone
        return u, v

    def _put(self, u: int, v: int, colour: int) -> None:
        self._mate[u][colour] = v
        self._mate[v][colour] = u
        self._free[u] &= ~(1 << colour)
        self._free[v] &= ~(1 << colour)

    def _some(self, mask: int) -> int:
        """A colour of a mask that is not empty, by chance."""
        start = self._chance.below(self._colours)
        high = mask >> start
        return start + (high & -high).bit_length() - 1 if high else (mask & -mask).bit_length() - 1

    def _chain(self, start: int, first: int, second: int) -> list[int]:
        """The path from `start` whose pairs have the two colours in turn; `start` has no `second`."""
        mate, chain, at, colour, after = self._mate, [start], start, first, second
        while (at := mate[at][colour]) != _NONE:
            chain.append(at)
            colour, after = after, colour
        self.steps += len(chain)
        return chain

    def _turn(self, chain: list[int], first: int, second: int) -> bool:
        """Exchange the two colours along the chain, unless a bound pair would leave the late colours."""
        crosses = (self._late >> first & 1) != (self._late >> second & 1)
        if self._bound and crosses and any(self._is_bound(a, b) for a, b in pairwise(chain)):
            return False
        for at in chain:
            mate = self._mate[at]
            mate[first], mate[second] = mate[second], mate[first]
        for end in (chain[0], chain[-1]) if len(chain) > 1 else ():
            mate = self._mate[end]
            for colour in (first, second):
                if mate[colour] == _NONE:
                    self._free[end] |= 1 << colour
                else:
                    self._free[end] &= ~(1 << colour)
        return True

    def _is_bound(self, a: int, b: int) -> bool:
        return ((a, b) if a < b else (b, a)) in self._bound
