"""A name may be written with separate accents, as some systems write file names and some keyboards type."""

from __future__ import annotations

import unicodedata

from amt_console.config.settings import Settings


def test_separate_accents_become_one_character_with_them() -> None:
    name = "café-kö"
    apart = unicodedata.normalize("NFD", name)
    assert apart != name
    document = {
        "services": [
            {"name": apart, "url": "http://127.0.0.1:9/"},
            {"name": "shop", "url": "http://127.0.0.1:9/", "depends_on": [apart]},
        ]
    }
    cafe, shop = Settings.model_validate(document).services
    assert cafe.name == name
    assert tuple(shop.depends_on or ()) == (name,)
