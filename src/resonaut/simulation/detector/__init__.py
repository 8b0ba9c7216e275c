"""What a detector makes of the particles: tracks and calorimeter energies with finite resolution.

A detector has one method, `observe(particles, *, seed)`, from final-state particles to reconstructed objects, so that
`DelphesCMS()` and `NoDetector()` can be exchanged.
"""

from resonaut.simulation.detector.delphes_cms import DelphesCMS, NoDetector

__all__ = ["DETECTORS", "DelphesCMS", "NoDetector"]

DETECTORS = {detector.__name__: detector for detector in (DelphesCMS, NoDetector)}
"""By the name that a manifest gives them."""
