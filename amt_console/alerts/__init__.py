"""Alerts, as pure functions: rules judge measurements, observations step episodes, people handle them.

No I/O and no clock: the same code runs live, in tests and on recorded history. A file is loaded on the first access to
one of its names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amt_console.lazy_names import loader

if TYPE_CHECKING:
    from amt_console.alerts.names import *  # noqa: F403
else:
    __getattr__ = loader(
        __name__,
        {
            "handling.handlers": "HANDLERS handle",
            "handling.scene": "AlertConflict Outcome RoleTooLow Scene",
            "judging.burn": "Probes burns judge_burn may_burn widest_short",
            "judging.delivery": "DeliveryReading judge_delivery",
            "judging.external": "ExternalReading Staleness age_external external_rule hear_external next_look",
            "judging.heartbeats": (
                "HeartbeatReading HeartbeatStatus heartbeat_status heartbeat_view judge_heartbeat take_ping"
            ),
            "judging.host": "judge_disks judge_host",
            "judging.missing_data": "judge_gap judge_heard judge_no_data",
            "judging.network": "NetworkReading Reachability judge_network",
            "judging.observation": "Observation Streaks Verdict",
            "judging.probes": (
                "is_good judge judge_error_rate judge_probe judge_uptime judge_value judge_window missing"
            ),
            "judging.quorum": "Account Sight agree judge_sights majority",
            "judging.reports": "ReportReading judge_report report_subject",
            "lifecycle.consequences": "Needs consequences past_consequences",
            "lifecycle.episode": "resume retire step",
            "lifecycle.replay": "Told as_of replay told",
            "lifecycle.transition": "Step in_order",
            "policy.planning": "Plan Planner",
            "rule_tests": "ExpectedState RuleTest TestSeries failures",
            "rules.custom": "custom_rule merge_rules",
            "rules.defaults": "EXTERNAL_RULE OUTAGE_RULE Thresholds default_rules no_data_rule rules_for",
            "rules.rule": (
                "HOST_SUBJECTS INFORMATION_SIGNALS PROBE_SIGNALS STATE_SIGNALS Aggregate Direction Limit "
                "Limits Quorum Rule Signal limit"
            ),
            "rules.slo": "SLO_PREFIX slo_rule",
            "story": "StoryLine fold_story",
            "wording": "from_locations",
        },
    )
