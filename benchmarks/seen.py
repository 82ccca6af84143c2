"""What members saw, held against what they were promised: nothing lost, nothing twice."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

from bot.domain.delivery import Delivery, DeliveryKind, DeliveryState
from bot.domain.ids import DeliveryId, IntroductionId, MemberId
from bot.domain.round import Introduction, IntroductionState
from bot.ports import UnitOfWork
from storage.database import OpenStorage
from tests.loopback.slack_house import place
from tests.loopback.slack_people import Post, Workspace
from tests.loopback.slack_server import Slack

PROMISED = {
    DeliveryKind.INTRODUCTION: "known",
    DeliveryKind.NUDGE: "phrase",
    DeliveryKind.QUESTION: "not_yet",
}
"""Which button tells a message from the others; it carries the introduction's id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """Figures of one or several times; they add up."""

    kills: int = 0
    lost: int = 0
    """Members to whom a message was promised that they neither saw nor were asked about."""
    twice: int = 0
    """Messages that somebody saw more than once."""
    asked: int = 0
    """Members who were asked whether an interrupted message had reached them."""
    asking_cut_off: int = 0
    """Members whose message was cut off, and then the one question about it as well: it is never repeated."""
    messages: int = 0
    rounds: int = 0
    members: int = 0
    defects: int = 0
    """Unforeseen errors in the log."""

    def __add__(self, other: "Verdict") -> "Verdict":
        return Verdict(
            **{each.name: getattr(self, each.name) + getattr(other, each.name) for each in fields(self)}
        )


async def judged(slack: Slack, storage: OpenStorage, *, rounds: int) -> Verdict:
    """Read what everyone was promised from the database, and what they saw from the platform."""
    verdict = Verdict()
    for community in await storage.communities.all():
        [workspace] = [one for one in slack.workspaces.values() if place(one) == community.external_id]
        async with storage.open_work(community.id) as work:
            verdict += await _of_one(workspace, work, rounds=rounds)
    return verdict


async def _of_one(workspace: Workspace, work: UnitOfWork, *, rounds: int) -> Verdict:
    names = {member.id: member.external_id for member in await work.members.all()}
    saw = {id: workspace.together(workspace.users[name]) for id, name in names.items()}
    asking: dict[tuple[DeliveryId, MemberId], DeliveryState] = {}
    lost = cut_off = played = twice = 0
    for program in await work.programs.all():
        for round in await work.rounds.latest(program.id, limit=rounds + 1):
            played += 1
            made = {one.id: one for one in await work.introductions.of_round(round.id)}
            promised = await work.deliveries.of_round(round.id)
            asking |= {
                (one.about, one.member_id): one.state for one in promised if one.about and one.member_id
            }
            lost += len(names) - len(
                {
                    member
                    for one in made.values()
                    if one.state is not IntroductionState.VOID
                    for member in one.members
                }
            )
            for delivery, reader in _promises(promised, made):
                found = [post for post in saw[reader] if _is(post, delivery)]
                twice += max(len(found) - 1, 0)
                if found or any(f"show:{delivery.id}" in post.buttons for post in saw[reader]):
                    continue
                if asking.get((delivery.id, reader)) is DeliveryState.DOUBT:
                    cut_off += 1
                elif (delivery.kind, delivery.state) != (DeliveryKind.NUDGE, DeliveryState.DOUBT):
                    lost += 1
        # A round that was never opened was promised to everybody.
        lost += max(rounds - played, 0) * len(names)
    return Verdict(
        lost=lost,
        twice=twice + _repeated(workspace),
        asked=sum(
            any(a.startswith("show:") for a in post.buttons) for posts in saw.values() for post in posts
        ),
        asking_cut_off=cut_off,
        messages=len(workspace.posts),
        rounds=played,
        members=len(names),
    )


def _promises(
    promised: Sequence[Delivery], made: Mapping[IntroductionId, Introduction]
) -> Iterator[tuple[Delivery, MemberId]]:
    """Each message that has a button of its own, with each who is to see it."""
    for delivery in promised:
        if delivery.kind not in PROMISED or delivery.introduction_id is None:
            continue
        circle = made[delivery.introduction_id].members
        for reader in circle if delivery.member_id is None else [delivery.member_id]:
            yield delivery, reader


def _is(post: Post, delivery: Delivery) -> bool:
    buttons = post.buttons
    marked = f"{PROMISED[delivery.kind]}:{delivery.introduction_id}" in buttons
    introduction = any(action.startswith("known:") for action in buttons)
    return marked and introduction == (delivery.kind is DeliveryKind.INTRODUCTION)


def _repeated(workspace: Workspace) -> int:
    """Whatever else stands twice in one room, word for word."""
    said = Counter(
        (post.channel, post.text, json.dumps(list(post.blocks)))
        for post in workspace.posts
        if not any(action.partition(":")[0] in PROMISED.values() for action in post.buttons)
    )
    return sum(said.values()) - len(said)
