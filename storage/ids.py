"""Identities: 16 letters and digits, safe in a button."""

import base64
import hashlib
import secrets
from collections.abc import Callable
from itertools import count

# 10 bytes are exactly 16 characters of base 32, without padding.
BYTES = 10


def random_id() -> str:
    return _spelled(secrets.token_bytes(BYTES))


def seeded(seed: int) -> Callable[[], str]:
    """The same ids in the same order for the same seed: for tests and simulations, guessable elsewhere."""
    numbers = count(1)
    return lambda: _spelled(hashlib.sha256(f"{seed}/{next(numbers)}".encode()).digest()[:BYTES])


def numbered() -> Callable[[], str]:
    """Ids that sort in the order in which they were made and can be read: for tests."""
    numbers = count(1)
    return lambda: f"{next(numbers):016d}"


def _spelled(value: bytes) -> str:
    return base64.b32encode(value).decode().lower()
