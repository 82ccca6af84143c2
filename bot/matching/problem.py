"""What one round of matching depends on, and what it answers."""

from dataclasses import dataclass, fields, replace
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

IntArray: TypeAlias = NDArray[np.int64]
FloatArray: TypeAlias = NDArray[np.float64]
BoolArray: TypeAlias = NDArray[np.bool_]
BitArray: TypeAlias = NDArray[np.uint64]

SMALLEST_GROUP: Final = 2
LARGEST_GROUP: Final = 8

EITHER: Final = 0
"""Format: no wish."""
PAIR_ONLY: Final = 2
"""Format: would like to be introduced to one person."""
TRIO_ONLY: Final = 3
"""Format: would like to be introduced to two people."""

NO_TEAM: Final = -1

ANY_DISTANCE: Final = 0
FAR: Final = 1
"""Distance: three steps or more from one to the other are preferred, by whom they know."""
NEAR: Final = 2
"""Distance: an acquaintance in common is preferred."""

NO_ROLE: Final = 0
NEWCOMER: Final = 1
VETERAN: Final = 2
GREETER: Final = 3
"""Volunteers to welcome newcomers, and has a welcome left."""
SPENT_GREETER: Final = 4
"""Has welcomed as many as they offered to: others come first."""
ROLES: Final = (NO_ROLE, NEWCOMER, VETERAN, GREETER, SPENT_GREETER)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Problem:
    """Everything one round depends on. Members are 0..n-1, in a stable order chosen by the caller.

    Build it with `problem(n, ...)`, which fills in the defaults and checks every array.
    A pair may be given in either order; given twice, the larger number of times, the younger age and
    the stronger tie count.
    """

    members: int
    size: int
    """Wanted members per group, 2..8."""
    forbidden: IntArray
    """(f, 2) pairs that may never share a group."""
    speaks: BitArray
    """(n,) a bit for each language spoken, 0 where nothing was said. Two who said theirs and have none in
    common may never share a group."""
    met: IntArray
    """(m, 3): i, j, times introduced before (at least 1)."""
    met_age: FloatArray
    """(m,) days since the last introduction of that pair, at least 0."""
    ties: IntArray
    """(t, 2) pairs with any tie ever recorded; introductions need not be repeated here."""
    strength: FloatArray
    """(t,) in 0..1: how well that pair knows each other today."""
    team: IntArray
    """(n,) team, -1 for none. Soft: another team is preferred."""
    waking: FloatArray
    """(n, 2) start and end of the waking window in UTC hours, 0..24, or NaN. A start after the end
    runs over midnight; a start equal to the end is the whole day. Soft: common hours are preferred."""
    first: BoolArray
    """(n,) left alone last time: they are placed before anyone else."""
    left_out: IntArray
    """(n,) how often each was left alone."""
    trios: IntArray
    """(n,) how often each was in a group of another size than asked."""
    format: IntArray
    """(n,) 0 either, 2 pair only, 3 trio only. Gives way to an avoidable repeat and to someone alone."""
    role: IntArray
    """(n,) 0 none, 1 newcomer, 2 veteran, 3 greeter, 4 greeter who has welcomed enough. Soft: a newcomer
    meets a greeter first, then a veteran, another newcomer last."""
    offers: IntArray
    """(o, 2) member and topic, sorted and once each: what they can help with."""
    wants: IntArray
    """(w, 2) member and topic: what they are learning, or stuck with. Soft: who can help is preferred."""
    worth: FloatArray
    """(s,) in 0..1: how much a topic in common says; the rarer, the more."""
    distance: int
    """0 any, 1 far, 2 near. Soft: strangers had better know nobody in common, or somebody."""
    knows: IntArray
    """(k, 2) member and person, sorted and once each: everyone themselves, and whom they know, in the round
    or outside it. Two with a person in common are at most two steps apart. Empty for any distance."""
    team_hard: bool
    """Two of the same team may never share a group."""
    hours_hard: bool
    """A group without a common waking hour may never be; who said no hours shares all of them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Matching:
    """The groups of one round. `groups` and `alone` together are a partition of the members."""

    groups: tuple[tuple[int, ...], ...]
    """Each sorted, and sorted among themselves."""
    alone: tuple[int, ...]
    """Sorted; only those for whom the hard rules left no other way, or a single member."""
    repeats: int
    """Pairs inside the groups that had been introduced before."""
    fewest_repeats: int | None
    """The exact minimum among all groupings that keep the higher promises (fewest alone, those left
    alone last time placed first, sizes as asked, formats while they cost no repeat). None where it
    was not proved."""


def problem(
    members: int,
    *,
    size: int = 2,
    forbidden: ArrayLike = (),
    speaks: ArrayLike | None = None,
    met: ArrayLike = (),
    met_age: ArrayLike | None = None,
    ties: ArrayLike = (),
    strength: ArrayLike | None = None,
    team: ArrayLike | None = None,
    waking: ArrayLike | None = None,
    first: ArrayLike | None = None,
    left_out: ArrayLike | None = None,
    trios: ArrayLike | None = None,
    format: ArrayLike | None = None,  # noqa: A002  the glossary's word for pair, trio or either
    role: ArrayLike | None = None,
    offers: ArrayLike = (),
    wants: ArrayLike = (),
    worth: ArrayLike = (),
    distance: ArrayLike = ANY_DISTANCE,
    knows: ArrayLike = (),
    team_hard: ArrayLike = False,
    hours_hard: ArrayLike = False,
) -> Problem:
    """A checked Problem of `members` people; what is left out has no influence.

    Without `met_age` every introduction counts as today's; without `strength` every tie as full.
    `knows` adds people outside the round, from `members` on, to those whom ties are with. A tie of strength
    0, as of a crowd, makes nobody an acquaintance, nor does an introduction before something has come of it:
    all would soon be two steps apart.
    Raises ValueError, in a sentence, on indices out of range, NaN, wrong shapes and impossible sizes.
    """
    if members < 0:
        raise ValueError(f"A round cannot have {members} members.")
    if not SMALLEST_GROUP <= size <= LARGEST_GROUP:
        raise ValueError(f"Groups have {SMALLEST_GROUP} to {LARGEST_GROUP} members, not {size}.")
    pairs_met = _whole(met, "met", (None, 3))
    pairs_tied = _whole(ties, "ties", (None, 2))
    built = Problem(
        members=members,
        size=size,
        forbidden=_pairs(_whole(forbidden, "forbidden", (None, 2)), "forbidden", members),
        speaks=_bits(0 if speaks is None else speaks, "speaks", members),
        met=_pairs(pairs_met, "met", members),
        met_age=_real(0.0 if met_age is None else met_age, "met_age", (len(pairs_met),)),
        ties=_pairs(pairs_tied, "ties", members),
        strength=_real(1.0 if strength is None else strength, "strength", (len(pairs_tied),)),
        team=_whole(NO_TEAM if team is None else team, "team", (members,)),
        waking=_real(np.nan if waking is None else waking, "waking", (members, 2)),
        first=_whole(0 if first is None else first, "first", (members,)).astype(np.bool_),
        left_out=_whole(0 if left_out is None else left_out, "left_out", (members,)),
        trios=_whole(0 if trios is None else trios, "trios", (members,)),
        format=_whole(EITHER if format is None else format, "format", (members,)),
        role=_whole(NO_ROLE if role is None else role, "role", (members,)),
        offers=_topics(_whole(offers, "offers", (None, 2)), "offers", members, np.size(worth)),
        wants=_topics(_whole(wants, "wants", (None, 2)), "wants", members, np.size(worth)),
        worth=_real(worth, "worth", (None,)),
        distance=int(_whole(distance, "distance", ())),
        knows=_whole(knows, "knows", (None, 2)),
        team_hard=bool(team_hard),
        hours_hard=bool(hours_hard),
    )
    _check_values(built)
    built = replace(built, knows=_acquaintances(built))
    for field in fields(built):
        value = getattr(built, field.name)
        if isinstance(value, np.ndarray):
            value.setflags(write=False)
    return built


def among(whole: Problem, members: IntArray) -> Problem:
    """The problem of some members alone, ascending; they are 0..len(members)-1 in it. Linear."""
    place = np.full(whole.members, -1, dtype=np.int64)
    place[members] = np.arange(len(members))
    forbidden, met, ties = (
        (place[pairs[:, :2]] >= 0).all(axis=1) for pairs in (whole.forbidden, whole.met, whole.ties)
    )
    offers, wants, knows = (
        np.column_stack([place[rows[:, 0]], rows[:, 1]])[place[rows[:, 0]] >= 0]
        for rows in (whole.offers, whole.wants, whole.knows)
    )
    return replace(
        whole,
        members=len(members),
        forbidden=place[whole.forbidden[forbidden]],
        met=np.column_stack([place[whole.met[met, :2]], whole.met[met, 2]]),
        met_age=whole.met_age[met],
        ties=place[whole.ties[ties]],
        strength=whole.strength[ties],
        offers=offers,
        wants=wants,
        knows=knows,
        speaks=whole.speaks[members],
        team=whole.team[members],
        waking=whole.waking[members],
        first=whole.first[members],
        left_out=whole.left_out[members],
        trios=whole.trios[members],
        format=whole.format[members],
        role=whole.role[members],
    )


def _check_values(built: Problem) -> None:
    if (built.met[:, 2] < 1).any():
        raise ValueError("A pair in `met` was introduced at least once; leave the others out.")
    if np.isnan(built.met_age).any() or (built.met_age < 0).any():
        raise ValueError("`met_age` counts days since an introduction: 0 or more, and never NaN.")
    if not ((built.strength >= 0) & (built.strength <= 1)).all():
        raise ValueError("The strength of a tie lies between 0 and 1, and is never NaN.")
    hours = built.waking[~np.isnan(built.waking)]
    if not ((hours >= 0) & (hours <= 24)).all():
        raise ValueError("Waking hours lie between 0 and 24, in UTC.")
    if (np.isnan(built.waking[:, 0]) != np.isnan(built.waking[:, 1])).any():
        raise ValueError("A waking window has both a start and an end, or neither (NaN).")
    if (built.team < NO_TEAM).any():
        raise ValueError("A team is a number from 0, or -1 for none.")
    if (built.left_out < 0).any() or (built.trios < 0).any():
        raise ValueError("`left_out` and `trios` count rounds: 0 or more.")
    if not np.isin(built.format, (EITHER, PAIR_ONLY, TRIO_ONLY)).all():
        raise ValueError("A format is 0 (either), 2 (pair only) or 3 (trio only).")
    if not np.isin(built.role, ROLES).all():
        raise ValueError("A role is 0 (none), 1 (newcomer), 2 (veteran), 3 or 4 (greeter).")
    if not ((built.worth >= 0) & (built.worth <= 1)).all():
        raise ValueError("What a topic is worth lies between 0 and 1, and is never NaN.")


def _bits(values: ArrayLike, name: str, members: int) -> BitArray:
    given = np.array(values)
    if given.dtype.kind not in "iu":
        # Python's own whole numbers: NumPy would make floats of some that need the last bit.
        given = np.array(values, dtype=np.object_)
    if not all(isinstance(value, int) and 0 <= value < 1 << 64 for value in set(given.ravel().tolist())):
        raise ValueError(f"`{name}` holds one bit for each language, as whole numbers of 64 bits.")
    if (given.ndim and given.size != members) or given.ndim > 1:
        raise ValueError(f"`{name}` has the shape {members}, not {' x '.join(map(str, given.shape))}.")
    return np.full(members, given.astype(np.uint64), dtype=np.uint64)


def _whole(values: ArrayLike, name: str, shape: tuple[int | None, ...]) -> IntArray:
    if isinstance(values, np.ndarray) and values.dtype.kind == "i" and _fits(values, shape):
        # Millions of pairs need no way through floats.
        return values.astype(np.int64)
    real = _real(values, name, shape)
    if not np.isfinite(real).all() or (real != np.floor(real)).any() or (np.abs(real) > 2**53).any():
        raise ValueError(f"`{name}` holds whole numbers only, at most 2^53.")
    return real.astype(np.int64)


def _real(values: ArrayLike, name: str, shape: tuple[int | None, ...]) -> FloatArray:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"`{name}` holds numbers only, in rows of one length.") from error
    wanted = tuple(0 if length is None else length for length in shape)
    if array.ndim == 0 and None not in shape:
        return np.full(wanted, float(array))
    if array.size == 0 and 0 in wanted:
        return np.zeros(wanted)
    if not _fits(array, shape):
        words = " x ".join("any" if length is None else str(length) for length in shape) or "of one number"
        raise ValueError(f"`{name}` has the shape {words}, not {' x '.join(map(str, array.shape))}.")
    return array


def _fits(array: NDArray[np.generic], shape: tuple[int | None, ...]) -> bool:
    return array.ndim == len(shape) and all(
        length is None or length == given for length, given in zip(shape, array.shape, strict=True)
    )


def _acquaintances(built: Problem) -> IntArray:
    """`knows` with everyone's ties and themselves; nothing where no distance is asked for."""
    if built.distance not in (ANY_DISTANCE, FAR, NEAR):
        raise ValueError("A distance is 0 (any), 1 (far) or 2 (near).")
    if ((built.knows < 0) | (built.knows[:, :1] >= built.members)).any():
        raise ValueError(f"`knows` names a member outside 0..{built.members - 1}, or a person below 0.")
    if built.distance == ANY_DISTANCE:
        return np.zeros((0, 2), dtype=np.int64)
    sure = built.ties[built.strength > 0]
    themselves = np.arange(built.members).repeat(2).reshape(-1, 2)
    # People outside the round may have any numbers: they get the next ones in it.
    outside = built.knows[:, 1] >= built.members
    others = built.knows.copy()
    others[outside, 1] = built.members + np.unique(others[outside, 1], return_inverse=True)[1].reshape(-1)
    among = others[~outside]
    rows = np.concatenate([themselves, sure, sure[:, ::-1], others, among[:, ::-1]])
    return _once(rows, int(rows[:, 1].max(initial=0)) + 1)


def _topics(array: IntArray, name: str, members: int, topics: int) -> IntArray:
    if ((array[:, 0] < 0) | (array[:, 0] >= members)).any():
        raise ValueError(f"`{name}` names a member outside 0..{members - 1}.")
    if ((array[:, 1] < 0) | (array[:, 1] >= topics)).any():
        raise ValueError(f"`{name}` names a topic outside 0..{topics - 1}: `worth` says how many there are.")
    return _once(array, max(topics, 1))


def _once(rows: IntArray, span: int) -> IntArray:
    """Rows (r, 2) sorted, each once; the second column lies below `span`."""
    key = rows[:, 0] * span + rows[:, 1]
    if (np.diff(key) > 0).all():
        return rows
    # Sorted, and not NumPy's unique: its hashing takes 5 s for two million.
    key.sort()
    key = key[np.diff(key, prepend=-1) > 0]
    return np.stack(np.divmod(key, span), axis=1)


def _pairs(array: IntArray, name: str, members: int) -> IntArray:
    ends = array[:, :2]
    if ((ends < 0) | (ends >= members)).any():
        raise ValueError(f"`{name}` names a member outside 0..{members - 1}.")
    if (ends[:, 0] == ends[:, 1]).any():
        raise ValueError(f"`{name}` pairs a member with themselves.")
    return array
