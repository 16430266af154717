"""The job of the process that makes one dashboard, and its result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from amt_console.analysis import Window
from amt_console.reports.jobs.job import ReportSource

DASHBOARDS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "overview": ("Overview", "Users, traffic and the health of the platform"),
        "chatbot": ("Chatbot", "Conversations, satisfaction, topics and speed"),
        "revenue": ("Revenue", "Recurring revenue, churn, plans and billing"),
        "performance": ("Performance", "Response times, availability, incidents and resources"),
        "executive": ("Executive summary", "What happened, how good it was, money and advice on one page"),
    }
)
"""Title and content of each dashboard by name, in the order of the index."""


DOCUMENTS = (*DASHBOARDS, "monitoring")
"""The reports that are documents, too."""


@dataclass(frozen=True, slots=True)
class DashboardJob:
    """One dashboard to make, or the document of one report."""

    source: ReportSource
    name: str
    """A key of ``DASHBOARDS``, or of ``DOCUMENTS``."""
    window: Window
    made_at: datetime
    zone: str
    """IANA name."""
    compare: bool
    """Whether to compare the window with the previous one."""
    links: str
    """Query of the links to the other dashboards, with its ``?``; may be empty."""
    document: bool = False
    """The report's JSON instead of the page."""
    known: str | None = None
    """``Dashboard.digest`` of the page that is kept; made again only from other data."""


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One page or document."""

    content: bytes
    policy: str
    """The content security policy of a page, as in its own meta element."""
    digest: str
    """Of the data that it is made from."""
