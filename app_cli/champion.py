"""``./run promote``, ``./run rollback`` and ``./run drift``."""

from app_cli.console_report import console, print_promotion
from connections import bootstrap
from connections.settings import Settings
from readmission.ids import new_id


def promote(settings: Settings, version: int) -> None:
    """Make a version the champion."""
    print_promotion(bootstrap.training(settings).promote(version))


def rollback(settings: Settings) -> None:
    """Make the previous champion the champion again."""
    print_promotion(bootstrap.training(settings).rollback())


def report_drift(settings: Settings) -> None:
    """Measure drift, keep the report in MLflow, say the verdict."""
    verdict = bootstrap.drift(settings).report(new_id())
    for report in verdict.reports:
        console.print(
            f"{report.source}: {report.rows:,} rows, {report.state}. {report.reason}",
            soft_wrap=True,
        )
    console.print("Verdict: train anew." if verdict.retrain else "Verdict: nothing to do.")
