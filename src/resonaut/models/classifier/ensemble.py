"""The average of several trainings of one classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from sklearn.base import clone
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted

from resonaut.models.classifier.log_odds import LogOddsClassifier, refuse_multiclass
from resonaut.models.classifier.trees import BoostedTrees
from resonaut.registry import AnyClassifier, register

__all__ = ["Ensemble"]

Array = np.ndarray


@register("classifier", "ensemble")
@dataclass(kw_only=True, eq=False, repr=False)
class Ensemble(LogOddsClassifier):
    """Average the log-odds of members that differ by their random state.

    What the members have in common is in the data; what they do not share, the noise of one training, averages out.

    Args:
        model: The classifier to repeat; None is `BoostedTrees`.
        members: How many.
        random_state: Seed from which the members' seeds are drawn.

    References:
        Finke et al., PRD 109 (2024) 034033, arXiv:2309.13111 (50 members)
    """

    model: AnyClassifier | None = None
    members: int = 10
    random_state: int | None = None

    def fit(self, X: Float[Array, "N F"], y: Shaped[Array, " N"], sample_weight: Any = None) -> Ensemble:
        """Train every member on the same events."""
        refuse_multiclass(y)
        model = self._model()
        rng = np.random.default_rng(self.random_state)
        self.models_ = [
            clone(model).set_params(random_state=int(seed)).fit(X, y, sample_weight)
            for seed in rng.integers(2**31, size=self.members)
        ]
        self.classes_ = self.models_[0].classes_
        self.n_features_in_ = self.models_[0].n_features_in_
        return self

    def decision_function(self, X: Float[Array, "N F"]) -> Float[Array, " N"]:
        """Log-odds of class 1, averaged over the members."""
        check_is_fitted(self)
        return np.mean([model.decision_function(X) for model in self.models_], axis=0)

    def _model(self) -> Any:
        return BoostedTrees() if self.model is None else self.model

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn's checks want to know: input as the members take it."""
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self._model()).input_tags
        return tags
