"""Particles to the two leading jets of an event.

anti-kT jets with FastJet in the E-scheme, as in the LHC Olympics: radius 1.0, the leading jet above 1.2 TeV and within
|eta| < 2.5 (the trigger), and the two hardest jets kept. Events that do not pass are counted by reason.

References:
    Cacciari, Salam, Soyez (anti-kT), JHEP 04 (2008) 063, arXiv:0802.1189
    Cacciari, Salam, Soyez (FastJet), EPJC 72 (2012) 1896, arXiv:1111.6097
    Kasieczka et al. (LHC Olympics 2020), Rept. Prog. Phys. 84 (2021) 124201, arXiv:2101.08320
"""

from dataclasses import dataclass, field, replace
from typing import Self

import awkward as ak
import numpy as np
from jaxtyping import Bool, Float, Int

from resonaut.events.exclusions import TOO_FEW_JETS
from resonaut.features.native_output import native_output_to_stderr

__all__ = ["Dijets", "JetClustering", "massless"]


@dataclass(frozen=True)
class Dijets:
    """The two leading jets of the selected events, the harder one first.

    Args:
        index: Which of the clustered events these are.
        px, py, pz, e: Jets' four-momenta (GeV).
        constituents: Their particles, [N, 2, particles] records px, py, pz, e.
        missing: Missing transverse momentum (px, py): minus the sum of all particles of the event (GeV).
        exclusions: How many events were left out, by reason.
    """

    index: Int[np.ndarray, " N"]
    px: Float[np.ndarray, "N 2"]
    py: Float[np.ndarray, "N 2"]
    pz: Float[np.ndarray, "N 2"]
    e: Float[np.ndarray, "N 2"]
    constituents: ak.Array
    missing: Float[np.ndarray, "N 2"]
    exclusions: dict[str, int] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, which: Bool[np.ndarray, " N"] | Int[np.ndarray, " M"]) -> Self:
        """Some of these events, with the same exclusions."""
        parts = {name: value[which] for name, value in vars(self).items() if name != "exclusions"}
        return replace(self, **parts)

    @property
    def pt(self) -> Float[np.ndarray, "N 2"]:
        """Transverse momenta (GeV)."""
        return np.hypot(self.px, self.py)

    @property
    def eta(self) -> Float[np.ndarray, "N 2"]:
        """Pseudorapidities."""
        return np.arcsinh(self.pz / self.pt)

    @property
    def phi(self) -> Float[np.ndarray, "N 2"]:
        """Azimuths in (-pi, pi]."""
        return np.arctan2(self.py, self.px)

    @property
    def mass(self) -> Float[np.ndarray, "N 2"]:
        """Invariant masses (GeV)."""
        return _mass(self.px, self.py, self.pz, self.e)

    @property
    def mjj(self) -> Float[np.ndarray, " N"]:
        """Invariant mass of the pair (GeV)."""
        return _mass(*(component.sum(axis=1) for component in (self.px, self.py, self.pz, self.e)))

    @property
    def n(self) -> Int[np.ndarray, "N 2"]:
        """Numbers of constituents."""
        counts = ak.to_numpy(ak.flatten(ak.num(self.constituents, axis=2), axis=None))
        return counts.reshape(-1, 2).astype(np.int64)

    @property
    def lighter(self) -> Int[np.ndarray, " N"]:
        """Which of the two jets, 0 or 1, has the smaller mass."""
        return np.argmin(self.mass, axis=1)


@dataclass(frozen=True)
class JetClustering:
    """Find the two leading anti-kT jets.

    Args:
        radius: Jet radius R.
        leading_pt: The harder jet must exceed this transverse momentum (GeV).
        eta_max: ... and lie within this |eta|. The second jet may be anywhere.
        min_pt: Softer clusters are not called jets (GeV).
    """

    radius: float = 1.0
    leading_pt: float = 1200.0
    eta_max: float = 2.5
    min_pt: float = 20.0

    def cluster(self, particles: ak.Array) -> Dijets:
        """Cluster events of particles (records px, py, pz, e in GeV) and select."""
        import fastjet

        momenta = ak.zip(
            {"px": particles.px, "py": particles.py, "pz": particles.pz, "E": particles.e}, with_name="Momentum4D"
        )
        with native_output_to_stderr():
            sequence = fastjet.ClusterSequence(momenta, fastjet.JetDefinition(fastjet.antikt_algorithm, self.radius))
        found = sequence.inclusive_jets(min_pt=self.min_pt)
        # Plain records: where another library has registered `vector` with Awkward, jets may not be given a pT.
        jets = ak.zip({name: found[name] for name in ("px", "py", "pz", "E")})
        jets["pt"] = np.hypot(jets.px, jets.py)
        hardest = ak.argsort(jets.pt, axis=1, ascending=False, stable=True)[:, :2]

        selected, exclusions = self._select(jets[hardest])
        jets, hardest = jets[hardest][selected], hardest[selected]
        members = sequence.constituent_index(min_pt=self.min_pt)[selected][hardest]
        return Dijets(
            index=selected,
            **{
                ours: ak.to_numpy(ak.flatten(jets[theirs], axis=None)).reshape(-1, 2)
                for ours, theirs in (("px", "px"), ("py", "py"), ("pz", "pz"), ("e", "E"))
            },
            constituents=_gather(particles[["px", "py", "pz", "e"]][selected], members),
            missing=-np.stack([ak.to_numpy(ak.sum(particles[p][selected], axis=1)) for p in ("px", "py")], axis=1),
            exclusions=exclusions,
        )

    def _select(self, jets: ak.Array) -> tuple[Int[np.ndarray, " N"], dict[str, int]]:
        """Indices of the events that pass, and the others by the first reason that applies."""
        pair = ak.to_numpy(ak.num(jets, axis=1)) == 2
        leading = ak.firsts(jets)
        pt = ak.to_numpy(ak.fill_none(leading.pt, 0.0))
        pz = ak.to_numpy(ak.fill_none(leading.pz, 0.0))
        hard = pair & (pt > self.leading_pt)
        with np.errstate(divide="ignore", invalid="ignore"):
            central = hard & (np.abs(np.arcsinh(pz / pt)) < self.eta_max)
        exclusions = {
            TOO_FEW_JETS: int((~pair).sum()),
            f"leading jet pT below {self.leading_pt:g} GeV": int((pair & ~hard).sum()),
            f"leading jet beyond |eta| {self.eta_max:g}": int((hard & ~central).sum()),
        }
        return np.flatnonzero(central), exclusions


def massless(pt: ak.Array, eta: ak.Array, phi: ak.Array) -> ak.Array:
    """Particles (records px, py, pz, e) from transverse momentum, pseudorapidity and azimuth, in double precision."""
    pt, eta, phi = (ak.values_astype(values, np.float64) for values in (pt, eta, phi))
    return ak.zip({"px": pt * np.cos(phi), "py": pt * np.sin(phi), "pz": pt * np.sinh(eta), "e": pt * np.cosh(eta)})


def _gather(particles: ak.Array, members: ak.Array) -> ak.Array:
    """Particles of each jet: `members` lists, jet by jet, their places in the event."""
    sizes = ak.flatten(ak.num(members, axis=2), axis=None)
    flat = particles[ak.flatten(members, axis=2)]
    jets = ak.unflatten(ak.flatten(flat, axis=1), sizes)
    return ak.unflatten(jets, np.full(len(members), 2))


def _mass(
    px: Float[np.ndarray, "..."],
    py: Float[np.ndarray, "..."],
    pz: Float[np.ndarray, "..."],
    e: Float[np.ndarray, "..."],
) -> Float[np.ndarray, "..."]:
    # A jet of one massless particle may come out at m^2 = -1e-10: rounding, not physics.
    return np.sqrt(np.maximum(e**2 - px**2 - py**2 - pz**2, 0.0))
