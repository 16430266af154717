"""The evidence of an alert as labelled facts, for the command line and the console."""

from __future__ import annotations

from datetime import datetime

from amt_console.model import Phases
from amt_console.model.evidence import Evidence
from amt_console.text import duration, milliseconds, safe_text

_PHASES = (
    ("dns_ms", "name"),
    ("connect_ms", "connect"),
    ("tls_ms", "TLS"),
    ("first_byte_ms", "first byte"),
    ("transfer_ms", "transfer"),
)


def evidence_facts(evidence: Evidence) -> list[tuple[str, str]]:
    """Label and value of everything that is known, the probe first and then the monitor's host."""
    facts = [
        ("name resolved to", ", ".join(map(safe_text, evidence.dns))),
        ("address", safe_text(evidence.address or "")),
        ("answer", _answer(evidence)),
        ("phases", _phases(evidence.phases)),
        ("certificate", _certificate(evidence.certificate_ends_at, evidence.at)),
        ("busiest here", ", ".join(_processes(evidence))),
        ("host", _host(evidence)),
    ]
    return [(label, value) for label, value in facts if value]


def _answer(evidence: Evidence) -> str:
    parts = [
        None if evidence.status is None else f"status {evidence.status}",
        None if evidence.http_version is None else safe_text(evidence.http_version, 10),
        None if evidence.tls_version is None else safe_text(evidence.tls_version, 20),
    ]
    return ", ".join(part for part in parts if part)


def _phases(phases: Phases) -> str:
    known = ((label, getattr(phases, name)) for name, label in _PHASES)
    return ", ".join(f"{label} {milliseconds(value)}" for label, value in known if value is not None)


def _certificate(ends_at: datetime | None, at: datetime) -> str:
    if ends_at is None:
        return ""
    left = (ends_at - at).total_seconds()
    return f"ended {duration(-left)} before" if left < 0 else f"good for {duration(left)}"


def _processes(evidence: Evidence) -> list[str]:
    return [
        f"{safe_text(use.name, 60)} ({use.pid}) {use.cpu_percent:g} % CPU, {use.memory_percent:g} % memory"
        for use in evidence.processes
    ]


def _host(evidence: Evidence) -> str:
    parts = [
        None if evidence.cpu_percent is None else f"CPU {evidence.cpu_percent:.0f} %",
        None if evidence.memory_percent is None else f"memory {evidence.memory_percent:.0f} %",
        f"load {evidence.load[0]:.2f}" if evidence.load else None,
        *(f"{safe_text(mount, 60)} {percent:.0f} % full" for mount, percent in evidence.disks),
    ]
    return ", ".join(part for part in parts if part)
