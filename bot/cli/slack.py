"""`voisin slack …`, and what `voisin doctor` finds there."""

import asyncio

from adapters.slack import granted, manifest
from bot.cli.console import as_json
from bot.errors import BadInput
from bot.settings import SlackSettings


def print_manifest(*, url: str) -> None:
    """The app, as Slack's *From a manifest* takes it: JSON and nothing else."""
    if url and not url.startswith("https://"):
        raise BadInput(f"{url!r} cannot be used: Slack only calls addresses that begin with https://.")
    as_json(manifest(url=url))


def look(settings: SlackSettings) -> list[str]:
    """What is amiss between Slack and Voisin, in sentences. Raises VoisinError."""
    return asyncio.run(granted(settings))
