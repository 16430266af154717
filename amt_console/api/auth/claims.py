"""Claims of a client about itself: recorded, never trusted."""

from __future__ import annotations

CLAIMS = ("SUDO_USER", "SSH_CONNECTION", "SSH_TTY")
CLAIM_PREFIX = "amt-claim-"
"""Prefix of the headers with claims; the name follows in lower case with dashes."""


def claim_header(name: str) -> str:
    """The header that carries a claim."""
    return CLAIM_PREFIX + name.lower().replace("_", "-")
