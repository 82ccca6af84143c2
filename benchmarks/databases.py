"""Databases to be copied: files, or those of a server that is started for it; and communities in them."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from bot import commands
from bot.domain.community import Language
from bot.domain.ids import ExternalId
from bot.messages import Ask, Asker
from storage.database import OpenStorage
from storage.upgrade import upgrade
from tests.loopback.slack_house import first_channel, place
from tests.loopback.slack_people import Workspace
from tests.postgres import PostgresServer, start_server


class Databases(Protocol):
    """Where they come from."""

    def make(self, template: str | None = None) -> str:
        """The address of a new one with the newest schema, or a copy of another, to which nobody is
        connected.
        """
        ...


class Files:
    """SQLite."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._count = 0

    def make(self, template: str | None = None) -> str:
        self._count += 1
        file = self._folder / f"{self._count}.db"
        url = f"sqlite:///{file}"
        if template:
            shutil.copy(template.removeprefix("sqlite:///"), file)
        else:
            upgrade(url)
        return url


class OnAServer:
    """PostgreSQL."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server

    def make(self, template: str | None = None) -> str:
        copied = template.partition("?")[0].rpartition("/")[2] if template else "template1"
        url = self._server.url(self._server.create(template=copied))
        if template is None:
            upgrade(url)
        return url


@contextmanager
def databases(kind: str, folder: Path, *, durable: bool = False) -> Iterator[Databases]:
    """Of ``sqlite`` or ``postgresql``; what was started is stopped at the end. ``durable``: a server that
    waits for the disk.
    """
    if kind == "sqlite":
        yield Files(folder)
        return
    server, keeper = start_server(durable=durable)
    try:
        yield OnAServer(server)
    finally:
        keeper.stop()
        shutil.rmtree(server.folder)


async def enrol(storage: OpenStorage, workspace: Workspace, *, now: datetime) -> None:
    """A program in the first channel of a workspace, on Tuesdays at 10:00 in Paris, and everybody's yes."""
    community = await storage.communities.settle(
        platform="slack",
        external_id=place(workspace),
        name=workspace.name,
        zone="Europe/Paris",
        language=Language.ENGLISH,
    )
    room = first_channel(workspace)
    form = {"rhythm": "weekly", "day": "1", "at": "10:00", "zone": "Europe/Paris", "size": "2"}
    for user in workspace.users.values():
        if user.bot:
            continue
        ask = Ask(
            community=community.id,
            asker=Asker(
                external_id=ExternalId(user.id),
                name=user.name,
                language=Language.ENGLISH,
                zone=user.zone,
                admin=user.admin,
            ),
            now=now,
            space=ExternalId(room.id),
            space_name=room.name,
        )
        if user.admin:
            await commands.submit(storage.open_work, ask, f"setup:{room.id}", form)
        await commands.run(storage.open_work, ask, "join", lambda _: None)
