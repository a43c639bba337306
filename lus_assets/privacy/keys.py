"""Keyed pseudonyms (HMAC-SHA-256, input.md): the key lives in the environment and nowhere else."""

import hmac
import os
from collections.abc import Sequence

from lus_assets.core.errors import LusError
from lus_assets.privacy.seal import Sealer

KEY_VARIABLE = "LUS_PSEUDONYM_KEY"
KEY_MIN_CHARACTERS = 32


class Pseudonymizer:
    """Turns restricted values into keyed hashes. Holds the key; never shows, logs or pickles it."""

    __slots__ = ("_key",)

    def __init__(self, key: str) -> None:
        """Takes the key's text (at least 32 characters); LusError otherwise, without the text."""
        if len(key) < KEY_MIN_CHARACTERS:
            raise LusError(
                "no usable pseudonym key"
                if not key
                else f"the pseudonym key has fewer than {KEY_MIN_CHARACTERS} characters",
                where=f"environment variable {KEY_VARIABLE}",
                todo=f"set it to this installation's key: any text of at least "
                f"{KEY_MIN_CHARACTERS} characters, always the same one",
            )
        self._key = key.encode("utf-8", "surrogateescape")

    @classmethod
    def from_environment(cls) -> "Pseudonymizer":
        """The pseudonymizer of this installation, from LUS_PSEUDONYM_KEY; LusError without one."""
        return cls(os.environ.get(KEY_VARIABLE, ""))

    def person_keys(self, ids: Sequence[str]) -> list[str]:
        """One `person_key` (64 hex digits) per normalised person id, in the order given.

        Call it with distinct ids: every one costs about a microsecond.
        """
        key = self._key
        return [hmac.digest(key, each.encode(), "sha256").hex() for each in ids]

    def tokens(self, purpose: str, texts: Sequence[str]) -> list[str]:
        """Stand-ins for restricted values in a row hash (64 hex digits each), in the order given.

        purpose: the column's name. It separates the domains, so that a birth date and a person
        id of equal text never give equal hashes.
        """
        key, domain = self._key, purpose.encode() + b"\0"
        return [hmac.digest(key, domain + each.encode(), "sha256").hex() for each in texts]

    def sealer(self, salt: bytes, purpose: str) -> Sealer:
        """What seals a store's contents under a key that follows from this one."""
        return Sealer(self._key, salt, purpose)

    def __repr__(self) -> str:
        """Shows that there is a key, never the key."""
        return "Pseudonymizer(key hidden)"

    def __reduce__(self) -> str:
        """Refuses to be pickled."""
        raise TypeError("a Pseudonymizer is not pickled: its key stays in this process")
