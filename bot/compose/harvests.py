"""What some rounds have brought, as far as their people released it."""

from collections.abc import Sequence

from bot.compose.scene import Scene
from bot.domain.delivery import DeliveryKind
from bot.domain.impression import Impression
from bot.domain.round import Introduction, IntroductionState, Round
from bot.messages import Message
from bot.wording import harvests
from bot.wording.harvests import Harvest

SAID = (IntroductionState.MET, IntroductionState.NOT_YET, IntroductionState.COULD_NOT)
"""Somebody told what became of it."""


async def harvested(scene: Scene) -> Message | None:
    """The harvest of a round or, where a season begins, of the season before; None: nothing to say.

    Where conveners want no harvest, that a season begins is said all the same.
    """
    begins = scene.delivery.kind is DeliveryKind.SEASON
    told = scene.program.tells_seasons if begins else scene.program.tells_rounds
    gathered = await _gathered(scene, await _rounds(scene) if told else [])
    if gathered.empty and not begins:
        return None
    return harvests.harvest(
        scene.work.community.language,
        gathered,
        space=scene.space,
        season=scene.program.season if begins else None,
        next_at=scene.next_at,
        zone=scene.zone,
    )


async def _rounds(scene: Scene) -> Sequence[Round]:
    if scene.delivery.kind is DeliveryKind.HARVEST:
        return [scene.round] if scene.round else []
    first, _, last = (scene.delivery.subject or "1-0").partition("-")
    numbers = range(int(first), int(last) + 1)
    # Those that never took place have no number and stand between them.
    latest = await scene.work.rounds.latest(scene.program.id, limit=2 * len(numbers) + 20)
    return [round for round in latest if round.number in numbers]


async def _gathered(scene: Scene, rounds: Sequence[Round]) -> Harvest:
    made: list[Introduction] = []
    shared: list[Impression] = []
    for round in rounds:
        made += [
            one
            for one in await scene.work.introductions.of_round(round.id)
            if one.state not in (IntroductionState.VOID, IntroductionState.PROPOSED)
        ]
        shared += await scene.work.impressions.shared(round.id)
    met = {one.id for one in made if one.state is IntroductionState.MET}
    told = [one for one in shared if one.introduction_id in met]
    people = await scene.work.members.many(
        {one.member_id for one in told} | {one.thanked for one in told if one.thanked}
    )
    return Harvest(
        introduced=len({member for one in made for member in one.members}),
        made=len(made),
        met=len(met),
        unknown=sum(one.state not in SAID for one in made),
        lines=[(people[one.member_id], one.takeaway) for one in told if one.takeaway],
        thanks=[
            (people[one.member_id], people[one.thanked])
            for one in told
            if one.thanked is not None and one.thanked in people
        ],
    )
