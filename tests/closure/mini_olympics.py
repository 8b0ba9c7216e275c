"""A miniature LHC Olympics whose best possible classifier is known in closed form.

Masses fall exponentially; the background's features are Gaussian around a mean that drifts with mass; the signal is a
narrow peak in mass with features of its own. The likelihood ratio of signal to background is then two Gaussians' ratio.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import multivariate_normal, norm, truncexpon

from resonaut.events.events import Events

LOW, HIGH, SLOPE = 2300.0, 5000.0, 550.0
SIGNAL_MEAN, SIGNAL_WIDTH = np.array([1.5, -1.0, 1.0]), 0.5


@dataclass(frozen=True)
class MiniOlympics:
    """Events and their truth."""

    n_background: int
    n_signal: int

    def events(self, seed: int, first_id: int = 0) -> Events:
        """Draw events, shuffled, with labels."""
        rng = np.random.default_rng(seed)
        background_mass = truncexpon.rvs((HIGH - LOW) / SLOPE, LOW, SLOPE, size=self.n_background, random_state=rng)
        signal_mass = norm.rvs(3500, 60, size=self.n_signal, random_state=rng)
        background = self.drift(background_mass) + rng.standard_normal((self.n_background, 3))
        signal = SIGNAL_MEAN + SIGNAL_WIDTH * rng.standard_normal((self.n_signal, 3))
        order = rng.permutation(self.n_background + self.n_signal)
        return Events(
            mass=np.concatenate([background_mass, signal_mass])[order],
            features=np.concatenate([background, signal])[order],
            names=("a", "b", "c"),
            labels=np.repeat([0, 1], [self.n_background, self.n_signal])[order],
            ids=first_id + np.arange(len(order)),
        )

    @staticmethod
    def drift(mass: np.ndarray) -> np.ndarray:
        """The background features' mean at a mass."""
        return np.outer((mass - 3500) / 1000, [0.3, 0.0, -0.2])

    @classmethod
    def log_ratio(cls, events: Events) -> np.ndarray:
        """The best test statistic: log p_signal(x) / p_background(x | m)."""
        signal = multivariate_normal.logpdf(events.features, SIGNAL_MEAN, SIGNAL_WIDTH**2)
        background = multivariate_normal.logpdf(events.features - cls.drift(events.mass), np.zeros(3))
        return np.asarray(signal - background)
