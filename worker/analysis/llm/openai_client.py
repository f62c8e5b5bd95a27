"""OpenAI's chat completions, and every server that speaks them, through OpenAI's own library."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import openai
from openai.types.chat import ChatCompletion

from worker.analysis.llm import failures
from worker.analysis.llm.client import Completion, Message, completed
from worker.analysis.llm.deadline import event_hooks
from worker.analysis.llm.dialect import Dialect, parameters

OPENAI_URL = "https://api.openai.com/v1"

_TOO_LONG = re.compile(r"maximum context length|available context size|exceeds? the context", re.IGNORECASE)
"""What servers say, under several codes, of a prompt that is longer than the model's context."""


class OpenAIClient:
    """Implements client.ModelClient."""

    def __init__(
        self,
        model: str,
        base_url: str,
        api_key: str,
        timeout_seconds: float,
        max_output_tokens: int,
        *,
        compatible: bool,
    ) -> None:
        self._model = model
        self._timeout_seconds = timeout_seconds
        self._max_output_tokens = max_output_tokens
        self._compatible = compatible
        # Everything is given, so that nothing is taken from the environment: a key set for another program
        # must not reach this provider. A server without keys is sent a word, as the library insists on one.
        self._client = openai.OpenAI(
            api_key=api_key or "none",
            base_url=base_url or OPENAI_URL,
            timeout=timeout_seconds,
            max_retries=0,
            http_client=openai.DefaultHttpxClient(
                timeout=timeout_seconds, event_hooks=event_hooks(timeout_seconds)
            ),
        )
        self._headers: dict[str, Any] = (
            {"OpenAI-Organization": openai.omit, "OpenAI-Project": openai.omit} if compatible else {}
        )
        # Servers of one's own call a parameter that they cannot read an error of theirs: llama-cpp-python 500,
        # others 501.
        self._refusing = (400, 422, 500, 501) if compatible else (400, 422)
        self._dialect = Dialect(
            {
                "temperature": (("temperature",), 2),
                "format": (
                    ("response_format", "json_schema", "json_object", "guided", "grammar"),
                    4 if compatible else 3,
                ),
                "bound": (("max_tokens", "max_completion_tokens"), 3),
            }
        )

    def complete(
        self, system: str, messages: Sequence[Message], schema: Mapping[str, Any], *, temperature: float
    ) -> Completion:
        turns: Any = [
            {"role": "system", "content": system},
            *({"role": message.role, "content": message.content} for message in messages),
        ]
        bounds = [{"max_completion_tokens": self._max_output_tokens}, {"max_tokens": self._max_output_tokens}]
        # llama-cpp-python knows a schema under this name alone, and llama.cpp's own server under both.
        with_object = {"response_format": {"type": "json_object", "schema": dict(schema)}}
        forms: dict[str, list[dict[str, Any]]] = {
            "temperature": [{"temperature": temperature}, {}],
            "format": [
                {
                    "response_format": {
                        "type": "json_schema",
                        "json_schema": {"name": "reply", "strict": True, "schema": dict(schema)},
                    }
                },
                *([with_object] if self._compatible else []),
                {"response_format": {"type": "json_object"}},
                {},
            ],
            "bound": [*(reversed(bounds) if self._compatible else bounds), {}],
        }
        choice = self._dialect.choice()
        while True:
            try:
                answer = self._client.chat.completions.create(
                    model=self._model,
                    messages=turns,
                    extra_headers=self._headers,
                    **parameters(choice, forms),
                )
            except openai.APITimeoutError:
                raise failures.timed_out(self._timeout_seconds) from None
            except openai.APIStatusError as error:
                refusal = f"{error.param} {error.message}" if error.status_code in self._refusing else ""
                simpler = self._dialect.simpler(choice, refusal)
                if simpler is not None:
                    choice = simpler
                    continue
                raise failures.of_status(error.status_code, error.response.headers, _code(error)) from None
            except openai.APIConnectionError:
                raise failures.unreachable() from None
            except (openai.APIError, json.JSONDecodeError, UnicodeDecodeError):
                raise failures.unreadable() from None
            self._dialect.taken(choice)
            usage = getattr(answer, "usage", None)
            return completed(
                partial(_text, answer),
                getattr(usage, "prompt_tokens", None),
                getattr(usage, "completion_tokens", None),
            )


def _code(error: openai.APIStatusError) -> str:
    """The provider's own code for an error, or its type: some servers repeat the HTTP status as the code."""
    if _TOO_LONG.search(error.message):
        return failures.TOO_LONG
    names = (name for name in (error.code, error.type) if isinstance(name, str))
    return next((name for name in names if name and not name.isdigit()), "")


def _text(answer: object) -> str:
    """The one whole text of an answer. Raises what stands for anything else."""
    # The library builds its types without checking them, and hands over text where the server sent no JSON.
    choices = answer.choices if isinstance(answer, ChatCompletion) else None
    if not isinstance(choices, list) or len(choices) != 1:
        raise failures.unreadable()
    message = getattr(choices[0], "message", None)
    finish = getattr(choices[0], "finish_reason", None)
    if finish == "length":
        raise failures.cut_off()
    if finish == "content_filter" or getattr(message, "refusal", None):
        raise failures.refused()
    text = getattr(message, "content", None)
    if not isinstance(text, str) or not text.strip():
        raise failures.unreadable()
    return text
