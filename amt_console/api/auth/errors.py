"""Errors of authentication."""

from __future__ import annotations

from amt_console.operations.protocol import NotPermittedError, OperationError


class UnknownCallerError(NotPermittedError):
    """No valid token. The text is the same for every cause."""

    def __init__(self) -> None:
        super().__init__("a valid access token is needed")


class TooManyFailuresError(OperationError):
    """Too many wrong tokens from this address."""

    def __init__(self, seconds: float) -> None:
        super().__init__("too many wrong tokens from this address: wait a minute")
        self.seconds = seconds
