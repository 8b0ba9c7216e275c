"""From the counts after a cut to a p-value, and from all cuts to a claim.

Two estimates of the background are compared with what is observed. The *template* is the cut's efficiency on sampled
events times the events that the fit of the whole mass spectrum expects, times the ratio of real to sampled events that
pass beside the region; the *fit* is that of the selected events' own
spectrum, and knows nothing of the sampled ones. The larger p of the two is quoted. Where they disagree, where the fit
does not describe the selected spectrum, or where the cut does not close on sideband events, the claim is withheld: a
discovery is only as good as the background that it is counted over.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import hypot, inf, sqrt
from typing import NamedTuple

from resonaut.statistics.closure import ClosureResult
from resonaut.statistics.counting import Estimate, asimov_z, significance, z_after_trials, z_to_p
from resonaut.statistics.fitted_spectrum import SpectrumFitResult

__all__ = ["CutResult", "Quoted", "claim", "expected_z", "judge_cut", "quoted"]

DISCOVERY = 5.0
MIN_FIT_P_VALUE = 0.01
MAX_DISAGREEMENT = 2.0
MAX_THRESHOLD_ERROR = 0.1
"""Relative: a hundred background events above the threshold."""


@dataclass(frozen=True, kw_only=True)
class CutResult:
    """What was observed after a cut and what was expected. All counts and errors are events in the signal region.

    Args:
        efficiency: Share of the sampled background that passes; 1 for the uncut row.
        observed: Events that pass.
        expected: By the template.
        expected_error: Its threshold, spectrum and closure errors in quadrature.
        expected_fit: By the fit of the selected spectrum; None where there is none or it describes nothing.
        expected_fit_error: Its error.
        p_template: Chance of `observed` or more over the template, its error profiled.
        z_template: The same in sigma.
        p_fit: The same over the fit.
        z_fit: The same in sigma.
        p_local: The larger of the two.
        z_local: The smaller of the two.
        threshold_error: From the finite sample that set the threshold.
        spectrum_error: From the fit of the whole spectrum.
        closure_error: From the ratio of real to sampled events that pass beside the region.
        closure: That comparison; None where a search cannot sample there, and for the uncut row.
        disagreement: Between the two estimates, sigma.
        withheld: Why no claim can rest on this cut; None where one can.
    """

    efficiency: float
    observed: int
    expected: float
    expected_error: float
    expected_fit: float | None
    expected_fit_error: float | None
    p_template: float
    z_template: float
    p_fit: float | None
    z_fit: float | None
    p_local: float
    z_local: float
    threshold_error: float
    spectrum_error: float
    closure_error: float
    closure: ClosureResult | None
    disagreement: float | None
    withheld: str | None


class Quoted(NamedTuple):
    """The best local significance, after the trials."""

    z: float
    p: float
    n_trials: int


def judge_cut(
    *,
    efficiency: float,
    observed: int,
    background_yield: Estimate,
    threshold_error: float,
    closure: ClosureResult | None,
    selected_fit: SpectrumFitResult | None,
    window: tuple[float, float],
) -> CutResult:
    """Compare the events observed after a cut with both estimates of their background.

    Args:
        efficiency: Of the cut, measured on sampled background that no classifier was trained on.
        observed: Events of the signal region that pass.
        background_yield: Events the fit of the whole spectrum expects in the signal region.
        threshold_error: Relative error of the efficiency, from the finite sample it was measured on.
        closure: The same cut in the sidebands.
        selected_fit: Fit of the spectrum of the events that pass, or None where they are too few. For the uncut row,
            the fit of the whole spectrum.
        window: The signal region, GeV.
    """
    ratio, ratio_error = (closure.ratio, closure.error) if closure else (1.0, 0.0)
    closing = efficiency * background_yield.value
    expected = closing * ratio
    errors = (expected * threshold_error, efficiency * ratio * background_yield.error, closing * ratio_error)
    template = Estimate(expected, hypot(*errors))
    described = selected_fit is not None and selected_fit.p_value >= MIN_FIT_P_VALUE
    fit = selected_fit.integral(*window) if selected_fit and described else None

    by_template = significance(observed, *template)
    by_fit = significance(observed, *fit) if fit else None
    quoted = min(by_template, by_fit) if by_fit else by_template
    disagreement = _disagreement(template, fit, spectrum_error=errors[1]) if fit else None

    reasons = []
    if selected_fit is not None and not described:
        which = "mass spectrum" if efficiency == 1 else "selected spectrum"
        reasons.append(f"the {which} is not described (p = {selected_fit.p_value:.2g})")
    if selected_fit is None and by_template.z > DISCOVERY:
        reasons.append("too few events are selected for a fit of their spectrum to confirm the excess")
    if fit and disagreement is not None and disagreement > MAX_DISAGREEMENT:
        estimates = f"{template.value:.1f} +- {template.error:.1f} and {fit.value:.1f} +- {fit.error:.1f}"
        reasons.append(f"the two background estimates ({estimates}) disagree by {disagreement:.1f} sigma")
    if threshold_error > MAX_THRESHOLD_ERROR:
        reasons.append(
            f"its threshold rests on too few background events ({1 / threshold_error**2:.0f} pass it, "
            f"{1 / MAX_THRESHOLD_ERROR**2:.0f} are needed; leave out this cut, or give more events)"
        )
    if closure and closure.failed:
        reasons.append(f"the sampled background does not close in the sidebands (pull {closure.pull:+.1f})")
    return CutResult(
        efficiency=efficiency,
        observed=observed,
        expected=template.value,
        expected_error=template.error,
        expected_fit=fit.value if fit else None,
        expected_fit_error=fit.error if fit else None,
        p_template=by_template.p,
        z_template=by_template.z,
        p_fit=by_fit.p if by_fit else None,
        z_fit=by_fit.z if by_fit else None,
        p_local=quoted.p,
        z_local=quoted.z,
        threshold_error=errors[0],
        spectrum_error=errors[1],
        closure_error=errors[2],
        closure=closure,
        disagreement=disagreement,
        withheld=" and ".join(reasons) or None,
    )


def expected_z(signal: float, cut: CutResult) -> float:
    """Median significance of `signal` events after the cut, over the template."""
    return float(asimov_z(signal, cut.expected, cut.expected_error))


def quoted(cuts: Sequence[CutResult]) -> Quoted:
    """The best local result, after having looked at every cut; the uncut row is no look of its own.

    The tighter cuts hold events of the looser ones: these are fewer independent looks, and the result is conservative.
    """
    looks = [cut.z_local for cut in cuts if cut.efficiency < 1]
    z = z_after_trials(max(looks), len(looks))
    return Quoted(z, z_to_p(z), len(looks))


def claim(cuts: Sequence[CutResult]) -> str:
    """Say "made", "none", or "withheld because ...".

    A claim is made where a cut with nothing against it exceeds five sigma after the trials over all of them, and the
    uncut spectrum, on which every expectation rests, is described.
    """
    n_trials = sum(cut.efficiency < 1 for cut in cuts)
    trusted = [cut for cut in cuts if cut.efficiency < 1 and cut.withheld is None]
    withheld = [cut for cut in cuts if cut.withheld is not None]
    foundation = [cut for cut in withheld if cut.efficiency == 1]
    if not foundation and any(z_after_trials(cut.z_local, n_trials) > DISCOVERY for cut in trusted):
        return "made"
    if not withheld:
        return "none"
    worst = max(foundation or withheld, key=lambda cut: cut.z_template)
    where = "before any cut" if worst.efficiency == 1 else f"after the {100 * worst.efficiency:g} % cut"
    return f"withheld because {where} {worst.withheld}"


def _disagreement(template: Estimate, fit: Estimate, *, spectrum_error: float) -> float:
    """Distance of the two estimates in sigma of their difference.

    They share events: those selected are among those of the whole spectrum, so that a fluctuation of the whole moves
    both, and the variance of the difference is that of the fit *less* that of the spectrum. Adding the two instead
    would hide disagreements (by 10 % of a sigma at a 10 % cut), and let claims pass.
    """
    difference = abs(template.value - fit.value)
    independent = template.error**2 - spectrum_error**2
    error = sqrt(max(fit.error**2 - spectrum_error**2, 0.0) + max(independent, 0.0))
    return 0.0 if difference == 0 else difference / error if error > 0 else inf
