"""Two decisions taken inside Pythia while an event is made: the angles of a decay, and whether to go on at all.

**Longitudinal bosons.** Pythia lets generic resonances decay isotropically. The W' of the LHC Olympics goes to
longitudinally polarised bosons, whose quarks follow sin^2(theta*) in the boson's rest frame: two balanced prongs,
well inside one jet. Hard processes are accepted with that probability, which leaves everything else of them as it
was.

**Parton veto.** Where the selection wants one hard jet, most events fail it, and hadronising them is wasted. When the
shower has come down to 50 GeV, jets of partons are found, and an event without a hard one is dropped. With 150 GeV
between this veto and the selection, one in two thousand selected events is lost (with 100 GeV, one in a hundred).
The same for the dijet mass, where the selection wants a window of it: below the veto's scale two jets may still become
one, and the second and third change places, so that an event has up to three possible masses.
"""

from __future__ import annotations

import functools
import operator
from typing import Any

__all__ = ["event_hooks"]

VETO_SCALE = 50.0  # GeV; softer emissions hardly move a TeV jet
MERGE = 1.3  # of the jets' radius: nearer ones may still become one jet
OVERTAKE = 0.7  # of the second jet's pT: a harder third may end as the second


def event_hooks(
    pythia: Any,
    *,
    longitudinal: tuple[int, ...],
    veto_pt: float | None,
    veto_radius: float,
    parton_mass: tuple[float, float] | None = None,
) -> Any:
    """The hooks, to be given to `setUserHooksPtr` before `init`.

    Args:
        pythia: Where the random numbers come from.
        longitudinal: Particles (|PDG id|) that decay as longitudinal bosons.
        veto_pt: Drop events without a parton jet this hard (GeV); None keeps all.
        veto_radius: Radius of those anti-kT jets.
        parton_mass: Drop events none of whose possible dijet masses is between these (GeV).
    """
    return _hooks_class()(pythia, longitudinal, veto_pt, veto_radius, parton_mass)


@functools.cache
def _hooks_class() -> Any:
    """The class, made when Pythia is there to derive it from."""
    import pythia8mc

    def cos_decay_angle(event: Any, parent: Any) -> float:
        """Cosine of theta*: between the first daughter, in the parent's rest frame, and the parent's flight."""
        daughter = pythia8mc.Vec4(event[parent.daughter1()].p())
        daughter.bstback(parent.p())
        return float(pythia8mc.costheta(daughter, parent.p()))

    def mass(*momenta: Any) -> float:
        """Invariant mass of their sum."""
        return float(functools.reduce(operator.add, momenta).mCalc())

    class EventHooks(pythia8mc.UserHooks):  # type: ignore[misc]
        """Counts hard events and vetoed ones. Pythia swallows what a hook raises, so it is kept until asked for."""

        def __init__(
            self,
            pythia: Any,
            longitudinal: tuple[int, ...],
            veto_pt: float | None,
            veto_radius: float,
            parton_mass: tuple[float, float] | None,
        ) -> None:
            pythia8mc.UserHooks.__init__(self)
            self.n_hard = 0
            self.n_vetoed = 0
            # Of the event that the veto looked at last: the leading parton jet's pT, the dijet's possible masses, the
            # hard process's mass; GeV.
            self.leading_pt = self.m_hat = 0.0
            self.dijet_masses: list[float] = []
            self._error: Exception | None = None
            self._random = pythia.rndm
            self._longitudinal = frozenset(longitudinal)
            self._veto_pt = veto_pt
            self._parton_mass = parton_mass
            self._merge = MERGE * veto_radius
            # -1: anti-kT; of jets above 100 GeV and particles to |eta| < 6; all visible ones, with their own masses
            self._jets = pythia8mc.SlowJet(-1, veto_radius, 100.0, 6.0, 2, 1)

        def raise_error(self) -> None:
            """Raise what went wrong in a hook, once: the next block starts afresh."""
            error, self._error = self._error, None
            if error is not None:
                raise error

        def canVetoProcessLevel(self) -> bool:
            return True

        def doVetoProcessLevel(self, event: Any) -> bool:
            try:
                if any(
                    self._random.flat() > 1.0 - cos_decay_angle(event, event[index]) ** 2
                    for index in range(event.size())
                    if self._longitudinal and event[index].idAbs() in self._longitudinal
                ):
                    return True
                self.n_hard += 1
                return False
            except Exception as error:
                self._error = error
                return False

        def canVetoPT(self) -> bool:
            return self._veto_pt is not None

        def scaleVetoPT(self) -> float:
            return VETO_SCALE

        def doVetoPT(self, stage: int, event: Any) -> bool:
            try:
                self._jets.analyze(event)
                self.leading_pt = self._jets.pT(0) if self._jets.sizeJet() else 0.0
                self.dijet_masses = self._possible_masses()
                self.m_hat = mass(event[3].p(), event[4].p())
                low, high = self._parton_mass or (0.0, float("inf"))
                veto = self.leading_pt < float(self._veto_pt or 0.0) or not any(
                    low <= one <= high for one in self.dijet_masses
                )
                self.n_vetoed += veto
                return bool(veto)
            except Exception as error:
                self._error = error
                return False

        def _possible_masses(self) -> list[float]:
            """Masses that the dijet may have in the end, that of the two leading jets first."""
            jets = self._jets
            leading = [pythia8mc.Vec4(jets.p(i)) for i in range(min(jets.sizeJet(), 3))]
            if len(leading) < 3:
                return [mass(*leading)] if len(leading) == 2 else [0.0]
            first, second, third = leading
            masses = [mass(first, second)]
            if min(pythia8mc.RRapPhi(first, third), pythia8mc.RRapPhi(second, third)) < self._merge:
                masses.append(mass(first, second, third))
            if third.pT() > OVERTAKE * second.pT():
                masses.append(mass(first, third))
            return masses

    return EventHooks
