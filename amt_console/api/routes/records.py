"""The routes of what is stored: history, messages, the audit trail, rules."""

# No postponed annotations here: FastAPI reads them.

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response

from amt_console.api.documents.alerts import DeliveryDocument
from amt_console.api.documents.base import Page
from amt_console.api.documents.records import AuditEntryDocument, HistoryDocument, RuleDocument
from amt_console.api.problems import RequestError
from amt_console.api.routes.access import BEARER, ExactRoute, Serving, answers, needs
from amt_console.api.routes.state import NO_SERVICE
from amt_console.api.routes.values import Paged, Since, Until, json_response, text_moment
from amt_console.api.served import Served
from amt_console.model import FigureKind, Role
from amt_console.model.notifications import DeliveryState
from amt_console.operations.archive import HOST_METRICS, MOST_BUCKETS, Archive, BucketWindow
from amt_console.operations.notification_json import delivery_json
from amt_console.operations.protocol import NotFoundError
from amt_console.operations.record_json import audit_json, service_history_json, value_history_json
from amt_console.text import safe_text

router = APIRouter(route_class=ExactRoute, dependencies=[BEARER], tags=["records"])
USUAL_WINDOW = timedelta(hours=24)
MOST_AUDIT_ACTIONS = 20
Resolution = Annotated[
    Literal["60", "300", "3600", "86400"] | None,
    Query(description=f"Seconds of a bucket; by default the finest for at most 300 buckets. At most {MOST_BUCKETS}."),
]
Metric = Literal["cpu_usage", "memory_usage", "disk_usage", "sent_bytes", "received_bytes", "active_connections"]
assert Metric.__args__ == HOST_METRICS  # type: ignore[attr-defined]


async def _archive(serving: Serving) -> Archive:
    if serving.archive is None:
        raise RequestError("not_found", "this process has no database to read this from")
    return serving.archive


Archived = Annotated[Archive, Depends(_archive)]


async def _window(
    serving: Serving, since: Since = None, until: Until = None, resolution: Resolution = None
) -> BucketWindow:
    now = serving.clock.now()
    end = text_moment(until, now, "until") or now
    start = text_moment(since, now, "since") or end - USUAL_WINDOW
    return BucketWindow.of(start, min(end, now), None if resolution is None else int(resolution))


Window = Annotated[BucketWindow, Depends(_window)]


@router.get("/history", response_model=HistoryDocument, **needs(Role.VIEWER, answers(s404="No such service or figure")))
def history(
    serving: Serving,
    archive: Archived,
    window: Window,
    service: Annotated[str | None, Query(max_length=200, description="A service or database.")] = None,
    host: Annotated[Metric | None, Query(description="A metric of the host.")] = None,
    figure: Annotated[
        str | None, Query(max_length=100, description="A figure by kind and name, such as `revenue.mrr`.")
    ] = None,
) -> Response:
    """A service, a metric of the host or a figure in equal buckets: exactly one of the three; the last 24 hours."""
    if [service, host, figure].count(None) != 2:
        raise RequestError("invalid", "name exactly one of service, host and figure")
    if service is not None:
        return json_response(_service_history(serving, archive, service, window))
    if host is not None:
        return json_response(value_history_json("host", host, window, archive.host(host, window)))
    return json_response(_figure_history(archive, figure or "", window))


@router.get("/services/{name:path}/history", response_model=HistoryDocument, **needs(Role.VIEWER, NO_SERVICE))
def service_history(
    serving: Serving,
    archive: Archived,
    window: Window,
    name: Annotated[str, Path(min_length=1, max_length=200, description="As in the snapshot.")],
) -> Response:
    """A service in equal buckets; the last 24 hours."""
    return json_response(_service_history(serving, archive, name, window))


@router.get("/notifications", response_model=Page[DeliveryDocument], **needs(Role.VIEWER))
def notifications(
    serving: Serving,
    archive: Archived,
    paging: Paged,
    channel: Annotated[str | None, Query(max_length=100, description="Only of this channel.")] = None,
    alert_id: Annotated[int | None, Query(ge=1, le=2**62, description="Only on this alert.")] = None,
    state: Annotated[list[DeliveryState] | None, Query(description="Only in these states.")] = None,
    since: Since = None,
) -> Response:
    """Every message with what became of it, newest first: the document of `amt-console notify log --json`."""
    found = archive.messages(
        channel=channel,
        alert_id=alert_id,
        since=text_moment(since, serving.clock.now(), "since"),
        states=state,
        before=paging.after_number,
        limit=paging.limit + 1,
    )
    return json_response(paging.page(found, delivery_json, lambda each: each.id))


@router.get("/audit", response_model=Page[AuditEntryDocument], **needs(Role.ADMIN))
def audit(
    serving: Serving,
    archive: Archived,
    paging: Paged,
    action: Annotated[
        list[Annotated[str, Query(max_length=100)]] | None,
        Query(max_length=MOST_AUDIT_ACTIONS, description="Only these actions."),
    ] = None,
    since: Since = None,
    until: Until = None,
) -> Response:
    """Who did what, from where, newest first. It names people and addresses: for admins."""
    now = serving.clock.now()
    found = archive.audit(
        since=text_moment(since, now, "since"),
        until=text_moment(until, now, "until"),
        actions=action,
        before=paging.after_number,
        limit=paging.limit + 1,
    )
    return json_response(paging.page(found, audit_json, lambda each: each.id or 0))


@router.get("/rules", response_model=Page[RuleDocument], **needs(Role.VIEWER))
def rules(archive: Archived, paging: Paged) -> Response:
    """Every rule that is judged: the document of `amt-console rules list --json`."""
    return json_response(paging.cut(archive.rules(), dict, lambda each: str(each["name"])))


def _service_history(serving: Served, archive: Archive, name: str, window: BucketWindow) -> dict[str, Any]:
    found = archive.service(name, window)
    if not found and not _is_known(serving, archive, name):
        raise NotFoundError(f"no service is called '{safe_text(name, 100)}'")
    return service_history_json(name, window, found)


def _is_known(serving: Served, archive: Archive, name: str) -> bool:
    """Whether a service is watched, or was."""
    return archive.has_service(name) or any(each.name == name for each in serving.operations.snapshot().services)


def _figure_history(archive: Archive, text: str, window: BucketWindow) -> dict[str, Any]:
    kind, _, name = text.partition(".")
    try:
        found = archive.figure(FigureKind(kind), name, window)
    except ValueError:
        raise NotFoundError(f"there is no figure '{safe_text(text, 100)}': write KIND.NAME, as revenue.mrr") from None
    return value_history_json("figure", text, window, found)
