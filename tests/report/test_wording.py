"""The sentence says no more than the result: made, withheld or none; local, corrected, and whether global."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from resonaut.analysis.result import HuntResult
from resonaut.report.hunt.wording import headline, quoted_cut
from resonaut.report.numbers import cut_name, fixed, p_value, percent, significant, value_error


def result_of(run: Path) -> HuntResult:
    return HuntResult.from_json(json.loads((run / "result.json").read_text()))


def test_a_claim_names_its_cut_and_both_significances(make_run: Any) -> None:
    result = result_of(make_run())
    best = quoted_cut(result)
    said = headline(result)
    assert said.status == "made"
    assert "finds a significant excess" in said.sentence
    assert f"keeps {best.observed:,} events where" in said.sentence
    assert f"{best.z_local:.1f}σ local" in said.sentence
    assert f"{result.z_quoted:.1f}σ" in said.sentence
    assert said.sentence.endswith("corrected for the 3 cuts; not global: no scan was made.")


def test_no_claim_says_so_before_any_number_of_the_data(make_run: Any) -> None:
    said = headline(result_of(make_run(signal=False, labels=False, claim="none")))
    assert said.status == "none"
    assert said.sentence.index("finds no significant excess") < said.sentence.index("keeps")
    assert "labels" not in said.sentence


def test_a_withheld_claim_gives_its_reason(make_run: Any) -> None:
    said = headline(result_of(make_run(claim="withheld because the two estimates disagree by 3.1 sigma")))
    assert said.status == "withheld"
    assert "makes no claim (withheld because the two estimates disagree by 3.1 sigma)" in said.sentence
    assert "significant excess" not in said.sentence


def test_a_claim_does_not_hide_behind_a_cut_that_is_withheld(make_run: Any) -> None:
    """The smallest p is quoted; if that cut is not to be trusted, the sentence says which one the claim rests on."""
    result = result_of(make_run())
    best = quoted_cut(result)
    cuts = [replace(row, withheld="it does not close") if row is best else row for row in result.cuts]
    said = headline(replace(result, cuts=cuts))
    assert f"because at {cut_name(best.efficiency)} it does not close" in said.sentence


def test_a_scan_makes_it_global(make_run: Any) -> None:
    said = headline(replace(result_of(make_run()), p_global=1e-4, z_global=3.72))
    assert said.sentence.endswith("3.7σ (p = 1.0 × 10⁻⁴) global.")
    assert "not global" not in said.sentence


def test_the_uncut_row_is_never_quoted(make_run: Any) -> None:
    result = result_of(make_run())
    cuts = [replace(row, p_local=1e-30, z_local=11.4) if row.efficiency == 1 else row for row in result.cuts]
    assert quoted_cut(replace(result, cuts=cuts)).efficiency < 1


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (180.3, 15.2, "180 ± 15"),
        (18.234, 1.52, "18.2 ± 1.5"),
        (0.5081, 0.0042, "0.5081 ± 0.0042"),
        (12345.6, 123.4, "12,346 ± 123"),
        (-3.21, 0.5, "−3.21 ± 0.50"),
        (7.0, None, "7.0"),
        (None, None, "–"),
    ],
)
def test_values_have_the_digits_of_their_errors(value: float | None, error: float | None, text: str) -> None:
    assert value_error(value, error) == text


@pytest.mark.parametrize(
    ("p", "text"),
    [(0.5, "0.5"), (0.0123, "0.012"), (1.0, "1"), (2.87e-7, "2.9 × 10⁻⁷"), (9.99e-10, "1.0 × 10⁻⁹"), (0.0, "< 10⁻³⁰⁰")],
)
def test_p_values(p: float, text: str) -> None:
    assert p_value(p) == text


def test_other_numbers() -> None:
    assert (cut_name(1.0), cut_name(0.1), cut_name(0.001)) == ("no cut", "10 %", "0.1 %")
    assert (fixed(-0.34), fixed(1234.5, 0), fixed(None)) == ("−0.3", "1,234", "–")
    assert (significant(228.4), significant(0.0719), significant(0), significant(12345.0)) == (
        "228",
        "0.0719",
        "0",
        "12,345",
    )
    assert percent(0.00621) == "0.621 %"
