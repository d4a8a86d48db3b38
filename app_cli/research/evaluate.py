"""``./run evaluate`` and ``./run tune``: how good training is, and how it could be better."""

import os

from app_cli.progress import shown
from connections import bootstrap
from connections.settings import Settings


def run_evaluate(settings: Settings, seeds: int) -> None:
    """Print a table of several patient-level splits, LightGBM on all training rows beside it."""
    from app_cli.research.lightgbm_reference import lightgbm_reference
    from readmission.use_cases.evaluate import as_markdown, evaluate_seeds

    clean_data, workers = bootstrap.data_stores(settings).clean_data, len(os.sched_getaffinity(0))
    with shown(None) as progress:
        found = evaluate_seeds(
            clean_data, seeds, workers=workers, progress=progress, reference=lightgbm_reference
        )
    print(as_markdown(found))


def run_tune(settings: Settings, trials: int) -> None:
    """Print the best settings that a search on validation rows found."""
    from app_cli.research.tune import search
    from readmission.use_cases.evaluate import all_rows

    rows, workers = (
        all_rows(bootstrap.data_stores(settings).clean_data),
        len(os.sched_getaffinity(0)),
    )
    with shown(None) as progress:
        found = search(rows, trials, workers=workers, progress=progress)
    for quality, tried in found[:10]:
        print(f"{quality:.5f}  {tried}")
