"""`resonaut tag`: outlier detectors on single jets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from resonaut.cli.options import Common, apply_settings, read_recipe, without_none
from resonaut.cli.running import finish, run_folder, use_threads

if TYPE_CHECKING:
    from rich.table import Table

    from resonaut.analysis.tag.result import TagResult

__all__ = ["tag"]


def tag(
    *jets: Path,
    train: Path | None = None,
    model: str | None = None,
    features: str | None = None,
    pt: str | None = None,
    eta_max: float | None = None,
    test_share: float | None = None,
    settings: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
    common: Common | None = None,
) -> None:
    """Learn what ordinary jets look like, and say of others how strange they are.

    The detector sees jets of --train only. Every class of the tagged jets is then held against background jets that it
    has not seen: ROC, working points, the score's dependence on pT, and beside it supervised trees that are told a
    class, the right one and wrong ones. Prints a table and writes a run folder with report.html.

    Parameters
    ----------
    jets
        Parquet files of dijet events (both jets are taken) or of single jets, a class each, unless they have a column
        `class`; without any, the embedded QCD and semivisible jets.
    train
        Jets to learn from; without it, the embedded top jets.
    model
        ae, nae or wnae; ngae judges by the jets' declusterings, and needs files with constituents. [default: wnae]
    features
        Columns of a single jet with commas between them, `msd` for `msd_1` and `msd_2` of a dijet event.
        [default: those of --features substructure]
    pt
        Window LOW:HIGH, GeV. [default: 400:700]
    eta_max
        Largest |eta|. [default: 2.5]
    test_share
        Of the background, what is held back as test. [default: 0.3]
    settings
        A setting of the model, KEY=VALUE, such as trainer.epochs=100; repeatable.
    """
    from resonaut.analysis.tag.pipeline import DEMO, TagSettings, run_tag
    from resonaut.registry import dump_config, read_config

    common = common or Common()
    recipe = read_recipe(common.recipe, sections=("run", "model"))
    given = without_none(
        jets=[str(path) for path in jets] or None,
        train=None if train is None else str(train),
        features=features,
        pt=pt,
        eta_max=eta_max,
        test_share=test_share,
        seed=common.seed,
    )
    run = read_config(TagSettings, recipe["run"] | given)
    chosen = recipe["model"] if model is None or recipe["model"].get("name") == model else {"name": model}
    # Every default is written out, so that one setting of a part can be changed without naming the part again.
    tree = dump_config(read_config("outlier", chosen or {"name": "wnae"}, or_kind="graph-outlier"))
    tree = apply_settings({"model": tree}, [f"model.{one}" for one in settings])["model"]
    detector = read_config("outlier", tree, or_kind="graph-outlier")
    out = run_folder(common, "tag", DEMO if run.train == DEMO else run.train)
    use_threads(common)
    result = run_tag(run, detector, out=out, progress=True)
    finish(out, tag_table(result), *([f"Training stopped early: {result.stopped}"] if result.stopped else []))


def tag_table(result: TagResult) -> Table:
    """A row a class: AUC, what passes each working point, and trees that were told this class or another."""
    from rich.table import Table

    table = Table(
        title=f"{result.model} trained on {result.n_train:,} jets of {result.background}",
        caption=_caption(result),
        title_justify="left",
        caption_justify="left",
    )
    table.add_column("class", no_wrap=True)
    for column in ("jets", "AUC", *(f"at {100 * point.background:g} %" for point in result.working_points)):
        table.add_column(column, justify="right")
    if result.trees:
        table.add_column("trees told it", justify="right")
        table.add_column("told another", justify="right")
    for kind, value in result.auc.items():
        table.add_row(
            kind,
            f"{result.n_jets[kind]:,}",
            f"{value:.3f}",
            *(f"{100 * point.efficiencies[kind]:.3g} %" for point in result.working_points),
            *_of_trees(result, kind),
        )
    return table


def _of_trees(result: TagResult, kind: str) -> list[str]:
    """AUC of trees that learnt this class, and of those that learnt another, from the worst to the best."""
    if not result.trees:
        return []
    wrong = [found[kind] for told, found in result.trees.items() if told != kind]
    ends = [f"{value:.3f}" for value in dict.fromkeys((min(wrong), max(wrong)))] if wrong else ["-"]
    return [f"{result.trees[kind][kind]:.3f}" if kind in result.trees else "-", "-".join(ends)]


def _caption(result: TagResult) -> str:
    lines = [f"AUC against {result.n_test:,} jets of {result.background} held back; of trees, too."]
    if result.emd is not None:
        lines.append(
            f"Samples of the model are {result.emd:.3g} from the data (Earth mover's distance; data from data "
            f"{result.emd_floor:.3g}); E-/E+ = {result.energy_ratio:.2f}."
        )
    if result.excluded:
        reasons = "; ".join(f"{reason}: {count:,}" for reason, count in result.excluded.items())
        lines.append(f"Left out: {reasons}.")
    return "\n".join(lines)
