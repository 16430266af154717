"""All questions."""

from __future__ import annotations

from amt_console.model.queries.activity import ActivityQuery
from amt_console.model.queries.alerts import AlertHistoryQuery
from amt_console.model.queries.away import AwayQuery
from amt_console.model.queries.base import Query
from amt_console.model.queries.business import BusinessQuery
from amt_console.model.queries.change import ChangeQuery
from amt_console.model.queries.host import HostQuery
from amt_console.model.queries.incidents import IncidentsQuery
from amt_console.model.queries.moved import MovedQuery
from amt_console.model.queries.states import StatesQuery

QUERIES: tuple[type[Query[object]], ...] = (
    ActivityQuery,
    AlertHistoryQuery,
    AwayQuery,
    BusinessQuery,
    ChangeQuery,
    HostQuery,
    IncidentsQuery,
    MovedQuery,
    StatesQuery,
)
