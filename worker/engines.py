"""Which engine judges: the one place where settings choose it."""

from __future__ import annotations

from webapp.settings import Settings
from worker.analysis.types import Engine


def make_engine(settings: Settings) -> Engine:
    """The configured engine, loaded and ready. There is no silent stand-in: one provider, or its error."""
    # Imported here: beat and Flower import the tasks too, and need no model in their memory.
    from worker.analysis.local.engine import LocalEngine  # noqa: PLC0415

    return LocalEngine()
