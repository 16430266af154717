"""The vocabulary of the program: frozen dataclasses and enums, no I/O, no imports except the clock.

A file is loaded on the first access to one of its names: a command makes only the classes that it uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amt_console.lazy_names import loader

if TYPE_CHECKING:
    from amt_console.model.names import *  # noqa: F403
else:
    __getattr__ = loader(
        __name__,
        {
            "actions": (
                "ACTIONS Acknowledge Action AddMaintenance AddSilence AlertAction AnyAction "
                "Claim Close EndMaintenance EndSilence Handoff Note OverrideOncall ProbeNow RanCommand Snooze "
                "TakeOncall Unacknowledge Undo UndoLast UndoOncall"
            ),
            "alerts": "NETWORK_SUBJECT AlertDetail AlertEvent Episode Paging Receiver",
            "changes": "AuditEntry EpisodeChange",
            "histogram": "LatencyHistogram",
            "locations": "DEFAULT_LOCATION FORGOTTEN_AFTER LOCATION_PATTERN is_location series_name series_of",
            "results": (
                "MAIN_VALUE MAX_LABEL_CHARS MAX_NOTE_CHARS MAX_VALUES BusinessFigures DiskUsage Figure FigureValue "
                "Gap HostSample NetworkRates Phases ProbeResult ServiceStatus StateSpan TimedCheck Value"
            ),
            "rollup": "RESOLUTIONS AnyRollup HostRollup Rollup ValueSum",
            "snapshot": (
                "AlertView Commits FigureFault KeptAnswer LocationView MonitorStatus PresentPerson ResourcesView "
                "Series ServiceView Snapshot"
            ),
            "states": (
                "NETWORK_ERRORS OWN_ERRORS AlertState AlertType ChannelType Criticality ErrorClass FigureKind "
                "FigureUnit GapReason MonitorState Overall Rating Resolution Role ServiceState Severity "
                "TargetKind"
            ),
            "targets": (
                "DEFAULT_GROUP DEFAULT_MAX_BODY_BYTES VALUE_SEPARATOR AddressFamily ByTarget Database "
                "Expectation FigureSource FigureSources Plugin PrometheusQuery Service Target bare_target "
                "belongs_to kind_of target_of_subject value_name value_subject"
            ),
        },
    )
