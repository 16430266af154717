"""Verify a report's file: compute it again from the raw rows, and compare the digest of the inputs and every value."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from amt_console.clock import Clock
from amt_console.model import MonitorState, MonitorStatus
from amt_console.reports.build import document_of
from amt_console.reports.documents import encoded
from amt_console.reports.gathering.data import ReportData
from amt_console.reports.gathering.gather import gather
from amt_console.reports.gathering.inputs import Inputs
from amt_console.reports.verification.compare import Difference, differences, leaves
from amt_console.reports.verification.incident import verify_incident
from amt_console.reports.verification.outcome import Verification, VerificationOutcome
from amt_console.reports.verification.written import NotDerivableError, WrittenIncident, WrittenReport
from amt_console.reports.view import build_view
from amt_console.store import ReadsFromRows, Store

if TYPE_CHECKING:
    from amt_console.config import Settings

_LEFT_OUT = frozenset({"generated_at", "amt_version", "version", "monitor", "deleted", "inputs.newest_rows"})
"""When and by what the file was made, and what was deleted then; the monitor's heartbeat keeps no past."""


def verify(store: Store, written: WrittenReport | WrittenIncident, settings: Settings, clock: Clock) -> Verification:
    """Compare a file with the raw rows of its window.

    Args:
        store: The database that the report was made from, or a copy.
        written: The file.
        settings: Only what the file does not tell is taken from here.
        clock: The time.

    Raises:
        NotDerivableError: The window has not ended yet.
        StoreError: The database could not be read.
    """
    if isinstance(written, WrittenIncident):
        return verify_incident(store, written, settings, clock)
    if written.window.end > clock.now():
        raise NotDerivableError("its window ends in the future")
    data, complete, before, contradictions = _gathered(store, written, settings, clock)
    if complete is None and written.probes and not data.rows.get("monitoring_logs"):
        complete = written.window.end  # deleted by other means than the monitor's retention
    different, computed, inputs = _compared(data, written)
    if different and written.newest_rows is not None:
        # Whether a monitor ran at the present of then is not stored: each beat overwrites the last.
        for state in MonitorState:
            other = _compared(replace(data, monitor=MonitorStatus(state)), written)
            if len(other[0]) < len(different):
                different, computed, inputs = other
    same = inputs.digest == written.digest
    if complete is None:
        outcome = VerificationOutcome.DIFFERS if different or contradictions else VerificationOutcome.MATCHES
    elif same:
        # The stored sums of the time without rows are still those of the file: what differs was changed in the file.
        outcome = VerificationOutcome.DIFFERS if different else VerificationOutcome.ROWS_GONE
    else:
        outcome = (
            VerificationOutcome.DIFFERS
            if contradictions or _differs_since(written, computed, complete)
            else VerificationOutcome.ROWS_GONE
        )
    return Verification(
        outcome=outcome,
        values=leaves(written.document),
        rows=inputs.rows,
        rows_then=written.rows,
        digest_matches=same,
        differences=different,
        rows_complete_from=complete,
        sums_before=before,
        contradictions=contradictions,
    )


def _compared(data: ReportData, written: WrittenReport) -> tuple[tuple[Difference, ...], dict[str, Any], Inputs]:
    """What differs, the document made anew, and its inputs."""
    view = build_view(data)
    computed: dict[str, Any] = json.loads(encoded(document_of(view, written.part)))
    return tuple(differences(written.document, computed, left_out=_LEFT_OUT)), computed, view.inputs


def _gathered(
    store: Store, written: WrittenReport, settings: Settings, clock: Clock
) -> tuple[ReportData, datetime | None, datetime | None, int]:
    """The report's data, since when rows are complete in the window and in the one before, and contradictions."""
    window = written.window
    with store.read() as reads:
        rows = ReadsFromRows(reads, clock, written.newest_rows)
        data = gather(
            rows,
            targets=written.targets,
            settings=settings.model_copy(update={"slos": written.slos}),
            window=window,
            zone=written.zone,
            made_at=clock.now(),
        )
        names = rows.services.names()
        moments = [rows.services.whole_from(name) for name in names]
        complete = max((moment for moment in (*moments, rows.host.whole_from()) if moment is not None), default=None)
        contradictions = rows.raw.contradictions(window.start, window.end)
    data = replace(
        data,
        made_at=written.made_at,
        limits=written.limits,
        slos=written.slos,
        compare=written.compare,
        newest_rows=written.newest_rows,
    )
    if complete is None or complete <= window.previous().start:
        return data, None, None, contradictions
    if complete <= window.start:
        return data, None, min(complete, window.start), contradictions
    return data, min(complete, window.end), window.start, contradictions


def _differs_since(written: WrittenReport, computed: dict[str, Any], complete: datetime) -> bool:
    """Whether a step that has all its raw rows says something else in the file."""
    for theirs, ours in zip(written.document.get("services", ()), computed.get("services", ()), strict=False):
        for one, other in zip(theirs.get("series", ()), ours.get("series", ()), strict=False):
            if datetime.fromisoformat(str(one.get("start"))) >= complete and one != other:
                return True
    return False
