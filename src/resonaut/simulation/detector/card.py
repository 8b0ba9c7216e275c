"""The numbers of Delphes 3.4.1's default CMS detector (`cards/delphes_card_CMS.tcl`, tag 3.4.1 of 2017).

The LHC Olympics were made with this card. Later versions of it have a much better tracker: 3.4.1 smears a charged
hadron's pT by 6 to 25 %, today's card by 1 to 2.5 %; the HCAL's threshold is one standard deviation here, two there.
Sources the card quotes: tracker arXiv:1405.6569; ECAL energy arXiv:1502.02701, eta dependence arXiv:1306.2016.
"""

import numpy as np
from jaxtyping import Float, Int

from resonaut.simulation.detector.calorimeter import Calorimeter, TowerGrid
from resonaut.simulation.detector.propagation import Cylinder

__all__ = ["ECAL", "HCAL", "TRACKER", "tracking_efficiency", "tracking_resolution"]

_Array = Float[np.ndarray, " N"]

TRACKER = Cylinder(radius=1.29, half_length=3.0, field=3.8)

# (barrel |eta| <= 1.5, endcap <= 2.5), first for 0.1 < pT <= 1 GeV, then above; nothing beyond 2.5.
_HADRON_EFFICIENCY = (0.70, 0.60), (0.95, 0.85)
_ELECTRON_EFFICIENCY = (0.73, 0.50), (0.95, 0.83)
_ELECTRON_EFFICIENCY_100 = (0.99, 0.90)  # above 100 GeV
_MUON_EFFICIENCY = (0.75, 0.70), (0.99, 0.98)

# sigma(pT)/pT = sqrt(a^2 + (b pT)^2): (a, b) for |eta| <= 0.5, <= 1.5, <= 2.5.
_HADRON_RESOLUTION = (0.06, 1.3e-3), (0.10, 1.7e-3), (0.25, 3.1e-3)
_ELECTRON_RESOLUTION = (0.03, 1.3e-3), (0.05, 1.7e-3), (0.15, 3.1e-3)
_MUON_RESOLUTION = (0.01, 1.0e-4), (0.015, 1.5e-4), (0.025, 3.5e-4)


def tracking_efficiency(pt: _Array, eta: _Array, pdg_id: Int[np.ndarray, " N"]) -> _Array:
    """Probability that a charged particle is found; eta is that of the point where it meets the calorimeter."""
    code, endcap = np.abs(pdg_id), np.abs(eta) > 1.5
    efficiency = np.zeros_like(pt)
    for chosen, (soft, hard) in (
        ((code != 11) & (code != 13), _HADRON_EFFICIENCY),
        (code == 11, _ELECTRON_EFFICIENCY),
        (code == 13, _MUON_EFFICIENCY),
    ):
        by_pt = np.where(pt > 1.0, np.where(endcap, hard[1], hard[0]), np.where(endcap, soft[1], soft[0]))
        efficiency = np.where(chosen, by_pt, efficiency)
    stiff_electron = (code == 11) & (pt > 100.0)
    efficiency = np.where(stiff_electron, np.where(endcap, *_ELECTRON_EFFICIENCY_100[::-1]), efficiency)
    # Muons beyond 1 TeV are lost with rising pT.
    efficiency = np.where((code == 13) & (pt > 1e3), efficiency * np.exp(0.5 - 5e-4 * pt), efficiency)
    return np.where((pt > 0.1) & (np.abs(eta) <= 2.5), efficiency, 0.0)


def tracking_resolution(pt: _Array, eta: _Array, pdg_id: Int[np.ndarray, " N"]) -> _Array:
    """sigma(pT)/pT of a track, at most 1."""
    code, ring = np.abs(pdg_id), np.searchsorted([0.5, 1.5], np.abs(eta))
    constants = np.array([_HADRON_RESOLUTION, _ELECTRON_RESOLUTION, _MUON_RESOLUTION])
    species = np.select([code == 11, code == 13], [1, 2], 0)
    constant, slope = constants[species, ring].T
    return np.minimum(np.hypot(constant, slope * pt), 1.0)


def _ecal_sigma(eta: _Array, energy: _Array) -> _Array:
    barrel_like = np.sqrt((0.008 * energy) ** 2 + 0.11**2 * energy + 0.40**2)
    forward = np.sqrt((0.107 * energy) ** 2 + 2.08**2 * energy)
    x = np.abs(eta)
    shape = np.where(x <= 1.5, 1 + 0.64 * x**2, 2.16 + 5.6 * (x - 2) ** 2)
    return np.where(x <= 2.5, shape * barrel_like, forward)


def _hcal_sigma(eta: _Array, energy: _Array) -> _Array:
    central = np.sqrt((0.050 * energy) ** 2 + 1.50**2 * energy)
    forward = np.sqrt((0.130 * energy) ** 2 + 2.70**2 * energy)
    return np.where(np.abs(eta) <= 3.0, central, forward)


_FORWARD = [3.125, 3.3, 3.475, 3.65, 3.825, 4.0, 4.175, 4.35, 4.525, 4.7, 5.0]
_HCAL_ENDCAP = [1.653, 1.74, 1.83, 1.93, 2.043, 2.172, 2.322, 2.5, 2.65, 2.868, 2.95, *_FORWARD[:-3]]


def _mirrored(edges: list[float]) -> list[float]:
    return [-edge for edge in reversed(edges)]


_NO_SIGNAL = dict.fromkeys((12, 13, 14, 16, 1000022, 1000023, 1000025, 1000035, 1000045), 0.0)

ECAL = Calorimeter(
    grid=TowerGrid(
        [
            (_mirrored([2.958, *_FORWARD]), 36),
            (0.0174 * np.arange(-170, 171), 360),
            ([2.958, *_FORWARD], 36),
        ]
    ),
    fractions={11: 1.0, 22: 1.0, 111: 1.0, 310: 0.3, 3122: 0.3, **_NO_SIGNAL},
    default_fraction=0.0,
    resolution=_ecal_sigma,
    min_energy=0.5,
    min_significance=2.0,
)

HCAL = Calorimeter(
    grid=TowerGrid(
        [
            ([-5.0, -4.7, -4.525], 18),
            ([-4.525, *_mirrored(_HCAL_ENDCAP)], 36),
            ([*(0.087 * np.arange(-19, 20))], 72),
            ([*_HCAL_ENDCAP, 4.525], 36),
            ([4.525, 4.7, 5.0], 18),
        ]
    ),
    fractions={11: 0.0, 22: 0.0, 111: 0.0, 310: 0.7, 3122: 0.7, **_NO_SIGNAL},
    default_fraction=1.0,
    resolution=_hcal_sigma,
    min_energy=1.0,
    min_significance=1.0,
)
