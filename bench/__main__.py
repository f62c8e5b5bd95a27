"""make bench: what things cost, as ratios measured side by side."""

from __future__ import annotations

import subprocess
import sys

from rich.console import Console
from rich.table import Table

from bench import service


def main() -> int:
    subprocess.run(["flask", "--app", "wsgi", "db", "upgrade"], check=True, capture_output=True)
    subprocess.run([sys.executable, "-m", "worker.content", "load"], check=True, capture_output=True)
    console = Console(width=120)
    table = Table("what", "ms", "compared with", "ms", "ratio", title="The service, one web process")
    for what, cost, other, base in service.measure():
        table.add_row(what, f"{cost:.1f}", other, f"{base:.1f}", f"{cost / base:.2f}")
    console.print(table)
    return subprocess.run([sys.executable, "-m", "bench.engine_speed"], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
