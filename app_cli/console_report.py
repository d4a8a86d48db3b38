"""What the command line prints at the end of a stage."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.panel import Panel
from rich.table import Table

from connections import bootstrap
from connections.settings import Settings
from readmission.records import Experiment, Load, ModelVersion, Preparation, Promotion

if TYPE_CHECKING:
    from readmission.use_cases.select_champion import Selection

console = Console(highlight=False)

SYNTHETIC_WARNING = (
    "The real dataset could not be reached. This run uses a SYNTHETIC sample: no row of it is a patient.\n"
    "Every load, run, model and page of it is marked dataset=synthetic. Name the real file by DATASET_URL\n"
    "(https://... or file://...) and run again; never use this model for patients."
)


def print_load(load: Load) -> None:
    """Say what a load did."""
    if load.synthetic:
        console.print(
            Panel(
                SYNTHETIC_WARNING, title="[bold]dataset=synthetic[/bold]", border_style="bold red"
            )
        )
    rejected = f", {load.rejected:,} rejected (see raw_data.rejected_rows)" if load.rejected else ""
    merged = f": {load.added:,} added, {load.changed:,} changed, {load.identical:,} identical"
    console.print(
        f"[bold]raw_data[/bold]    {load.status}: {load.rows:,} rows{merged if load.mode == 'merge' else ''}"
        f"{rejected}, from {load.source}, {load.seconds:.1f} s",
        soft_wrap=True,
    )


def print_preparation(prepared: Preparation) -> None:
    """Say what the clean tables hold."""
    console.print(
        f"[bold]clean_data[/bold]  {prepared.train_rows:,} train rows in {prepared.batches} batches, "
        f"{prepared.val_rows:,} val, {prepared.test_rows:,} test; {prepared.excluded_rows:,} not in the cohort; "
        f"data version {prepared.data_version}",
        soft_wrap=True,
    )


def print_selection(selection: "Selection") -> None:
    """Print a line for each candidate, the winner, and what the test set says of it."""
    table = Table(
        "candidate", title="Candidates, on the same validation rows", title_justify="left"
    )
    for heading in ("rows", "val_f1", "val AUC", "val AP", "threshold", "seconds"):
        table.add_column(heading, justify="right")
    for one in selection.experiments:
        table.add_row(*_cells(one), style="bold green" if one is selection.winner else "")
    console.print(table)
    winner, promotion = selection.winner, selection.promotion
    console.print(
        f"Winner: {_candidate(winner)}, version {selection.version.version} of {selection.version.name}; "
        f"on the test set, read once: F1 {winner.test_f1:.4f}, AUC {winner.test_auc:.4f}, "
        f"AP {winner.test_average_precision:.4f}",
        soft_wrap=True,
    )
    print_promotion(promotion)


def print_promotion(promotion: Promotion) -> None:
    """Say what was decided about the champion."""
    console.print(
        f"Champion: version {promotion.candidate_version} {promotion.action}. {promotion.reason}",
        soft_wrap=True,
    )


def print_sample_prediction(settings: Settings) -> None:
    """Ask the champion about the form's default patient."""
    champions = bootstrap.champions(settings)
    wanted = champions.wanted()
    if wanted is None:
        return
    served = champions.fetch(wanted)
    probability = float(served.model.probabilities([{}])[0])
    verdict = (
        "readmission expected"
        if probability >= served.model.threshold
        else "no readmission expected"
    )
    console.print(
        f"Sample: the form's default patient has a risk of {probability:.1%} "
        f"(threshold {served.model.threshold:.1%}): {verdict}.",
        soft_wrap=True,
    )


def print_status(settings: Settings) -> None:
    """Say what is loaded, prepared and promoted."""
    stores, registry = bootstrap.data_stores(settings), bootstrap.registry(settings)
    load, prepared = stores.raw_data.latest_load(), stores.clean_data.latest_preparation()
    if load:
        print_load(load)
    else:
        console.print("[bold]raw_data[/bold]    empty: ./run load")
    if prepared:
        print_preparation(prepared)
    else:
        console.print("[bold]clean_data[/bold]  empty: ./run clean")
    for alias, version in (("champion", registry.champion()), ("previous", registry.previous())):
        console.print(f"[bold]{alias}[/bold]    {_version(version)}", soft_wrap=True)


def _version(version: ModelVersion | None) -> str:
    if version is None:
        return "none: ./run train"
    kind = "synthetic" if version.synthetic else "real"
    return f"version {version.version} of {version.name}, data version {version.data_version}, dataset={kind}"


def _candidate(experiment: Experiment) -> str:
    return f"batch {experiment.batch_id}" if experiment.batch_id else "average of all"


def _cells(experiment: Experiment) -> tuple[str, ...]:
    return (
        _candidate(experiment),
        f"{experiment.rows:,}",
        f"{experiment.val_f1:.4f}",
        f"{experiment.val_auc:.4f}",
        f"{experiment.val_average_precision:.4f}",
        f"{experiment.threshold:.4f}",
        f"{experiment.seconds:.1f}",
    )
