"""Rounds counted into seasons: when everyone has met everyone, the next begins, and the space hears so."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.domain.delivery import Delivery, DeliveryKind
from bot.domain.planning import Circumstances, exhausted
from bot.domain.program import SEASON_ROUNDS, Program
from bot.domain.promises import Promises
from bot.domain.round import Round


def counted(
    program: Program, circumstances: Circumstances, promises: Promises, round: Round, *, now: datetime
) -> tuple[Program, Sequence[Delivery]]:
    """Count the round; begin a new season when they have gone all the way round, and say so."""
    program = replace(program, rounds=round.number, season_rounds=program.season_rounds + 1)
    if not exhausted(circumstances, season=program.season) and program.season_rounds <= SEASON_ROUNDS:
        return program, []
    held = program.season_rounds - 1
    if not held:
        # The first round of a season that is over already: nothing new to begin.
        return program, []
    program = replace(program, season=program.season + 1, season_rounds=1)
    if held == 1:
        # Two or three people go round in one round: that is no news, week after week.
        return program, []
    about = f"{program.id}/{program.season}"
    told = promises.to_space(DeliveryKind.SEASON, at=now, about=about, expires_at=round.closes_at)
    # The rounds of the season that ends: their harvest goes with it.
    return program, [replace(told, subject=f"{round.number - held}-{round.number - 1}")]
