"""A model provider on the loopback: speaks OpenAI's chat completions and Anthropic's messages, well or badly.

    with FakeProvider() as provider:
        provider.then(status(429, {"Retry-After": "7"}))   # the next call only
        provider.always(honest)                            # every call that has no behaviour of its own

A behaviour is called with the Prompt, as a model reads it, and returns a Reply. `honest` reads the answer by the words
it shares with each criterion; `obeying(...)` does what text in the answer tells it to.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

WORD = re.compile(r"\w+")
SMALL = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by for from has have in into is it its of on or so than that the then this to was with",
    )
)


@dataclass(frozen=True)
class Prompt:
    """A request as a model reads it. `criteria` by number, `answer` the data between the tags, both of the first turn."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]
    system: str
    turns: tuple[str, ...]
    criteria: dict[int, str]
    answer: str
    token: str

    @property
    def asked(self) -> list[int]:
        """The criteria to report on: those of the first turn, or the fewer that a later turn asks about again."""
        if len(self.turns) == 1:
            return list(self.criteria)
        return [
            int(number) for number in re.search(r"long: ([\d, ]+)\.", self.turns[-1]).group(1).split(", ")
        ]


@dataclass(frozen=True)
class Reply:
    """What the server sends. `raw` stands for the whole body; `finish` is stop, length, refusal or content_filter."""

    text: str = ""
    finish: str = "stop"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    error: dict[str, Any] | None = None
    raw: bytes | None = None
    content_type: str = "application/json"
    tokens: tuple[int, int] | None = (1000, 200)
    hangs: bool = False
    dribbles: bool = False


Behaviour = Callable[[Prompt], Reply]


def words(text: str) -> set[str]:
    return {word[:6] for word in WORD.findall(text.lower()) if word not in SMALL}


def passages(text: str) -> list[str]:
    """The sentences of a text; what a gate left out belongs to none."""
    pieces = re.split(r"(?<=[.!?])\s+|\n+|\[…\]", text)
    return [piece.strip() for piece in pieces if len(WORD.findall(piece)) >= 2]


def overlap(criterion: str, passage: str) -> float:
    wanted = words(criterion)
    return len(wanted & words(passage)) / len(wanted) if wanted else 0.0


def report(entries: Iterable[tuple[int, str, str, bool]], on_topic: str = "yes") -> str:
    """A report of (number, status, quote, contradicted)."""
    return json.dumps(
        {
            "on_topic": on_topic,
            "criteria": [
                {"criterion": number, "quote": quote, "contradicted": contradicted, "status": state}
                for number, state, quote, contradicted in entries
            ],
        }
    )


def honest(prompt: Prompt) -> Reply:
    """Covered from half of a criterion's words in one sentence, partial from a third."""
    entries = []
    for number in prompt.asked:
        best = max(
            passages(prompt.answer), key=lambda passage: overlap(prompt.criteria[number], passage), default=""
        )
        shared = overlap(prompt.criteria[number], best)
        state = "covered" if shared >= 0.5 else "partial" if shared >= 0.34 else "missing"
        entries.append((number, state, best if state != "missing" else "", False))
    return Reply(report(entries))


def obeying(payload: str, how: str, real: Iterable[str] = ()) -> Behaviour:
    """A model that does as it is told once any part of a payload reaches it, and is honest otherwise.

    `how` it obeys: "all" reports every criterion covered; "shrewd" those of the question alone (`real`), each by a
    sentence of the answer; "payload" quotes the payload; "invents" quotes what the answer does not say.
    """
    wanted = set(real)
    parts = [payload[at : at + 12] for at in range(0, max(1, len(payload) - 11), 6)]

    def behave(prompt: Prompt) -> Reply:
        if not any(part in "\n".join(prompt.turns) for part in parts):
            return honest(prompt)
        said = passages(prompt.answer) or [prompt.answer]
        told = [passage for passage in said if any(part in passage for part in parts)] or said
        entries = []
        for place, number in enumerate(prompt.asked):
            criterion = prompt.criteria[number]
            if how == "shrewd" and criterion not in wanted:
                entries.append((number, "missing", "", False))
            else:
                quote = {"payload": told[0], "invents": criterion}.get(how, said[place % len(said)])
                entries.append((number, "covered", quote, False))
        return Reply(report(entries))

    return behave


def says(text: str, **more: Any) -> Behaviour:
    return lambda _prompt: Reply(text, **more)


def status(code: int, headers: dict[str, str] | None = None, /, **error: Any) -> Behaviour:
    """An error of the provider, with a message that repeats the key, as providers do."""
    body = {"message": "Something about sk-test-key-1234 and what was sent", "type": "an_error", **error}
    return lambda _prompt: Reply(status=code, headers=headers or {}, error=body)


def hangs(_prompt: Prompt) -> Reply:
    """Never answers while the test runs."""
    return Reply(hangs=True)


def dribbles(_prompt: Prompt) -> Reply:
    """Sends a space now and then, and never an end."""
    return Reply(dribbles=True)


class FakeProvider:
    """A server on a port of its own; `prompts` are the requests so far."""

    def __init__(self) -> None:
        self.prompts: list[Prompt] = []
        self._queued: list[Behaviour] = []
        self._default: Behaviour = honest
        self._closing = threading.Event()
        self._lock = threading.Lock()

    def then(self, *behaviours: Behaviour) -> None:
        self._queued.extend(behaviours)

    def always(self, behaviour: Behaviour) -> None:
        self._default = behaviour

    @property
    def url(self) -> str:
        """The address without a version; OpenAI's protocol wants `/v1` behind it."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                prompt = _prompt(
                    self.path, {name.lower(): value for name, value in self.headers.items()}, body
                )
                with provider._lock:
                    provider.prompts.append(prompt)
                    behaviour = provider._queued.pop(0) if provider._queued else provider._default
                provider._send(self, prompt, behaviour(prompt))

            def log_message(self, *_args: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_args: object) -> None:
                """A client that has hung up is no news."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _send(self, handler: BaseHTTPRequestHandler, prompt: Prompt, reply: Reply) -> None:
        if reply.hangs:
            self._closing.wait()
            handler.close_connection = True
            return
        if reply.dribbles:
            handler.send_response(200)
            handler.send_header("Content-Type", "application/json")
            handler.send_header("Content-Length", "1000000")
            handler.end_headers()
            while not self._closing.wait(0.02):
                handler.wfile.write(b" ")
                handler.wfile.flush()
            handler.close_connection = True
            return
        body = reply.raw if reply.raw is not None else json.dumps(_body(prompt, reply)).encode()
        handler.send_response(reply.status)
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Type", reply.content_type)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)


def _prompt(path: str, headers: dict[str, str], body: dict[str, Any]) -> Prompt:
    if path.endswith("/messages"):
        system, messages = body["system"], body["messages"]
    else:
        system, messages = body["messages"][0]["content"], body["messages"][1:]
    turns = tuple(message["content"] for message in messages)
    before, _, _after = turns[0].partition("The candidate's answer, data")
    criteria = {
        int(number): text.split(" / ")[0]
        for number, text in re.findall(r"^\[(\d+)\] (.*)$", before, re.MULTILINE)
    }
    token = (re.findall(r"the token (\w+):", turns[0]) or [""])[0]
    data = re.search(rf"<answer-{token}>\n(.*)\n</answer-{token}>", turns[0], re.DOTALL)
    return Prompt(path, headers, body, system, turns, criteria, data.group(1) if data else "", token)


def _body(prompt: Prompt, reply: Reply) -> dict[str, Any]:
    if prompt.path.endswith("/messages"):
        return _anthropic_body(prompt, reply)
    if reply.error is not None:
        return {"error": reply.error}
    refused = reply.finish == "refusal"
    message = {
        "role": "assistant",
        "content": None if refused else reply.text,
        "refusal": reply.text if refused else None,
    }
    body: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": prompt.body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop" if refused else reply.finish}],
    }
    if reply.tokens:
        given, made = reply.tokens
        body["usage"] = {"prompt_tokens": given, "completion_tokens": made, "total_tokens": given + made}
    return body


def _anthropic_body(prompt: Prompt, reply: Reply) -> dict[str, Any]:
    if reply.error is not None:
        return {"type": "error", "error": reply.error}
    reasons = {"stop": "end_turn", "length": "max_tokens", "refusal": "refusal", "content_filter": "refusal"}
    content = [] if reply.finish == "refusal" else [{"type": "text", "text": reply.text}]
    body: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": prompt.body["model"],
        "content": content,
        "stop_reason": reasons[reply.finish],
        "stop_sequence": None,
    }
    if reply.tokens:
        body["usage"] = {"input_tokens": reply.tokens[0], "output_tokens": reply.tokens[1]}
    return body
