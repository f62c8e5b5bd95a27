"""What the engine asks of a provider's client, and what it gets back, whoever the provider is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from worker.analysis.errors import AnalysisError

MAX_OUTPUT_TOKENS = 16_000
"""The most a call may write, a model's thinking included: a bound, not an expectation."""

MAX_OUTPUT_TOKENS_COMPATIBLE = 4_096
"""The same for servers of one's own: several refuse a bound that exceeds their context."""


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a conversation; what the system says is given apart."""

    role: Literal["user", "assistant"]
    content: str


@dataclass(frozen=True, slots=True)
class Completion:
    """What the model wrote, whole; the tokens are None where the provider did not tell them."""

    text: str
    input_tokens: int | None
    output_tokens: int | None


@dataclass(slots=True)
class Spending:
    """The tokens of several calls. `untold` counts the calls whose tokens the provider did not tell."""

    input_tokens: int = 0
    output_tokens: int = 0
    calls: int = 0
    untold: int = field(default=0)

    def add(self, completion: Completion) -> None:
        self.calls += 1
        if completion.input_tokens is None or completion.output_tokens is None:
            self.untold += 1
        self.input_tokens += completion.input_tokens or 0
        self.output_tokens += completion.output_tokens or 0

    def add_failed(self, usage: Mapping[str, float]) -> None:
        """A call that gave no usable text, where the provider said what it took."""
        self.input_tokens += int(usage.get("input_tokens", 0))
        self.output_tokens += int(usage.get("output_tokens", 0))


def completed(read: Callable[[], str], input_tokens: object, output_tokens: object) -> Completion:
    """The completion whose text `read` gives; an error that it raises is told what the call took all the same."""
    told = {"input_tokens": input_tokens, "output_tokens": output_tokens}
    tokens = {name: count for name, count in told.items() if isinstance(count, int)}
    try:
        text = read()
    except AnalysisError as error:
        error.usage = dict(tokens)
        raise
    # Half a character, which JSON can hold, could neither be sent back to the model nor stored.
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return Completion(whole, tokens.get("input_tokens"), tokens.get("output_tokens"))


class ModelClient(Protocol):
    """One model of one provider.

    `complete` makes one call, without a retry, and returns the whole text or raises worker.analysis.errors:
    never a part of a text, never a text that stands for something else.
    """

    def complete(
        self, system: str, messages: Sequence[Message], schema: Mapping[str, Any], *, temperature: float
    ) -> Completion: ...


def make_client(
    provider: str,
    model: str,
    base_url: str,
    api_key: str,
    timeout_seconds: float,
    max_output_tokens: int | None = None,
) -> ModelClient:
    """The client of openai, anthropic or openai_compatible; imports that provider's library alone."""
    # Imported here: a worker that judges with the embedded engine never loads a provider's library.
    if provider == "anthropic":
        from worker.analysis.llm.anthropic_client import AnthropicClient  # noqa: PLC0415

        return AnthropicClient(
            model, base_url, api_key, timeout_seconds, max_output_tokens or MAX_OUTPUT_TOKENS
        )
    if provider in ("openai", "openai_compatible"):
        from worker.analysis.llm.openai_client import OpenAIClient  # noqa: PLC0415

        compatible = provider == "openai_compatible"
        bound = max_output_tokens or (MAX_OUTPUT_TOKENS_COMPATIBLE if compatible else MAX_OUTPUT_TOKENS)
        return OpenAIClient(model, base_url, api_key, timeout_seconds, bound, compatible=compatible)
    raise ValueError(f"There is no provider called {provider!r}.")
