"""What follows from log-odds alone: probabilities and predictions of a classifier of two classes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import type_of_target

__all__ = ["LogOddsClassifier", "refuse_multiclass"]

Array = np.ndarray


class LogOddsClassifier(ClassifierMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """A classifier of two classes that has a `decision_function`, and `classes_` once it is fitted."""

    classes_: Array

    @abstractmethod
    def decision_function(self, X: Any) -> Float[Array, " N"]:
        """Log-odds of class 1."""

    def predict_proba(self, X: Any) -> Float[Array, "N 2"]:
        """Probability of each class, from the log-odds."""
        p = expit(self.decision_function(X))
        return np.stack([1 - p, p], axis=1)

    def predict(self, X: Any) -> Shaped[Array, " N"]:
        """The likelier class."""
        second = self.decision_function(X) > 0
        return np.asarray(self.classes_[second.astype(int)])

    def __sklearn_tags__(self) -> Any:
        """What scikit-learn's checks want to know: two classes only."""
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        return tags


def refuse_multiclass(y: Shaped[Array, " N"]) -> None:
    """Refuse labels of more than two classes, in scikit-learn's words."""
    if type_of_target(y) == "multiclass":
        raise ValueError(
            f"Only binary classification is supported. The type of the target is multiclass ({len(np.unique(y))} "
            "classes); give two classes"
        )
