"""From the settings to the service level objectives, and warnings about those that cannot be watched well."""

from __future__ import annotations

from collections.abc import Iterator

from amt_console.config.defaults import DEFAULT_SERVICES
from amt_console.config.faults import Fault
from amt_console.config.intervals import interval_of
from amt_console.config.sections.plugins import PluginSettings
from amt_console.config.sections.services import DatabaseSettings, ServiceSettings
from amt_console.config.settings import Settings
from amt_console.model.slo import MIN_BAD_SHORT, BurnWindow, Slo, bad_needed
from amt_console.text import duration


def slos_of(settings: Settings) -> tuple[Slo, ...]:
    """The configured objectives."""
    return tuple(Slo(slo.name, slo.services, slo.objective, slo.window, slo.latency_ms) for slo in settings.slos)


def slo_warnings(settings: Settings) -> Iterator[Fault]:
    """Burn-rate windows that mean little at the objective and the interval of a service: one warning for each."""
    intervals = _intervals(settings)
    for index, slo in enumerate(slos_of(settings)):
        for window in slo.burn_windows:
            for interval in sorted({intervals[name] for name in slo.services if name in intervals}):
                fault = _fault(slo, window, interval)
                if fault is not None:
                    yield Fault(f"slos[{index}]", *fault)


def _fault(slo: Slo, window: BurnWindow, interval: float) -> tuple[str, None, str] | None:
    which = f"the alert over {duration(window.long_s)} and {duration(window.short_s)}"
    needed = bad_needed(slo, window, interval)
    if needed is None:
        return (
            f"{which} can never fire: even a complete outage burns the budget of {slo.objective:g} % only "
            f"{1 / slo.budget:.3g} times too fast, and it fires above {window.factor:.3g}",
            None,
            "the plain alert on an outage still fires; raise `objective` for this one",
        )
    if interval * MIN_BAD_SHORT > window.short_s:
        return (
            f"{which} can never fire: with a probe every {duration(interval)} the short window holds fewer than "
            f"{MIN_BAD_SHORT} probes",
            None,
            f"probe at least every {duration(window.short_s / MIN_BAD_SHORT)}",
        )
    if needed == 1:
        return (
            f"{which} means little: with a probe every {duration(interval)} one bad probe already exceeds its burn "
            f"rate of {window.factor:.3g} at {slo.objective:g} %, so the least number of bad probes decides",
            None,
            "probe more often, or lower `objective`",
        )
    return None


def _intervals(settings: Settings) -> dict[str, float]:
    """Seconds between probes by the name of the target."""
    found = {
        default.name: interval_of(default.criticality, settings.check_interval)
        for default in DEFAULT_SERVICES
        if getattr(settings, default.base) is not None
    }
    named: tuple[ServiceSettings | DatabaseSettings | PluginSettings, ...]
    named = (*settings.services, *settings.databases, *settings.plugins)
    for target in named:
        found[target.name] = target.interval or interval_of(target.criticality, settings.check_interval)
    return found
