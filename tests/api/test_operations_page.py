"""docs/operations.md says what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from webapp.settings import read_settings

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text()
REQUIRED = {
    "DATABASE_URL": "postgresql://u:p@db:5432/name",
    "REDIS_URL": "redis://:p@cache:6379/0",
    "SECRET_KEY": "q8Zk2v-7Tn4bX0wLr9sYd1uGf3hJ5mPc",
}
# Refused in production, and otherwise Flask's own.
NOT_OURS = {"FLASK_DEBUG"}


class Asked(dict[str, str]):
    """An environment that notes what is asked of it."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, key: str, default: str | None = None) -> str | None:  # type: ignore[override]
        self.names.add(key)
        return super().get(key, default)


@pytest.fixture
def table() -> dict[str, str]:
    """The settings table: default by name."""
    return dict(re.findall(r"^\| `([A-Z_]+)` \| (\S+) \|", PAGE, re.MULTILINE))


def test_the_settings_table_names_every_setting_and_no_other(table):
    environ = Asked({**REQUIRED, "ENVIRONMENT": "production"})
    read_settings(environ)
    assert set(table) == environ.names - NOT_OURS


def test_the_settings_table_tells_the_defaults(table):
    given = {name: default.strip("`") for name, default in table.items() if default != "–"}
    assert len(given) > 10
    assert read_settings(REQUIRED | given) == read_settings(REQUIRED)


def test_alerts_ask_for_metrics_that_are_there(client, api):
    text = client.get("/metrics").get_data(as_text=True)
    declared = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    alerts = " ".join(re.findall(r"^\| [^|]+ \| (`[^|]+)\|", PAGE.split("| alert |")[1], re.MULTILINE))
    asked = set(re.findall(r"\b(?:jobs?|http|workers|engine|provider)_[a-z_]+", alerts))
    assert len(asked) >= 6
    assert {name.removesuffix("_bucket") for name in asked} <= declared
