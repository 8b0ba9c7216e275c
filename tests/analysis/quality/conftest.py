"""Models that are trained in a second, and one comparison that several tests look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resonaut.analysis.quality.comparison import compare_densities
from resonaut.analysis.quality.result import QualityResult
from resonaut.events.events import Events


@pytest.fixture(scope="session")
def small_models() -> dict[str, Any]:
    """Two rows, one of them under another name than its density's."""
    trainer = {"epochs": 2, "batch_size": 512}
    return {
        "tiny-spline": {"name": "nsf", "transforms": 2, "hidden": [16], "bins": 4, "trainer": trainer},
        "cvae": {"latent": 2, "hidden": [16], "trainer": trainer},
    }


@pytest.fixture(scope="session")
def few_events(signal_events: Events) -> Events:
    return signal_events[:3000]


@pytest.fixture(scope="session")
def compared(
    tmp_path_factory: pytest.TempPathFactory, few_events: Events, small_models: dict[str, Any]
) -> tuple[Path, QualityResult]:
    """A finished run of two seeds, and its result."""
    folder = tmp_path_factory.mktemp("quality") / "run"
    return folder, compare_densities(few_events, models=small_models, seeds=2, seed=4, out=folder)
