"""The address in ``--connect``: a monitor's socket on this host, or an API over HTTPS."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from amt_console.hosts import is_loopback

EXAMPLES = "unix:/run/amt-console/monitor.sock or https://host:8787"


class MonitorAddressError(ValueError):
    """The address is not valid; the text gives the reason."""


@dataclass(frozen=True, slots=True)
class MonitorAddress:
    """The address of an API."""

    url: str
    """``unix:/path`` or ``scheme://host[:port]``."""
    socket: Path | None = None
    host: str = "monitor"
    port: int = 0

    @property
    def authority(self) -> str:
        """The value of the header ``Host``."""
        return self.url.partition("://")[2] or self.host

    @property
    def secure(self) -> bool:
        """Whether it uses TLS."""
        return self.url.startswith("https:")


def parse_address(text: str) -> MonitorAddress:
    """Parse an address. Raises MonitorAddressError."""
    if text.startswith("unix:"):
        name = text.removeprefix("unix:")
        path = "/" + name.lstrip("/") if name.startswith("//") else name
        if not path or not path.startswith("/") or path == "/":
            raise MonitorAddressError(f"--connect needs the absolute path of a socket after unix:, such as {EXAMPLES}")
        return MonitorAddress(f"unix:{path}", Path(path))
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise MonitorAddressError(f"--connect cannot be read; write {EXAMPLES}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise MonitorAddressError(f"--connect takes {EXAMPLES}")
    if parts.username is not None or parts.password is not None or parts.query or parts.path not in ("", "/"):
        raise MonitorAddressError(
            "--connect takes scheme, host and port only; the token goes into $AMT_TOKEN or --token-file"
        )
    if parts.scheme == "http" and not is_loopback(host):
        raise MonitorAddressError(
            f"--connect sends no token in the clear: use https://{host}, or http:// to this host only"
        )
    place = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme}://{place}" + (f":{port}" if port is not None else "")
    usual = 443 if parts.scheme == "https" else 80
    return MonitorAddress(url, host=host, port=usual if port is None else port)


def client_context(ca_file: str | None) -> ssl.SSLContext:
    """A TLS context with the system's authorities, or with those of a file. Raises MonitorAddressError."""
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        reason = error.strerror if not isinstance(error, ssl.SSLError) else None
        raise MonitorAddressError(
            f"the file of authorities {ca_file} cannot be used: {reason or 'it is no PEM file'}"
        ) from None
