"""`voisin slack …`, and what `voisin doctor` finds there."""

import asyncio

from adapters.slack import compared, granted, manifest
from bot.cli.console import as_json
from bot.errors import BadInput
from bot.settings import Settings
from storage import upgrade as revisions
from storage.database import opened
from storage.engines import address


def print_manifest(*, url: str, reactions: bool) -> None:
    """The app, as Slack's *From a manifest* takes it: JSON and nothing else."""
    if url and not url.startswith("https://"):
        raise BadInput(f"{url!r} cannot be used: Slack only calls addresses that begin with https://.")
    as_json(manifest(url=url, reactions=reactions))


def look(read: Settings) -> list[str]:
    """What is amiss between Slack and Voisin, in sentences. Raises VoisinError."""
    return asyncio.run(_look(read))


async def _look(read: Settings) -> list[str]:
    amiss = await granted(read.slack)
    url = read.database.url
    # To look must not upgrade it.
    if not (read.slack.url and address(url).there and revisions.current(url) == revisions.newest()):
        return amiss
    async with opened(url, key=read.database.key.get_secret_value()) as storage:
        for installation in await storage.installations.all("slack"):
            amiss += [
                f"{installation.name}: {sentence}"
                for sentence in compared(installation.scopes, reactions=read.slack.reactions)
            ]
    return amiss
