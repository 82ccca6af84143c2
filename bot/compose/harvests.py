"""What some rounds have brought, as far as their people released it."""

from collections.abc import Sequence
from datetime import datetime

from bot.compose.scene import Scene
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.ids import IntroductionId, RoundId
from bot.domain.impression import Impression
from bot.domain.round import UNDER_WAY, Introduction, IntroductionState, Outcome, Round
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
    # A round that still runs has a digest of its week; at its end what a digest brought is not said again.
    so_far = not begins and scene.round is not None and scene.round.state in UNDER_WAY
    since = await _told_until(scene) if not begins else None
    gathered = await _gathered(scene, await _rounds(scene) if told else [], since=since)
    if not gathered.released if so_far else gathered.empty and not begins:
        return None
    return harvests.harvest(
        scene.work.community.language,
        gathered,
        space=scene.space,
        season=scene.program.season if begins else None,
        so_far=so_far,
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


async def _told_until(scene: Scene) -> datetime | None:
    """When the last digest of this round went out; None: there was none."""
    return max(
        (
            each.due_at
            for each in await scene.work.deliveries.of_round(scene.round.id if scene.round else RoundId(""))
            if each.kind is DeliveryKind.HARVEST and each.state in (DeliveryState.SENT, DeliveryState.DOUBT)
        ),
        default=None,
    )


async def _gathered(scene: Scene, rounds: Sequence[Round], *, since: datetime | None) -> Harvest:
    """``since``: words that were released before are left out; the figures are of the rounds as a whole."""
    known: dict[IntroductionId, datetime] = {}
    made: list[Introduction] = []
    shared: list[Impression] = []
    for round in rounds:
        made += [
            one
            for one in await scene.work.introductions.of_round(round.id)
            if one.state not in (IntroductionState.VOID, IntroductionState.PROPOSED)
        ]
        shared += await scene.work.impressions.shared(round.id)
        for answer in await scene.work.introductions.answers_of_round(round.id):
            if answer.outcome is Outcome.MET:
                known[answer.introduction_id] = min(answer.at, known.get(answer.introduction_id, answer.at))
    met = {one.id for one in made if one.state is IntroductionState.MET}
    # Released is what was written, once it is known that they have met.
    told = [
        one
        for one in shared
        if one.introduction_id in met
        and (since is None or max(one.at, known.get(one.introduction_id, one.at)) > since)
    ]
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
