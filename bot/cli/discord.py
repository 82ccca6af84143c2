"""`voisin discord …`, and what `voisin doctor` finds there."""

import asyncio
import base64
import binascii
from pathlib import Path

from adapters.clock import SystemClock
from adapters.discord import granted, invite
from bot import settings
from bot.cli.console import say
from bot.domain.community import Community, Space
from bot.errors import BadInput
from bot.settings import Settings
from storage import upgrade as revisions
from storage.database import opened
from storage.engines import address


def print_invite(application: str, *, config: Path | None) -> None:
    """The link, and nothing else."""
    id = application.strip() or _of(settings.read(config).discord.token.get_secret_value())
    if not id.isdecimal():
        raise BadInput(
            "The Application ID is a number: copy it from General Information of the app's settings, after "
            "--app, or set VOISIN_DISCORD_TOKEN."
        )
    say(invite(id))


def look(read: Settings) -> list[str]:
    """What is amiss between Discord and Voisin, in sentences. Raises VoisinError."""
    return asyncio.run(_look(read))


async def _look(read: Settings) -> list[str]:
    url = read.database.url
    # To look must not upgrade it.
    if not (address(url).there and revisions.current(url) == revisions.newest()):
        return await granted(read.discord, spaces=[], clock=SystemClock())
    async with opened(url, key=read.database.key.get_secret_value()) as storage:
        spaces: list[tuple[Community, Space]] = []
        for community in await storage.communities.all():
            if community.platform != "discord":
                continue
            async with storage.open_work(community.id) as work:
                here = [await work.spaces.get(program.space_id) for program in await work.programs.all()]
            spaces += [(community, space) for space in here]
        return await granted(read.discord, spaces=spaces, clock=SystemClock())


def _of(token: str) -> str:
    """A bot's token begins with its id."""
    head = token.partition(".")[0]
    try:
        return base64.b64decode(head + "=" * (-len(head) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return ""
