"""Where the scripts of this folder find the real LHC Olympics events."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

__all__ = ["add_lhco_option"]


def add_lhco_option(parser: argparse.ArgumentParser) -> None:
    """`--lhco FOLDER`; by default $RESONAUT_VALIDATION_DATA, or ../shared/data beside the repository."""
    default = os.environ.get("RESONAUT_VALIDATION_DATA", Path(__file__).parents[2] / "shared" / "data")
    parser.add_argument("--lhco", type=Path, default=Path(default), help="folder of the real events")
