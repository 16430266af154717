"""What all documents share."""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict

Item = TypeVar("Item")


class Document(BaseModel):
    """A JSON object whose keys are all present; what is not known is null. Later versions may have further keys."""

    model_config = ConfigDict(use_attribute_docstrings=True)


class Page(Document, Generic[Item]):
    """A part of a list."""

    items: list[Item]
    next: str | None
    """The ``cursor`` of the next page; null at the end."""
