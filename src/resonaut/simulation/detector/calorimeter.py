"""A segmented calorimeter, and the energy flow that combines it with tracks.

Energy is collected tower by tower and smeared. Where a tower measures significantly more than the tracks pointing to
it, the excess becomes a neutral object; where it does not, the tracks are rescaled to the best average of the two
measurements. This is the algorithm of the `SimpleCalorimeter` module that Delphes' CMS card uses, once for the
electromagnetic and once for the hadronic calorimeter.

References:
    de Favereau et al. (DELPHES 3), JHEP 02 (2014) 057, arXiv:1307.6346, sections 3.2 and 3.3
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

__all__ = ["Calorimeter", "Deposits", "Objects", "TowerGrid", "Tracks", "log_normal"]

_Array = Float[np.ndarray, " N"]


@dataclass(frozen=True)
class Deposits:
    """Energies (GeV) that particles leave at (eta, phi) of the event with that number."""

    event: Int[np.ndarray, " N"]
    eta: _Array
    phi: _Array
    energy: _Array


@dataclass(frozen=True)
class Tracks:
    """Measured charged particles: momentum as (pt, eta, phi), massless, and the point they meet the calorimeter at."""

    event: Int[np.ndarray, " N"]
    pt: _Array
    eta: _Array
    phi: _Array
    resolution: _Array
    eta_impact: _Array
    phi_impact: _Array
    pdg_id: Int[np.ndarray, " N"]

    @property
    def energy(self) -> _Array:
        """GeV; the tracker has no mass hypothesis."""
        return self.pt * np.cosh(self.eta)


@dataclass(frozen=True)
class Objects:
    """Reconstructed neutral objects: massless, by event."""

    event: Int[np.ndarray, " N"]
    pt: _Array
    eta: _Array
    phi: _Array


class TowerGrid:
    """Towers in eta and phi: rings of eta, each cut into a number of equal steps in phi from -pi to pi."""

    def __init__(self, rings: list[tuple[list[float] | np.ndarray, int]]) -> None:
        """`rings` lists (the edges in eta, rising, of a stretch; steps in phi there); stretches join end to end."""
        edges = [float(rings[0][0][0])]
        steps: list[int] = []
        for stretch, n_phi in rings:
            edges.extend(float(edge) for edge in stretch[1:])
            steps.extend([n_phi] * (len(stretch) - 1))
        self.eta_edges = np.array(edges)
        self.n_phi = np.array(steps)
        self.offset = np.concatenate([[0], np.cumsum(self.n_phi)])

    def tower(self, eta: _Array, phi: _Array) -> Int[np.ndarray, " N"]:
        """Number of the tower at (eta, phi), -1 outside the grid."""
        ring = np.searchsorted(self.eta_edges, eta) - 1
        inside = (ring >= 0) & (ring < len(self.n_phi))
        ring = np.where(inside, ring, 0)
        n_phi = self.n_phi[ring]
        step = np.clip(((phi + np.pi) / (2 * np.pi) * n_phi).astype(np.int64), 0, n_phi - 1)
        return np.where(inside, self.offset[ring] + step, -1)

    def edges(self, tower: Int[np.ndarray, " T"]) -> tuple[_Array, _Array, _Array, _Array]:
        """Lower and upper edges of towers in eta, then in phi."""
        ring = np.searchsorted(self.offset, tower, side="right") - 1
        width = 2 * np.pi / self.n_phi[ring]
        low_phi = -np.pi + (tower - self.offset[ring]) * width
        return self.eta_edges[ring], self.eta_edges[ring + 1], low_phi, low_phi + width


@dataclass(frozen=True)
class Calorimeter:
    """One calorimeter of the energy flow.

    Args:
        grid: Its towers.
        fractions: Share of its energy that a particle leaves here, by |PDG id|.
        default_fraction: The same, for all particles not listed.
        resolution: sigma_E(eta, E) in GeV.
        min_energy: Towers, and neutral excesses, below this (GeV) are noise.
        min_significance: The same in units of their sigma.
    """

    grid: TowerGrid
    fractions: dict[int, float]
    default_fraction: float
    resolution: Callable[[_Array, _Array], _Array]
    min_energy: float
    min_significance: float

    def fraction(self, pdg_id: Int[np.ndarray, " N"]) -> _Array:
        """Share of the energy left here."""
        species, inverse = np.unique(np.abs(pdg_id), return_inverse=True)
        return np.array([self.fractions.get(int(code), self.default_fraction) for code in species])[inverse]

    def energy_flow(self, deposits: Deposits, tracks: Tracks, rng: np.random.Generator) -> tuple[Objects, Tracks]:
        """Measure the deposits; return the neutral objects, and the tracks with corrected momenta."""
        share = self.fraction(tracks.pdg_id)
        stops = share > 0  # other tracks (muons, hadrons in the ECAL) pass through untouched
        track_tower = np.where(stops, self.grid.tower(tracks.eta_impact, tracks.phi_impact), -1)
        stops &= track_tower >= 0
        deposit_tower = self.grid.tower(deposits.eta, deposits.phi)
        caught = (deposit_tower >= 0) & (deposits.energy > 0)

        n_towers = self.grid.offset[-1]
        keys = np.concatenate(
            [
                deposits.event[caught] * n_towers + deposit_tower[caught],
                tracks.event[stops] * n_towers + track_tower[stops],
            ]
        )
        active, inverse = np.unique(keys, return_inverse=True)
        event, tower = active // n_towers, active % n_towers
        of_deposit, of_track = inverse[: caught.sum()], inverse[caught.sum() :]
        eta_low, eta_high, phi_low, phi_high = self.grid.edges(tower)
        eta_centre = 0.5 * (eta_low + eta_high)

        deposited = np.bincount(of_deposit, deposits.energy[caught], minlength=len(active))
        energy = log_normal(deposited, self.resolution(eta_centre, deposited), rng)
        sigma = self.resolution(eta_centre, energy)
        energy[(energy < self.min_energy) | (energy < self.min_significance * sigma)] = 0.0

        # The tracks' own energy in each tower, and its uncertainty. A track that is worse than the calorimeter counts
        # with the energy it should leave here only.
        full = tracks.energy[stops]
        expected = full * share[stops]
        better = self.resolution(eta_centre[of_track], full) < tracks.resolution[stops] * full
        uncertainty = tracks.resolution[stops] * np.where(better, expected, full)
        track_energy = np.bincount(of_track, expected, minlength=len(active))
        track_variance = np.bincount(of_track, uncertainty**2, minlength=len(active))

        excess = np.maximum(energy - track_energy, 0.0)
        noise = np.sqrt(track_variance + sigma**2)
        neutral = (excess > self.min_energy) & (excess > self.min_significance * noise)
        eta = rng.uniform(eta_low, eta_high)  # a tower does not know where in it the particle was
        phi = rng.uniform(phi_low, phi_high)
        objects = Objects(event[neutral], (excess / np.cosh(eta))[neutral], eta[neutral], phi[neutral])

        with np.errstate(divide="ignore", invalid="ignore"):
            weight_track, weight_calorimeter = 1 / track_variance, np.where(sigma > 0, 1 / sigma**2, 0.0)
            best = (weight_track * track_energy + weight_calorimeter * energy) / (weight_track + weight_calorimeter)
            rescaling = np.where(neutral | (track_energy <= 0) | (track_variance <= 0), 1.0, best / track_energy)
        pt = tracks.pt.copy()
        pt[stops] *= rescaling[of_track]
        return objects, Tracks(**{**vars(tracks), "pt": pt})


def log_normal(mean: _Array, sigma: _Array, rng: np.random.Generator) -> _Array:
    """Random energies with that mean and standard deviation that cannot become negative; 0 where the mean is 0."""
    positive = mean > 0
    with np.errstate(divide="ignore", invalid="ignore"):
        width = np.sqrt(np.log1p(np.where(positive, sigma / mean, 0.0) ** 2))
        median = np.log(np.where(positive, mean, 1.0)) - 0.5 * width**2
    return np.where(positive, np.exp(median + width * rng.standard_normal(mean.shape)), 0.0)
