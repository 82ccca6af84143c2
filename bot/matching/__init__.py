"""Who meets whom: pure functions over arrays, without input or output, clock or global chance."""

from bot.matching.engine import ENGINE, fewest_repeats, match
from bot.matching.explain import Help, Why, WhyNot, explain, explain_alone
from bot.matching.problem import Matching, Problem, problem
from bot.matching.record import pack, unpack
from bot.matching.ties import HALF_LIFE, acquaints, tie_strength

__all__ = [
    "ENGINE",
    "HALF_LIFE",
    "Help",
    "Matching",
    "Problem",
    "Why",
    "WhyNot",
    "acquaints",
    "explain",
    "explain_alone",
    "fewest_repeats",
    "match",
    "pack",
    "problem",
    "tie_strength",
    "unpack",
]
