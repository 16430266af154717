"""Errors of authentication."""

from __future__ import annotations

import math

from amt_console.operations.protocol import NotPermittedError, OperationError


class UnknownCallerError(NotPermittedError):
    """No valid token. The text is the same for every cause."""

    def __init__(self) -> None:
        super().__init__("a valid access token is needed")


class SignatureRefusedError(NotPermittedError):
    """A message is not from whom it should be, or is not of now; the text is the same for every cause."""

    def __init__(self, text: str = "a valid signature, of the last 5 minutes, is needed") -> None:
        super().__init__(text)


class TooManyRequestsError(OperationError):
    """The caller asks too often; ``seconds`` until the next request is answered."""

    def __init__(self, seconds: float, whose: str, text: str | None = None) -> None:
        super().__init__(text or f"too many requests {whose}: wait {math.ceil(seconds)} s")
        self.seconds = seconds


class TooManyFailuresError(TooManyRequestsError):
    """Too many wrong tokens from this address."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds, "", "too many wrong tokens from this address: wait a minute")
