"""What several tests share: where the real LHC Olympics events are, and small samples with a known answer."""

from __future__ import annotations

import os

# Before anything loads OpenMP: two workers of two threads each wait for one another more than they compute.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest
from hypothesis import settings

from closure.mini_olympics import MiniOlympics
from resonaut.events.events import Events

# A busy machine is no reason to fail: what a test takes is no property of the code.
settings.register_profile("resonaut", deadline=None)
settings.load_profile("resonaut")


@pytest.fixture(scope="session")
def validation_data() -> Path:
    """The folder of real LHC Olympics events; without it the test is skipped, on CI it fails."""
    default = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("RESONAUT_VALIDATION_DATA", default))
    if not folder.is_dir():
        reason = f"no real LHC Olympics events at {folder}; set RESONAUT_VALIDATION_DATA to their folder"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


@pytest.fixture(scope="session")
def signal_events() -> Events:
    """A miniature LHC Olympics with a signal that no hunt can miss."""
    return MiniOlympics(15_000, 400).events(seed=1)


@pytest.fixture(scope="session")
def background_events() -> Events:
    """The same without a signal."""
    return MiniOlympics(15_000, 0).events(seed=2)
