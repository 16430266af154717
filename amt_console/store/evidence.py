"""The evidence of an alert's first failure: kept encrypted with the alert, once."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection, insert, select
from sqlmodel import Field

from amt_console.model import Phases
from amt_console.model.evidence import Evidence, ProcessUse
from amt_console.store.encryption.column import Encrypted, EncryptedCell
from amt_console.store.encryption.keyring import Keyring, Unavailable
from amt_console.store.schema import BIG, GIVEN, StoreTable, table
from amt_console.store.utc import UtcDateTime
from amt_console.store.values import instance_of, json_object, moment_of, to_json


class AlertEvidenceRow(StoreTable, table=True):
    """What was seen around an alert's first failure: DNS, address, phases, certificate, processes, disk."""

    __tablename__ = "alert_evidence"
    alert_id: int = Field(
        primary_key=True, foreign_key="alerts.id", ondelete="CASCADE", sa_type=BIG, sa_column_kwargs=GIVEN
    )
    timestamp: datetime = Field(sa_type=UtcDateTime)
    evidence: str = Field(sa_type=Encrypted)
    """JSON."""


_EVIDENCE = table(AlertEvidenceRow)


def keep_evidence(connection: Connection, keys: Keyring, alert_id: int, evidence: Evidence) -> None:
    """Keep the evidence of an alert that has none; nothing happens without a key."""
    known = connection.execute(select(_EVIDENCE.c.alert_id).where(_EVIDENCE.c.alert_id == alert_id)).first()
    sealed = None if known else keys.seal(cell_of(alert_id), to_json(asdict(evidence)))
    if sealed is not None:
        row = {"alert_id": alert_id, "timestamp": evidence.at, "evidence": sealed}
        connection.execute(insert(_EVIDENCE).values(row))


def kept_evidence(connection: Connection, keys: Keyring, alert_id: int) -> Evidence | None:
    """The evidence of an alert; ``None`` if there is none, or it cannot be read."""
    row = connection.execute(select(_EVIDENCE).where(_EVIDENCE.c.alert_id == alert_id)).mappings().first()
    if row is None:
        return None
    try:
        stored = json_object(keys.open(cell_of(alert_id), row["evidence"]))
    except Unavailable:
        return None
    lists = {
        "dns": tuple(map(str, stored.get("dns", ()))),
        "load": tuple(map(float, stored.get("load", ()))),
        "disks": tuple((str(mount), float(percent)) for mount, percent in stored.get("disks", ())),
        "processes": tuple(instance_of(ProcessUse, process) for process in stored.get("processes", ())),
    }
    moments = {"at": row["timestamp"], "certificate_ends_at": moment_of(stored.get("certificate_ends_at"))}
    phases = instance_of(Phases, stored.get("phases", {}))
    return instance_of(Evidence, {**stored, **lists, **moments, "phases": phases})


def cell_of(alert_id: int) -> EncryptedCell:
    """Where the evidence of an alert stands."""
    return EncryptedCell(_EVIDENCE.name, "evidence", str(alert_id))
