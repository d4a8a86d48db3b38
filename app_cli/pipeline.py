"""``./run pipeline`` and its parts: each runs one use case and shows how it goes and how it ended."""

from pathlib import Path

from app_cli import console_report as report
from app_cli.progress import progress_reporter
from connections import bootstrap
from connections.settings import Settings
from readmission.ports.data import Dataset, Progress
from readmission.records import Load, Preparation


def run_pipeline(
    settings: Settings, *, force: bool = False, progress_file: Path | None = None
) -> None:
    """Load, clean, train and promote."""
    run_load(settings, force=force, progress_file=progress_file)
    run_clean(settings, progress_file=progress_file)
    run_train(settings, progress_file=progress_file)


def run_load(
    settings: Settings,
    *,
    force: bool = False,
    merge: Path | None = None,
    progress_file: Path | None = None,
) -> Load:
    """Fill ``raw_data``: replace its rows by the dataset's, or merge a file into them."""
    from readmission.use_cases.load import load
    from readmission.use_cases.load import merge as merge_file

    with progress_reporter(progress_file) as progress:
        raw_data = bootstrap.data_stores(settings).raw_data
        if merge:
            done = merge_file(
                _named(settings, merge, progress),
                raw_data,
                max_rejected_fraction=settings.max_rejected_fraction,
                progress=progress,
            )
        else:
            source = bootstrap.dataset_source(settings, allow_synthetic=True, progress=progress)
            done = load(
                source,
                raw_data,
                max_rejected_fraction=settings.max_rejected_fraction,
                force=force,
                progress=progress,
            )
    report.print_load(done)
    return done


def run_clean(
    settings: Settings, *, force: bool = False, progress_file: Path | None = None
) -> Preparation:
    """Fill ``clean_data`` from ``raw_data``."""
    from readmission.use_cases.clean import preprocess

    stores = bootstrap.data_stores(settings)
    with progress_reporter(progress_file) as progress:
        prepared = preprocess(
            stores.raw_data,
            stores.clean_data,
            batch_size=settings.batch_size,
            force=force,
            progress=progress,
        )
    report.print_preparation(prepared)
    return prepared


def run_train(settings: Settings, *, progress_file: Path | None = None) -> None:
    """Train a model per batch, compare all candidates, let the best challenge the champion."""
    from readmission.use_cases.train_all import train_all

    with progress_reporter(progress_file) as progress:
        selection = train_all(bootstrap.training_context(settings, progress))
    report.print_selection(selection)
    report.print_sample_prediction(settings)


def _named(settings: Settings, file: Path, progress: Progress) -> Dataset:
    """Verify a file that a person named."""
    named = settings.model_copy(
        update={"dataset_url": file.resolve().as_uri(), "data_dir": settings.data_dir / "merged"}
    )
    return bootstrap.dataset_source(named, allow_synthetic=False, progress=progress).fetch()
