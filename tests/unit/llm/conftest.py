"""A fake provider, and engines that judge by it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fake_provider import FakeProvider
from llm_case import KEY

from worker.analysis.llm.engine import LLMEngine


@pytest.fixture
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as server:
        yield server


@pytest.fixture
def make_engine(provider: FakeProvider) -> Iterator[Callable[..., LLMEngine]]:
    """An engine on the fake provider; without a word, an OpenAI-compatible one with one sample and no cross-check."""
    made: list[LLMEngine] = []

    def make(name: str = "openai_compatible", model: str = "some-model", **more: Any) -> LLMEngine:
        url = provider.url if name == "anthropic" else f"{provider.url}/v1"
        engine = LLMEngine(name, model, url, more.pop("api_key", KEY), **{"timeout_seconds": 20.0, **more})
        made.append(engine)
        return engine

    yield make
    for engine in made:
        if engine._made is not None:
            engine._made._client.close()
