"""Discord's own description of its requests, where this machine has it."""

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "shared" / "conformance"


@cache
def requests_checker() -> Any | None:
    """Holds requests against the description (read once); None where it is not here."""
    file = FOLDER / "check_discord.py"
    if not file.exists():
        return None
    spec = importlib.util.spec_from_file_location("check_discord", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.DiscordRequests()
