"""The column type for encrypted texts: it stores values sealed by a ``Keyring``."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_VERSION, _PLAIN = "v1", "plain"


@dataclass(frozen=True, slots=True)
class EncryptedCell:
    """The cell of a value: it can be decrypted there only."""

    table: str
    column: str
    row: str
    """The primary key of the row."""

    def bound_to(self, key_id: str) -> bytes:
        """The authenticated data of the encryption."""
        return "|".join((self.table, self.column, self.row, key_id)).encode()


@dataclass(frozen=True, slots=True)
class SealedParts:
    """The parts of an encrypted value; ``text`` is set instead where encryption is off."""

    key_id: str = ""
    nonce: bytes = b""
    content: bytes = b""
    text: str | None = None


class Sealed(str):
    """A value as it is stored: ``v1:KEY_ID:NONCE:CONTENT``, the last two in base64; or ``plain:TEXT``."""

    __slots__ = ()

    @classmethod
    def of(cls, key_id: str, nonce: bytes, content: bytes) -> Sealed:
        """An encrypted one."""
        parts = (base64.b64encode(each).decode("ascii") for each in (nonce, content))
        return cls(":".join((_VERSION, key_id, *parts)))

    @classmethod
    def plain(cls, text: str) -> Sealed:
        """One that is not encrypted."""
        return cls(f"{_PLAIN}:{text}")

    @property
    def parts(self) -> SealedParts | None:
        """Parse a stored value; ``None`` for anything else, because other programs may write into the table."""
        version, _, rest = self.partition(":")
        if version == _PLAIN:
            return SealedParts(text=rest)
        found = rest.split(":")
        if version != _VERSION or len(found) != 3:
            return None
        try:
            nonce, content = (base64.b64decode(each, validate=True) for each in found[1:])
        except (ValueError, binascii.Error):
            return None
        return SealedParts(found[0], nonce, content)


class Encrypted(TypeDecorator[Sealed]):
    """Takes sealed texts only: plain text is refused, so that none is stored by mistake.

    Raises:
        TypeError: Something else is written.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Sealed | None, dialect: Dialect) -> Any:
        """As the driver takes it."""
        if value is not None and not isinstance(value, Sealed):
            raise TypeError("an encrypted column takes sealed values only")
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> Sealed | None:
        """As it is stored."""
        return None if value is None else Sealed(value)
