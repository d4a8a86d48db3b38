"""``./run evaluate`` and ``./run tune``: measure training, and search for better settings."""

from collections.abc import Sequence

from tabulate import tabulate

from app_cli.progress import progress_reporter
from connections import bootstrap
from connections.settings import Settings
from readmission.cores import usable_cores
from readmission.evaluation.metrics import Metrics
from readmission.use_cases.cross_split import SplitResult, evaluate_splits, mean_of, read_all_rows

_METRICS = {"AUC": "auc", "AP": "average_precision", "F1": "f1", "Brier": "brier", "ECE": "ece"}
_HEADERS = ["split", "winner", "best batch val F1", "average val F1", "rows", *_METRICS]
_ROW_SETS = ("held_out", "test", "original_fields", "reference")

_TableRow = list[str | float]


def run_evaluate(settings: Settings, seeds: int) -> None:
    """Print the metrics on several patient-level splits, and those of LightGBM to compare."""
    from app_cli.research.lightgbm_reference import lightgbm_reference

    with progress_reporter(None) as progress:
        results = evaluate_splits(
            bootstrap.data_stores(settings).clean_data,
            seeds,
            workers=usable_cores(),
            progress=progress,
            reference=lightgbm_reference,
        )
    print(as_markdown(results))


def run_tune(settings: Settings, trials: int) -> None:
    """Print the ten best settings that a search on validation rows found."""
    from app_cli.research.tune import search

    rows = read_all_rows(bootstrap.data_stores(settings).clean_data)
    with progress_reporter(None) as progress:
        tried = search(rows, trials, workers=usable_cores(), progress=progress)
    for trial in tried[:10]:
        print(f"{trial.average_precision:.5f}  {trial.settings}")


def as_markdown(results: Sequence[SplitResult]) -> str:
    """Return a Markdown table: a row for each split and set of rows, then the means over splits."""
    table: list[_TableRow] = []
    for result in results:
        table += _rows_of_split(result)
    table += _mean_rows(results)
    return tabulate(table, _HEADERS, tablefmt="github", floatfmt=".4f")


def _rows_of_split(result: SplitResult) -> list[_TableRow]:
    winner = f"batch {result.winner}" if result.winner else "average"
    split_cells: _TableRow = [
        result.seed,
        winner,
        result.best_single_val_f1,
        result.average_val_f1,
    ]
    table_rows = []
    for row_set, metrics in _metrics_by_row_set(result).items():
        values = [getattr(metrics, attribute) for attribute in _METRICS.values()]
        table_rows.append([*split_cells, row_set, *values])
    return table_rows


def _mean_rows(results: Sequence[SplitResult]) -> list[_TableRow]:
    split_cells: _TableRow = [
        "**mean**",
        "",
        _mean([result.best_single_val_f1 for result in results]),
        _mean([result.average_val_f1 for result in results]),
    ]
    table_rows = []
    for row_set in _metrics_by_row_set(results[0]):
        metrics_of_splits = [getattr(result, row_set) for result in results]
        means = [mean_of(metrics_of_splits, attribute) for attribute in _METRICS.values()]
        table_rows.append([*split_cells, row_set, *means])
    return table_rows


def _metrics_by_row_set(result: SplitResult) -> dict[str, Metrics]:
    """Return the metrics of each set of rows that was measured; the reference is optional."""
    measured = {}
    for row_set in _ROW_SETS:
        metrics: Metrics | None = getattr(result, row_set)
        if metrics:
            measured[row_set] = metrics
    return measured


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
