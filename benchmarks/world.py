"""A community of any size with everything a round may depend on, and what a round in it costs."""

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.matching import Matching, Problem, problem
from bot.matching.problem import GREETER, NEWCOMER, NO_ROLE, SPENT_GREETER, VETERAN

ROUNDS = 52
TIES = 20
LANGUAGES = (0.6, 0.2, 0.1, 0.06, 0.04)
TEAM = 10
NEIGHBOURHOOD = 50
TOPICS, TOPICS_EACH = 1_000, 2
ROLES = (NO_ROLE, NEWCOMER, VETERAN, GREETER, SPENT_GREETER)
SHARES = (0.35, 0.1, 0.5, 0.04, 0.01)

Answer = TypeVar("Answer")


def world(members: int, size: int, *, seed: int = 1) -> Problem:
    """A year of weekly rounds, 20 ties each (half of them nearby), teams of ten, five languages (a quarter
    speak two), nine zones, and a keep-apart for every second member. Few members held fewer rounds.
    """
    chance = np.random.default_rng(seed)
    rounds = min(ROUNDS, members // 4)
    held = [chance.permutation(members)[: members // 2 * 2].reshape(-1, 2) for _ in range(rounds)]
    met = np.concatenate(held)
    ages = np.repeat(7.0 * np.arange(rounds, 0, -1), [len(pairs) for pairs in held])
    one = chance.integers(0, members, members * min(TIES, members // 4) // 2)
    near = np.minimum(
        one // NEIGHBOURHOOD * NEIGHBOURHOOD + chance.integers(0, NEIGHBOURHOOD, len(one)), members - 1
    )
    other = np.where(chance.random(len(one)) < 0.5, near, chance.integers(0, members, len(one)))
    ties = np.stack([one, other], axis=1)[one != other]
    apart = chance.integers(0, members, (members // 2, 2))
    speaks = 1 << chance.choice(len(LANGUAGES), members, p=LANGUAGES)
    speaks |= np.where(chance.random(members) < 0.25, 1 << chance.integers(0, len(LANGUAGES), members), 0)
    zone = 2 * chance.integers(0, 9, members)
    return problem(
        members,
        size=size,
        met=np.column_stack([met, np.ones(len(met), dtype=np.int64)]),
        met_age=ages,
        ties=ties,
        strength=chance.random(len(ties)),
        forbidden=apart[apart[:, 0] != apart[:, 1]],
        speaks=speaks,
        team=np.arange(members) // TEAM,
        waking=np.stack([(8 + zone) % 24, (20 + zone) % 24], axis=1),
    )


def strict(members: int, size: int, *, seed: int = 1) -> Problem:
    """The same community with all that there is: other teams and a common hour are musts, everyone helps with
    two topics and learns two, a tenth are new, a twentieth greet, one in fifty was alone last time.
    """
    chance = np.random.default_rng([seed, 1])
    topics = min(TOPICS, members)
    who = np.repeat(np.arange(members), TOPICS_EACH)
    words = problem(
        members,
        offers=np.stack([who, chance.integers(0, topics, len(who))], axis=1),
        wants=np.stack([who, chance.integers(0, topics, len(who))], axis=1),
        worth=chance.random(topics),
    )
    return replace(
        world(members, size, seed=seed),
        offers=words.offers,
        wants=words.wants,
        worth=words.worth,
        first=chance.random(members) < 0.02,
        left_out=chance.integers(0, 3, members),
        trios=chance.integers(0, 4, members),
        role=chance.choice(ROLES, members, p=SHARES),
        team_hard=True,
        hours_hard=True,
    )


def flaws(state: Problem, found: Matching) -> dict[str, int]:
    """Pairs of a matching that no hard rule allows, and pairs with a tie."""
    pairs = np.array([key for group in found.groups for key in combinations(group, 2)], dtype=np.int64)
    a, b = pairs.T
    silent = (state.speaks[a] & state.speaks[b] == 0) & (state.speaks[a] != 0) & (state.speaks[b] != 0)
    parted = silent | _among(state, pairs, state.forbidden)
    if state.team_hard:
        parted |= (state.team[a] == state.team[b]) & (state.team[a] >= 0)
    if state.hours_hard:
        parted |= _common(state, pairs) < 1
    return {"forbidden": int(parted.sum()), "tied": int(_among(state, pairs, state.ties).sum())}


def _among(state: Problem, pairs: NDArray[np.int64], some: NDArray[np.int64]) -> NDArray[np.bool_]:
    one, other = (np.sort(rows, axis=1) @ [state.members, 1] for rows in (pairs, some))
    return np.asarray(np.isin(one, other), dtype=np.bool_)


def soft_share(state: Problem, found: Matching) -> float:
    """Missing common hours and common teams among the pairs of a matching, over those of random pairs."""
    pairs = np.array([key for group in found.groups for key in combinations(group, 2)], dtype=np.int64)
    order = np.random.default_rng(2).permutation(state.members)[: state.members // 2 * 2].reshape(-1, 2)
    return _soft(state, pairs) / max(_soft(state, order), 1e-9)


def _soft(state: Problem, pairs: NDArray[np.int64]) -> float:
    a, b = pairs.T
    missing = np.clip(3 - _common(state, pairs), 0, None)
    return float((40 * missing + 80 * (state.team[a] == state.team[b])).mean())


def _common(state: Problem, pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    """Hours that two are awake together: everyone is for twelve."""
    a, b = pairs.T
    apart = np.abs(state.waking[a, 0] - state.waking[b, 0])
    return np.asarray(12 - np.minimum(np.minimum(apart, 24 - apart), 12), dtype=np.float64)


def peak(work: Callable[[], Answer]) -> tuple[Answer, float, float | None]:
    """The answer, its seconds of a processor, and the megabytes it took on top; None where unknown."""
    before = memory(reset=True)
    started = time.process_time()
    answer = work()
    seconds = time.process_time() - started
    after = memory(reset=False)
    return answer, seconds, None if before is None or after is None else max(0.0, after - before)


def memory(*, reset: bool) -> float | None:
    """Megabytes: what is held now, after forgetting the peak; or the peak since. Linux knows them."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    wanted = "VmRSS:" if reset else "VmHWM:"
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith(wanted)), None)
