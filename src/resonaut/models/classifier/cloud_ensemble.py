"""The average of several trainings of one classifier of particles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float, Shaped
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from resonaut.events.dijet_clouds import DijetClouds
from resonaut.models.classifier.cloud_transformer import CloudTransformer
from resonaut.models.classifier.log_odds import LogOddsClassifier
from resonaut.registry import AnyCloudClassifier, register

__all__ = ["CloudEnsemble"]


@register("cloud-classifier", "cloud-ensemble")
@dataclass(kw_only=True, eq=False, repr=False)
class CloudEnsemble(LogOddsClassifier):
    """Average the log-odds of members that differ by their random state, as `Ensemble` does with tables.

    Args:
        model: The classifier to repeat; None is `CloudTransformer`.
        members: How many.
        random_state: Seed from which the members' seeds are drawn.
    """

    model: AnyCloudClassifier | None = None
    members: int = 5
    random_state: int | None = None

    needs: ClassVar[frozenset[str]] = frozenset({"particles"})

    def fit(self, X: DijetClouds, y: Shaped[np.ndarray, " N"], sample_weight: Any = None) -> CloudEnsemble:
        """Train every member on the same events."""
        model = CloudTransformer() if self.model is None else self.model
        rng = np.random.default_rng(self.random_state)
        self.models_ = [
            clone(model).set_params(random_state=int(seed)).fit(X, y, sample_weight)
            for seed in rng.integers(2**31, size=self.members)
        ]
        self.classes_ = self.models_[0].classes_
        return self

    def decision_function(self, X: DijetClouds) -> Float[np.ndarray, " N"]:
        """Log-odds of class 1, averaged over the members."""
        check_is_fitted(self)
        return np.mean([model.decision_function(X) for model in self.models_], axis=0)
