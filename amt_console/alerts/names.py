"""What this room offers; ``amt_console.alerts`` hands it on when it is asked for."""

from __future__ import annotations

from amt_console.alerts.handling.handlers import HANDLERS, handle
from amt_console.alerts.handling.scene import AlertConflict, Outcome, RoleTooLow, Scene
from amt_console.alerts.judging.burn import Probes, burns, judge_burn, may_burn, widest_short
from amt_console.alerts.judging.delivery import DeliveryReading, judge_delivery
from amt_console.alerts.judging.external import (
    ExternalReading,
    Staleness,
    age_external,
    external_rule,
    hear_external,
    next_look,
)
from amt_console.alerts.judging.heartbeats import (
    HeartbeatReading,
    HeartbeatStatus,
    heartbeat_status,
    heartbeat_view,
    judge_heartbeat,
    take_ping,
)
from amt_console.alerts.judging.host import judge_disks, judge_host
from amt_console.alerts.judging.missing_data import judge_gap, judge_heard, judge_no_data
from amt_console.alerts.judging.network import NetworkReading, Reachability, judge_network
from amt_console.alerts.judging.observation import Observation, Streaks, Verdict
from amt_console.alerts.judging.probes import (
    is_good,
    judge,
    judge_error_rate,
    judge_probe,
    judge_uptime,
    judge_value,
    judge_window,
    missing,
)
from amt_console.alerts.judging.quorum import Account, Sight, agree, judge_sights, majority
from amt_console.alerts.judging.reports import ReportReading, judge_report, report_subject
from amt_console.alerts.lifecycle.consequences import Needs, consequences, past_consequences
from amt_console.alerts.lifecycle.episode import resume, retire, step
from amt_console.alerts.lifecycle.replay import Told, as_of, replay, told
from amt_console.alerts.lifecycle.transition import Step, in_order
from amt_console.alerts.policy.planning import Plan, Planner
from amt_console.alerts.rule_tests import ExpectedState, RuleTest, TestSeries, failures
from amt_console.alerts.rules.custom import custom_rule, merge_rules
from amt_console.alerts.rules.defaults import (
    EXTERNAL_RULE,
    OUTAGE_RULE,
    Thresholds,
    default_rules,
    no_data_rule,
    rules_for,
)
from amt_console.alerts.rules.rule import (
    HOST_SUBJECTS,
    INFORMATION_SIGNALS,
    PROBE_SIGNALS,
    STATE_SIGNALS,
    Aggregate,
    Direction,
    Limit,
    Limits,
    Quorum,
    Rule,
    Signal,
    limit,
)
from amt_console.alerts.rules.slo import SLO_PREFIX, slo_rule
from amt_console.alerts.story import StoryLine, fold_story
from amt_console.alerts.wording import from_locations

__all__ = [
    "EXTERNAL_RULE",
    "HANDLERS",
    "HOST_SUBJECTS",
    "INFORMATION_SIGNALS",
    "OUTAGE_RULE",
    "PROBE_SIGNALS",
    "SLO_PREFIX",
    "STATE_SIGNALS",
    "Account",
    "Aggregate",
    "AlertConflict",
    "DeliveryReading",
    "Direction",
    "ExpectedState",
    "ExternalReading",
    "HeartbeatReading",
    "HeartbeatStatus",
    "Limit",
    "Limits",
    "Needs",
    "NetworkReading",
    "Observation",
    "Outcome",
    "Plan",
    "Planner",
    "Probes",
    "Quorum",
    "Reachability",
    "ReportReading",
    "RoleTooLow",
    "Rule",
    "RuleTest",
    "Scene",
    "Sight",
    "Signal",
    "Staleness",
    "Step",
    "StoryLine",
    "Streaks",
    "TestSeries",
    "Thresholds",
    "Told",
    "Verdict",
    "age_external",
    "agree",
    "as_of",
    "burns",
    "consequences",
    "custom_rule",
    "default_rules",
    "external_rule",
    "failures",
    "fold_story",
    "from_locations",
    "handle",
    "hear_external",
    "heartbeat_status",
    "heartbeat_view",
    "in_order",
    "is_good",
    "judge",
    "judge_burn",
    "judge_delivery",
    "judge_disks",
    "judge_error_rate",
    "judge_gap",
    "judge_heard",
    "judge_heartbeat",
    "judge_host",
    "judge_network",
    "judge_no_data",
    "judge_probe",
    "judge_report",
    "judge_sights",
    "judge_uptime",
    "judge_value",
    "judge_window",
    "limit",
    "majority",
    "may_burn",
    "merge_rules",
    "missing",
    "next_look",
    "no_data_rule",
    "past_consequences",
    "replay",
    "report_subject",
    "resume",
    "retire",
    "rules_for",
    "slo_rule",
    "step",
    "take_ping",
    "told",
    "widest_short",
]
