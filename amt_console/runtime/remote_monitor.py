"""Another monitor's API: its address, the access token, the authority of its certificate."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amt_console.api.client.operations import RemoteOperations

TOKEN_VARIABLE = "AMT_TOKEN"  # noqa: S105
MAX_TOKEN_CHARS = 1000


class AccessTokenError(ValueError):
    """The access token cannot be read or is none; ``str()`` is the message for people."""


@dataclass(frozen=True, slots=True)
class RemoteMonitor:
    """The address of another monitor, and the credentials for it."""

    url: str
    token_file: Path | None = None
    ca_file: Path | None = None
    env: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)

    def open(self, *, session: str | None = None) -> RemoteOperations:
        """A client, not connected yet. Raises AccessTokenError, MonitorAddressError."""
        from amt_console.api.client.operations import RemoteOperations

        return RemoteOperations(
            self.url,
            token=self.token(),
            session=session,
            may_monitor=False,
            ca_file=None if self.ca_file is None else str(self.ca_file),
            env=self.env,
        )

    def token(self) -> str | None:
        """The access token: of the file, else of ``$AMT_TOKEN``. Raises AccessTokenError for an unusable one."""
        text, place = self.env.get(TOKEN_VARIABLE), f"${TOKEN_VARIABLE}"
        if self.token_file is not None:
            place = str(self.token_file)
            try:
                text = self.token_file.read_text(encoding="utf-8")
            except (OSError, ValueError) as error:
                reason = error.strerror if isinstance(error, OSError) else "it is no text"
                raise AccessTokenError(f"the token file {place} cannot be read: {reason}") from None
        token = (text or "").strip()
        if not token:
            if self.token_file is not None:
                raise AccessTokenError(f"the token file {place} is empty")
            return None
        if len(token) > MAX_TOKEN_CHARS or not token.isascii() or not token.isprintable() or " " in token:
            raise AccessTokenError(f"{place} holds no access token: it begins with amt_")
        return token
