"""Statistical errors of the figures of merit: the test events drawn again, with replacement.

Signal and background are drawn separately, as the numbers of both are what the test set was made of. The error is that
of one trained score on so many test events; how trainings differ from each other is another error (`statistics.bands`).
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Shaped

from resonaut.protocols import Seed
from resonaut.statistics.curves import FIGURES, Curves
from resonaut.statistics.floor import Floor

__all__ = ["bootstrap_errors"]

Array = np.ndarray


def bootstrap_errors(
    labels: Shaped[Array, " N"],
    scores: Float[Array, " N"],
    *,
    n: int = 50,
    floor: Floor | None = None,
    seed: Seed = None,
) -> dict[str, float | None]:
    """Standard deviation of each figure of merit over `n` drawings; None where fewer than two of them have it."""
    rng = np.random.default_rng(seed)
    classes = [np.flatnonzero(labels == label) for label in (0, 1)]
    drawn = []
    for _ in range(n):
        rows = np.concatenate([rng.choice(members, len(members)) for members in classes])
        drawn.append(Curves.from_scores(labels[rows], scores[rows], floor=floor).figures())
    known = {name: [value for one in drawn if (value := one[name]) is not None] for name in FIGURES}
    return {name: float(np.std(values, ddof=1)) if len(values) > 1 else None for name, values in known.items()}
