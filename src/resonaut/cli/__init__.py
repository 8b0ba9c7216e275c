"""The command line: one verb a file, each a thin shell around a function that Python users call too.

Exit codes: 0 done; 2 the user's input cannot be used (one line says what, which value, what to do); 1 our fault.
"""

from __future__ import annotations

import os
import sys

from cyclopts import App, CycloptsError
from rich.console import Console

from resonaut.errors import ResonautError

__all__ = ["app", "main"]


EXTRAS = {
    **dict.fromkeys(("fastjet", "numba", "pythia8mc"), "simulation"),
    **dict.fromkeys(("pylhe", "vegas"), "integration"),
    "ot": "outlier",
}
"""Packages that only some need, some of them under the GPL, and the extras they come with."""


def _version() -> str:
    from resonaut import __version__

    return __version__


app = App(
    name="resonaut",
    help="Find new particles nobody has described: from collision events to a p-value.",
    version=_version,
    # One line, like our own errors.
    error_formatter=lambda error: f"error: {_one_line(error)}",
    error_console=Console(stderr=True, soft_wrap=True, markup=False, highlight=False),
)
# Import paths, so that `resonaut --help` waits neither for PyTorch nor for Pythia.
app.command("resonaut.cli.hunt:hunt", help="Search events for a resonance: fit, score, cut, p-values, report.")
app.command("resonaut.cli.benchmark:benchmark", help="Compare methods on labelled events: ROC, SIC, injection scan.")
app.command("resonaut.cli.limit:limit", help="Exclude a signal: upper limits on its cross-section.")
app.command("resonaut.cli.simulate:simulate", help="Make collision events: Pythia, detector, jets, features.")
app.command("resonaut.cli.features:features", help="Compute features from recorded particles.")
app.command("resonaut.cli.quality:quality", help="Hold density models against real events, side by side.")
app.command("resonaut.cli.tag:tag", help="Find strange jets: autoencoders that know what they do not know.")
app.command("resonaut.cli.integrate:integrate", help="Cross-sections and events of a matrix element: LHE files.")
app.command("resonaut.cli.report:report", help="Write a finished run's HTML report again.")
app.command("resonaut.cli.report:cite", help="Print BibTeX of the methods a run used.")
app.command("resonaut.cli.unseal:unseal", help="Open a black box: its truth beside what a hunt claimed.")


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; never returns."""
    try:
        app(arguments, result_action="return_none")
    except ResonautError as error:
        print(f"error: {_one_line(error)}", file=sys.stderr)
        raise SystemExit(2) from None
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        extra = f"resonaut[{EXTRAS[error.name]}]"
        print(f"error: {error.name} is not installed; add the extra: pip install '{extra}'", file=sys.stderr)
        raise SystemExit(2) from None
    except BrokenPipeError:  # `resonaut cite RUN | head`: nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except KeyboardInterrupt:
        print("interrupted; the same command continues where it stopped", file=sys.stderr)
        raise SystemExit(130) from None
    raise SystemExit(0)


def _one_line(error: Exception) -> str:
    text = str(error) if isinstance(error, CycloptsError | ResonautError) else repr(error)
    return " ".join(text.split())
