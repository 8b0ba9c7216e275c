"""Particles to reconstructed objects: a parameterised CMS detector, and none at all.

`DelphesCMS` follows the energy-flow chain of Delphes 3.4.1's default CMS card, which made the LHC Olympics events:

    particles --helix--> calorimeter face --+--> tracking efficiency --> pT smearing --> tracks --+
                                            +--> ECAL towers <------ electrons' tracks -----------+--> photons
                                            +--> HCAL towers <------ hadrons' tracks -------------+--> neutral hadrons

Reconstructed are the tracks (corrected by the calorimeters), the photon towers and the neutral-hadron towers; all
massless, as the LHC Olympics files have it. Pile-up is not simulated. The numbers are in `card.py`.

References:
    de Favereau et al. (DELPHES 3), JHEP 02 (2014) 057, arXiv:1307.6346
    Kasieczka et al. (LHC Olympics 2020), Rept. Prog. Phys. 84 (2021) 124201, arXiv:2101.08320
"""

from dataclasses import dataclass

import awkward as ak
import numpy as np
from jaxtyping import Float, Int

from resonaut.simulation.detector.calorimeter import Deposits, Objects, Tracks, log_normal
from resonaut.simulation.detector.card import ECAL, HCAL, TRACKER, tracking_efficiency, tracking_resolution
from resonaut.simulation.detector.pdg import is_invisible, pdg_charge

__all__ = ["DelphesCMS", "NoDetector"]


@dataclass(frozen=True)
class NoDetector:
    """Every visible particle, exactly as it is."""

    def observe(self, particles: ak.Array, *, seed: int | None = None) -> ak.Array:
        """Particles (records px, py, pz, e in GeV and PDG id, by event) without the invisible ones."""
        event, flat = _flatten(particles)
        seen = ~is_invisible(flat["id"])
        four_momentum = {name: flat[name][seen] for name in ("px", "py", "pz", "e")}
        return _by_event(event[seen], four_momentum, len(particles))


@dataclass(frozen=True)
class DelphesCMS:
    """Tracks, photons and neutral hadrons as CMS would measure them, after Delphes 3.4.1's default card.

    Particles may carry their production vertex (`x`, `y`, `z` in mm, none for the collision itself): what long-lived
    hadrons decay to outside the tracker is lost, as in Delphes. Without these fields all come from the origin.
    """

    def observe(self, particles: ak.Array, *, seed: int | None = None) -> ak.Array:
        """Reconstruct particles (records px, py, pz, e in GeV and PDG id, by event); same seed, same objects.

        Returns:
            Reconstructed objects, records px, py, pz, e by event; no order among an event's objects.
        """
        rng = np.random.default_rng(seed)
        event, flat = _flatten(particles)
        seen = ~is_invisible(flat["id"])
        event, flat = event[seen], {name: values[seen] for name, values in flat.items()}

        charge = pdg_charge(flat["id"])
        origin = np.zeros_like(flat["px"])
        x, y, z = (1e-3 * flat.get(axis, origin) for axis in "xyz")
        impact = TRACKER.propagate(flat["px"], flat["py"], flat["pz"], charge, (x, y, z))

        pt = np.hypot(flat["px"], flat["py"])
        efficiency = tracking_efficiency(pt, impact.eta, flat["id"])
        found = impact.reached & (charge != 0) & (rng.random(len(pt)) < efficiency)
        resolution = tracking_resolution(pt[found], impact.eta[found], flat["id"][found])
        tracks = Tracks(
            event=event[found],
            pt=log_normal(pt[found], resolution * pt[found], rng),
            eta=np.arcsinh(flat["pz"][found] / pt[found]),
            phi=impact.track_phi[found],
            resolution=resolution,
            eta_impact=impact.eta[found],
            phi_impact=impact.phi[found],
            pdg_id=flat["id"][found],
        )

        objects: list[Objects | Tracks] = []
        for calorimeter in (ECAL, HCAL):
            share = calorimeter.fraction(flat["id"])
            stopped = impact.reached & (share > 0)
            deposits = Deposits(event[stopped], impact.eta[stopped], impact.phi[stopped], (share * flat["e"])[stopped])
            neutral, tracks = calorimeter.energy_flow(deposits, tracks, rng)
            objects.append(neutral)
        return _massless([*objects, tracks], len(particles))


def _flatten(particles: ak.Array) -> tuple[Int[np.ndarray, " P"], dict[str, np.ndarray]]:
    """Event number of each particle, and the particles' fields as flat arrays."""
    counts = ak.to_numpy(ak.num(particles.id, axis=1))
    event = np.repeat(np.arange(len(counts)), counts)
    flat = {}
    for name in ("px", "py", "pz", "e", "x", "y", "z"):
        if name in particles.fields:
            # Pythia notes no vertex for what comes from the collision itself.
            values = ak.fill_none(ak.flatten(particles[name], axis=1), 0.0)
            flat[name] = ak.to_numpy(values).astype(np.float64)
    flat["id"] = ak.to_numpy(ak.flatten(particles.id, axis=1)).astype(np.int64)
    return event, flat


def _massless(parts: list[Objects | Tracks], n_events: int) -> ak.Array:
    event = np.concatenate([part.event for part in parts])
    pt, eta, phi = (np.concatenate([getattr(part, name) for part in parts]) for name in ("pt", "eta", "phi"))
    four_momentum = {"px": pt * np.cos(phi), "py": pt * np.sin(phi), "pz": pt * np.sinh(eta), "e": pt * np.cosh(eta)}
    return _by_event(event, four_momentum, n_events)


def _by_event(event: Int[np.ndarray, " P"], fields: dict[str, Float[np.ndarray, " P"]], n_events: int) -> ak.Array:
    order = np.argsort(event, kind="stable")
    counts = np.bincount(event, minlength=n_events)
    return ak.unflatten(ak.zip({name: values[order] for name, values in fields.items()}), counts)
