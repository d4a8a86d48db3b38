"""The text that the command line prints at the end of a stage."""

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

NO_CHAMPION = "none yet: ./run pipeline trains one"
NO_PREVIOUS = "none yet: there is one after the champion has been replaced"
SYNTHETIC_WARNING = (
    "The real dataset could not be reached. This run uses a SYNTHETIC sample: "
    "no row of it is a patient.\n"
    "Every load, run, model and page of it is marked dataset=synthetic. "
    "Name the real file by DATASET_URL\n"
    "(https://... or file://...) and run again; never use this model for patients."
)


def print_load(load: Load) -> None:
    """Print the result of a load."""
    if load.synthetic:
        title = "[bold]dataset=synthetic[/bold]"
        console.print(Panel(SYNTHETIC_WARNING, title=title, border_style="bold red"))
    summary = f"{load.status}: {load.rows:,} rows"
    if load.mode == "merge":
        summary += f": {load.added:,} added"
        summary += f", {load.changed:,} changed"
        summary += f", {load.identical:,} identical"
    if load.rejected:
        summary += f", {load.rejected:,} rejected (see raw_data.rejected_rows)"
    if load.converted_codes:
        summary += f", {load.converted_codes:,} diagnosis codes converted from ICD-10"
    summary += f", from {load.source}"
    summary += f", {load.seconds:.1f} s"
    _print_line(f"[bold]raw_data[/bold]    {summary}")


def print_preparation(preparation: Preparation) -> None:
    """Print what the clean tables contain."""
    train = f"{preparation.train_rows:,} train rows in {preparation.batches} batches"
    other_splits = f"{preparation.val_rows:,} val, {preparation.test_rows:,} test"
    excluded = f"{preparation.excluded_rows:,} not in the cohort"
    _print_line(
        f"[bold]clean_data[/bold]  {train}, {other_splits}; {excluded}; "
        f"data version {preparation.data_version}"
    )


def print_selection(selection: "Selection") -> None:
    """Print a row for each candidate, the winner with its test metrics, and the promotion."""
    console.print(_candidates_table(selection))
    winner = selection.winner
    version = selection.version
    f1_and_auc = f"F1 {winner.test_f1:.4f}, AUC {winner.test_auc:.4f}"
    average_precision = f"AP {winner.test_average_precision:.4f}"
    _print_line(
        f"Winner: {_candidate_name(winner)}, version {version.version} of {version.name}; "
        f"on the test set, read once: {f1_and_auc}, {average_precision}"
    )
    print_promotion(selection.promotion)


def print_promotion(promotion: Promotion) -> None:
    """Print what was decided about the champion, and why."""
    version = promotion.candidate_version
    decision = f"version {version} {promotion.action}"
    _print_line(f"Champion: {decision}. {promotion.reason}")


def print_sample_prediction(settings: Settings) -> None:
    """Print the champion's prediction for the form's default patient."""
    champions = bootstrap.champions(settings)
    version = champions.promoted()
    if version is None:
        return
    model = champions.fetch(version).model
    probabilities = model.probabilities([{}])  # a field that is not given has its default
    probability = float(probabilities[0])
    readmitted = probability >= model.threshold
    verdict = "readmission expected" if readmitted else "no readmission expected"
    _print_line(
        f"Sample: the form's default patient has a risk of {probability:.1%} "
        f"(threshold {model.threshold:.1%}): {verdict}."
    )


def print_status(settings: Settings) -> None:
    """Print what is loaded, prepared and promoted."""
    stores = bootstrap.data_stores(settings)
    registry = bootstrap.version_registry(settings)
    load = stores.raw_data.latest_load()
    preparation = stores.clean_data.latest_preparation()
    if load is None:
        console.print("[bold]raw_data[/bold]    empty: ./run load")
    else:
        print_load(load)
    if preparation is None:
        console.print("[bold]clean_data[/bold]  empty: ./run clean")
    else:
        print_preparation(preparation)
    _print_line(
        f"[bold]champion[/bold]    {_describe_version(registry.champion(), if_none=NO_CHAMPION)}"
    )
    _print_line(
        f"[bold]previous[/bold]    {_describe_version(registry.previous(), if_none=NO_PREVIOUS)}"
    )


def _print_line(text: str) -> None:
    """Print one line that the terminal may wrap, but that stays one line in a file."""
    console.print(text, soft_wrap=True)


def _candidates_table(selection: "Selection") -> Table:
    title = "Candidates, on the same validation rows"
    table = Table("candidate", title=title, title_justify="left")
    for heading in ("rows", "val_f1", "val AUC", "val AP", "threshold", "seconds"):
        table.add_column(heading, justify="right")
    for experiment in selection.experiments:
        is_winner = experiment is selection.winner
        table.add_row(
            _candidate_name(experiment),
            f"{experiment.rows:,}",
            f"{experiment.val_f1:.4f}",
            f"{experiment.val_auc:.4f}",
            f"{experiment.val_average_precision:.4f}",
            f"{experiment.threshold:.4f}",
            f"{experiment.seconds:.1f}",
            style="bold green" if is_winner else "",
        )
    return table


def _candidate_name(experiment: Experiment) -> str:
    if experiment.batch_id:
        return f"batch {experiment.batch_id}"
    return "average of all"


def _describe_version(version: ModelVersion | None, *, if_none: str) -> str:
    if version is None:
        return if_none
    dataset = "synthetic" if version.synthetic else "real"
    name = f"version {version.version} of {version.name}"
    return f"{name}, data version {version.data_version}, dataset={dataset}"
