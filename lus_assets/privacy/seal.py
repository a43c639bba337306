"""Sealing: AES-256-GCM under a key that follows from the installation's own (HKDF-SHA-256).

What is sealed can be neither read nor changed, nor put in another's place, without the key.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

SALT_BYTES = 16
_NONCE_BYTES = 12
_KEY_BYTES = 32


class WrongKeyError(Exception):
    """It was sealed under another key, for another place, or was changed since."""


class Sealer:
    """Seals and opens contents of one store. Holds a key; never shows or pickles it."""

    __slots__ = ("_cipher",)

    def __init__(self, key: bytes, salt: bytes, purpose: str) -> None:
        """key: the installation's; salt: the store's own, not secret; purpose: what it is for."""
        derived = HKDF(SHA256(), _KEY_BYTES, salt, purpose.encode()).derive(key)
        self._cipher = AESGCM(derived)

    def seal(self, content: bytes, place: str) -> bytes:
        """The content sealed for a place (a name that is unique in the store)."""
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, content, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """The content that was sealed for that place; WrongKeyError otherwise."""
        try:
            return self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], place.encode()
            )
        except (InvalidTag, ValueError):
            raise WrongKeyError from None

    def __reduce__(self) -> str:
        """Refuses to be pickled."""
        raise TypeError("a Sealer is not pickled: its key stays in this process")
