"""``log``: the program's own log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, Strict, WithJsonSchema

from amt_console.config.faults import Refused
from amt_console.config.sections.scalars import ConfigSection

LogFormat = Literal["text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]


def _log_file(value: object) -> str:
    path = Path(value).expanduser() if isinstance(value, str) and value and "\0" not in value else None
    if path is None or not path.is_absolute():
        raise Refused("must be an absolute path of a file, such as `/var/log/amt-console/monitoring.log`")
    if path.is_dir():
        raise Refused(f"{path} is a folder", f"{path}/monitoring.log")
    return str(path)


LogFile = Annotated[str, BeforeValidator(_log_file), WithJsonSchema({"type": "string"})]


class LogSettings(ConfigSection):
    """The program's own log: alerts, changes of state, people's actions, faults. A headless monitor and `serve` also
    write it to stderr, in the same format. An attached console logs to the default file."""

    file: LogFile | None = None
    """The file, an absolute path; by default `logs/monitoring.log` in the user's state folder. Mode 0600."""
    format: LogFormat = "text"
    """`text`: a line per record, with the local time. `json`: an object per line, with the time in UTC."""
    level: LogLevel = "info"
    """The least level that is written."""
    max_mib: Annotated[float, Strict(), Field(ge=0.1, le=1000)] = 2.0
    """MiB after which a new file begins. 0.1 to 1000."""
    keep: Annotated[int, Strict(), Field(ge=1, le=100)] = 5
    """How many older files are kept, as `monitoring.log.1` and so on."""
