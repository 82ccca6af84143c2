"""The real program, killed while it sends, several times over: everyone is introduced, and once."""

import asyncio
import json
import signal
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from bot import commands
from bot.domain.community import Language
from bot.domain.ids import ExternalId
from bot.messages import Ask, Asker
from storage.database import opened
from tests.acceptance.typed import environment
from tests.born import Born, born

PEOPLE = 24
KILLS = (2, 5, 9, 12)
"""Lines in the ledger at which the process is killed, without a word."""

PATIENCE = 60.0
"""Seconds for each stretch; whoever says nothing for so long has failed."""

LOOK = 0.005
"""Seconds between two looks at the ledger: a death is to come in the middle, not afterwards."""


def noon() -> str:
    """A zone in which it is about noon, so that people may be written to whenever this runs."""
    ahead = (12 - datetime.now(UTC).hour) % 24
    hours = ahead if ahead <= 12 else ahead - 24
    # The signs of these zones are turned round.
    return f"Etc/GMT{-hours:+d}" if hours else "Etc/GMT"


def town(zone: str) -> str:
    """Sample people, as the sandbox reads them."""
    head = f'id = "town"\nname = "Town"\nzone = "{zone}"\nlanguage = "en"\n'
    channel = '[[channels]]\nid = "square"\nname = "square"\n'
    people = "".join(
        f'[[people]]\nid = "p{n}"\nname = "Person {n}"\nlanguage = "en"\nzone = "{zone}"\n'
        for n in range(PEOPLE)
    )
    return head + channel + people


def settings(folder: Path) -> str:
    return f"""
[database]
url = "sqlite:///{folder}/voisin.db"
[web]
port = 0
[sandbox]
people = "{folder}/people.toml"
ledger = "{folder}/ledger.jsonl"
[engine]
batch = 1
lease = 2
"""


async def prepare(folder: Path, zone: str) -> None:
    """Yesterday everyone said yes to a program whose round has been due for a few minutes."""
    yesterday = datetime.now(UTC) - timedelta(days=1)
    due = datetime.now(UTC) - timedelta(minutes=5)
    local = due.astimezone(ZoneInfo(zone))
    async with opened(f"sqlite:///{folder}/voisin.db") as storage:
        community = await storage.communities.settle(
            platform="sandbox",
            external_id=ExternalId("town"),
            name="Town",
            zone=zone,
            language=Language.ENGLISH,
        )
        people = [
            Asker(external_id=ExternalId(f"p{n}"), name=f"Person {n}", zone=zone, admin=n == 0)
            for n in range(PEOPLE)
        ]
        form = {
            "rhythm": "weekly",
            "day": str(local.weekday()),
            "at": f"{local:%H:%M}",
            "zone": zone,
            "size": "2",
        }
        for number, asker in enumerate(people):
            ask = Ask(community=community.id, asker=asker, now=yesterday, space=ExternalId("square"))
            if number == 0:
                reply = await commands.submit(storage.open_work, ask, "setup:square", form)
                assert reply.message is not None, reply.errors
            await commands.run(storage.open_work, ask, "join", lambda _: None)


def posted(folder: Path) -> list[dict[str, object]]:
    """What the sandbox has written down; a line that is being written is not there yet."""
    file = folder / "ledger.jsonl"
    lines = file.read_bytes().split(b"\n")[:-1] if file.exists() else []
    return [entry for entry in map(json.loads, lines) if "key" in entry]


def wait(done: Callable[[], bool], process: Born) -> None:
    for _ in range(int(PATIENCE / LOOK)):
        if done():
            return
        assert process.returncode is None, f"The process ended by itself with {process.returncode}."
        time.sleep(LOOK)
    raise AssertionError(f"Nothing more happened within {PATIENCE} seconds.")


def introduced(folder: Path) -> list[dict[str, object]]:
    return [entry for entry in posted(folder) if "introduction/" in str(entry["key"])]


def test_killed_again_and_again_it_loses_nothing_and_says_nothing_twice(tmp_path: Path) -> None:
    zone = noon()
    (tmp_path / "people.toml").write_text(town(zone))
    (tmp_path / "config.toml").write_text(settings(tmp_path))
    asyncio.run(prepare(tmp_path, zone))

    for lines in (*KILLS, None):
        process = born(
            *("run", "--config", tmp_path / "config.toml"),
            folder=tmp_path,
            environment=environment(),
            said=tmp_path,
        )
        try:
            if lines is None:
                wait(lambda: len(introduced(tmp_path)) == PEOPLE // 2, process)
                process.send_signal(signal.SIGTERM)
                assert process.ended(PATIENCE) == 0
            else:
                wait(partial(reached, tmp_path, lines), process)
        finally:
            process.kill()
            process.ended(PATIENCE)

    keys = Counter(str(entry["key"]) for entry in posted(tmp_path))
    rooms = {str(entry["room"]) for entry in introduced(tmp_path)}
    assert set(keys.values()) == {1}
    assert len(introduced(tmp_path)) == len(rooms) == PEOPLE // 2


def reached(folder: Path, lines: int) -> bool:
    return len(posted(folder)) >= lines
