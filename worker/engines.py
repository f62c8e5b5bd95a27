"""Which engine judges: the one place where settings choose it."""

from __future__ import annotations

from webapp.settings import Settings
from worker.analysis.types import Engine


def make_engine(settings: Settings) -> Engine:
    """The configured engine, ready to judge. There is no silent stand-in: one provider, or its error."""
    # Imported here: beat and Flower import the tasks too, and need no model in their memory.
    from worker.analysis.judge.engine import JudgeEngine  # noqa: PLC0415

    if settings.analysis_provider == "local":
        return JudgeEngine()
    from worker.analysis.llm.engine import LLMEngine  # noqa: PLC0415

    return LLMEngine(
        settings.analysis_provider,
        settings.llm_model,
        base_url=settings.llm_base_url,
        api_key=settings.llm_api_key,
        samples=settings.llm_samples,
        timeout_seconds=settings.llm_timeout_seconds,
        local=JudgeEngine(),
    )
