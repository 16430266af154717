"""The coding of an answer's body that a caller accepts (RFC 9110, section 12.5.3)."""

from __future__ import annotations

import re
import zlib

_WEIGHT = re.compile(r"0(?:\.\d{0,3})?|1(?:\.0{0,3})?")
_LEVEL = 1
_GZIP = 16 + zlib.MAX_WBITS
_GZIP_NAMES = ("gzip", "x-gzip")


def prefers_gzip(accept_encoding: str) -> bool:
    """Whether an answer is sent with gzip to a caller with this ``Accept-Encoding``.

    Weights count, ``*`` stands for what is not named, and without a header nothing is packed. An element that cannot be
    read counts as refused. Where neither gzip nor the plain answer is accepted, the plain one is sent.
    """
    weights: dict[str, float] = {}
    for element in accept_encoding.lower().split(","):
        name, _, parameters = element.partition(";")
        if name.strip():
            weights[name.strip()] = _weight(parameters)
    others = weights.get("*")
    packed = max((weights[name] for name in _GZIP_NAMES if name in weights), default=others or 0.0)
    # The plain answer is accepted unless it is refused; it has no weight of its own.
    plain = weights.get("identity", 0.0 if others == 0 else None)
    return packed > 0 and (plain is None or packed >= plain)


def packed(body: bytes) -> bytes:
    """A body with gzip: quickly, not as small as can be."""
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return packer.compress(body) + packer.flush()


def _weight(parameters: str) -> float:
    """Of ``q=0.5``; 1 where there is none, 0 for one that cannot be read."""
    if not parameters.strip():
        return 1.0
    name, _, value = parameters.partition("=")
    return float(value.strip()) if name.strip() == "q" and _WEIGHT.fullmatch(value.strip()) else 0.0
