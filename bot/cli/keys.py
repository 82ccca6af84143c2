"""`voisin keys …`."""

import asyncio
from pathlib import Path

from bot import settings
from bot.cli.console import say
from bot.errors import BadSetting
from storage.database import opened
from storage.engines import address


def rotate(config: Path | None) -> None:
    """Encrypt everything with the first key of VOISIN_DATABASE_KEY; any of its keys opens."""
    read = settings.read(config)
    key = read.database.key.get_secret_value()
    if not key:
        raise BadSetting(
            "VOISIN_DATABASE_KEY is empty: put the new key there (`openssl rand -base64 32` makes one), a "
            "comma, and the old one."
        )
    file = address(read.database.url).file
    if file is not None and not file.exists():
        raise BadSetting("There is no database yet, and nothing is encrypted.")
    count = asyncio.run(_rotate(read.database.url, key))
    say(
        f"{count} tokens are encrypted with the first key. Once every process has been started with it, the "
        "others can go from VOISIN_DATABASE_KEY. Backups still need them."
    )


async def _rotate(url: str, key: str) -> int:
    async with opened(url, key=key) as storage:
        return await storage.installations.reseal()
