"""The table of faults: what was done to the service, and what became of its jobs."""

from __future__ import annotations

from dataclasses import dataclass, field

from candidates import Verdict


@dataclass
class Ledger:
    entries: list[tuple[str, int, int, Verdict]] = field(default_factory=list)

    def enter(self, fault: str, times: int, jobs: int, verdict: Verdict) -> None:
        """`jobs` are those in flight around this fault; the verdict is on all jobs of the stack so far."""
        self.entries.append((fault, times, jobs, verdict))

    def as_markdown(self) -> str:
        lines = [
            "| fault | times injected | jobs | lost | doubled | time to recover |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        lines += [
            f"| {fault} | {times} | {jobs} | {verdict.lost} | {verdict.doubled} | {verdict.recovery_seconds:.1f} s |"
            for fault, times, jobs, verdict in self.entries
        ]
        times, jobs = (sum(entry[column] for entry in self.entries) for column in (1, 2))
        lost = sum(verdict.lost for *_, verdict in self.entries)
        doubled = sum(verdict.doubled for *_, verdict in self.entries)
        lines.append(f"| **all** | **{times}** | **{jobs}** | **{lost}** | **{doubled}** | |")
        return "\n".join(lines) + "\n"
