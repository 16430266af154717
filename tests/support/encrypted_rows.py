"""A row with an encrypted value for every place of the database that has one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert
from support.stores import at, episode

from amt_console.model import EpisodeChange
from amt_console.store import Store, link_key, record
from amt_console.store.upkeep.catalogue import catalogue
from amt_console.store.upkeep.encrypted_places import PLACES


def fill(store: Store, words: str = "the words") -> int:
    """Add one value to each place; returns how many."""
    link_key(store)
    with store.transaction(durable=True) as writes:
        connection = writes._connection
        alert = record(writes, EpisodeChange(episode())).id
        rows: dict[str, dict[str, Any]] = {
            "alert_answers": {"alert_id": alert},
            "alert_evidence": {"alert_id": alert},
            "relayed_results": {
                "service_name": "api", "status": "down", "attempt": 1, "interval_us": 1, "simulated": False,
            },
            "outbox": {
                "id": 1, "dedup_key": "1.1.fired.ops.ops", "created_at": at(0), "channel": "ops", "receiver": "ops",
                "kind": "fired", "reason": "it fires", "due_at": at(0), "next_at": at(0),
            },
            "delivery_attempts": {"outbox_id": 1, "status": "failed"},
            "arrivals": {"received_at": at(0), "kind": "ping", "content": '{"heartbeat": "job"}'},
            "heartbeats": {"name": "job"},
            "idempotency_keys": {"id": "k", "caller": "c", "digest": "d", "created_at": at(0)},
        }  # fmt: skip
        for place in PLACES:
            table = place.column.table
            if table.name == "store_meta":
                continue  # the key of links
            row = rows[table.name] | ({"timestamp": at(0)} if "timestamp" in table.columns else {})
            sealed = store.keys.seal(place.cell(row), words)
            connection.execute(insert(table), [{**row, place.column.name: sealed}])
    return len(PLACES)


def spoil(store: Store, table: str, column: str, value: str) -> None:
    """Put something else in place of the values of a column."""
    with store.transaction(durable=True) as writes:
        found = catalogue().tables[table]
        writes._connection.exec_driver_sql(f"UPDATE {found.name} SET {column} = '{value}'")
