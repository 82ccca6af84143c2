"""The real program as several processes, on a Slack that lives in the test."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from aiohttp import ClientSession

from bot.ports import Installation
from storage.database import opened
from tests.acceptance.typed import environment
from tests.born import Born, born
from tests.loopback.slack_hands import Hand, SignedHttp
from tests.loopback.slack_house import KEY, SIGNING, granted, installation
from tests.loopback.slack_people import Workspace, found
from tests.loopback.slack_server import Slack

LAUNCH = """
import sys
from functools import partial
from bot.cli import assembly, running
running.running = partial(assembly.running, slack_api=sys.argv.pop(1))
from bot.cli.app import main
main()
"""
"""`voisin`, on a Slack of another address."""

PATIENCE = 60.0
"""Seconds; a process that says nothing for so long has failed."""

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


def noon() -> str:
    """A zone in which it is about noon, so that people may be written to whenever this runs."""
    ahead = (12 - datetime.now(UTC).hour) % 24
    hours = ahead if ahead <= 12 else ahead - 24
    # The signs of these zones are turned round.
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


@dataclass(kw_only=True)
class Life:
    """One process, and what it has said so far."""

    process: Born
    address: str = ""

    async def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop; returns its status."""
        self.process.send_signal(how)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    @property
    def said(self) -> str:
        return self.process.err.read_text()


@dataclass(frozen=True, kw_only=True)
class Village:
    """A workspace in which Voisin is installed, and a database that knows it."""

    slack: Slack
    workspace: Workspace
    url: str
    folder: Path
    launch: str = LAUNCH
    given: Sequence[str] = ()
    """What the launch takes before the address."""

    @asynccontextmanager
    async def life(self, *words: str, **settings: str) -> AsyncIterator[Life]:
        """`voisin run` with these words, until the block ends."""
        process = born(
            *(*self.given, self.slack.api, "run", *words),
            folder=self.folder,
            environment=self.environment(**settings),
            said=self.folder,
            code=self.launch,
        )
        life = Life(process=process)
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := ADDRESS.search(life.said)):
                    assert process.returncode is None, life.said
                    await asyncio.sleep(0.02)
            life.address = found[0]
            yield life
        finally:
            process.kill()
            await process.wait()

    def environment(self, **settings: str) -> Mapping[str, str]:
        """What such a process is told."""
        id, secret = self.slack.client
        return environment(
            VOISIN_DATABASE_URL=self.url,
            VOISIN_DATABASE_KEY=KEY,
            VOISIN_WEB_PORT="0",
            VOISIN_SANDBOX_ENABLED="false",
            VOISIN_SLACK_ENABLED="true",
            VOISIN_SLACK_URL="http://127.0.0.1/",
            VOISIN_SLACK_CLIENT_ID=id,
            VOISIN_SLACK_CLIENT_SECRET=secret,
            VOISIN_SLACK_SIGNING_SECRET=SIGNING,
            VOISIN_LOG_FORMAT="json",
            **settings,
        )

    def hand(self, name: str, life: Life, session: ClientSession) -> Hand:
        """What this person does, by way of one process."""
        user = self.workspace.users[f"U{self.workspace.id}{name.upper()}"]
        road = SignedHttp(session=session, address=f"{life.address}/slack/events", secret=SIGNING)
        return Hand(slack=self.slack, workspace=self.workspace, user=user, road=road)

    def introduced(self) -> list[list[str]]:
        """Who was introduced in one conversation, post by post."""
        rooms = self.workspace.rooms
        return [
            sorted(rooms[post.channel].members)
            for post in self.workspace.posts
            if rooms[post.channel].kind == "mpim" and any(action[:6] == "known:" for action in post.buttons)
        ]

    async def until_introduced(self, count: int) -> None:
        """Wait for so many introductions."""
        await self.slack.until(lambda: len(self.introduced()) >= count or None, what=f"{count} introductions")


async def settled(slack: Slack, *, url: str, folder: Path, names: tuple[str, ...]) -> Village:
    """A workspace of these people, about noon where they live, with Voisin installed in it."""
    workspace = slack.add(found("T1", *names))
    for user in workspace.users.values():
        user.zone = noon()
    token = slack.install(workspace, scopes=granted())
    arrived: Installation = installation(slack, workspace, token, at=datetime.now(UTC))
    async with opened(url, key=KEY) as storage:
        await storage.installations.save(arrived)
    return Village(slack=slack, workspace=workspace, url=url, folder=folder)


async def all_joined(village: Village, life: Life, session: ClientSession, *names: str) -> None:
    """The first one sets a program up, and all of them say yes, by way of one process."""
    room = next(room for room in village.workspace.rooms.values() if room.kind == "channel")
    convener = village.hand(names[0], life, session)
    heard = await convener.fills(await convener.opens("setup", room))
    assert heard.body["response_action"] == "update"
    for name in names:
        answer = await village.hand(name, life, session).asks("join", room)
        assert "Welcome" in answer.text


async def run_now(village: Village, life: Life, session: ClientSession, name: str) -> None:
    """A round at once, asked for by a convener."""
    room = next(room for room in village.workspace.rooms.values() if room.kind == "channel")
    await village.hand(name, life, session).asks("run-now", room)
