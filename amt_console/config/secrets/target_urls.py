"""Checks of the URLs of services: http and https, ``tcp://``, ``dns://`` and ``icmp://``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, parse_qsl, urlsplit

from amt_console.config.faults import Refused
from amt_console.config.secrets.urls import MAX_URL_CHARS, http_url

RECORD_TYPES = ("A", "AAAA", "CAA", "CNAME", "DNSKEY", "DS", "HTTPS", "MX", "NS", "PTR", "SOA", "SRV", "TLSA", "TXT")
"""What a name server can be asked for."""
_EXAMPLES = {
    "tcp": "tcp://db.example:5432",
    "dns": "dns://shop.example?server=192.0.2.53&type=A",
    "icmp": "icmp://gateway.example",
}
_DNS_NAME = re.compile(r"^(?!.*\.\.)[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?\.?$")


def service_url(text: str) -> str:
    """Accept the URL of a service. Raises Refused."""
    scheme = text.partition("://")[0].lower()
    if scheme not in _EXAMPLES:
        if "://" in text and scheme not in ("http", "https"):
            raise Refused("must begin with http://, https://, tcp://, dns:// or icmp://")
        return http_url(text)
    hint = f"such as {_EXAMPLES[scheme]}"
    parts = _parts(text, hint)
    if scheme == "dns":
        _check_question(parts, hint)
    elif scheme == "tcp":
        if not parts.hostname or not parts.port:
            raise Refused("must name a host and a port from 1 to 65535", hint)
        if _options(parts, hint, ("tls",)).get("tls", "no") not in ("yes", "no"):
            raise Refused("must have yes or no as `tls`", hint)
    elif not parts.hostname or parts.port is not None or parts.query:
        raise Refused("must name a host and nothing else", hint)
    return text


def _parts(text: str, hint: str) -> SplitResult:
    if len(text) > MAX_URL_CHARS or not text.isprintable() or not text.isascii() or " " in text or "\\" in text:
        raise Refused(f"must be a URL of at most {MAX_URL_CHARS} printable ASCII characters without blanks", hint)
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        raise Refused("is no valid URL: look at its host and port (1-65535)", hint) from None
    if "@" in parts.netloc or parts.path not in ("", "/") or parts.fragment:
        raise Refused("must have neither user name nor path nor fragment", hint)
    return parts


def _options(parts: SplitResult, hint: str, known: tuple[str, ...]) -> Mapping[str, str]:
    """The parameters of a URL, each at most once. Raises Refused."""
    found = parse_qsl(parts.query, keep_blank_values=True)
    names = [name for name, _ in found]
    if any(name not in known for name in names) or len(set(names)) < len(names):
        raise Refused(f"takes {' and '.join(f'`{name}`' for name in known)}, each once, behind the question mark", hint)
    return dict(found)


def _check_question(parts: SplitResult, hint: str) -> None:
    """Refuse a question that no name server can be asked. Raises Refused."""
    if not _DNS_NAME.match(parts.netloc):
        raise Refused("must name what is asked for, as letters, digits, dots and hyphens, without a port", hint)
    options = _options(parts, hint, ("server", "type"))
    if options.get("type", "A").upper() not in RECORD_TYPES:
        raise Refused(f"must have one of {', '.join(RECORD_TYPES)} as `type`", hint)
    if "server" in options:
        try:
            server = urlsplit(f"//{options['server']}")
            sound = bool(server.hostname) and server.port != 0 and server.netloc == options["server"]
        except ValueError:
            sound = False
        if not sound or "@" in options["server"]:
            raise Refused("must have the name or address of a server as `server`", hint)
