"""Features made harder on purpose: shifted with the mass, or joined by noise.

Two questions that are asked of every method. A *shift* adds a fraction of the dijet mass to both jet-mass features, so
that they depend on it: a method which takes the sidebands for the signal region's background then mistakes the mass for
a signal, one that interpolates does not. *Noise* adds columns of standard Gaussians that say nothing, as most of many
features do.

References:
    Hallin et al. (the shift by 0.1 mjj), PRD 106 (2022) 055006, arXiv:2109.00546, section V
    Finke et al. (noise features), PRD 109 (2024) 034033, arXiv:2309.13111
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from resonaut.errors import ConfigError
from resonaut.events.events import Events
from resonaut.protocols import Seed

__all__ = ["SHIFTED", "distort"]

SHIFTED = ("mj1", "delta_mj")
"""What a shift is added to: features in GeV that scale with the mass."""


def distort(events: Events, *, shift: float = 0.0, noise_features: int = 0, seed: Seed = None) -> Events:
    """The same events with distorted features.

    Args:
        events: Any.
        shift: Fraction of the resonant mass that is added to each of `SHIFTED`.
        noise_features: Columns of standard Gaussian noise that are added.
        seed: For the noise.

    Raises:
        ConfigError: a shift where there is none of `SHIFTED`.
    """
    rng = np.random.default_rng(seed)
    shifted = np.isin(events.names, SHIFTED)
    if shift and not shifted.any():
        raise ConfigError(
            f"shift is {shift:g} but none of {', '.join(SHIFTED)} is among the features ({', '.join(events.names)}); "
            "add one, or leave the shift out"
        )
    noise = rng.standard_normal((len(events), noise_features))
    return replace(
        events,
        features=np.concatenate([events.features + shift * np.outer(events.mass, shifted), noise], axis=1),
        names=(*events.names, *(f"noise_{i + 1}" for i in range(noise_features))),
    )
