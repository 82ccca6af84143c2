"""Voisin on the loopback Slack, put together as it is for real, with a clock that can be moved."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from aiohttp import ClientSession
from pydantic import SecretStr

from adapters import slack as edge
from adapters.clock import MovableClock
from adapters.web import Site
from bot import commands
from bot.domain.community import Community
from bot.domain.ids import ExternalId
from bot.engine.heartbeat import Heartbeat
from bot.ports import Clock, Installation
from bot.settings import SlackSettings
from storage.database import OpenStorage, opened
from storage.ids import numbered
from tests.loopback.slack_hands import Hand, OneSocket, Road, SignedHttp
from tests.loopback.slack_people import Post, Room, Workspace
from tests.loopback.slack_server import Slack

MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""10:00 in Paris: the first round."""

KEY = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
SIGNING = "signing-secret"
ADDRESS = "http://127.0.0.1/"
"""Said to Slack's install page only."""


@dataclass(kw_only=True)
class House:
    """One life of Voisin: it ends, and another begins on the same file."""

    slack: Slack
    clock: MovableClock
    storage: OpenStorage
    platform: edge.Slack
    heart: Heartbeat
    address: str
    road: Road
    session: ClientSession

    def hand(self, workspace: Workspace, name: str) -> Hand:
        """What this person does, by the road that this life listens on."""
        user = workspace.users[f"U{workspace.id}{name.upper()}"]
        return Hand(slack=self.slack, workspace=workspace, user=user, road=self.road)

    async def community(self, workspace: Workspace) -> Community | None:
        """What Voisin knows this workspace as, if it does."""
        return await self.storage.communities.find("slack", place(workspace))

    async def move_to(self, moment: datetime) -> None:
        """Let time pass, from one due moment to the next, up to this one."""
        while (due := await self.storage.agenda.next_due()) is not None and due <= moment:
            self.clock.move_to(due)
            before = len(self.slack.calls)
            await self.heart.tick()
            still = await self.storage.agenda.next_due()
            if still is not None and still <= self.clock.now() and len(self.slack.calls) == before:
                raise AssertionError(f"Due at {still}, and nothing was done about it.")
        self.clock.move_to(moment)
        await self.heart.tick()

    async def set_up(self, convener: Hand) -> None:
        """Weekly, on Tuesdays at 10:00 in Paris, in the workspace's first channel."""
        form = await convener.opens("setup", first_channel(convener.workspace))
        heard = await convener.fills(
            form, rhythm="weekly", day="1", at="10:00", zone="Europe/Paris", size="2"
        )
        assert heard.body["response_action"] == "update"


@dataclass(kw_only=True)
class Houses:
    """Where Voisin may live, one life after the other."""

    slack: Slack
    file: Path
    clock: MovableClock = field(default_factory=lambda: MovableClock(MONDAY))
    ids: Callable[[], str] = field(default_factory=numbered)

    @asynccontextmanager
    async def life(
        self,
        *workspaces: Workspace,
        road: str = "http",
        lease: timedelta = timedelta(seconds=60),
        reactions: bool = False,
    ) -> AsyncIterator[House]:
        """One life, in which Voisin is installed in these workspaces; Socket Mode has the first alone.

        ``reactions``: it is told who reacted to whom, which is more than the manifest asks for by itself.
        """
        for workspace in workspaces:
            if workspace.id not in self.slack.workspaces:
                self.slack.add(workspace)
        async with (
            ClientSession() as session,
            opened(f"sqlite:///{self.file}", ids=self.ids, durable=False, key=KEY) as storage,
        ):
            site = Site("127.0.0.1", 0)
            settings = await self._installed(storage, workspaces, road=road, reactions=reactions)
            platform = await edge.connect(
                settings,
                site=site,
                storage=storage,
                clock=self.clock,
                desk=commands,
                base_url=self.slack.api,
                speed=self.slack.speed,
            )
            address = await site.start()
            try:
                await platform.start()
                yield House(
                    slack=self.slack,
                    clock=self.clock,
                    storage=storage,
                    platform=platform,
                    heart=beating(storage, platform, self.clock, lease=lease),
                    address=address,
                    road=OneSocket(slack=self.slack)
                    if road == "socket"
                    else SignedHttp(session=session, address=f"{address}/slack/events", secret=SIGNING),
                    session=session,
                )
            finally:
                await site.stop()
                await platform.stop()

    async def _installed(
        self, storage: OpenStorage, workspaces: tuple[Workspace, ...], *, road: str, reactions: bool
    ) -> SlackSettings:
        """The settings, and an installation in each workspace that has none yet."""
        if road == "socket":
            token = self._token(workspaces[0])
            return SlackSettings(
                enabled=True, bot_token=SecretStr(token), app_token=SecretStr(self.slack.app_token)
            )
        for workspace in workspaces:
            if await storage.installations.find("slack", place(workspace)) is None:
                await storage.installations.save(
                    installation(self.slack, workspace, self._token(workspace), at=self.clock.now())
                )
        return by_http(self.slack, reactions=reactions)

    def _token(self, workspace: Workspace) -> str:
        """The one that the workspace gave, or a new one."""
        for grant in self.slack.grants.values():
            if workspace.id in grant.teams:
                return grant.token
        return self.slack.install(workspace, scopes=granted())


def beating(storage: OpenStorage, platform: edge.Slack, clock: Clock, *, lease: timedelta) -> Heartbeat:
    """The engine, on Slack alone."""
    return Heartbeat(
        storage=storage, platforms={"slack": platform}, clock=clock, lease=lease, batch=20, owner="one"
    )


def by_http(slack: Slack, *, url: str = ADDRESS, reactions: bool = False) -> SlackSettings:
    """Many workspaces."""
    id, secret = slack.client
    return SlackSettings(
        enabled=True,
        url=url,
        client_id=id,
        client_secret=SecretStr(secret),
        signing_secret=SecretStr(SIGNING),
        reactions=reactions,
    )


def installation(slack: Slack, workspace: Workspace, token: str, *, at: datetime) -> Installation:
    """As the install page leaves it."""
    return Installation(
        platform="slack",
        external_id=place(workspace),
        name=workspace.name,
        token=token,
        scopes=tuple(sorted(granted())),
        bot=ExternalId(workspace.bot.id),
        installer=ExternalId(slack.grants[token].installer),
        at=at,
    )


def granted() -> set[str]:
    """What the manifest asks for."""
    oauth = edge.manifest()["oauth_config"]
    assert isinstance(oauth, dict)
    return set(oauth["scopes"]["bot"])


def place(workspace: Workspace) -> ExternalId:
    """What Voisin calls a workspace."""
    return ExternalId(f"{workspace.enterprise}/{workspace.id}" if workspace.enterprise else workspace.id)


def first_channel(workspace: Workspace) -> Room:
    """``atelier``."""
    return next(room for room in workspace.rooms.values() if room.kind == "channel")


def introductions(workspace: Workspace) -> list[Post]:
    """Every introduction that was posted, invitations and questions left out."""
    return [post for post in workspace.posts if any(action[:6] == "known:" for action in post.buttons)]


async def ready(house: House, workspace: Workspace, *names: str) -> None:
    """A program, and these people's yes; the first one sets it up."""
    await house.set_up(house.hand(workspace, names[0]))
    for name in names:
        answer = await house.hand(workspace, name).asks("join", first_channel(workspace))
        assert "Welcome" in answer.text
