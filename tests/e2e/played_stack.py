"""Start the stack, play an interview against it, look at Flower, stop it: in the network that this process is in.

    python played_stack.py FOLDER PORTS_FILE

Writes the ports that the stack's own servers listen on to PORTS_FILE. Ends with 1 and a reason when something fails.
"""

import os
import re
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
from running_stack import Stack

import devstack


def main() -> int:
    folder, ports = Path(sys.argv[1]), Path(sys.argv[2])
    # The hook is for the stack alone: this program and the demonstration do without.
    stack = Stack(folder, PYTHONPATH=os.environ["WATCH_PYTHONPATH"])
    stack.start()
    try:
        urls = " ".join(stack.settings().values())
        ports.write_text(
            " ".join([*re.findall(r"@127\.0\.0\.1:(\d+)", urls), str(stack.port), str(stack.flower_port)])
        )
        environment = {name: value for name, value in stack.environment.items() if name != "PYTHONPATH"}
        played = subprocess.run(
            [sys.executable, "-B", "-m", "demo", "--plain"], cwd=devstack.ROOT, env=environment, check=False
        )
        for page in ("/", "/tasks", "/broker"):
            urllib.request.urlopen(stack.flower + page, timeout=30).close()
        # A library that reports by and by has a moment to do so.
        time.sleep(5)
        alive = [child for child in stack.process.children() if child.status() != psutil.STATUS_ZOMBIE]
        return played.returncode or (0 if len(alive) >= 6 else 1)
    finally:
        stack.terminate()


if __name__ == "__main__":
    sys.exit(main())
