"""Content decoding with a limit on the output."""

from __future__ import annotations

import zlib

from amt_console.model import ErrorClass
from amt_console.text import byte_size
from collectors.network.fault import ProbeFault

MAX_RATIO = 200
"""Decoded to encoded size above which, past ``RATIO_FREE_BYTES``, an answer counts as a decompression bomb."""
RATIO_FREE_BYTES = 64 * 1024
MAX_MEMBERS = 64
"""Concatenated gzip members; real servers send one."""
_SLICE = 4096
_GZIP_WINDOW = 16 + zlib.MAX_WBITS


def decode_body(body: bytes, encodings: str, max_bytes: int) -> bytes:
    """Undo the ``Content-Encoding``.

    Args:
        body: As it came over the wire.
        encodings: The header's value; gzip and deflate are undone, anything else leaves the body as it is.
        max_bytes: Most decoded bytes.

    Raises:
        ProbeFault: Larger than ``max_bytes``, suspiciously compressible, or not what the header says.
    """
    names = [name.strip().lower() for name in encodings.split(",")]
    names = [name for name in names if name not in ("", "identity")]
    if len(names) > 2:
        raise ProbeFault(ErrorClass.PROTOCOL, f"the body is encoded {len(names)} times over")
    for name in reversed(names):
        if name in ("gzip", "x-gzip"):
            body = _inflate(body, _GZIP_WINDOW, max_bytes, name)
        elif name == "deflate":
            body = _inflate(body, _deflate_window(body), max_bytes, name)
        else:
            break
    return body


def too_large(max_bytes: int) -> ProbeFault:
    """The fault of a body over the cap."""
    return ProbeFault(ErrorClass.TOO_LARGE, f"the body is larger than {byte_size(max_bytes)}")


def _deflate_window(body: bytes) -> int:
    """Some servers send raw deflate, most the zlib format of the standard; the first two bytes decide."""
    zlib_header = len(body) >= 2 and body[0] & 0x0F == 8 and int.from_bytes(body[:2], "big") % 31 == 0
    return zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS


def _inflate(body: bytes, window: int, max_bytes: int, name: str) -> bytes:
    if not body:
        return b""
    decoded = bytearray()
    inflater = zlib.decompressobj(window)
    members = 1
    position = 0
    pending = b""
    try:
        while pending or position < len(body):
            if not pending:
                # Small slices keep the copies of unused input short, however many members there are.
                pending = body[position : position + _SLICE]
                position += _SLICE
            if inflater.eof:
                if name == "deflate" or not pending.startswith(b"\x1f"):
                    break  # padding after the end is harmless
                members += 1
                if members > MAX_MEMBERS:
                    raise ProbeFault(ErrorClass.TOO_LARGE, f"the body has more than {MAX_MEMBERS} gzip members")
                inflater = zlib.decompressobj(window)
            decoded += inflater.decompress(pending, max_bytes - len(decoded) + 1)
            _check_size(len(decoded), len(body), max_bytes)
            pending = inflater.unconsumed_tail or inflater.unused_data
    except zlib.error:
        raise ProbeFault(ErrorClass.PROTOCOL, f"the body is not the {name} that its header says") from None
    if not inflater.eof:
        raise ProbeFault(ErrorClass.PROTOCOL, f"the {name} body ends too early")
    return bytes(decoded)


def _check_size(decoded: int, encoded: int, max_bytes: int) -> None:
    if decoded > max_bytes:
        raise too_large(max_bytes)
    if decoded > RATIO_FREE_BYTES and decoded > encoded * MAX_RATIO:
        raise ProbeFault(
            ErrorClass.TOO_LARGE, f"the body unpacks to more than {MAX_RATIO} times its size: a decompression bomb"
        )
