"""Chance, from a seed: the same on every machine, in every process, with every version of NumPy.

Only the bits of SHAKE-256 (FIPS 202) are used; NumPy's generators promise the same numbers across
versions for raw bits alone (NEP 19).
"""

from hashlib import shake_256
from typing import Final

import numpy as np
from numpy.typing import NDArray

from bot.matching.problem import IntArray

_BITS: Final = 63
"""Of a whole number from 0."""


def in_order(keys: NDArray[np.uint64] | IntArray) -> IntArray:
    """(n,) where each lies in ascending order, equals as they stood: a stable argsort of keys from 0.

    NumPy sorts plain numbers with the processor's vectors, ten times as fast as a stable argsort; what that
    leaves open, which of two equals comes first, must not depend on the processor.
    """
    width = len(keys).bit_length()
    if int(keys.max(initial=0)).bit_length() + width < _BITS:
        packed = np.sort(keys.astype(np.int64) << width | np.arange(len(keys)))
        return np.asarray(packed & (1 << width) - 1)
    order = np.argsort(keys)
    placed = keys[order]
    if (placed[1:] == placed[:-1]).any():
        order = np.argsort(keys, kind="stable")
    return order.astype(np.int64)


class Tickets:
    """A stream of chance. Two streams of the same seed and name give the same draws in the same order."""

    __slots__ = ("_drawn", "_key")

    def __init__(self, seed: bytes, name: str) -> None:
        self._key = len(seed).to_bytes(8, "big") + seed + name.encode()
        self._drawn = 0

    def draw(self, count: int) -> NDArray[np.uint64]:
        """`count` uniform 64-bit numbers; some 400 MB/s."""
        self._drawn += 1
        raw = shake_256(self._key + self._drawn.to_bytes(8, "big")).digest(8 * count)
        return np.frombuffer(raw, dtype="<u8").astype(np.uint64)

    def order(self, count: int) -> IntArray:
        """A uniform random order of 0..count-1 (equal tickets, 1 in 2^64 per pair, keep their order)."""
        return in_order(self.draw(count))

    def below(self, bound: int) -> int:
        """A uniform whole number in 0..bound-1, without modulo bias, for a bound of any length."""
        words = -(-bound.bit_length() // 64)
        spare = 64 * words - bound.bit_length()
        while True:
            drawn = int.from_bytes(self.draw(words).astype("<u8").tobytes(), "little") >> spare
            if drawn < bound:
                return drawn

    def each_below(self, bound: int, count: int) -> IntArray:
        """`count` numbers in 0..bound-1, biased by less than bound/2^32."""
        return (((self.draw(count) >> np.uint64(32)) * np.uint64(bound)) >> np.uint64(32)).astype(np.int64)

    def noise(self, count: int) -> NDArray[np.uint16]:
        """`count` uniform 16-bit numbers."""
        words = self.draw(-(-count // 4)).astype("<u8")
        return np.frombuffer(words.tobytes(), dtype="<u2")[:count].astype(np.uint16)
