"""Cross-sections of `resonaut integrate` beside Pythia's own.

    python validation/cross_sections.py [--events 200000] [--evaluations 500000]

Four processes; two minutes with the defaults, most of them Pythia's. A difference counts in units of the two errors
together. `integration_pulls.py` holds the errors against known integrals.
"""

from __future__ import annotations

import argparse

from resonaut.integration.integrator import Integrator
from resonaut.integration.processes.lookup import find_hard_process
from resonaut.simulation.processes import find_process
from resonaut.simulation.pythia import cross_section

ELECTRONS = ("23:onMode = off", "23:onIfAny = 11")
CASES = {
    "pp -> ee, m > 60": (
        "drell-yan",
        {"mll_min": 60.0},
        ("WeakSingleBoson:ffbar2gmZ = on", "PhaseSpace:mHatMin = 60", *ELECTRONS),
    ),
    "pp -> ee with Z'(3 TeV), m > 1000": (
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
    "pp -> tt~": ("ttbar", {}, ("Top:gg2ttbar = on", "Top:qqbar2ttbar = on")),
    "pp -> W'(3.5 TeV) -> X Y": ("wprime-xy", {}, find_process("wprime-xy").settings()),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=200_000, help="Pythia's, for each process")
    parser.add_argument("--evaluations", type=int, default=500_000, help="ours, for each process")
    given = parser.parse_args()
    for name, (process, parameters, card) in CASES.items():
        integrand = find_hard_process(process, 13000.0, parameters)[0].integrand()
        ours = Integrator().fit(integrand, seed=1).integrate(given.evaluations, seed=2)
        theirs, error = cross_section(card, n=given.events)
        pull = (ours.integral - theirs) / (ours.error**2 + error**2) ** 0.5
        print(f"{name:36}{ours.integral:.5g} ± {ours.error:.2g} pb, Pythia {theirs:.5g} ± {error:.2g} pb, {pull:+.1f}")


if __name__ == "__main__":
    main()
