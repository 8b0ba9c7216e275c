"""Jets taken apart into exclusive kT subjets, and subjets as rows of numbers that a density can learn.

Subjets are collinear to one another: the k-th lies near a harder one, its parent, and the angle between them has no
scale. In logarithms of these angles, whichever parent it is, what is crowded in a jet is spread out. A row of K
subjets, hardest first, has 6 K - 6 numbers, chosen such that every row of numbers is a jet of them, and one of so many
particles:

    K - 1  shares of pT: of the k-th in what the harder ones leave
    K - 1  distances of the others from their parents, logarithms
    K - 1  azimuths about their parents, from the direction of the parent's own parent; of the second from that of
           pseudorapidity. Who has the hardest as parent counts from the second
    K - 2  which harder one is the parent of the third and the further ones, as share of them
    K      openings, mass over pT, logarithms
    K - 1  shares of the particles: of the k-th in what the harder ones leave, when each has one

References:
    Catani et al. (exclusive kT), NPB 406 (1993) 187
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Complex, Float, Int

from resonaut.events.point_cloud import PointCloud
from resonaut.features.azimuth import wrapped
from resonaut.features.cloud_frame import Jets, four_momenta

__all__ = ["Place", "from_rows", "into_rows", "subjets_of"]

Array = np.ndarray

_LEAST = 1e-6
"""Distance between two subjets: they may be parallel."""


def subjets_of(particles: PointCloud, n: int) -> tuple[PointCloud, Int[Array, " N"]]:
    """The particles (pT, eta, phi) of n exclusive kT subjets of each jet, hardest first, one set a subjet.

    Returns:
        The sets, jet by jet, and how many each jet has: n, or one a particle where there are fewer.
    """
    from resonaut.features.kernels.subjets import exclusive_subjets

    momenta = four_momenta(particles)
    counts = np.minimum(particles.counts, n)
    first = np.cumsum(counts) - counts
    found = exclusive_subjets(momenta, particles.offsets, n) + first[particles.owner]
    px, py = (np.bincount(found, weights=component, minlength=counts.sum()) for component in momenta.T[:2])
    owner = np.repeat(np.arange(len(counts)), counts)
    hardest_first = np.lexsort((-np.hypot(px, py), owner))
    place = np.empty_like(hardest_first)
    place[hardest_first] = np.arange(len(place))
    subjet = place[found]
    order = np.argsort(subjet, kind="stable")
    sets = PointCloud.of_counts(particles.points[order], np.bincount(subjet, minlength=len(place)))
    return sets, counts


def into_rows(subjets: Jets, n: int, rng: np.random.Generator) -> Float[Array, "N 6n-6"]:
    """Rows of numbers of n subjets each, hardest first; whole numbers are spread evenly over their interval.

    Args:
        subjets: n after n, of one jet after the other.
        n: Subjets of a jet.
        rng: For the spread, and for the masses of single particles, which have none.
    """
    pt, eta, phi, count = (getattr(subjets, name).reshape(-1, n) for name in ("pt", "eta", "phi", "n"))
    left = np.cumsum(pt[:, ::-1], axis=1)[:, ::-1]
    free = np.cumsum((count - 1)[:, ::-1], axis=1)[:, ::-1]
    # Of `free` particles a subjet has any number from none to all.
    share_of_count = (count - 1 + rng.random(count.shape)) / (free + 1)
    log_opening = np.log(subjets.opening).reshape(-1, n)
    single = count == 1
    log_opening[single] = rng.choice(log_opening[~single], single.sum()) if not single.all() else 0.0

    place = (eta - eta[:, :1]) + 1j * wrapped(phi - phi[:, :1])
    log_distance, azimuth, parent = np.empty((3, len(pt), n - 1))
    reference = np.ones_like(place)
    for k in range(1, n):
        nearest = np.abs(place[:, :k] - place[:, k : k + 1]).argmin(axis=1)
        away = place[:, k] - _of(place, nearest)
        log_distance[:, k - 1] = np.log(np.maximum(np.abs(away), _LEAST))
        azimuth[:, k - 1] = np.angle(away / _of(reference, nearest))
        parent[:, k - 1] = (nearest + rng.random(len(pt))) / k
        _point_back(reference, k, away)
    return np.concatenate(
        [(pt / left)[:, :-1], log_distance, azimuth, parent[:, 1:], log_opening, share_of_count[:, :-1]], axis=1
    )


def from_rows(rows: Float[Array, "N 6n-6"], counts: Int[Array, " N"]) -> Jets:
    """The subjets of jets of so many particles, n or more: pT over the sum of all, axes about their centre."""
    n = rows.shape[1] // 6 + 1
    parts = np.split(rows, np.cumsum([n - 1, n - 1, n - 1, n - 2, n]), axis=1)
    shares, log_distance, azimuth, parent, log_opening, of_counts = parts
    last = np.ones((len(rows), 1))
    shares = np.concatenate([np.clip(shares, 1e-6, 1 - 1e-6), last], axis=1)
    pt = shares * np.cumprod(np.concatenate([last, 1 - shares[:, :-1]], axis=1), axis=1)

    place = np.zeros(pt.shape, dtype=complex)
    reference = np.ones_like(place)
    for k in range(1, n):
        chosen = np.zeros(len(rows)) if k == 1 else np.clip(np.floor(parent[:, k - 2] * k), 0, k - 1)
        nearest = chosen.astype(np.int64)
        away = np.exp(log_distance[:, k - 1] + 1j * azimuth[:, k - 1]) * _of(reference, nearest)
        place[:, k] = _of(place, nearest) + away
        _point_back(reference, k, away)
    place -= (pt * place).sum(axis=1, keepdims=True)

    count = np.empty(pt.shape, dtype=np.int64)
    free = counts - n
    for k in range(n - 1):
        count[:, k] = 1 + np.clip(np.floor(of_counts[:, k] * (free + 1)), 0, free).astype(np.int64)
        free = free - (count[:, k] - 1)
    count[:, -1] = 1 + free
    mass = np.where(count > 1, np.exp(log_opening), 0.0) * pt
    columns = {"pt": pt, "eta": place.real, "phi": place.imag, "mass": mass, "n": count}
    return Jets(**{name: values.ravel() for name, values in columns.items()})


@dataclass(frozen=True, eq=False)
class Place:
    """Where subjets lie in their jets, as complex numbers, eta and i times phi.

    Args:
        position: From the jet's axis.
        nearest: To the nearest other subjet of the jet.
    """

    position: Complex[Array, " M"]
    nearest: Complex[Array, " M"]

    @classmethod
    def of(cls, subjets: Jets, n: int) -> Place:
        """Of n subjets of each jet, one jet after the other."""
        position = (subjets.eta + 1j * subjets.phi).reshape(-1, n)
        away = position[:, None, :] - position[:, :, None]
        distance = np.abs(away) + np.where(np.eye(n, dtype=bool), np.inf, 0.0)
        nearest = np.take_along_axis(away, distance.argmin(axis=2)[:, :, None], axis=2)
        return cls(position.ravel(), nearest.ravel())

    def __getitem__(self, rows: Array) -> Place:
        """Of some of the subjets."""
        return Place(self.position[rows], self.nearest[rows])

    def turn(self, relative: PointCloud, *, back: bool = False) -> PointCloud:
        """Particles relative to their subjets, turned such that the jet's axis lies behind them; or back again."""
        log_pt, eta, phi = relative.points.T
        outwards = _direction(self.position)[relative.owner]
        turned = (eta + 1j * phi) * (outwards if back else outwards.conj())
        return PointCloud(np.stack([log_pt, turned.real, turned.imag], axis=1), relative.offsets)

    def columns(self) -> Float[Array, "M 4"]:
        """Both distances, logarithms, and the direction of the nearest subjet, in the turned frame."""
        distances = (np.log(np.maximum(np.abs(to), _LEAST)) for to in (self.position, self.nearest))
        towards = _direction(self.nearest) * _direction(self.position).conj()
        return np.column_stack([*distances, towards.real, towards.imag])


def _direction(away: Complex[Array, "*B"]) -> Complex[Array, "*B"]:
    """Of length 1; of nothing, that of pseudorapidity."""
    distance = np.abs(away)
    return np.divide(away, distance, out=np.ones_like(away), where=distance > 0)


def _of(values: Array, which: Int[Array, " N"]) -> Array:
    """One value of each row."""
    return values[np.arange(len(values)), which]


def _point_back(reference: Array, k: int, away: Array) -> None:
    """The direction from which azimuths about the k-th are counted: to its parent; about the hardest, to the second."""
    direction = _direction(away)
    reference[:, k] = -direction
    if k == 1:
        reference[:, 0] = direction
