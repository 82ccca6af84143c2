"""How well two members know each other, from what they did and when.

Exponential decay after Ahmad, Porter and Beguerisse-Díaz (arXiv 1805.00193); an event among m people counts
1/(m-1) for each pair (Newman, Phys. Rev. E 64, 016132, 2001); what goes both ways counts more than its sum
(Gilbert and Karahalios, CHI 2009).
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from bot.matching.problem import FloatArray, IntArray

HALF_LIFE: Final = 60.0
"""Days. On six communities 60 to 90 days predict best, or within 0.005 of it, who talks again."""

REPLY: Final = "reply"
MENTION: Final = "mention"
TOPIC: Final = "topic"
REACTION: Final = "reaction"
SPACE: Final = "space"
INTRODUCED: Final = "introduced"

_WEIGHTS: Final = {REPLY: 1.0, MENTION: 1.5, REACTION: 0.3, TOPIC: 1.0, SPACE: 0.05, INTRODUCED: 0.0}
"""INTRODUCED adds no strength: whoever was introduced is in `met`."""

_CROWD: Final = 50
"""A conversation among more people than this says nothing about any two of them."""

_HALL: Final = 200
"""The same of a space that they share."""

_SATURATION: Final = 3.0


def acquaints(kind: str, people: int) -> bool:
    """Whether such an event makes acquaintances: an introduction by itself does not, nor does a crowd."""
    most = {TOPIC: _CROWD, SPACE: _HALL}.get(kind, people)
    return _WEIGHTS[kind] > 0 and people <= most


def tie_strength(
    source: ArrayLike,
    target: ArrayLike,
    kind: Sequence[str],
    age: ArrayLike,
    people: ArrayLike,
    *,
    half_life: float = HALF_LIFE,
) -> tuple[IntArray, FloatArray]:
    """The pairs with any event, (p, 2) int64 with i < j and sorted, and their strength today, (p,) in [0, 1).

    Per event, all of length e: who and to whom (whole numbers), the kind (reply, mention, topic, reaction,
    space, introduced), its age in days (NaN: not dated, does not decay), how many people took part.
    Per pair, with A_ij = sum w 2^(-age/half_life) over replies, mentions and reactions of i to j, and C over
    shared topics and, at 0.05 / log2(people), shared spaces: S = A_ij + A_ji + 2 sqrt(A_ij A_ji) + C,
    strength 1 - exp(-S/3): 0 a stranger, above 0.05 acquainted, above 0.5 close. O(e log e) time, O(e)
    memory. Raises ValueError on what cannot be an event.
    """
    one, other = np.asarray(source, dtype=np.int64), np.asarray(target, dtype=np.int64)
    days, crowd = np.asarray(age, dtype=np.float64), np.asarray(people, dtype=np.int64)
    count = len(one)
    if not len(other) == len(kind) == len(days) == len(crowd) == count:
        raise ValueError("Every event needs a source, a target, a kind, an age and a number of people.")
    unknown = sorted(set(kind) - set(_WEIGHTS))
    if unknown:
        raise ValueError(f"A tie is one of {', '.join(_WEIGHTS)}, not {unknown[0]!r}.")
    if (one < 0).any() or (other < 0).any():
        raise ValueError("Members are numbered from 0.")
    if (one == other).any():
        raise ValueError("Nobody has a tie with themselves.")
    if (days < 0).any() or np.isinf(days).any():
        raise ValueError("The age of a tie is 0 days or more, or NaN where it is not known.")
    if (crowd < 2).any():
        raise ValueError("At least two people take part in a tie.")
    if not half_life > 0:
        raise ValueError("The half-life of a tie is a positive number of days.")

    topic = np.array([name == TOPIC for name in kind], dtype=np.bool_)
    space = np.array([name == SPACE for name in kind], dtype=np.bool_)
    shared = topic | space
    weight = np.array([_WEIGHTS[name] for name in kind], dtype=np.float64)
    weight *= np.exp2(-np.nan_to_num(days, nan=0.0) / half_life)
    weight[topic] /= crowd[topic] - 1
    weight[space] /= np.log2(crowd[space])
    weight[(topic & (crowd > _CROWD)) | (space & (crowd > _HALL))] = 0.0

    ends = np.stack([np.minimum(one, other), np.maximum(one, other)], axis=1)
    pairs, place = np.unique(ends.reshape(-1, 2), axis=0, return_inverse=True)
    place = place.reshape(-1)
    there, back, together = (
        np.bincount(place, weights=weight * which, minlength=len(pairs))
        for which in (~shared & (one < other), ~shared & (one > other), shared)
    )
    strength = -np.expm1(-(there + back + 2 * np.sqrt(there * back) + together) / _SATURATION)
    return pairs, np.asarray(np.minimum(strength, np.nextafter(1.0, 0.0)), dtype=np.float64)
