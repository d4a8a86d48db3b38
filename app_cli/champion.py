"""``./run promote``, ``./run rollback`` and ``./run drift``."""

from app_cli.console_report import console, print_promotion
from connections import bootstrap
from connections.settings import Settings
from readmission.ids import new_id


def promote(settings: Settings, version: int) -> None:
    """Make a version the champion."""
    from readmission.use_cases import promote as promotion

    clean_data = bootstrap.data_stores(settings).clean_data
    print_promotion(promotion.promote(clean_data, bootstrap.registry(settings), version))


def rollback(settings: Settings) -> None:
    """Make the previous champion the champion again."""
    from readmission.use_cases import promote as promotion

    clean_data = bootstrap.data_stores(settings).clean_data
    print_promotion(promotion.rollback(clean_data, bootstrap.registry(settings)))


def report_drift(settings: Settings) -> None:
    """Measure drift, keep the report in MLflow, say the verdict."""
    verdict = bootstrap.drift(settings).report(new_id())
    for report in verdict.reports:
        console.print(
            f"{report.source}: {report.rows:,} rows, {report.state}. {report.reason}",
            soft_wrap=True,
        )
    console.print("Verdict: train anew." if verdict.retrain else "Verdict: nothing to do.")
