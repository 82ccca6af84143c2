"""What a test needs and this machine may lack."""

import os
from typing import NoReturn

import pytest


def missing(what: str, *, remedy: str) -> NoReturn:
    """Skip with the reason and the remedy; where everything is required, fail with them."""
    reason = f"{what} {remedy}"
    if os.environ.get("VOISIN_REQUIRE_ALL") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
