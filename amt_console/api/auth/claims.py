"""What a client says of itself beyond the kernel's word; recorded as claims, never trusted."""

from __future__ import annotations

CLAIMS = ("SUDO_USER", "SSH_CONNECTION", "SSH_TTY")
CLAIM_PREFIX = "amt-claim-"
"""Clients send each claim in a header of this prefix and the name in lower case with dashes."""


def claim_header(name: str) -> str:
    """The header that carries a claim."""
    return CLAIM_PREFIX + name.lower().replace("_", "-")
