"""How columns are written on an axis: the field's symbols, and units."""

from __future__ import annotations

import re

__all__ = ["axis_label", "unit"]

# 1 is the lighter jet and 2 the heavier in the features; jet1 and jet2 are ordered by transverse momentum.
_KNOWN = {
    "mjj": r"$m_{jj}$ [GeV]",
    "mj1": "mass of the lighter jet [GeV]",
    "mj2": "mass of the heavier jet [GeV]",
    "delta_mj": "mass difference of the jets [GeV]",
    "met": r"missing $p_T$ [GeV]",
    "met_phi": r"$\phi$ of the missing $p_T$ [rad]",
}
_WHICH = {"1": "lighter jet", "2": "heavier jet"}
_OF_A_JET = {
    "pt": r"$p_T$ of jet {} [GeV]",
    "eta": r"$\eta$ of jet {}",
    "phi": r"$\phi$ of jet {} [rad]",
    "mass": "mass of jet {} [GeV]",
    "n": "constituents of jet {}",
}
_OBSERVABLES = {
    "msd": "soft-drop mass of the {} [GeV]",
    "ptd": r"$p_T^D$ of the {}",
    "c2": r"$C_2$ ($\beta$ = {beta}) of the {}",
    "d2": r"$D_2$ ($\beta$ = {beta}) of the {}",
    "n2": r"$N_2$ ($\beta$ = {beta}) of the {}",
}


def axis_label(column: str) -> str:
    """The label of a column; one that is not known stands as it is.

    A dollar sign in a user's column is no mathematics.
    """
    if column in _KNOWN:
        return _KNOWN[column]
    if found := re.fullmatch(r"tau(\d)(\d)_([12])", column):
        return rf"$\tau_{{{found[1]}{found[2]}}}$ of the {_WHICH[found[3]]}"
    if found := re.fullmatch(r"tau(\d)_b(\d)(\d)_([12])", column):
        return rf"$\tau_{{{found[1]}}}$ ($\beta$ = {found[2]}.{found[3]}) of the {_WHICH[found[4]]}"
    if (found := re.fullmatch(r"([a-z]+\d?)(?:_b(\d)(\d))?_([12])", column)) and found[1] in _OBSERVABLES:
        return _OBSERVABLES[found[1]].format(_WHICH[found[4]], beta=f"{found[2]}.{found[3]}")
    if (found := re.fullmatch(r"jet([12])_([a-z]+)", column)) and found[2] in _OF_A_JET:
        return _OF_A_JET[found[2]].format(found[1])
    return column.replace("$", r"\$")


def unit(column: str) -> str:
    """What a column is measured in; empty where it is a plain number."""
    found = re.search(r"\[([^]]+)\]$", axis_label(column))
    return found[1] if found else ""
