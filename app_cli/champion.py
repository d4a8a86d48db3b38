"""``./run models``, ``promote``, ``rollback`` and ``drift``."""

from datetime import datetime

from rich.table import Table

from app_cli.console_report import console
from connections import bootstrap
from connections.settings import Settings
from readmission.ids import new_id
from readmission.records import ModelVersion, Promotion
from readmission.use_cases import change_champion

RETRAIN_EXIT_CODE = 3
"""The exit code of ``./run drift`` when it advises to retrain; errors have 2, 70 and 75."""


def promote(settings: Settings, version: int) -> None:
    """Make a version the champion."""
    clean_data = bootstrap.data_stores(settings).clean_data
    registry = bootstrap.version_registry(settings)
    promotion = change_champion.promote(clean_data, registry, version)
    _print_change(settings, promotion, f"Version {version} is champion")


def rollback(settings: Settings) -> None:
    """Make the previous champion the champion again."""
    clean_data = bootstrap.data_stores(settings).clean_data
    registry = bootstrap.version_registry(settings)
    promotion = change_champion.rollback(clean_data, registry)
    _print_change(settings, promotion, f"Version {promotion.candidate_version} is champion again")


def print_models(settings: Settings) -> None:
    """Print all versions, newest first."""
    registry = bootstrap.version_registry(settings)
    versions = registry.versions()
    if not versions:
        console.print("There are no models yet: ./run pipeline")
        return
    champion, previous = registry.champion(), registry.previous()
    promotions = bootstrap.data_stores(settings).clean_data.read_promotions()
    console.print(_table_of(versions, champion, previous, promotions))


def report_drift(settings: Settings) -> int:
    """Measure drift, store the report in MLflow, print the verdict; return the exit code."""
    drift_watch = bootstrap.drift(settings)
    verdict = drift_watch.report(new_id())
    for report in verdict.reports:
        rows = "1 row" if report.rows == 1 else f"{report.rows:,} rows"
        console.print(
            f"{report.source}: {rows}, {report.state}. {report.reason}",
            soft_wrap=True,
        )
    advice = "retrain" if verdict.retrain else "nothing to do"
    console.print(f"Verdict: {advice}.")
    return RETRAIN_EXIT_CODE if verdict.retrain else 0


def _print_change(settings: Settings, promotion: Promotion, change: str) -> None:
    replaced = promotion.champion_version
    if replaced is not None:
        change += f"; version {replaced} stepped down"
    follows = f"The API follows within {settings.model_poll_s:.0f} s."
    console.print(f"{change}. {follows}", soft_wrap=True)


def _table_of(
    versions: list[ModelVersion],
    champion: ModelVersion | None,
    previous: ModelVersion | None,
    promotions: list[Promotion],
) -> Table:
    table = Table("version", "alias", "since (UTC)", box=None, pad_edge=False)
    for heading in ("threshold", "val F1"):
        table.add_column(heading, justify="right")
    table.add_column("dataset")
    for version in versions:
        is_champion = version == champion
        alias = "champion" if is_champion else "previous" if version == previous else ""
        since = _champion_since(version, promotions) if is_champion else None
        table.add_row(
            str(version.version),
            alias,
            f"{since:%Y-%m-%d %H:%M}" if since else "",
            f"{version.threshold:.4f}",
            f"{version.metrics['val_f1']:.4f}",
            "synthetic" if version.synthetic else "real",
            style="bold green" if is_champion else "",
        )
    return table


def _champion_since(champion: ModelVersion, promotions: list[Promotion]) -> datetime | None:
    """Return when the champion became one; None if it was promoted in MLflow, unrecorded."""
    for promotion in promotions:
        if promotion.action != "refused":
            is_same = promotion.candidate_version == champion.version
            return promotion.decided_at if is_same else None
    return None
