"""Presence on a server: each process publishes the people of its consoles and reads those of the others."""

from __future__ import annotations

import json
import socket
import uuid
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import text

from amt_console.model import PresentPerson
from amt_console.store.cluster.control import Control
from amt_console.store.store import Store
from amt_console.text import safe_text

GONE_AFTER = 8.0
"""Seconds after which a silent process is ignored."""
MOST = 200
"""People of one process, and processes, that are shown."""
_LONGEST = 64
_PIN = text(
    "INSERT INTO presence (process, host, people, seen_at) VALUES (:process, :host, :people, clock_timestamp()) "
    "ON CONFLICT (process) DO UPDATE SET people = excluded.people, seen_at = excluded.seen_at"
)
_OTHERS = text(
    "SELECT host, people FROM presence WHERE process <> :process "
    "AND seen_at > clock_timestamp() - make_interval(secs => :seconds) ORDER BY process LIMIT :most"
)
_LEAVE = text("DELETE FROM presence WHERE process = :process OR seen_at < clock_timestamp() - interval '1 day'")


class PresenceBoard:
    """The presence board, as one process uses it. Methods are safe from any thread. They raise StoreError.

    Args:
        store: On a server; stays open.
    """

    def __init__(self, store: Store) -> None:
        self._control = Control(store)
        self._process = uuid.uuid4().hex
        self._host = socket.gethostname()

    def pin(self, own: Sequence[PresentPerson]) -> None:
        """Publish the people of this process; call it every few seconds."""
        values = {"process": self._process, "host": self._host, "people": _written(own[:MOST])}
        with self._control.begin() as connection:
            connection.execute(_PIN, values)

    def others(self) -> tuple[PresentPerson, ...]:
        """The people of the other processes."""
        asked = {"process": self._process, "seconds": GONE_AFTER, "most": MOST}
        with self._control.begin() as connection:
            rows = connection.execute(_OTHERS, asked).all()
        return tuple(person for host, people in rows for person in self._read(host, people))

    def leave(self) -> None:
        """Remove the people of this process."""
        with self._control.begin() as connection:
            connection.execute(_LEAVE, {"process": self._process})

    def close(self) -> None:
        """Close the connection."""
        self._control.close()

    def _read(self, host: str, people: str) -> list[PresentPerson]:
        where = "" if host == self._host else f" on {host}"
        try:
            return [
                PresentPerson(
                    name=safe_text(str(each["name"]), _LONGEST),
                    since=datetime.fromisoformat(each["since"]),
                    place=safe_text(f"{each['place']}{where}", 2 * _LONGEST),
                    may_monitor=bool(each["may_monitor"]),
                )
                for each in json.loads(people)
            ]
        except (ValueError, KeyError, TypeError):
            return []


def _written(people: Sequence[PresentPerson]) -> str:
    return json.dumps([{**asdict(person), "since": person.since.isoformat()} for person in people])
