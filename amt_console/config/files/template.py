"""What ``config init`` writes: a first configuration, as JSON in the original's format or as commented TOML."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import Any

from amt_console.config.settings import Settings

_TOML = """\
# Configuration of amt-console. Check it with: amt-console config check
# All keys: docs/configuration.md, or for editors: amt-console config schema

# The platform. An empty text leaves that part out.
{bases}
# Time between probes: seconds, or "90s", "15m", "2h". Critical services are probed every 15 s.
check_interval = {interval}

[alert_thresholds]
{thresholds}
# The original's mail notification. Secrets are written as references: ${{NAME}}, file:/path or credential:NAME.
[email_alerts]
enabled = false
smtp_server = "smtp.gmail.com"
smtp_port = 587
sender_email = "alerts@ai-marketing-tools.com"
recipients = ["admin@ai-marketing-tools.com"]
# username = "alerts@ai-marketing-tools.com"
# password = "${{SMTP_PASSWORD}}"

# Further services:
# [[services]]
# name = "checkout"
# url = "https://shop.example/api/health"
# criticality = "critical"
"""


def first_document(bases: dict[str, str], interval: float) -> dict[str, Any]:
    """The original's file with these URLs (by key) and this interval in seconds."""
    thresholds = Settings().alert_thresholds.model_dump(mode="json")
    email = Settings().email_alerts
    return {
        **bases,
        "check_interval": int(interval) if interval == int(interval) else interval,
        "alert_thresholds": {key: value for key, value in thresholds.items() if "warning" not in key},
        "email_alerts": {
            "enabled": False,
            "smtp_server": email.smtp_server,
            "smtp_port": email.smtp_port,
            "sender_email": email.sender_email,
            "recipients": ["admin@ai-marketing-tools.com"],
        },
    }


def render(document: dict[str, Any], file_format: str) -> str:
    """A ``first_document`` as text: ``json`` or ``toml``."""
    if file_format == "json":
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    bases = "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in document.items() if key.endswith("_url")
    )
    thresholds = "".join(f"{key} = {value}\n" for key, value in document["alert_thresholds"].items())
    return _TOML.format(bases=bases, interval=document["check_interval"], thresholds=thresholds)


def write_new(path: Path, text: str) -> None:
    """Write a new file atomically, readable by its owner only.

    Raises:
        FileExistsError: there is something already.
        OSError: it cannot be written.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.path.lexists(path):
        raise FileExistsError(str(path))
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            raise
        except OSError:
            _write_exclusively(path, text)
    finally:
        temporary.unlink(missing_ok=True)


def _write_exclusively(path: Path, text: str) -> None:
    """Fallback for file systems without hard links."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
