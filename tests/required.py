"""What a test needs and this machine may lack."""

import os
from pathlib import Path
from typing import NoReturn

import pytest


def missing(what: str, *, remedy: str) -> NoReturn:
    """Skip with the reason and the remedy; where everything is required, fail with them."""
    reason = f"{what} {remedy}"
    if os.environ.get("VOISIN_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


def shared(path: str) -> Path:
    """A file of the data that lies beside the checkout, which is not ours to distribute."""
    found = Path(__file__).parents[2] / "shared" / path
    if not found.exists():
        missing(f"There is no {path} in a folder `shared` beside the checkout.", remedy="Put it there.")
    return found
