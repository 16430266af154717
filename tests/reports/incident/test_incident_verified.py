"""The JSON of an incident: what its schema says, and what the raw rows and the alert's events say again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from sqlalchemy import create_engine, text
from support.incidents import NOW, TARGETS, after, plant
from support.stores import lay_out, postgres_url

from amt_console.clock import FakeClock
from amt_console.config import Settings
from amt_console.model import Note
from amt_console.monitor.upkeep.retention_policy import retention_policy
from amt_console.operations.local import LocalOperations
from amt_console.reports import schemas
from amt_console.reports.documents import encoded
from amt_console.reports.incident.build import incident_document_of
from amt_console.reports.incident.gather import gather_incident
from amt_console.reports.verification.outcome import Verification, VerificationOutcome
from amt_console.reports.verification.verify import verify
from amt_console.reports.verification.written import NotDerivableError, read_report
from amt_console.store import Store
from amt_console.store.upkeep.retention import Retention

pytestmark = pytest.mark.slow

__all__ = ["postgres_url"]

LATER = NOW + timedelta(hours=5)
FAILING = "WHERE service_name = 'api' AND timestamp = '2026-01-05 12:04:00.000000'"


def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    path = tmp_path_factory.mktemp("incident") / "monitoring.db"
    lay_out(path)
    with Store.open(url(path), clock=FakeClock(NOW)) as store:
        ids = plant(store)
        store.checkpoint(truncate=True)
    return path, ids


@pytest.fixture
def database(template: tuple[Path, dict[str, int]], tmp_path: Path) -> Path:
    return Path(shutil.copy(template[0], tmp_path / "monitoring.db"))


@pytest.fixture
def ids(template: tuple[Path, dict[str, int]]) -> dict[str, int]:
    return template[1]


@pytest.fixture(scope="module")
def of_api(template: tuple[Path, dict[str, int]]) -> bytes:
    return encoded(written(url(template[0]), template[1]["api"]))


@pytest.fixture
def document(of_api: bytes) -> dict[str, Any]:
    """The report of the outage of ``api``."""
    found: dict[str, Any] = json.loads(of_api)
    return found


def written(place: str, alert_id: int, now: datetime = NOW, settings: Settings | None = None) -> dict[str, Any]:
    with Store.open(place, clock=FakeClock(now), read_only=True) as store, store.read() as reads:
        data = gather_incident(
            reads, alert_id, targets=TARGETS, settings=settings or Settings(), zone="Europe/Berlin", made_at=now
        )
    assert data is not None
    found: dict[str, Any] = json.loads(encoded(incident_document_of(data)))
    return found


def verified(place: str, document: dict[str, Any], folder: Path, now: datetime = LATER) -> Verification:
    path = folder / "incident.json"
    path.write_bytes(encoded(document))
    clock = FakeClock(now)
    with Store.open(place, clock=clock, read_only=True) as store:
        return verify(store, read_report(path), Settings(), clock)


def schema_faults(document: dict[str, Any]) -> list[str]:
    schema = schemas.schema_of("incident")
    Draft202012Validator.check_schema(schema)
    found = Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(document)
    return [f"{'/'.join(map(str, each.path))}: {each.message[:300]}" for each in found]


def test_the_document_is_what_its_schema_says(
    database: Path, ids: dict[str, int], document: dict[str, Any], tmp_path: Path
) -> None:
    found = document
    assert schema_faults(found) == []
    assert {"version", "window", "accounting", "inputs"} <= found.keys()
    assert found["inputs"]["digest"].startswith("sha256:")
    place = tmp_path / "open.db"
    with Store.open(url(place), clock=FakeClock(after(5))) as store:
        alert = plant(store, until=after(5), hours_before=1)["api"]
    assert schema_faults(written(url(place), alert, after(5))) == []
    forever = Settings.model_validate(
        {
            "retention": {
                "monitoring_logs": "forever",
                "rollups": dict.fromkeys(("minute", "five_minutes", "hour", "day"), "forever"),
            }
        }
    )
    assert schema_faults(written(url(database), ids["api"], settings=forever)) == []
    del found["inputs"]["digest"]
    assert schema_faults(found) == ["inputs: 'digest' is a required property"]


@pytest.mark.parametrize("subject", ["api", "web"])
def test_it_matches_the_rows_that_it_was_made_from(
    database: Path, ids: dict[str, int], tmp_path: Path, subject: str
) -> None:
    found = verified(url(database), written(url(database), ids[subject]), tmp_path)
    assert found.differences == ()
    assert (found.outcome, found.digest_matches, found.rows) == (VerificationOutcome.MATCHES, True, found.rows_then)
    assert found.rows > 1000


def test_what_happened_after_it_was_made_does_not_count(tmp_path: Path) -> None:
    place = tmp_path / "monitoring.db"
    with Store.open(url(place), clock=FakeClock(after(5))) as store:
        alert = plant(store, until=after(5), hours_before=1)["api"]
    first = written(url(place), alert, after(5))
    assert first["so_far"]
    clock = FakeClock(after(8))
    with Store.open(url(place), clock=clock) as store:
        operations = LocalOperations(
            store=store, store_url=url(place), settings=Settings(), targets=TARGETS, clock=clock
        )
        operations.act(Note(alert, "it is the disk"))
    found = verified(url(place), first, tmp_path)
    assert found.differences == ()
    assert found.outcome is VerificationOutcome.MATCHES


def _down(document: dict[str, Any]) -> None:
    document["impact"]["services"][0]["down_seconds"] = 60.0


def _sooner(document: dict[str, Any]) -> None:
    document["response"]["acknowledged_seconds"] = 5.0


def _told(document: dict[str, Any]) -> None:
    document["timeline"][2]["what"] = "all was well"


def _digest(document: dict[str, Any]) -> None:
    document["inputs"]["digest"] = "sha256:" + "0" * 64


@pytest.mark.parametrize("change", [_down, _sooner, _told, _digest])
def test_a_changed_value_is_named(
    database: Path, document: dict[str, Any], tmp_path: Path, change: Callable[[dict[str, Any]], None]
) -> None:
    change(document)
    found = verified(url(database), document, tmp_path)
    assert found.outcome is VerificationOutcome.DIFFERS
    assert len(found.differences) == 1
    assert found.digest_matches is (change is not _digest)


@pytest.mark.parametrize(
    "statement",
    [
        f"UPDATE monitoring_logs SET status = 'up' {FAILING}",
        f"DELETE FROM monitoring_logs {FAILING}",
    ],
)
def test_a_changed_row_is_noticed(database: Path, document: dict[str, Any], tmp_path: Path, statement: str) -> None:
    engine = create_engine(url(database))
    with engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0
    engine.dispose()
    found = verified(url(database), document, tmp_path)
    assert found.outcome is VerificationOutcome.DIFFERS


def expire(place: str, days: float) -> datetime:
    clock = FakeClock(NOW + timedelta(days=days))
    with Store.open(place, clock=clock) as store:
        retention = Retention(store, retention_policy(Settings().retention), clock=clock)
        while retention.step():
            pass
    return clock.now()


@pytest.mark.parametrize("days", [40, 120, 800])
def test_rows_that_retention_deleted_are_said_to_be_gone(
    database: Path, document: dict[str, Any], tmp_path: Path, days: float
) -> None:
    now = expire(url(database), days)
    found = verified(url(database), document, tmp_path, now)
    assert found.outcome is VerificationOutcome.ROWS_GONE
    assert found.rows_complete_from is not None


def test_a_changed_answer_time_is_noticed_though_rows_are_gone(
    database: Path, document: dict[str, Any], tmp_path: Path
) -> None:
    _sooner(document)
    found = verified(url(database), document, tmp_path, expire(url(database), 120))
    assert found.outcome is VerificationOutcome.DIFFERS


@pytest.mark.postgres
def test_a_server_writes_the_same_file(database: Path, ids: dict[str, int], postgres_url: str, tmp_path: Path) -> None:
    with Store.open(postgres_url, clock=FakeClock(NOW)) as store:
        there = plant(store)
    assert there == ids
    assert written(postgres_url, ids["api"]) == written(url(database), ids["api"])
    assert verified(postgres_url, written(url(database), ids["api"]), tmp_path).outcome is VerificationOutcome.MATCHES


@pytest.mark.parametrize(
    ("key", "value"),
    [("asked_alert_id", "1"), ("asked_alert_id", True), ("generated_at", "2026-01-05T12:00"), ("inputs", {})],
)
def test_a_file_that_says_too_little_is_refused(
    database: Path, document: dict[str, Any], tmp_path: Path, key: str, value: Any
) -> None:
    with pytest.raises(NotDerivableError, match="incomplete or wrong"):
        verified(url(database), {**document, key: value}, tmp_path)


def test_a_file_of_the_future_is_refused(database: Path, document: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(NotDerivableError, match="future"):
        verified(url(database), {**document, "generated_at": "2030-01-05T12:00:00.000+00:00"}, tmp_path)
