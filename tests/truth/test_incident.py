"""Every number of the JSON report of an incident against raw rows."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from truth.compare import faults
from truth.histories import END, TARGETS, history
from truth.incident import IncidentTruth
from truth.raw import read, us
from truth.test_documents import SETTINGS, stored

from amt_console.clock import FakeClock
from amt_console.reports.incident.export import incident_files
from amt_console.reports.incident.gather import gather_incident
from amt_console.store import Store

pytestmark = pytest.mark.slow
LATER = END + timedelta(hours=3)


@pytest.mark.parametrize("seed", [3, 7, 11])
def test_every_number_of_an_incident_is_that_of_the_raw_rows(tmp_path: Path, seed: int) -> None:
    path = stored(tmp_path, history(seed, hours=9), LATER)
    raw = read(path)
    alerts = [alert for alert in raw.alerts if alert.kind in ("service_down", "cpu_usage")]
    wrong, moved, with_impact = [], 0, 0
    with Store.open(f"sqlite:///{path}", clock=FakeClock(LATER), read_only=True) as store, store.read() as reads:
        for alert in alerts:
            data = gather_incident(reads, alert.id, targets=TARGETS, settings=SETTINGS, zone="UTC", made_at=LATER)
            assert data is not None
            ((_, content),) = incident_files(data, (("incident", "json", "x.json"),), progress=lambda *_: None)
            found = json.loads(content)
            truth = IncidentTruth(raw, [target.name for target in TARGETS], alert.id, us(LATER))
            wrong += faults(found, truth.document(found), f"alert {alert.id}")
            known = truth.moments()
            told = [us(datetime.fromisoformat(each["at"])) // 1000 for each in found["timeline"]]
            wrong += [f"alert {alert.id}: the timeline tells of {at}" for at in told if at not in known]
            moved += len(found["moved_together"])
            with_impact += bool(found["impact"]["services"])
    assert wrong == []
    assert len(alerts) >= 5
    assert with_impact >= 3
    assert moved >= 5, "the histories show too little"
