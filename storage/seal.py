"""Encryption at rest: what is sealed for one place opens in that place only."""

import base64
import binascii
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from bot.errors import BadSetting, StorageError

KEY_BYTES = 32
NONCE_BYTES = 12


class Seal:
    """A ring of keys: the first one seals, any of them opens, so that keys can be changed one by one."""

    def __init__(self, keys: Sequence[bytes] = ()) -> None:
        self._keys = [ChaCha20Poly1305(key) for key in keys]

    def close(self, words: str, *, place: str) -> bytes:
        """Encrypt for a place, as in ``installations/T1/token``. Raises BadSetting when there is no key."""
        if not self._keys:
            raise BadSetting(
                "There is no key to encrypt with: set VOISIN_DATABASE_KEY in the environment "
                "(`openssl rand -base64 32` makes one)."
            )
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._keys[0].encrypt(nonce, words.encode(), place.encode())

    def open(self, sealed: bytes, *, place: str) -> str:
        """Decrypt what was sealed for this place. Raises StorageError when none of the keys fits."""
        nonce, rest = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        for key in self._keys:
            try:
                return key.decrypt(nonce, rest, place.encode()).decode()
            except (InvalidTag, ValueError):
                continue
        raise StorageError(
            "A token in the database cannot be decrypted: put the key that it was written with back into "
            "VOISIN_DATABASE_KEY, after the new one."
        )


def ring(written: str) -> Seal:
    """Keys as they are written: base64 of 32 bytes each, commas between them. Raises BadSetting."""
    keys = []
    for place, word in enumerate(filter(None, (part.strip() for part in written.split(","))), start=1):
        try:
            key = base64.b64decode(word.replace("-", "+").replace("_", "/"), validate=True)
        except (binascii.Error, ValueError):
            key = b""
        if len(key) != KEY_BYTES:
            raise BadSetting(
                f"Key {place} of VOISIN_DATABASE_KEY is not base64 of {KEY_BYTES} bytes: "
                "make one with `openssl rand -base64 32`."
            )
        keys.append(key)
    return Seal(keys)
