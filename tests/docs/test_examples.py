"""Examples of the configuration load, and examples of SQL run."""

from __future__ import annotations

import json
import tomllib
from datetime import date, time
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError
from support.config_reference import EXAMPLE
from support.documented import merged
from support.incidents import plant
from support.pages import Block, pages
from support.stores import clock, new_schema, sqlite_url, store, store_url

from amt_console.config import load_config
from amt_console.config.files.reading import read_document
from amt_console.store import Store

__all__ = ["clock", "new_schema", "sqlite_url", "store", "store_url"]
CONFIGURATIONS = [
    pytest.param(block, id=block.at)
    for page in pages()
    for block in page.blocks
    if block.language == "toml" and block.runs and "[[tests]]" not in block.text
]
QUERIES = [block for page in pages() for block in page.blocks if block.language == "sql" and block.runs]


@cache
def whole_example() -> dict[str, Any]:
    """The example of every key, which an example of a page changes."""
    return read_document(EXAMPLE)


def plain(value: Any) -> Any:
    """A value of TOML as JSON has it."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value.isoformat() if isinstance(value, date | time) else value


class _Secrets(dict[str, str]):
    """A value for every variable that an example refers to."""

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if self._made(key) else default

    def __missing__(self, key: str) -> str:
        return "https://hook.example/x" if key.endswith("_URL") else f"the-secret-text-of-{key}"

    @staticmethod
    def _made(key: str) -> bool:
        return not key.startswith(("AMT_", "XDG_")) or key == "AMT_DB_PASSWORD"


@pytest.mark.parametrize("block", CONFIGURATIONS)
def test_every_example_of_a_configuration_loads(block: Block, tmp_path: Path) -> None:
    given = tomllib.loads(block.text)
    document = merged(whole_example(), given)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(plain(document)), encoding="utf-8")
    path.chmod(0o600)
    for name in ("amt-key", "amt-key-2025", "smtp"):
        (tmp_path / name).write_text(f"{'A' * 43}=\n", encoding="utf-8")
    loaded = load_config(path, env=_Secrets(CREDENTIALS_DIRECTORY=str(tmp_path)))
    assert loaded.settings


def is_for(block: Block, engine: str) -> bool:
    return not block.info or engine in block.info


@pytest.mark.slow
def test_every_query_runs_on_its_databases(store: Store, store_url: str) -> None:
    plant(store)
    engine = create_engine(store_url)
    wrong: list[str] = []
    for block in QUERIES:
        if is_for(block, engine.dialect.name):
            with engine.connect() as connection:
                try:
                    connection.exec_driver_sql(block.text.replace("%", "%%")).fetchall()
                except DBAPIError as error:
                    wrong.append(f"{block.at}: {error.orig}")
    engine.dispose()
    assert wrong == []
