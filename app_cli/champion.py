"""``./run promote``, ``./run rollback`` and ``./run drift``."""

from app_cli.console_report import console, print_promotion
from connections import bootstrap
from connections.settings import Settings
from readmission.ids import new_id


def promote(settings: Settings, version: int) -> None:
    """Make a version the champion."""
    from readmission.use_cases import promote as promotion

    clean_data = bootstrap.data_stores(settings).clean_data
    registry = bootstrap.registry(settings)
    print_promotion(promotion.promote(clean_data, registry, version))


def rollback(settings: Settings) -> None:
    """Make the previous champion the champion again."""
    from readmission.use_cases import promote as promotion

    clean_data = bootstrap.data_stores(settings).clean_data
    registry = bootstrap.registry(settings)
    print_promotion(promotion.rollback(clean_data, registry))


def report_drift(settings: Settings) -> None:
    """Measure drift, store the report in MLflow, and print the verdict."""
    drift_watch = bootstrap.drift(settings)
    verdict = drift_watch.report(new_id())
    for report in verdict.reports:
        rows = f"{report.rows:,} rows"
        console.print(
            f"{report.source}: {rows}, {report.state}. {report.reason}",
            soft_wrap=True,
        )
    advice = "retrain" if verdict.retrain else "nothing to do"
    console.print(f"Verdict: {advice}.")
