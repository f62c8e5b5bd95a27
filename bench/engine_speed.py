"""What local judgement costs: `python -m bench.engine_speed`.

Median CPU time of a warm engine for a 300-word answer against 6 criteria, resident memory, and the same as a ratio to a
reference workload (a fixed matrix product) timed in the same run, which a slower or busier machine slows as well.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from bench.bank import read_bank
from worker.analysis.judge.engine import JudgeEngine

WORDS, CRITERIA, RUNS = 300, 6, 30


def reference_workload() -> float:
    """CPU milliseconds of 20 products of 384 x 1536 float32 matrices, 256 rows each; the median of 15."""
    rng = np.random.default_rng(1)
    left, right = rng.random((256, 384), dtype=np.float32), rng.random((384, 1536), dtype=np.float32)
    times = []
    for _ in range(15):
        start = time.process_time()
        for _ in range(20):
            left @ right
        times.append(1000 * (time.process_time() - start))
    return statistics.median(times)


def resident_mb() -> float:
    """The process's resident memory in MB, where /proc tells it, else 0."""
    try:
        pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    except OSError:
        return 0.0
    return int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20


def main() -> int:
    bank = [spec for spec in read_bank().values() if len(spec.criteria) == CRITERIA]
    bare = resident_mb()
    engine = JudgeEngine()
    start = time.perf_counter()
    engine.load()
    load = time.perf_counter() - start
    times = []
    for at in range(RUNS):
        spec = bank[at % len(bank)]
        parts = f"{spec.model_answer} {bank[(at + 1) % len(bank)].model_answer} {bank[(at + 2) % len(bank)].model_answer}"
        answer = " ".join(parts.split()[:WORDS])
        engine.assess("Warm up the question first, please read it.", spec)
        begin = time.process_time()
        engine.assess(answer, spec)
        times.append(1000 * (time.process_time() - begin))
    median, reference = statistics.median(times), reference_workload()
    lines = [
        f"a {WORDS}-word answer against {CRITERIA} criteria, median CPU  {median:8.0f} ms  (90 % within {sorted(times)[int(0.9 * RUNS)]:.0f} ms)",
        f"reference workload, median CPU                        {reference:8.1f} ms",
        f"ratio to the reference workload                       {median / reference:8.1f}",
        f"loading the engine                                    {load:8.2f} s",
        f"resident memory, before and with the engine           {bare:8.0f} MB {resident_mb():6.0f} MB",
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
