"""The real program on two workspaces of a Slack on 127.0.0.1, killed between a post and its answer."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import commands
from bot.domain.community import Language
from bot.domain.delivery import DeliveryKind, DeliveryState
from bot.domain.ids import ExternalId
from bot.messages import Ask, Asker
from bot.ports import Storage
from storage.database import opened
from tests.acceptance.test_killed import noon
from tests.acceptance.typed import environment
from tests.born import Born, born
from tests.loopback.slack_faults import How
from tests.loopback.slack_house import (
    KEY,
    SIGNING,
    first_channel,
    granted,
    installation,
    introductions,
    place,
)
from tests.loopback.slack_people import Workspace, found
from tests.loopback.slack_server import Slack, listening
from tests.processes import LAUNCH

SETTINGS = """
[database]
url = "sqlite:///{folder}/voisin.db"
[web]
port = 0
[sandbox]
enabled = false
[slack]
enabled = true
url = "https://voisin.example"
client_id = "1111.2222"
[engine]
batch = 2
lease = 2
"""

PEOPLE = 8
LOOK = 0.05
PATIENCE = 90.0
"""Real seconds for each stretch, however busy the machine is."""


def town(number: str, zone: str) -> Workspace:
    made = found(number, *(f"p{n}" for n in range(PEOPLE)))
    for user in made.users.values():
        user.zone = zone
    return made


async def prepare(folder: Path, slack: Slack, workspaces: Sequence[Workspace], zone: str) -> None:
    """Yesterday everyone said yes to a program whose round has been due for a few minutes."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    local = (datetime.now(UTC) - timedelta(minutes=5)).astimezone(ZoneInfo(zone))
    form = {
        "rhythm": "weekly",
        "day": str(local.weekday()),
        "at": f"{local:%H:%M}",
        "zone": zone,
        "size": "2",
    }
    async with opened(f"sqlite:///{folder}/voisin.db", key=KEY) as storage:
        for workspace in workspaces:
            token = slack.install(workspace, scopes=granted())
            await storage.installations.save(installation(slack, workspace, token, at=yesterday))
            community = await storage.communities.settle(
                platform="slack",
                external_id=place(workspace),
                name=workspace.name,
                zone=zone,
                language=Language.ENGLISH,
            )
            room = ExternalId(first_channel(workspace).id)
            for user in (user for user in workspace.users.values() if not user.bot):
                asker = Asker(
                    external_id=ExternalId(user.id),
                    name=user.name,
                    language=Language.ENGLISH,
                    zone=zone,
                    admin=user.admin,
                )
                ask = Ask(community=community.id, asker=asker, now=yesterday, space=room)
                if user.admin:
                    await commands.submit(storage.open_work, ask, f"setup:{room}", form)
                await commands.run(storage.open_work, ask, "join", lambda _: None)


@asynccontextmanager
async def program(folder: Path, slack: Slack) -> AsyncIterator[Born]:
    """It runs until it is killed, without a word."""
    process = born(
        *(slack.api, "run", "--config", folder / "config.toml"),
        folder=folder,
        environment=environment(
            VOISIN_DATABASE_KEY=KEY, VOISIN_SLACK_CLIENT_SECRET="secret", VOISIN_SLACK_SIGNING_SECRET=SIGNING
        ),
        said=folder,
        code=LAUNCH,
    )
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


def asked(workspace: Workspace, person: str) -> int:
    """How many times somebody was asked whether an interrupted message had arrived."""
    posts = workspace.together(workspace.users[person])
    return sum("show:" in str(post.buttons) for post in posts)


def reached(workspace: Workspace, person: str) -> bool:
    """Introduced, or asked whether they were."""
    seen = workspace.together(workspace.users[person])
    return bool(asked(workspace, person)) or any(post in seen for post in introductions(workspace))


async def asked_in_vain(storage: Storage, workspace: Workspace) -> set[str]:
    """Whose question was itself under way at a later death: nobody knows of it, and it is never put twice."""
    community = await storage.communities.find("slack", place(workspace))
    assert community is not None
    async with storage.open_work(community.id) as work:
        return {
            member.external_id
            for member in await work.members.all()
            for delivery in await work.deliveries.of_member(member.id)
            if delivery.kind is DeliveryKind.INTERRUPTED and delivery.state is DeliveryState.DOUBT
        }


async def test_killed_between_a_post_and_its_answer_everyone_is_introduced_once_or_asked(
    tmp_path: Path,
) -> None:
    zone = noon()
    one, other = workspaces = town("T1", zone), town("T2", zone)
    (tmp_path / "config.toml").write_text(SETTINGS.format(folder=tmp_path))
    async with listening(Slack()) as slack:
        for workspace in workspaces:
            slack.add(workspace)
        await prepare(tmp_path, slack, workspaces, zone)
        people = [
            (workspace, user.id)
            for workspace in workspaces
            for user in workspace.users.values()
            if not user.bot
        ]

        for team in ("T1", "T2", "T1"):
            fault = slack.fail("chat.postMessage", How.HOLD, team=team, saying="known:")
            async with program(tmp_path, slack):
                await asyncio.wait_for(fault.struck.wait(), PATIENCE)
            fault.let_go.set()
        async with (
            program(tmp_path, slack) as last,
            opened(f"sqlite:///{tmp_path}/voisin.db", key=KEY) as storage,
            asyncio.timeout(PATIENCE),
        ):
            vain: set[str] = set()
            while not (
                all(reached(workspace, person) or person in vain for workspace, person in people)
                and any(asked(workspace, person) for workspace, person in people)
            ):
                assert last.returncode is None
                await asyncio.sleep(LOOK)
                vain = {
                    person for workspace in workspaces for person in await asked_in_vain(storage, workspace)
                }

        for workspace in workspaces:
            rooms = Counter(post.channel for post in introductions(workspace))
            assert set(rooms.values()) == {1}
        for workspace, person in people:
            seen = workspace.together(workspace.users[person])
            assert sum(post in seen for post in introductions(workspace)) <= 1
            assert asked(workspace, person) <= 1
        assert [call for call in slack.calls if call.status == 429] == []
        assert {one.id, other.id} == {call.team for call in slack.called("conversations.open")}
