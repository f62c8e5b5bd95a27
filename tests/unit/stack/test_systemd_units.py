"""The example units run what the Procfile runs, in the way that the documents promise."""

from __future__ import annotations

import configparser
import re
import shlex
from pathlib import Path

import pytest
from honcho.environ import parse_procfile

import devstack

UNITS = devstack.ROOT / "docs" / "systemd"
BIN = "/opt/interview-simulator/.venv/bin/"
PROCFILE = parse_procfile((devstack.ROOT / "Procfile").read_text()).processes


class Repeated(dict[str, str]):
    """Keys that are given more than once keep all of their values, a line each."""

    def __setitem__(self, key: str, value: str | list[str]) -> None:
        if isinstance(value, list) and key in self and isinstance(self[key], list):
            self[key].extend(value)
        else:
            super().__setitem__(key, value)


def service(path: Path) -> configparser.SectionProxy:
    unit = configparser.ConfigParser(
        strict=False, interpolation=None, dict_type=Repeated, empty_lines_in_values=False
    )
    unit.optionxform = str
    unit.read_string(path.read_text())
    return unit["Service"]


def command_of(unit: configparser.SectionProxy) -> list[str]:
    """The commands of a unit as the Procfile writes them: variables first, programs by name."""
    variables = [
        word
        for word in shlex.split(unit["Environment"].replace("\n", " "))
        if word.partition("=")[0] not in {"PATH", "PYTHONUNBUFFERED", "DATA_DIR", *devstack.QUIET_LIBRARIES}
    ]
    return [" ".join([*variables, line.removeprefix(BIN)]) for line in unit["ExecStart"].splitlines()]


@pytest.mark.parametrize("name", PROCFILE)
def test_a_unit_runs_the_command_of_the_procfile(name):
    unit = service(UNITS / f"interview-{name}.service")
    assert " && ".join(command_of(unit)) == PROCFILE[name]
    assert all(line.startswith(BIN) for line in unit["ExecStart"].splitlines())


@pytest.mark.parametrize("name", PROCFILE)
def test_a_unit_keeps_libraries_quiet_and_writes_where_it_may(name):
    unit = service(UNITS / f"interview-{name}.service")
    given = dict(word.split("=", 1) for word in shlex.split(unit["Environment"].replace("\n", " ")))
    assert devstack.QUIET_LIBRARIES.items() <= given.items()
    assert given["DATA_DIR"] == f"/var/lib/{unit['StateDirectory']}"
    assert (unit["ProtectSystem"], unit["PrivateTmp"]) == ("strict", "yes")


@pytest.mark.parametrize("name", [name for name in PROCFILE if name != "release"])
def test_a_unit_restarts_what_dies_and_gives_it_the_documented_time_to_stop(name):
    unit = service(UNITS / f"interview-{name}.service")
    assert unit["Restart"] == "always"
    page = (devstack.ROOT / "docs" / "operations.md").read_text()
    documented = re.search(r"Give processes (\d+) s before SIGKILL", page)
    assert documented
    assert unit["TimeoutStopSec"] == documented[1]
    assert f"interview-{name}.service" in (UNITS / "interview.target").read_text()
