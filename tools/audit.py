"""Known vulnerabilities of the locked requirements: `python -m tools.audit`, part of `make check`.

Asks with pip-audit where its source can be reached; where not, says so in a line and passes, because a check
that needs the network must not stop work without one. Bounded in time: it never hangs. AUDIT=required fails
instead of skipping, for the one place (CI with a network) where it must not be skipped.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCKS = ("requirements.txt", "requirements-nodeps.txt")
SOURCE = ("api.osv.dev", 443)
REACH_SECONDS = 3
AUDIT_SECONDS = 120


def main() -> int:
    if not reachable(*SOURCE):
        return skipped(f"{SOURCE[0]} cannot be reached")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        try:
            done = subprocess.run(  # noqa: S603 - our own environment's program
                command(report), capture_output=True, text=True, timeout=AUDIT_SECONDS, check=False, cwd=ROOT
            )
        except subprocess.TimeoutExpired:
            return skipped(f"no answer within {AUDIT_SECONDS} s")
        if not report.exists():
            return skipped((done.stderr.strip().splitlines() or ["pip-audit gave no report"])[-1])
        found = vulnerabilities(json.loads(report.read_text()))
    for line in found:
        print(line)
    print(f"audit: {len(found)} known vulnerabilities in the locked requirements")
    return 1 if found else 0


def command(report: Path) -> list[str]:
    """pip-audit on the locks as they are: nothing is resolved, downloaded or installed."""
    locks = [part for name in LOCKS for part in ("--requirement", str(ROOT / name))]
    options = [
        "--disable-pip",
        "--require-hashes",
        "--vulnerability-service",
        "osv",
        "--progress-spinner",
        "off",
    ]
    return [
        sys.executable,
        "-m",
        "pip_audit",
        *locks,
        *options,
        "--timeout",
        "10",
        "--format",
        "json",
        "--output",
        str(report),
    ]


def vulnerabilities(report: dict[str, list[dict[str, object]]]) -> list[str]:
    """A line for each vulnerability in pip-audit's JSON report."""
    lines = []
    for package in report["dependencies"]:
        for known in package.get("vulns") or ():  # type: ignore[attr-defined]
            fixed = ", ".join(known["fix_versions"]) or "no version yet"
            lines.append(f"{package['name']} {package['version']}: {known['id']} (fixed in {fixed})")
    return lines


def reachable(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=REACH_SECONDS).close()
    except OSError:
        return False
    return True


def skipped(reason: str) -> int:
    print(f"audit: skipped, {reason}")
    return 1 if os.environ.get("AUDIT") == "required" else 0


if __name__ == "__main__":
    sys.exit(main())
