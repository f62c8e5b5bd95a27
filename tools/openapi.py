"""Check the OpenAPI schema with Redocly's linter, where Node is installed: `python -m tools.openapi`.

With `print`, write the schema to standard output: what to generate a client from without a running service.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from webapp.app import create_app
from webapp.settings import Settings

REDOCLY = "@redocly/cli@2.77.0"
INSTALL_SECONDS = 180
# It would report each run to its maker.
ENVIRONMENT = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
RULES = Path(__file__).with_name("redocly.yaml")


def schema() -> bytes:
    """The schema as the service serves it; no database and no broker is asked for it."""
    settings = Settings(
        database_url="postgresql+psycopg2://localhost/none",
        redis_url="redis://localhost:6379/0",
        secret_key=secrets.token_urlsafe(48),
        rate_limits=False,
    )
    document: bytes = create_app(settings).extensions["openapi"]
    return document


def main() -> int:
    if sys.argv[1:] == ["print"]:
        print(schema().decode())
        return 0
    npx = shutil.which("npx")
    if npx is None or not _installed(npx):
        what = "Node is not installed" if npx is None else f"{REDOCLY} cannot be installed"
        print(f"openapi: {what}, so the schema is not linted here; the tests validate it.")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "openapi.json"
        path.write_bytes(schema())
        command = [npx, "--yes", REDOCLY, "lint", "--config", str(RULES), "--max-problems", "50", str(path)]
        return subprocess.run(command, check=False, cwd=folder, env=ENVIRONMENT).returncode  # noqa: S603 - all of it is ours


def _installed(npx: str) -> bool:
    """Can the linter run? It is downloaded once; a check that needs the network must not stop work without one."""
    try:
        tried = subprocess.run(  # noqa: S603 - all of it is ours
            [npx, "--yes", REDOCLY, "--version"],
            check=False,
            capture_output=True,
            timeout=INSTALL_SECONDS,
            env=ENVIRONMENT,
        )
    except subprocess.TimeoutExpired:
        return False
    return tried.returncode == 0


if __name__ == "__main__":
    sys.exit(main())
