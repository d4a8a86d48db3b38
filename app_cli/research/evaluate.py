"""``./run evaluate`` and ``./run tune``: how good training is, and whether other settings are better."""

import os
from collections.abc import Sequence

from tabulate import tabulate

from app_cli.progress import progress_reporter
from connections import bootstrap
from connections.settings import Settings
from readmission.evaluation.metrics import Metrics
from readmission.use_cases.cross_split import SplitResult, evaluate_splits, mean_of, read_all_rows

_CHOSEN_BY = ("best batch val F1", "average val F1")
_METRICS = {"AUC": "auc", "AP": "average_precision", "F1": "f1", "Brier": "brier", "ECE": "ece"}
_HEADERS = ["split", "winner", *_CHOSEN_BY, "rows", *_METRICS]
_ROW_SETS = ("held_out", "test", "original_fields", "reference")


def run_evaluate(settings: Settings, seeds: int) -> None:
    """Print a table of several patient-level splits, with LightGBM on all training rows for comparison."""
    from app_cli.research.lightgbm_reference import lightgbm_reference

    with progress_reporter(None) as progress:
        results = evaluate_splits(
            bootstrap.data_stores(settings).clean_data,
            seeds,
            workers=len(os.sched_getaffinity(0)),
            progress=progress,
            reference=lightgbm_reference,
        )
    print(as_markdown(results))


def run_tune(settings: Settings, trials: int) -> None:
    """Print the best settings that a search on validation rows found."""
    from app_cli.research.tune import search

    rows = read_all_rows(bootstrap.data_stores(settings).clean_data)
    with progress_reporter(None) as progress:
        found = search(rows, trials, workers=len(os.sched_getaffinity(0)), progress=progress)
    for quality, tried in found[:10]:
        print(f"{quality:.5f}  {tried}")


def as_markdown(results: Sequence[SplitResult]) -> str:
    """Return a Markdown table: each split's sets of rows, then the means."""
    table = []
    for result in results:
        winner = f"batch {result.winner}" if result.winner else "average"
        chosen_by = [result.best_single_val_f1, result.average_val_f1]
        for name, metrics in _row_sets(result).items():
            measured = [getattr(metrics, metric) for metric in _METRICS.values()]
            table.append([result.seed, winner, *chosen_by, name, *measured])
    table += _mean_rows(results)
    return tabulate(table, _HEADERS, tablefmt="github", floatfmt=".4f")


def _row_sets(result: SplitResult) -> dict[str, Metrics]:
    """Return the metrics of each set of rows that was measured; the reference may be missing."""
    found = {name: getattr(result, name) for name in _ROW_SETS}
    return {name: metrics for name, metrics in found.items() if metrics}


def _mean_rows(results: Sequence[SplitResult]) -> list[list[str | float]]:
    best_single = sum(result.best_single_val_f1 for result in results) / len(results)
    averaged = sum(result.average_val_f1 for result in results) / len(results)
    rows: list[list[str | float]] = []
    for name in _row_sets(results[0]):
        of_all = [getattr(result, name) for result in results]
        means = [mean_of(of_all, metric) for metric in _METRICS.values()]
        rows.append(["**mean**", "", best_single, averaged, name, *means])
    return rows
