"""The forms of answers that a console asks for after its first data: they load most of the model."""

from __future__ import annotations

from amt_console.api.wire import Form
from amt_console.model import AlertDetail, AlertView
from amt_console.model.oncall import OncallPlan
from amt_console.model.policy import MaintenanceWindow, Silence
from amt_console.model.why import AlertWhy
from amt_console.operations.protocol import ServiceDetail

ALERTS: Form[tuple[AlertView, ...]] = Form(tuple[AlertView, ...])
ALERT_DETAIL: Form[AlertDetail] = Form(AlertDetail)
SERVICE_DETAIL: Form[ServiceDetail] = Form(ServiceDetail)
ONCALL: Form[OncallPlan] = Form(OncallPlan)
WHY: Form[AlertWhy] = Form(AlertWhy)
SILENCES: Form[tuple[Silence, ...]] = Form(tuple[Silence, ...])
MAINTENANCE: Form[tuple[MaintenanceWindow, ...]] = Form(tuple[MaintenanceWindow, ...])
