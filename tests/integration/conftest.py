"""Integrators small enough for tests: a second or two of training."""

from __future__ import annotations

from typing import Any

import pytest

from resonaut.integration.integrator import Integrator
from resonaut.models.training import Trainer


def small(**settings: Any) -> Integrator:
    trainer = settings.pop("trainer", Trainer(epochs=2, batch_size=512, learning_rate=8e-3, gradient_clip=1.0))
    defaults = {"rounds": 2, "points": 3000, "grid_points": 2000, "grid_bins": 32, "bins": 8, "hidden": (16, 16)}
    return Integrator(**(defaults | {"trainer": trainer} | settings))


@pytest.fixture
def make_small() -> Any:
    return small
