"""A likelihood ratio learnt by a classifier: the common core of every search that tells two samples apart.

A classifier that separates events of p_1 from events of p_0 as well as can be has learnt p_1/p_0 (the likelihood-ratio
trick): its log-odds are log p_1/p_0 plus the logarithm of the ratio of the samples' summed weights.

References:
    Cranmer, Pavez, Louppe, arXiv:1506.02169
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float
from sklearn.base import clone

from resonaut.events.dijet_clouds import DijetClouds, join
from resonaut.protocols import Classifier, CloudClassifier, Seed

__all__ = ["LearntRatio", "learn_ratio"]

Array = np.ndarray


@dataclass(frozen=True)
class LearntRatio:
    """A trained classifier, and the ratio of the sizes that it was trained with."""

    classifier: Any
    log_size_ratio: float

    def log_ratio(self, x: Float[Array, "N F"] | DijetClouds) -> Float[Array, " N"]:
        """Estimate log p_1/p_0 at each row."""
        return np.asarray(self.classifier.decision_function(x)) - self.log_size_ratio


def learn_ratio(
    classifier: Classifier | CloudClassifier,
    above: Float[Array, "N F"] | DijetClouds,
    below: Float[Array, "M F"] | DijetClouds,
    *,
    weight_below: Float[Array, " M"] | None = None,
    seed: Seed = None,
) -> LearntRatio:
    """Train an unfitted copy of the classifier to tell `above` (p_1) from `below` (p_0).

    The samples may differ in size. Weights would take that out of the log-odds as well, but make scikit-learn's binning
    several times slower than the trees themselves: they are used only where the events of one sample differ in theirs.
    """
    x: Any = join([above, below])  # type: ignore[arg-type]  # both of one kind
    y = np.repeat([1, 0], [len(above), len(below)])
    weight = None if weight_below is None else np.concatenate([np.ones(len(above)), weight_below])
    size_below = len(below) if weight_below is None else weight_below.sum()
    fitted = clone(classifier).set_params(random_state=int(np.random.default_rng(seed).integers(2**31)))
    fitted.fit(x, y) if weight is None else fitted.fit(x, y, sample_weight=weight)
    return LearntRatio(fitted, float(np.log(len(above) / size_below)))
