"""A round's problem, written down so that the round can be replayed."""

import io
from collections.abc import Sequence
from dataclasses import fields

import numpy as np

from bot.matching.problem import ANY_DISTANCE, Problem
from bot.matching.problem import problem as rebuild


def pack(problem: Problem, names: Sequence[str]) -> bytes:
    """The problem and the names behind its numbers, as a compressed NumPy archive without pickles."""
    arrays = {field.name: np.asarray(getattr(problem, field.name)) for field in fields(problem)}
    if problem.distance == ANY_DISTANCE:
        # What nobody asked for is not written: an older Voisin beside this one reads the record too.
        del arrays["distance"], arrays["knows"]
    arrays["names"] = np.asarray(names, dtype=np.str_)
    room = io.BytesIO()
    np.savez_compressed(room, allow_pickle=False, **arrays)
    return room.getvalue()


def unpack(record: bytes) -> tuple[Problem, tuple[str, ...]]:
    """What pack() wrote down."""
    with np.load(io.BytesIO(record), allow_pickle=False) as arrays:
        values = {name: arrays[name] for name in arrays.files}
    names = tuple(str(name) for name in values.pop("names"))
    members, size = int(values.pop("members")), int(values.pop("size"))
    return rebuild(members, size=size, **values), names
