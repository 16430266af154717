"""Verify the report of an incident: gather it again from the raw rows, as it was known when it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from amt_console.clock import Clock
from amt_console.reports.documents import encoded
from amt_console.reports.incident.build import incident_document_of
from amt_console.reports.incident.data import IncidentData, Source
from amt_console.reports.incident.gather import gather_incident
from amt_console.reports.verification.compare import Difference, differences, leaves
from amt_console.reports.verification.outcome import Verification, VerificationOutcome
from amt_console.reports.verification.written import NotDerivableError, WrittenIncident
from amt_console.store import ReadsFromRows, Store

if TYPE_CHECKING:
    from amt_console.config import Settings

_LEFT_OUT = frozenset({"generated_at", "amt_version", "version", "inputs.newest_rows"})
_CHANGES_WHILE_OPEN = frozenset({"alert.message", "alert.value", "verdict.sentence", "messages"})
"""The newest words of an open alert, and when a message was cancelled, are in no event."""
_OF_EVENTS = ("alert.", "response.", "asked_alert_id", "window.")
"""Parts that are made of the alert's events alone: they can be compared when raw rows are gone."""


def verify_incident(store: Store, written: WrittenIncident, settings: Settings, clock: Clock) -> Verification:
    """Compare a file with the alert, its events and the raw rows around it.

    Args:
        store: The database that the report was made from, or a copy.
        written: The file.
        settings: Only what the file does not tell is taken from here.
        clock: The time.

    Raises:
        NotDerivableError: It was made in the future.
        StoreError: The database could not be read.
    """
    if written.made_at > clock.now():
        raise NotDerivableError("it was made in the future")
    data, complete, contradictions = _gathered(store, written, _settings(written, settings), clock)
    if data is None:
        return _no_alert(written, settings, clock)
    computed: dict[str, Any] = json.loads(encoded(incident_document_of(data)))
    different = tuple(_differences(written.document, computed))
    same = computed["inputs"]["digest"] == written.digest
    if complete is None and written.rows and not computed["inputs"]["rows"]:
        complete = written.until  # deleted by other means than the monitor's retention
    if complete is None:
        outcome = VerificationOutcome.DIFFERS if different or contradictions else VerificationOutcome.MATCHES
    elif same:
        outcome = VerificationOutcome.DIFFERS if different else VerificationOutcome.ROWS_GONE
    else:
        changed = contradictions or any(each.path.startswith(_OF_EVENTS) for each in different)
        outcome = VerificationOutcome.DIFFERS if changed else VerificationOutcome.ROWS_GONE
    return Verification(
        outcome=outcome,
        values=leaves(written.document),
        rows=computed["inputs"]["rows"],
        rows_then=written.rows,
        digest_matches=same,
        differences=different,
        rows_complete_from=complete,
        contradictions=contradictions,
    )


def _gathered(
    store: Store, written: WrittenIncident, settings: Settings, clock: Clock
) -> tuple[IncidentData | None, datetime | None, int]:
    """The data, since when rows are complete if some are gone, and the number of rows that contradict themselves."""
    with store.read() as reads:
        rows = ReadsFromRows(reads, clock, written.newest_rows)
        data = gather_incident(
            rows,
            written.asked,
            targets=written.targets,
            settings=settings,
            zone=written.zone,
            made_at=written.made_at,
            charts=False,
        )
        moments = [rows.host.whole_from(), *(rows.services.whole_from(name) for name in rows.services.names())]
        contradictions = rows.raw.contradictions(written.since, written.until)
    complete = max((each for each in moments if each is not None and each > written.since), default=None)
    if data is not None:
        data = replace(data, newest_rows=written.newest_rows)
    return data, None if complete is None else min(complete, written.until), contradictions


def _settings(written: WrittenIncident, settings: Settings) -> Settings:
    """With those of the file."""
    limits = {f"{name}_percent": value for name, value in written.limits.items()}
    return settings.model_copy(
        update={
            "retention": settings.retention.model_copy(update={"monitoring_logs": written.results_kept_s}),
            "alert_thresholds": settings.alert_thresholds.model_copy(update=limits),
        }
    )


def _no_alert(written: WrittenIncident, settings: Settings, clock: Clock) -> Verification:
    expired = clock.now() - written.until >= timedelta(seconds=min(settings.retention.alerts, 1e9))
    missing = Difference("alert", str(written.asked), "no such alert")
    return Verification(
        outcome=VerificationOutcome.ROWS_GONE if expired else VerificationOutcome.DIFFERS,
        values=leaves(written.document),
        rows=0,
        rows_then=written.rows,
        digest_matches=False,
        differences=() if expired else (missing,),
        rows_complete_from=written.until if expired else None,
    )


def _differences(document: Mapping[str, Any], computed: Mapping[str, Any]) -> tuple[Difference, ...]:
    left_out = _LEFT_OUT
    if document.get("so_far"):
        left_out |= _CHANGES_WHILE_OPEN
        document, computed = (_without_messages(each) for each in (document, computed))
    return tuple(differences(document, computed, left_out=left_out))


def _without_messages(document: Mapping[str, Any]) -> Mapping[str, Any]:
    lines = document.get("timeline")
    if not isinstance(lines, list):
        return document
    kept = [each for each in lines if not isinstance(each, dict) or each.get("source") != Source.MESSAGE.value]
    return {**document, "timeline": kept}
