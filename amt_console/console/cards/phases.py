"""Where a probe stopped: its phases, and the one that failed. Pure."""

from __future__ import annotations

from amt_console.model import ErrorClass, Phases
from amt_console.text import milliseconds
from widgets.cells import Run
from widgets.look import Look

_ORDER = (
    ("name lookup", "dns_ms"),
    ("connect", "connect_ms"),
    ("TLS", "tls_ms"),
    ("first byte", "first_byte_ms"),
    ("transfer", "transfer_ms"),
)
_LEAST_MS = 0.05
"""Milliseconds below which a phase took nothing that can be told."""
_ANSWER = "answer"
"""Behind all phases: an answer came, and it was bad."""
_STOPPED: dict[ErrorClass, str] = {
    **dict.fromkeys((ErrorClass.DNS_TIMEOUT, ErrorClass.DNS_NXDOMAIN, ErrorClass.DNS_ERROR), "name lookup"),
    **dict.fromkeys((ErrorClass.CONNECT_REFUSED, ErrorClass.CONNECT_TIMEOUT, ErrorClass.CONNECT_ERROR), "connect"),
    **dict.fromkeys((ErrorClass.NO_ROUTE, ErrorClass.BLOCKED_ADDRESS), "connect"),
    **dict.fromkeys((ErrorClass.TLS_EXPIRED, ErrorClass.TLS_HOSTNAME), "TLS"),
    **dict.fromkeys((ErrorClass.TLS_UNTRUSTED, ErrorClass.TLS_OTHER), "TLS"),
    **dict.fromkeys((ErrorClass.HTTP_STATUS, ErrorClass.HEADER_ASSERT, ErrorClass.BODY_ASSERT), _ANSWER),
    **dict.fromkeys((ErrorClass.TOO_LARGE, ErrorClass.REDIRECT_LOOP), _ANSWER),
}


def unanswered(error_class: ErrorClass | None) -> bool:
    """Whether a failure of this kind comes before any answer."""
    return error_class is not None and _STOPPED.get(error_class, _ANSWER) not in (_ANSWER, "first byte", "transfer")


def stopped_at(phases: Phases | None, error_class: ErrorClass | None) -> str | None:
    """The phase that failed; ``answer`` where an answer came; ``None`` where that is not known."""
    if error_class is not None and error_class in _STOPPED:
        return _STOPPED[error_class]
    reached = [] if phases is None else [at for at, (_, name) in enumerate(_ORDER) if getattr(phases, name) is not None]
    if not reached:
        return None
    return _ORDER[reached[-1] + 1][0] if reached[-1] + 1 < len(_ORDER) else _ANSWER


def phase_line(
    phases: Phases | None, error_class: ErrorClass | None, look: Look, *, status: int | None = None, failed: bool = True
) -> list[Run]:
    """Where it stopped and how long each phase took before; of a slow answer the phase that took longest.

    Phases that took no measurable time are left out, such as the look-up of an address.
    """
    palette = look.palette
    took = (
        []
        if phases is None
        else [(word, value) for word, name in _ORDER if (value := getattr(phases, name) or 0.0) >= _LEAST_MS]
    )
    runs: list[Run] = []
    if failed:
        stop = stopped_at(phases, error_class)
        if stop is None and not took:
            return []
        if stop == _ANSWER or stop is None:
            code = "" if status is None else f" with status {status}"
            runs.append((f"an answer came{code}", palette.text))
        else:
            runs.append((f"stopped at {stop}", palette.critical))
            at = [word for word, _ in _ORDER].index(stop)
            took = [(word, value) for word, value in took if [each for each, _ in _ORDER].index(word) < at]
    elif took:
        word, value = max(took, key=lambda each: each[1])
        runs.append((f"{word} took longest: {milliseconds(value)}", palette.warning))
    if took:
        runs.append((look.dot + ", ".join(f"{word} {milliseconds(value)}" for word, value in took), palette.muted))
    return runs
