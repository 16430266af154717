"""The rule of a service level objective."""

from __future__ import annotations

from amt_console.alerts.rules.rule import Rule, Signal
from amt_console.model import AlertType
from amt_console.model.slo import Slo

SLO_PREFIX = "slo/"
"""How the name of an objective's rule begins."""


def slo_rule(slo: Slo) -> Rule:
    """One rule for all windows of an objective: an episode is critical or a warning as its worst window is.

    It fires on the first observation: the windows and their least numbers of bad probes are the confirmation.
    """
    return Rule(
        id=SLO_PREFIX + slo.name,
        alert_type=AlertType.SLO_BURN,
        signal=Signal.SLO_BURN,
        subject=", ".join(slo.services),
        fail=1,
        window=max(window.long_s for window in slo.burn_windows),
        slo=slo,
    )
