"""Gradient-boosted decision trees: the default classifier for tables of features.

On features of which many say nothing, trees keep their power where dense networks lose it (Finke et al.), and they
train in a fraction of a second: nothing is saved of them but their scores.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.utils.validation import check_is_fitted

from resonaut.registry import register

__all__ = ["BoostedTrees"]

Array = np.ndarray


@register("classifier", "trees")
@dataclass(kw_only=True, eq=False, repr=False)
class BoostedTrees(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Histogram gradient boosting, stopped early on half of the training events.

    The log-odds are those of the weighted training sample: with equal summed weights of the two classes they estimate
    log p_1/p_0, otherwise that plus the logarithm of the weights' ratio.

    Args:
        max_iter: At most so many trees; early stopping usually keeps 30 to 60.
        max_leaf_nodes: Leaves of a tree.
        learning_rate: Shrinkage of each tree's step.
        min_samples_leaf: Events a leaf must hold.
        l2_regularization: Penalty on the leaves' values.
        validation_fraction: Events held out to stop early; the random half makes members of an ensemble differ.
        n_iter_no_change: Trees without improvement before it stops.
        random_state: Seed of the split.

    References:
        Finke et al., PRD 109 (2024) 034033, arXiv:2309.13111
    """

    max_iter: int = 200
    max_leaf_nodes: int = 31
    learning_rate: float = 0.1
    min_samples_leaf: int = 20
    l2_regularization: float = 0.0
    validation_fraction: float = 0.5
    n_iter_no_change: int = 10
    random_state: int | None = None

    def fit(self, X: Float[Array, "N F"], y: Shaped[Array, " N"], sample_weight: Any = None) -> BoostedTrees:
        """Learn to tell y = 1 from y = 0."""
        self.trees_ = HistGradientBoostingClassifier(early_stopping=True, **self.get_params(deep=False))
        self.trees_.fit(X, y, sample_weight)
        self.classes_ = self.trees_.classes_
        self.n_features_in_ = self.trees_.n_features_in_
        self.n_iter_ = self.trees_.n_iter_
        return self

    def decision_function(self, X: Float[Array, "N F"]) -> Float[Array, " N"]:
        """Log-odds of class 1."""
        check_is_fitted(self)
        return np.asarray(self.trees_.decision_function(X))

    def predict_proba(self, X: Float[Array, "N F"]) -> Float[Array, "N K"]:
        """Probability of each class."""
        check_is_fitted(self)
        return np.asarray(self.trees_.predict_proba(X))

    def predict(self, X: Float[Array, "N F"]) -> Shaped[Array, " N"]:
        """The likelier class."""
        check_is_fitted(self)
        return np.asarray(self.trees_.predict(X))

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn's checks want to know: a missing value (NaN) is a branch of its own."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags
