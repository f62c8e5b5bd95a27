"""Anthropic's messages, through Anthropic's own library."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import anthropic
from anthropic.types import Message as Reply

from worker.analysis.llm import failures
from worker.analysis.llm.client import Completion, Message, completed
from worker.analysis.llm.deadline import event_hooks
from worker.analysis.llm.dialect import Dialect, parameters

ANTHROPIC_URL = "https://api.anthropic.com"


class AnthropicClient:
    """Implements client.ModelClient. The temperature is the model's own: current models take no other."""

    def __init__(
        self, model: str, base_url: str, api_key: str, timeout_seconds: float, max_output_tokens: int
    ) -> None:
        self._model = model
        self._timeout_seconds = timeout_seconds
        self._max_output_tokens = max_output_tokens
        # Given in full, so that no key, address or tracing of contents is taken from the environment.
        self._client = anthropic.Anthropic(
            api_key=api_key or "none",
            base_url=base_url or ANTHROPIC_URL,
            timeout=timeout_seconds,
            max_retries=0,
            open_telemetry=False,
            http_client=anthropic.DefaultHttpxClient(
                timeout=timeout_seconds, event_hooks=event_hooks(timeout_seconds)
            ),
        )
        self._dialect = Dialect({"format": (("output_config", "output_format", "json_schema", "format"), 2)})

    def complete(
        self, system: str, messages: Sequence[Message], schema: Mapping[str, Any], *, temperature: float
    ) -> Completion:
        forms: dict[str, list[dict[str, Any]]] = {
            "format": [{"output_config": {"format": {"type": "json_schema", "schema": dict(schema)}}}, {}]
        }
        turns: Any = [{"role": message.role, "content": message.content} for message in messages]
        choice = self._dialect.choice()
        while True:
            try:
                answer = self._client.messages.create(
                    model=self._model,
                    max_tokens=self._max_output_tokens,
                    system=system,
                    messages=turns,
                    **parameters(choice, forms),
                )
            except anthropic.APITimeoutError:
                raise failures.timed_out(self._timeout_seconds) from None
            except anthropic.APIStatusError as error:
                simpler = self._dialect.simpler(choice, error.message) if error.status_code == 400 else None
                if simpler is not None:
                    choice = simpler
                    continue
                raise failures.of_status(
                    error.status_code, error.response.headers, error.type or ""
                ) from None
            except anthropic.APIConnectionError:
                raise failures.unreachable() from None
            except (anthropic.APIError, json.JSONDecodeError, UnicodeDecodeError):
                raise failures.unreadable() from None
            self._dialect.taken(choice)
            usage = getattr(answer, "usage", None)
            read, written, *cached = (
                getattr(usage, name, None)
                for name in (
                    "input_tokens",
                    "output_tokens",
                    "cache_creation_input_tokens",
                    "cache_read_input_tokens",
                )
            )
            if isinstance(read, int):
                read += sum(count for count in cached if isinstance(count, int))
            return completed(partial(_text, answer), read, written)


def _text(answer: object) -> str:
    """The one whole text of an answer. Raises what stands for anything else."""
    if not isinstance(answer, Reply) or not isinstance(answer.content, list):
        raise failures.unreadable()
    if answer.stop_reason in ("max_tokens", "model_context_window_exceeded"):
        raise failures.cut_off()
    if answer.stop_reason == "refusal":
        raise failures.refused()
    # Beside the text a model may have left its thinking; several texts are one text in pieces.
    pieces = [
        getattr(block, "text", None) for block in answer.content if getattr(block, "type", None) == "text"
    ]
    text = "".join(piece for piece in pieces if isinstance(piece, str))
    if not text.strip():
        raise failures.unreadable()
    return text
