"""Every refusal that Slack documents, over real sockets: what it means for a message and for its people."""

import json
from datetime import timedelta

import pytest

from adapters.slack.errors import PERSON, Meaning, Refused
from bot.domain.community import Language
from bot.domain.ids import ExternalId
from bot.errors import Gone, Impossible, NotSent, PlatformError, TryLater, Uncertain
from bot.messages import Circle, Message, Part, Person
from tests.loopback.slack_house import TUESDAY, House, Houses, first_channel, introductions, ready
from tests.loopback.slack_people import found
from tests.required import shared

COMMON = {"account_inactive", "fatal_error", "internal_error", "invalid_auth", "ratelimited", "token_revoked"}
"""Slack may say these to any call."""

HELLO = Message(name="hello", parts=(Part(language=Language.ENGLISH, paragraphs=(("Hello.",),)),))


def documented(method: str) -> list[str]:
    described = shared("conformance/specs/slack_methods") / f"{method}.json"
    return sorted(COMMON | set(json.loads(described.read_text(encoding="utf-8"))["errors"]))


def meant(method: str, code: str) -> type[PlatformError]:
    """For a message to one person by ``chat.postMessage``, to several by ``conversations.open``."""
    posting = method == "chat.postMessage"
    if posting and (code in PERSON or code in {"channel_not_found", "is_archived"}):
        return Gone
    match Refused(method, code).meaning:
        case Meaning.LATER | Meaning.TOKEN:
            return TryLater
        case Meaning.UNCLEAR:
            return Uncertain if posting else NotSent
        case _:
            return Impossible


async def raised(house: House, team: str, destination: Person | Circle) -> type[BaseException] | None:
    try:
        await house.platform.send(ExternalId(team), destination, HELLO, key="k")
    except PlatformError as error:
        return type(error)
    return None


@pytest.mark.parametrize("method", ["chat.postMessage", "conversations.open"])
async def test_every_documented_refusal_of_a_message_has_its_consequence(houses: Houses, method: str) -> None:
    codes = documented(method)
    workspaces = {code: found(f"T{number}", "ada", "ben") for number, code in enumerate(codes)}
    async with houses.life(*workspaces.values()) as house:
        became: dict[str, type[BaseException] | None] = {}
        for code, workspace in workspaces.items():
            ada, ben = (ExternalId(f"U{workspace.id}{name}") for name in ("ADA", "BEN"))
            to = Person(external_id=ada) if method == "chat.postMessage" else Circle(people=(ada, ben))
            houses.slack.fail(method, error=code, team=workspace.id)
            became[code] = await raised(house, workspace.id, to)

        assert became == {code: meant(method, code) for code in codes}
        assert [workspace.posts for workspace in workspaces.values() if workspace.posts] == []


async def test_people_whom_slack_lets_talk_in_no_conversation_hear_of_each_other_alone(
    houses: Houses,
) -> None:
    workspace = found("T1", "ada", "ben", "cleo")
    async with houses.life(workspace) as house:
        await house.set_up(house.hand(workspace, "ada"))
        for name in ("ben", "cleo"):
            await house.hand(workspace, name).asks("join", first_channel(workspace))
        houses.slack.fail("conversations.open", error="invalid_user_combination", times=9)

        await house.move_to(TUESDAY + timedelta(hours=1))

        made = introductions(workspace)
        assert [workspace.rooms[post.channel].kind for post in made] == ["im", "im"]


@pytest.mark.parametrize(
    "code, why",
    [("restricted_action", "a preference of the workspace"), ("invalid_blocks", "invalid_blocks")],
)
async def test_what_can_never_be_said_is_told_to_the_convener_with_its_reason(
    houses: Houses, code: str, why: str
) -> None:
    workspace = found("T1", "ada", "ben", "cleo")
    async with houses.life(workspace) as house:
        await house.set_up(house.hand(workspace, "ada"))
        for name in ("ben", "cleo"):
            await house.hand(workspace, name).asks("join", first_channel(workspace))
        houses.slack.fail("chat.postMessage", error=code, saying="known:", times=99)

        await house.move_to(TUESDAY + timedelta(hours=1))

        told = [post.text for post in workspace.together(workspace.users["UT1ADA"])]
        assert introductions(workspace) == []
        assert any(why in text for text in told), told


async def test_a_channel_that_takes_no_posts_is_told_to_the_convener(houses: Houses) -> None:
    workspace = found("T1", "ada", "ben")
    async with houses.life(workspace) as house:
        houses.slack.fail(
            "chat.postMessage", error="restricted_action_read_only_channel", saying="join:", times=9
        )

        await ready(house, workspace, "ada", "ben")
        await house.heart.tick()

        told = [post.text for post in workspace.together(workspace.users["UT1ADA"])]
        assert any("read-only" in text for text in told), told
