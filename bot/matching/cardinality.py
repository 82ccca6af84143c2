"""Maximum cardinality: how many pairs of strangers there can be at once, and the proof.

Edmonds' search for an augmenting path (1965) from all unmatched members together. When none is found, no
matching is larger (Berge, 1957), and the blossoms of the last search are the odd parts of which any one may
be left over (Gallai, 1964; Edmonds). The rows of the graph are Python integers used as sets of bits: for a
dense graph of 3,000 members a search takes some 30 ms, and few are needed.
"""

from typing import Final

import numpy as np

from bot.matching.problem import BoolArray, IntArray

_NONE: Final = -1


def largest(near: BoolArray, start: IntArray) -> tuple[IntArray, IntArray]:
    """(m,) mates in a maximum matching of `near` (m, m), symmetric, begun with `start` (m,); -1 for none.

    And (m,) the odd part of each who is left over in some maximum matching, -1 for those who never are.
    """
    packed = np.packbits(near, axis=1, bitorder="little")
    rows = [int.from_bytes(row.tobytes(), "little") for row in packed]
    mate = [int(v) for v in start]
    free = [v for v in range(len(rows)) if mate[v] == _NONE]
    for v in free:
        # Most of those left over find each other at once.
        if mate[v] == _NONE:
            other = next((u for u in free if mate[u] == _NONE and rows[v] >> u & 1), _NONE)
            if other != _NONE:
                mate[v], mate[other] = other, v
    while (forest := _Forest(rows, mate)).augment():
        pass
    return np.array(mate, dtype=np.int64), np.array(forest.parts(), dtype=np.int64)


class _Forest:
    """Alternating trees from all unmatched vertices. `mate` is changed in place."""

    def __init__(self, rows: list[int], mate: list[int]) -> None:
        count = len(rows)
        self._rows = rows
        self._mate = mate
        self._base = list(range(count))
        self._members = [[v] for v in range(count)]
        # By base: the vertices of its blossom, as bits.
        self._inside = [1 << v for v in range(count)]
        self._root = [_NONE] * count
        self._up = [_NONE] * count
        self._even = 0
        self._new = 0
        self._waiting: list[int] = []
        for v in range(count):
            if mate[v] == _NONE:
                self._root[v] = v
                self._even |= 1 << v
                self._waiting.append(v)
            else:
                self._new |= 1 << v

    def augment(self) -> bool:
        """Whether a longer matching was found; it is in `mate` then."""
        while self._waiting:
            v = self._waiting.pop()
            while True:
                near = self._rows[v] & self._even & ~self._inside[self._base[v]]
                if not near:
                    break
                u = _lowest(near)
                if self._root[u] != self._root[v]:
                    self._flip(v, u)
                    self._flip(u, v)
                    return True
                self._contract(v, u)
            new = self._rows[v] & self._new
            while new:
                self._grow(v, _lowest(new))
                new &= self._new
        return False

    def parts(self) -> list[int]:
        """By vertex: the base of its blossom, -1 for vertices that are not even."""
        return [base if self._even >> v & 1 else _NONE for v, base in enumerate(self._base)]

    def _grow(self, v: int, odd: int) -> None:
        even = self._mate[odd]
        self._up[odd] = v
        self._root[odd] = self._root[even] = self._root[v]
        self._new &= ~(1 << odd | 1 << even)
        self._even |= 1 << even
        self._waiting.append(even)

    def _flip(self, v: int, partner: int) -> None:
        """Match v with `partner`, and move every pair on the way up to the root."""
        odd, self._mate[v] = self._mate[v], partner
        while odd != _NONE:
            above = self._up[odd]
            after = self._mate[above]
            self._mate[odd], self._mate[above] = above, odd
            odd = after

    def _contract(self, v: int, u: int) -> None:
        """Make one vertex of the odd circle that the pair v, u closes."""
        top = self._common(v, u)
        circle = [*self._side(v, u, top), *self._side(u, v, top)]
        for base in circle:
            if base == top or base != self._base[base]:
                continue
            for w in self._members[base]:
                self._base[w] = top
                if not self._even >> w & 1:
                    # An odd vertex of a blossom can be reached the other way round too.
                    self._even |= 1 << w
                    self._waiting.append(w)
            self._members[top] += self._members[base]
            self._inside[top] |= self._inside[base]

    def _common(self, v: int, u: int) -> int:
        seen = set()
        at = self._base[v]
        while True:
            seen.add(at)
            if self._mate[at] == _NONE:
                break
            at = self._base[self._up[self._mate[at]]]
        at = self._base[u]
        while at not in seen:
            at = self._base[self._up[self._mate[at]]]
        return at

    def _side(self, v: int, child: int, top: int) -> list[int]:
        """The bases from v up to `top`; each even vertex learns the way down to `child`."""
        bases = []
        while self._base[v] != top:
            odd = self._mate[v]
            bases += [self._base[v], self._base[odd]]
            self._up[v] = child
            child = odd
            v = self._up[odd]
        return bases


def _lowest(bits: int) -> int:
    return (bits & -bits).bit_length() - 1
