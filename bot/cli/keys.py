"""`voisin keys …`."""

import asyncio
from pathlib import Path

from bot import settings
from bot.cli.console import say
from bot.cli.finding import database_of
from bot.errors import BadSetting
from bot.settings import Settings


def rotate(config: Path | None) -> None:
    """Encrypt everything with the first key of VOISIN_DATABASE_KEY; any of its keys opens."""
    read = settings.read(config)
    if not read.database.key.get_secret_value():
        raise BadSetting(
            "VOISIN_DATABASE_KEY is empty: put the new key there (`openssl rand -base64 32` makes one), a "
            "comma, and the old one."
        )
    count = asyncio.run(_rotate(read))
    many = "1 token is" if count == 1 else f"{count} tokens are"
    say(
        f"{many} encrypted with the first key. Once every process has been started with it, the others can "
        "go from VOISIN_DATABASE_KEY. Backups still need them."
    )


async def _rotate(read: Settings) -> int:
    async with database_of(read) as storage:
        return await storage.installations.reseal()
