"""Principal components of unit variance: the one scaling that looks at all columns together.

N-subjettinesses of neighbouring orders are all but the same number, and what tells events apart is in their small
differences. After `Whiten` those differences are columns of their own, as wide as any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from jaxtyping import Float

from resonaut.features.scaling import Learnt, Standardise, finite_table
from resonaut.registry import register

__all__ = ["Whiten"]

Array = np.ndarray
_LEAST = 1e-12
"""Variances below this fraction of the largest are rounding: such a direction keeps its scale."""


@register("scaling", "whiten")
@dataclass(kw_only=True)
class Whiten(Learnt):
    """Rotate to the principal components, each with mean 0 and standard deviation 1.

    After `Quantile`, say, because outliers and long tails turn the axes towards themselves.
    """

    learns: ClassVar[tuple[str, ...]] = ("mean_", "forward_", "backward_")

    def fit(self, x: Float[Array, "N F"]) -> Whiten:
        """Learn the mean and the principal components of the standardised columns."""
        x = finite_table(x)
        columns = Standardise().fit(x)
        self.mean_ = columns.mean_
        z = columns.transform(x)
        variance, rotation = np.linalg.eigh(z.T @ z / len(z))
        width = np.sqrt(np.where(variance > _LEAST * variance.max(), variance, 1.0))
        self.forward_ = rotation / columns.std_[:, None] / width
        self.backward_ = (rotation * width).T * columns.std_
        return self

    def transform(self, x: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Map x to z."""
        return (x - self.mean_) @ self.forward_

    def inverse(self, z: Float[Array, "N F"]) -> Float[Array, "N F"]:
        """Map z back to x."""
        return z @ self.backward_ + self.mean_

    def log_jacobian(self, x: Float[Array, "N F"]) -> Float[Array, " N"]:
        """Logarithm of |det dz/dx|."""
        return np.full(len(x), np.linalg.slogdet(self.forward_)[1])
