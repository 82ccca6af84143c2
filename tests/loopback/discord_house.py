"""The real discord.py, and Voisin, on the loopback Discord."""

from collections.abc import Iterator
from contextlib import contextmanager

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord.permissions import needed
from tests.loopback.discord_server import Discord

INVITED = needed().value
"""What the link of `voisin discord invite` grants, and nothing more: every test lives with it."""


@contextmanager
def aimed(discord: Discord) -> Iterator[None]:
    """discord.py keeps its addresses in two classes: for a while, they are those of the loopback."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = discord.api, yarl.URL(discord.line)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before
