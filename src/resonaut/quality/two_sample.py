"""Can a generated sample be told from a real one?

The classifier two-sample test (Lopez-Paz and Oquab, ICLR 2017, arXiv:1610.06545): train a classifier to tell the
samples apart and read its AUC on events it has not seen. 0.5 means that it cannot. How far from 0.5 chance alone goes
is said by the error, and by the same test of real against real events, the floor.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float
from scipy.stats import ks_2samp

from resonaut.errors import EventsError
from resonaut.events.dijet_clouds import DijetClouds, join
from resonaut.protocols import Classifier, CloudClassifier, Seed

if TYPE_CHECKING:
    from sklearn.ensemble import HistGradientBoostingClassifier

__all__ = ["FeatureTest", "TwoSampleResult", "c2st", "c2st_floor", "feature_closure"]

Array = np.ndarray
Sample = Float[Array, "_ F"] | DijetClouds


@dataclass(frozen=True, kw_only=True)
class TwoSampleResult:
    """What the classifier could tell.

    Args:
        auc: Its AUC on unseen events.
        error: Standard deviation of that AUC where there is no difference (Mann-Whitney).
        n: Unseen events it was read on, both samples together.
    """

    auc: float
    error: float
    n: int


@dataclass(frozen=True, kw_only=True)
class FeatureTest:
    """Kolmogorov-Smirnov distance between two samples of one feature, and its p-value."""

    ks: float
    p: float


def c2st(
    a: Sample, b: Sample, *, seed: Seed = None, classifier: Classifier | CloudClassifier | None = None
) -> TwoSampleResult:
    """Train on one half of both samples, read the AUC on the other.

    Args:
        a: One sample, a table of features or all particles.
        b: The other; their order does not matter.
        seed: Of the halves and of the training.
        classifier: Any of scikit-learn's kind; boosted trees where None. It is cloned. It takes what the samples are.

    Raises:
        EventsError: a sample is too small to be halved.
    """
    from sklearn.base import clone
    from sklearn.metrics import roc_auc_score

    if min(len(a), len(b)) < 4:
        raise EventsError(
            f"samples of {len(a)} and {len(b)} events are too small to be told apart; give 4 or more each"
        )
    rng = np.random.default_rng(seed)
    halves = [[sample[rows] for rows in np.array_split(rng.permutation(len(sample)), 2)] for sample in (a, b)]
    (train, train_label), (unseen, label) = (_label(half_a, half_b) for half_a, half_b in zip(*halves, strict=True))
    model = _trees(balanced=len(a) != len(b)) if classifier is None else clone(classifier)
    model.set_params(random_state=int(rng.integers(2**31)))
    model.fit(train, train_label)
    n_a, n_b = int((label == 0).sum()), int((label == 1).sum())
    return TwoSampleResult(
        auc=float(roc_auc_score(label, model.decision_function(unseen))),
        error=float(np.sqrt((n_a + n_b + 1) / (12 * n_a * n_b))),
        n=n_a + n_b,
    )


def c2st_floor(
    real: Sample, size: int, *, seed: Seed = None, classifier: Classifier | CloudClassifier | None = None
) -> TwoSampleResult:
    """The same test between two disjoint samples of `size` real events, or of half of `real` where there are fewer."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(real))
    size = min(size, len(real) // 2)
    return c2st(real[order[:size]], real[order[size : 2 * size]], seed=rng, classifier=classifier)


def feature_closure(
    real: Float[Array, "N F"], sampled: Float[Array, "M F"], names: Sequence[str]
) -> dict[str, FeatureTest]:
    """Compare the features one by one. The p-values say nothing of what happens between features: `c2st` does."""
    tests = {}
    for name, x, y in zip(names, real.T, sampled.T, strict=True):
        test = ks_2samp(x, y, method="asymp")
        tests[name] = FeatureTest(ks=float(test.statistic), p=float(test.pvalue))
    return tests


def _trees(*, balanced: bool) -> HistGradientBoostingClassifier:
    """Boosted trees that stop by themselves, and treat the samples alike where one is larger."""
    from sklearn.ensemble import HistGradientBoostingClassifier

    # Only there: weights make scikit-learn's binning slower than the trees themselves.
    weights = "balanced" if balanced else None
    return HistGradientBoostingClassifier(max_iter=200, early_stopping=True, class_weight=weights)


def _label(a: Any, b: Any) -> tuple[Any, Array]:
    """Join two samples, 0 for the first and 1 for the second."""
    return join([a, b]), np.repeat([0, 1], [len(a), len(b)])
