"""What a screen asks for beyond the snapshot: each question a value, with the value that answers it.

``Operations.ask`` answers them. A new question is one dataclass with its answer here, one handler in
``operations.answering``, one route in ``api.routes.questions``, and an entry in ``QUERIES``. The file of a question is
loaded on the first access to its name: the first frame of the console asks nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from amt_console.lazy_names import loader

if TYPE_CHECKING:
    from amt_console.model.queries.activity import ActivityQuery
    from amt_console.model.queries.alerts import AlertHistoryQuery
    from amt_console.model.queries.away import AwayQuery
    from amt_console.model.queries.base import Query
    from amt_console.model.queries.business import BusinessQuery
    from amt_console.model.queries.catalogue import QUERIES
    from amt_console.model.queries.change import ChangeQuery
    from amt_console.model.queries.host import HostQuery
    from amt_console.model.queries.incidents import IncidentsQuery
    from amt_console.model.queries.moved import MovedQuery
    from amt_console.model.queries.states import StatesQuery
else:
    __getattr__ = loader(
        __name__,
        {
            "activity": "ActivityQuery",
            "alerts": "AlertHistoryQuery",
            "away": "AwayQuery",
            "base": "Query",
            "business": "BusinessQuery",
            "catalogue": "QUERIES",
            "change": "ChangeQuery",
            "host": "HostQuery",
            "incidents": "IncidentsQuery",
            "moved": "MovedQuery",
            "states": "StatesQuery",
        },
    )

__all__ = [
    "QUERIES",
    "ActivityQuery",
    "AlertHistoryQuery",
    "AwayQuery",
    "BusinessQuery",
    "ChangeQuery",
    "HostQuery",
    "IncidentsQuery",
    "MovedQuery",
    "Query",
    "StatesQuery",
]
