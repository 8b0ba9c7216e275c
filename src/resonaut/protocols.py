"""The four verbs everything stands on: fit, sample, log_prob, score.

A method of the field is an object with some of these verbs, and which ones it has is its type: a model without a
likelihood has no `log_prob`, so that a method which needs one refuses it when the configuration is read, not after an
hour of training. Classifiers are scikit-learn's in every respect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self, runtime_checkable

import numpy as np
from jaxtyping import Float, Int, Shaped

if TYPE_CHECKING:
    from resonaut.events.dijet_clouds import DijetClouds
    from resonaut.events.events import Events, Samples
    from resonaut.events.point_cloud import PointCloud
    from resonaut.searches.regions import Region

__all__ = [
    "Classifier",
    "CloudClassifier",
    "CloudDensity",
    "CrossFitted",
    "Density",
    "GraphOutlierDetector",
    "LatentDensity",
    "MassModel",
    "OutlierDetector",
    "ResidualDensity",
    "Search",
    "Seed",
    "Templated",
    "TractableDensity",
]

Array = np.ndarray
Seed = int | np.random.Generator | None
"""`None` draws from the operating system; a generator is advanced, so that the next draw differs."""


@runtime_checkable
class Density(Protocol):
    """Learns p(x | context) and draws from it."""

    def fit(
        self,
        x: Float[Array, "N F"],
        context: Float[Array, "N C"],
        *,
        weight: Float[Array, " N"] | None = None,
        seed: Seed = None,
    ) -> Self:
        """Learn the density of `x` given `context`."""
        ...

    def sample(self, context: Float[Array, "N C"], *, seed: Seed = None) -> Float[Array, "N F"]:
        """Draw one x for each row of `context`."""
        ...


@runtime_checkable
class TractableDensity(Density, Protocol):
    """A density whose likelihood can be evaluated."""

    def log_prob(self, x: Float[Array, "N F"], context: Float[Array, "N C"]) -> Float[Array, " N"]:
        """Logarithm of p(x | context), in nats."""
        ...


@runtime_checkable
class LatentDensity(Density, Protocol):
    """A density that maps x to a standard Gaussian and back, one to one, at each context."""

    def to_latent(self, x: Float[Array, "N F"], context: Float[Array, "N C"]) -> Float[Array, "N F"]:
        """The Gaussian variables from which x would have been sampled."""
        ...


@runtime_checkable
class ResidualDensity(TractableDensity, Protocol):
    """A density that can be learnt of a part of the events, the rest of which is known."""

    def fit_residual(
        self,
        x: Float[Array, "N F"],
        context: Float[Array, "N C"],
        *,
        log_known: Float[Array, " N"],
        strip: Int[Array, " N"],
        fraction: float | None = None,
        seed: Seed = None,
    ) -> Self:
        """Learn the density of what `x` holds beyond the known, whose log-density (over the strips, too) is given."""
        ...


@runtime_checkable
class CloudDensity(Protocol):
    """Learns p(points | context, how many) of sets of points, and draws such sets."""

    def fit(
        self,
        x: PointCloud,
        context: Float[Array, "N C"],
        *,
        weight: Float[Array, " N"] | None = None,
        seed: Seed = None,
    ) -> Self:
        """Learn the density of the points of each set given the context."""
        ...

    def sample(self, context: Float[Array, "N C"], counts: Int[Array, " N"], *, seed: Seed = None) -> PointCloud:
        """Draw a set of so many points for each row of the context."""
        ...


@runtime_checkable
class MassModel(Protocol):
    """Learns the shape of the mass spectrum in a signal region, and draws from it; it says nothing of how many."""

    def fit(self, mass: Float[Array, " N"], region: Region) -> Self:
        """Learn from masses, GeV, of the region and its sidebands."""
        ...

    def sample(self, n: int, *, seed: Seed = None) -> Float[Array, " n"]:
        """Draw n masses in the signal region, GeV."""
        ...


@runtime_checkable
class Classifier(Protocol):
    """A scikit-learn classifier of two classes; `random_state` is among its parameters."""

    def fit(self, X: Float[Array, "N F"], y: Shaped[Array, " N"], sample_weight: Any = None) -> Self:
        """Learn to tell y = 1 from y = 0."""
        ...

    def decision_function(self, X: Float[Array, "N F"]) -> Float[Array, " N"]:
        """Log-odds of class 1."""
        ...

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Every setting by name, as scikit-learn's `clone` wants it."""
        ...

    def set_params(self, **params: Any) -> Self:
        """Change settings by name."""
        ...


@runtime_checkable
class CloudClassifier(Protocol):
    """The same for events that are described by their particles, and `needs` says so."""

    needs: ClassVar[frozenset[str]]

    def fit(self, X: DijetClouds, y: Shaped[Array, " N"], sample_weight: Any = None) -> Self:
        """Learn to tell y = 1 from y = 0."""
        ...

    def decision_function(self, X: DijetClouds) -> Float[Array, " N"]:
        """Log-odds of class 1."""
        ...

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Every setting by name, as scikit-learn's `clone` wants it."""
        ...

    def set_params(self, **params: Any) -> Self:
        """Change settings by name."""
        ...


@runtime_checkable
class OutlierDetector(Protocol):
    """Learns what ordinary events look like, and says of any how little they do."""

    def fit(self, x: Float[Array, "N F"], *, weight: Float[Array, " N"] | None = None, seed: Seed = None) -> Self:
        """Learn from ordinary events."""
        ...

    def score(self, x: Float[Array, "N F"]) -> Float[Array, " N"]:
        """Larger is stranger."""
        ...


@runtime_checkable
class GraphOutlierDetector(Protocol):
    """The same for jets that are described by their declusterings, which are made from their particles."""

    needs: ClassVar[frozenset[str]]

    def fit(self, x: Any, *, weight: Float[Array, " N"] | None = None, seed: Seed = None) -> Self:
        """Learn from the Lund trees of ordinary jets (`resonaut.features.lund.lund_tree`)."""
        ...

    def score(self, x: Any) -> Float[Array, " N"]:
        """Larger is stranger."""
        ...


@runtime_checkable
class Search(Protocol):
    """A method that ranks events by how little they look like background.

    It has two steps, so that cross-fitting repeats only the second: the first learns what background looks like
    without events of the signal region, the second compares the signal region with it.
    """

    @property
    def needs(self) -> frozenset[str]:
        """What the method asks for by name besides features: truth ("background", "signal"), all "particles" of events.

        A search on recorded data asks for no truth.
        """
        ...

    def fit_background(self, samples: Samples, region: Region, *, seed: Seed = None) -> Self:
        """Learn the background from outside the signal region."""
        ...

    def fit_region(self, samples: Samples, region: Region, *, seed: Seed = None) -> Self:
        """Learn how the signal region differs from that background."""
        ...

    def score(self, events: Events) -> Float[Array, " N"]:
        """Larger is more signal-like."""
        ...

    def background(self, n: int, *, seed: Seed = None) -> Events:
        """Fresh events that stand for background in the signal region; no classifier has seen them.

        There are as many as asked for, or, where they are real events that were held out, as many as there are.
        """
        ...


@runtime_checkable
class Templated(Search, Protocol):
    """A search that can sample background at any mass, so that it can be held against sideband data."""

    def masses(self, n: int, *, seed: Seed = None) -> Float[Array, " N"]:
        """Masses of fresh background events in the signal region, once that has been fitted."""
        ...

    def background_at(self, mass: Float[Array, " N"], *, seed: Seed = None) -> Events:
        """Fresh background events of given masses, inside or outside the region."""
        ...


@runtime_checkable
class CrossFitted(Search, Protocol):
    """A search whose score of an event comes from a fit that did not see that event."""

    folds: int

    def background_model(self, fold: int) -> Templated | None:
        """Samples background of given masses, having seen no sideband event of this fold; None where it cannot.

        This is what the fold's classifiers were trained against.
        """
        ...

    def template_fold(self, fold: int) -> Templated | None:
        """Samples background of given masses, from other sideband events than the fold's classifiers have learnt from.

        Cuts are held against this one: those classifiers have found what is wrong with the other. None where it cannot.
        """
        ...

    def fold_of(self, events: Events) -> Shaped[Array, " N"]:
        """Which fold an event belongs to, by its id."""
        ...

    def score_fold(self, events: Events, fold: int) -> Float[Array, " N"]:
        """Score with the classifiers that did not see this fold's events."""
        ...

    def background_fold(self, n: int, fold: int, *, seed: Seed = None) -> Events:
        """Background events that the classifiers of this fold have not seen, of `template_fold` where that is there."""
        ...
