"""Cross-sections of `resonaut integrate` beside Pythia's own.

    python validation/cross_sections.py [--events 200000] [--evaluations 500000] [--only w-jet]

Ten minutes of one core with the defaults. A difference counts in units of the two errors
together. `integration_pulls.py` holds the errors against known integrals.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from resonaut.integration.integrator import Integrator
from resonaut.integration.processes.lookup import find_hard_process
from resonaut.simulation.processes import find_process
from resonaut.simulation.pythia import cross_section

ELECTRONS = ("23:onMode = off", "23:onIfAny = 11")
W_JET = (
    "WeakBosonAndParton:qqbar2Wg = on",
    "WeakBosonAndParton:qg2Wq = on",
    "24:onMode = off",
    "24:onIfAny = 11",
)
# Tops of one mass, as ours are; Pythia draws them from a Breit-Wigner, which makes 0.8 % fewer.
TOP = ("Top:gg2ttbar = on", "Top:qqbar2ttbar = on", "PhaseSpace:useBreitWigners = off")
# Widths at leading order, as ours are; pairs of electrons and of muons, without interference of equal ones. Pythia's
# table of the width to two Z is 0.75 % below the integral, of which more than 20,000 events tell.
HIGGS = (
    "HiggsSM:gg2H = on",
    "HiggsSM:NLOWidths = off",
    "25:onMode = off",
    "25:onIfMatch = 23 23",
    "23:onMode = off",
    "23:onIfAny = 11 13",
)
HIGGS_WIDTH = 0.00372751  # GeV, the one that Pythia then has


@dataclass(frozen=True)
class Case:
    """A process of ours, and Pythia's card for it, or for a share of which it is."""

    process: str
    parameters: dict[str, float]
    card: tuple[str, ...]
    share: float = 1.0


CASES = {
    "pp -> ee, m > 60": Case(
        "drell-yan",
        {"mll_min": 60.0},
        ("WeakSingleBoson:ffbar2gmZ = on", "PhaseSpace:mHatMin = 60", *ELECTRONS),
    ),
    "pp -> ee with Z'(3 TeV), m > 1000": Case(
        "drell-yan",
        {"mll_min": 1000.0, "zprime_mass": 3000.0},
        (
            "NewGaugeBoson:ffbar2gmZZprime = on",
            "PhaseSpace:mHatMin = 1000",
            "32:m0 = 3000",
            "32:onMode = off",
            "32:onIfAny = 11",
        ),
    ),
    "pp -> tt~": Case("ttbar", {}, TOP),
    "pp -> W j -> e nu j, pT > 30": Case("w-jet", {"pt_min": 30.0}, (*W_JET, "PhaseSpace:pTHatMin = 30")),
    "pp -> W j -> e nu j, pT > 200": Case("w-jet", {"pt_min": 200.0}, (*W_JET, "PhaseSpace:pTHatMin = 200")),
    "gg -> H -> ZZ* -> 2e 2mu": Case("higgs-4l", {"width_higgs": HIGGS_WIDTH}, HIGGS, share=0.5),
    "pp -> W'(3.5 TeV) -> X Y": Case("wprime-xy", {}, find_process("wprime-xy").settings()),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000, help="Pythia's, for each process")
    parser.add_argument("--evaluations", type=int, default=500_000, help="ours, for each process")
    parser.add_argument("--only", nargs="+", choices=list(dict.fromkeys(case.process for case in CASES.values())))
    given = parser.parse_args()
    for name, case in CASES.items():
        if given.only and case.process not in given.only:
            continue
        integrand = find_hard_process(case.process, 13000.0, case.parameters)[0].integrand()
        ours = Integrator().fit(integrand, seed=1).integrate(given.evaluations, seed=2)
        theirs, error = (case.share * value for value in cross_section(case.card, n=given.events))
        pull = (ours.integral - theirs) / (ours.error**2 + error**2) ** 0.5
        print(
            f"{name:36}{ours.integral:.5g} ± {ours.error:.2g} pb, Pythia {theirs:.5g} ± {error:.2g} pb, {pull:+.1f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
