"""The average of several trainings of one classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.multiclass import type_of_target
from sklearn.utils.validation import check_is_fitted

from resonaut.models.classifier.trees import BoostedTrees
from resonaut.registry import AnyClassifier, register

__all__ = ["Ensemble"]

Array = np.ndarray


@register("classifier", "ensemble")
@dataclass(kw_only=True, eq=False, repr=False)
class Ensemble(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
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
        if type_of_target(y) == "multiclass":
            raise ValueError(
                f"Only binary classification is supported. The type of the target is multiclass ({len(np.unique(y))} "
                "classes); give two classes"
            )
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

    def predict_proba(self, X: Float[Array, "N F"]) -> Float[Array, "N 2"]:
        """Probability of each class, from the averaged log-odds."""
        p = expit(self.decision_function(X))
        return np.stack([1 - p, p], axis=1)

    def predict(self, X: Float[Array, "N F"]) -> Shaped[Array, " N"]:
        """The likelier class."""
        second = self.decision_function(X) > 0
        return np.asarray(self.classes_[second.astype(int)])

    def _model(self) -> Any:
        return BoostedTrees() if self.model is None else self.model

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn's checks want to know: two classes, and input as the members take it."""
        tags = super().__sklearn_tags__()
        tags.input_tags = get_tags(self._model()).input_tags
        tags.classifier_tags.multi_class = False
        return tags
