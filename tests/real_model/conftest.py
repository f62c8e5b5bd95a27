"""An engine on the real model of REAL_MODEL_URL, and what must hold of every end of its work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from real_outcomes import BOUND, ENDS, PATIENCE, Recorded

from worker.analysis.llm.engine import LLMEngine


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How the judgements ended: all ends here are right, and a reader wants to know which ones were seen."""
    if ENDS:
        terminalreporter.section("ends of the judgements by the real model")
    for end, times in ENDS.most_common():
        terminalreporter.write_line(f"{times:3} {end}")


@pytest.fixture
def make_engine() -> Iterator[Callable[..., LLMEngine]]:
    """An engine on the real model; its client notes what the calls brought, and when they are over."""
    made: list[LLMEngine] = []

    def make(**more: Any) -> LLMEngine:
        settings = {
            "base_url": os.environ["REAL_MODEL_URL"],
            "api_key": os.environ.get("REAL_MODEL_KEY", ""),
            "timeout_seconds": PATIENCE,
            "max_output_tokens": BOUND,
            **more,
        }
        engine = LLMEngine("openai_compatible", os.environ.get("REAL_MODEL_NAME", "model"), **settings)
        engine._made = Recorded(engine._client())
        made.append(engine)
        return engine

    yield make
    for engine in made:
        engine._made.close()
