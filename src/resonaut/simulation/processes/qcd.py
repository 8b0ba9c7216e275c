"""QCD dijets: the background of every search for a dijet resonance."""

from resonaut.simulation.processes.parameters import below_the_jets, gev
from resonaut.simulation.processes.process import Process

__all__ = ["QCD"]

QCD = Process(
    name="qcd",
    about="QCD dijets, all hard 2 -> 2 processes of light quarks, gluons, c and b",
    label=0,
    card="""
        HardQCD:all = on
        PhaseSpace:pTHatMin = {pt_hat_min}
        PartonLevel:MPI = off
    """,
    free={"pt_hat_min": gev(below_the_jets, "follows --leading-pt")},
    parton_veto=True,
)
