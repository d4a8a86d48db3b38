"""Measure the whole training over several patient-level splits of the present data."""

from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from readmission.data.splitting import SEED
from readmission.evaluation.metrics import Metrics
from readmission.model.settings import ForestSettings
from readmission.ports.data import CleanData, Progress
from readmission.use_cases.cross_split import Reference, SeedResult, evaluate_seed, mean_of
from readmission.use_cases.train_batch import latest_preparation
from readmission.use_cases.training_data import in_order

_CHOSEN = ("best_single_val_f1", "average_val_f1")
_SHOWN = ("auc", "average_precision", "f1", "brier", "ece")


def evaluate_seeds(
    clean_data: CleanData,
    seeds: int,
    *,
    workers: int,
    progress: Progress,
    reference: Reference | None = None,
) -> list[SeedResult]:
    """Return what each split says; the first one is the pipeline's own."""
    rows, found = all_rows(clean_data), []
    for done in range(seeds):
        progress("evaluate", done, seeds)
        found.append(
            evaluate_seed(rows, ForestSettings(), SEED + done, workers=workers, reference=reference)
        )
    progress("evaluate", seeds, seeds)
    return found


def all_rows(clean_data: CleanData) -> pd.DataFrame:
    """Return the rows of every split of the present data."""
    now = latest_preparation(clean_data)
    batches = [
        clean_data.read_batch(batch_id, now.data_version) for batch_id in range(1, now.batches + 1)
    ]
    return in_order(
        pd.concat(
            [
                *batches,
                clean_data.read_val(now.data_version),
                clean_data.read_test(now.data_version),
            ]
        )
    )


def as_markdown(results: Sequence[SeedResult]) -> str:
    """Return the results as a table, split by split, with the means."""
    head = "| split | winner | best batch val F1 | average val F1 | rows | AUC | AP | F1 | Brier | ECE |"
    lines = [head, "|" + " --- |" * head.count("| ")]
    lines += [
        _line(result, name, getattr(result, name)) for result in results for name in _parts(result)
    ]
    return "\n".join([*lines, *(_mean_line(results, name) for name in _parts(results[0]))])


def _parts(result: SeedResult) -> list[str]:
    return [
        name
        for name in ("held_out", "test", "original_fields", "reference")
        if getattr(result, name)
    ]


def _line(result: SeedResult, name: str, metrics: Metrics) -> str:
    winner = f"batch {result.winner}" if result.winner else "average"
    numbers = [f"{asdict(metrics)[one]:.4f}" for one in _SHOWN]
    chosen = [f"{result.best_single_val_f1:.4f}", f"{result.average_val_f1:.4f}"]
    return _joined([str(result.seed), winner, *chosen, name, *numbers])


def _mean_line(results: Sequence[SeedResult], name: str) -> str:
    chosen = [f"{sum(getattr(r, one) for r in results) / len(results):.4f}" for one in _CHOSEN]
    numbers = [
        f"{mean_of([getattr(result, name) for result in results], one):.4f}" for one in _SHOWN
    ]
    return _joined(["**mean**", "", *chosen, name, *numbers])


def _joined(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
