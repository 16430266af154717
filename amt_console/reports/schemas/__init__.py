"""The published JSON Schemas of the JSON reports. Tests hold them to the documents."""

from __future__ import annotations

from amt_console.reports.schemas.documents import names, schema_of, title_of

__all__ = ["names", "schema_of", "title_of"]
