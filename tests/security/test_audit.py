"""ASVS 15: what we depend on is asked about, in bounded time, and never a reason to hang."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import pytest

from tools import audit

ROOT = Path(__file__).resolve().parents[2]


def test_an_audit_whose_source_is_away_says_so_and_passes(monkeypatch, capsys, closed):
    monkeypatch.setattr(audit, "SOURCE", ("127.0.0.1", closed))
    monkeypatch.delenv("AUDIT", raising=False)
    assert audit.main() == 0
    assert "skipped" in capsys.readouterr().out


def test_an_audit_that_must_not_be_skipped_fails_when_its_source_is_away(monkeypatch, closed):
    monkeypatch.setattr(audit, "SOURCE", ("127.0.0.1", closed))
    monkeypatch.setenv("AUDIT", "required")
    assert audit.main() == 1


@pytest.mark.parametrize(("versions", "said"), [(["2.0.1"], "2.0.1"), ([], "no version yet")])
def test_a_known_vulnerability_is_told_with_what_mends_it(versions, said):
    report = {
        "dependencies": [
            {"name": "sound", "version": "1.0", "vulns": []},
            {"name": "skipped", "skip_reason": "not found"},
            {"name": "holed", "version": "2.0", "vulns": [{"id": "PYSEC-1", "fix_versions": versions}]},
        ]
    }
    assert audit.vulnerabilities(report) == [f"holed 2.0: PYSEC-1 (fixed in {said})"]


def test_make_check_audits(tmp_path):
    assert re.search(r"^check:.*\n(\t.*\n)*\t.*tools\.audit", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize("name", [*audit.LOCKS, "requirements-dev.txt"])
def test_every_locked_requirement_has_a_version_and_a_hash(name):
    locked = re.sub(r"\\\n", " ", (ROOT / name).read_text())
    lines = [line for line in locked.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert lines
    for line in lines:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+ ", line), line[:80]
        assert "--hash=sha256:" in line, line[:80]


@pytest.fixture
def closed():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
