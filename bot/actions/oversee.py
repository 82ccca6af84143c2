"""How the programs are, for those who look after them."""

from bot.domain.member import Standing
from bot.domain.program import Program
from bot.domain.round import IntroductionState, Round, RoundState
from bot.groundwork.circumstances import taking_part
from bot.groundwork.reception import convenes, language_of, space_of
from bot.messages import Ask, Given, Reply
from bot.ports import OpenWork, UnitOfWork
from bot.wording import oversight

HELD = frozenset({RoundState.INTRODUCED, RoundState.NUDGED, RoundState.ASKED, RoundState.CLOSED})
"""Rounds in which people were introduced."""

LOOKED_AT = 10
"""Rounds to go back over at most, for one that took place."""


async def overview(open_work: OpenWork, ask: Ask, given: Given) -> Reply:
    """The next date of each program, who takes part, what became of the last round; empty for anyone else."""
    async with open_work(ask.community, event=ask.event) as work:
        if not await convenes(work, ask):
            return Reply()
        member = await work.members.find(ask.asker.external_id)
        programs = [
            program
            for program in await work.programs.all()
            if ask.asker.admin or (member and member.id in await work.programs.conveners(program.id))
        ]
        language = await language_of(work, ask.asker)
        states = [await _state(work, program, ask) for program in programs]
        return Reply(message=oversight.overview(language, states=states))


async def _state(work: UnitOfWork, program: Program, ask: Ask) -> oversight.State:
    yeses = await work.participations.of_program(program.id)
    _, resting = await taking_part(work, program, at=max(ask.now, program.next_at or ask.now), present=None)
    rounds = await work.rounds.latest(program.id, limit=LOOKED_AT)
    last = next((round for round in rounds if round.state in HELD), None)
    return oversight.State(
        program=program,
        space=await space_of(work, program),
        active=sum(yes.standing is Standing.ACTIVE for yes in yeses),
        paused=sum(yes.standing is Standing.PAUSED for yes in yeses),
        resting=len(resting),
        last=await _figures(work, last) if last else None,
    )


async def _figures(work: UnitOfWork, round: Round) -> oversight.Figures:
    made = [
        one
        for one in await work.introductions.of_round(round.id)
        if one.state not in (IntroductionState.VOID, IntroductionState.PROPOSED)
    ]
    met = sum(one.state is IntroductionState.MET for one in made)
    known = (IntroductionState.MET, IntroductionState.COULD_NOT, IntroductionState.NOT_YET)
    return oversight.Figures(
        opens_at=round.opens_at,
        people=sum(len(one.members) for one in made),
        introductions=len(made),
        met=met,
        unknown=sum(one.state not in known for one in made),
    )
