"""Runs tests/real_model against a server with a small open model: `python -m tools.real_model`, by `make test-llm`.

The server runs on a free port of the loopback and is stopped at the end, whatever the end is. What it says goes to
.build/llm/server.log. Arguments are handed to pytest.
"""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from stack.processes import dies_with_us

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".build" / "llm"
PYTHON = FOLDER / "venv" / "bin" / "python"
MODEL = FOLDER / "model.gguf"
NAME = "gemma-3-270m"
CONTEXT_TOKENS = 8192
START_SECONDS = 120.0
STOP_SECONDS = 10.0


def main(arguments: list[str]) -> int:
    """The exit status of the tests; 1 where the server does not start."""
    # SIGTERM ends this program as Ctrl-C does, so that the server is stopped either way.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    key = secrets.token_hex(16)
    port = free_port()
    url = f"http://127.0.0.1:{port}/v1"
    log = FOLDER / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(  # noqa: S603 - our own environment's program
            command(port),
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=FOLDER,
            # The key goes by the environment: arguments can be read by everybody on the machine. Nothing else does,
            # since the server takes each of its settings from there.
            env={"PATH": os.environ.get("PATH", os.defpath), "API_KEY": key},
            preexec_fn=dies_with_us(signal.SIGKILL),  # noqa: PLW1509 - no thread runs yet
        )
    try:
        if not answers(server, url, key):
            print(f"test-llm: the server did not start; {log.relative_to(ROOT)} says why.", file=sys.stderr)
            return 1
        return subprocess.run(  # noqa: S603 - pytest of our own environment
            [sys.executable, "-m", "pytest", "tests/real_model", *arguments],
            cwd=ROOT,
            env={
                **os.environ,
                "REAL_MODEL_URL": url,
                "REAL_MODEL_NAME": NAME,
                "REAL_MODEL_KEY": key,
            },
            check=False,
        ).returncode
    except KeyboardInterrupt:
        return 130
    finally:
        stop(server)


def command(port: int) -> list[str]:
    """The server's command line."""
    options = {
        "model": MODEL,
        "model_alias": NAME,
        "host": "127.0.0.1",
        "port": port,
        "n_ctx": CONTEXT_TOKENS,
        # One thread: several wait for each other at every token, and on a busy machine mostly for their turn.
        "n_threads": 1,
        "n_threads_batch": 1,
        "verbose": False,
    }
    settings = [part for name, value in options.items() for part in (f"--{name}", str(value))]
    return [str(PYTHON), "-m", "llama_cpp.server", *settings]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(server: subprocess.Popen[bytes], url: str, key: str) -> bool:
    """Waits until the server answers; False where it has ended or the time is over."""
    request = urllib.request.Request(f"{url}/models", headers={"Authorization": f"Bearer {key}"})  # noqa: S310 - the loopback
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(request, timeout=5):  # noqa: S310 - the loopback
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def stop(server: subprocess.Popen[bytes]) -> None:
    """Asks the server to end, and ends it when it is still in the middle of a reply."""
    server.terminate()
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
