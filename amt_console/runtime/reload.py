"""The configuration of a running monitor: noticed when its file changes, and read again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from amt_console.clock import Clock
    from amt_console.config import Settings
    from amt_console.store import Store

logger = logging.getLogger("amt_console.monitor")
MOST_CHANGES = 200
"""Values of one reload that the audit names."""


class ConfigWatch:
    """Notices that the content of the configuration file has changed since the last call."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._seen = self._stamp()
        self._content = self._fingerprint()

    def changed(self) -> bool:
        """Whether the content has changed since the last call. Cheap while nobody touches the file."""
        stamp = self._stamp()
        if stamp == self._seen:
            return False
        self._seen = stamp
        before, self._content = self._content, self._fingerprint()
        return self._content not in ("", before)

    def read(self) -> None:
        """Take the present content as known: it is being read for another reason."""
        self._seen, self._content = self._stamp(), self._fingerprint()

    def _stamp(self) -> tuple[int, int, int] | None:
        if self._path is None:
            return None
        try:
            status = self._path.stat()
        except OSError:
            return None
        return (status.st_mtime_ns, status.st_size, status.st_ino)

    def _fingerprint(self) -> str:
        from amt_console.config import fingerprint

        return fingerprint(self._path) if self._path is not None else ""


def reload_config(path: Path | None, use: Callable[[Settings], None]) -> None:
    """Read the configuration and hand it to ``use``; the running one stays when either raises ConfigError."""
    from amt_console.config import ConfigError, load_config
    from amt_console.runtime.logs import follow_log_settings

    try:
        settings = load_config(path).settings
        use(settings)
        follow_log_settings(settings.log)
    except ConfigError as error:
        logger.error("the running configuration stays, the new one is not usable:\n%s", error)
    else:
        logger.info("configuration reloaded")


def note_reload(store: Store, clock: Clock, before: Settings, after: Settings) -> None:
    """Record in the audit which values a reload has changed, secrets masked; nothing if none has changed."""
    from amt_console.config.files.effective import changed_values
    from amt_console.operations.actor import Actor
    from amt_console.operations.audit_rows import note_row

    changed = changed_values(before, after)
    if not changed:
        return
    named = dict(list(changed.items())[:MOST_CHANGES])
    detail = {
        "note": f"{len(changed)} {'value' if len(changed) == 1 else 'values'} changed",
        "before": {key: pair[0] for key, pair in named.items()},
        "after": {key: pair[1] for key, pair in named.items()},
    }
    note_row(store, clock, Actor("amt-console"), "config reload", "configuration", detail)
