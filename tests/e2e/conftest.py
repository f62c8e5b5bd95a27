"""A stack that runs, shared by the tests that do not break it and by those that do."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from running_stack import Stack


@pytest.fixture(scope="session")
def make_folder() -> Iterator[Callable[[], Path]]:
    """Fresh folders which PostgreSQL's account may pass through; pytest's own are closed to it at every start."""
    folders: list[Path] = []

    def make() -> Path:
        folders.append(Path(tempfile.mkdtemp(prefix="interview-simulator-e2e-")))
        folders[-1].chmod(0o711)
        return folders[-1]

    yield make
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_stack(make_folder: Callable[[], Path]) -> Iterator[Stack]:
    stack = Stack(make_folder())
    stack.start()
    yield stack
    if stack.runs():
        stack.terminate()


@pytest.fixture
def stack(shared_stack: Stack) -> Stack:
    """A stack that runs, also after a test that broke it."""
    if not shared_stack.runs():
        shared_stack.start()
    return shared_stack
