"""The real discord.py, and Voisin, on the loopback Discord."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from adapters.discord.permissions import needed
from tests.loopback.discord_server import Discord

INVITED = needed().value
"""What the link of `voisin discord invite` grants, and nothing more: every test lives with it."""


UNHURRIED = 60.0
"""Seconds after which an answer is put off; two are enough for Discord, and too few for a busy machine."""


@contextmanager
def unhurried() -> Iterator[None]:
    """What is asked is answered at once and not put off, however long it takes."""
    with patch("adapters.discord.listeners.SOON", UNHURRIED):
        yield


@contextmanager
def aimed(discord: Discord) -> Iterator[None]:
    """discord.py keeps its addresses in two classes: for a while, they are those of the loopback."""
    before = Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY
    Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = discord.api, yarl.URL(discord.line)
    try:
        yield
    finally:
        Route.BASE, DiscordWebSocket.DEFAULT_GATEWAY = before
