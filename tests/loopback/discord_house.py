"""The real discord.py, and Voisin, on the loopback Discord."""

from collections.abc import Iterator
from contextlib import contextmanager

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from tests.loopback.discord_people import (
    ATTACH,
    EMBED_LINKS,
    MANAGE_THREADS,
    PRIVATE_THREADS,
    SEND,
    SEND_IN_THREADS,
    VIEW,
)
from tests.loopback.discord_server import Discord

INVITED = VIEW | SEND | SEND_IN_THREADS | PRIVATE_THREADS | MANAGE_THREADS | ATTACH | EMBED_LINKS
"""With what a bot of this kind is brought in."""


@contextmanager
def aimed(discord: Discord) -> Iterator[None]:
    """discord.py keeps its addresses in two classes: for a while, they are those of the loopback."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = discord.api, yarl.URL(discord.line)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before
