"""What ensembles have in common: members that differ by their random state, whose log-odds are averaged."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
from jaxtyping import Float, Shaped
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from resonaut.models.classifier.log_odds import LogOddsClassifier

__all__ = ["AveragedClassifier"]

Array = np.ndarray


class AveragedClassifier(LogOddsClassifier):
    """Several trainings of one classifier, of whatever it takes."""

    members: int
    random_state: int | None

    @abstractmethod
    def _model(self) -> Any:
        """The classifier to repeat."""

    def fit(self, X: Any, y: Shaped[Array, " N"], sample_weight: Any = None) -> Self:
        """Train every member on the same events."""
        model = self._model()
        rng = np.random.default_rng(self.random_state)
        self.models_ = [
            clone(model).set_params(random_state=int(seed)).fit(X, y, sample_weight)
            for seed in rng.integers(2**31, size=self.members)
        ]
        self.classes_ = self.models_[0].classes_
        return self

    def decision_function(self, X: Any) -> Float[Array, " N"]:
        """Log-odds of class 1, averaged over the members."""
        check_is_fitted(self)
        return np.mean([model.decision_function(X) for model in self.models_], axis=0)
