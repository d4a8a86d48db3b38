"""``./run pipeline`` and its stages: each runs one use case, shows its progress and its result."""

from pathlib import Path

from app_cli import console_report as report
from app_cli.progress import progress_reporter
from connections import bootstrap
from connections.settings import Settings
from readmission.errors import InputError, SettingError
from readmission.ports.data import Dataset, Progress
from readmission.records import Load, Preparation


def run_pipeline(
    settings: Settings, *, force: bool = False, progress_file: Path | None = None
) -> None:
    """Load, clean, train and promote."""
    bootstrap.check_tracking_server(settings)
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
    with progress_reporter(progress_file) as progress:
        if merge is None:
            finished = _load_dataset(settings, force=force, progress=progress)
        else:
            finished = _merge_file(settings, merge, progress=progress)
    report.print_load(finished)
    return finished


def run_clean(
    settings: Settings, *, force: bool = False, progress_file: Path | None = None
) -> Preparation:
    """Fill ``clean_data`` from ``raw_data``."""
    from readmission.use_cases.clean import preprocess

    stores = bootstrap.data_stores(settings)
    with progress_reporter(progress_file) as progress:
        preparation = preprocess(
            stores.raw_data,
            stores.clean_data,
            batch_size=settings.batch_size,
            force=force,
            progress=progress,
        )
    report.print_preparation(preparation)
    return preparation


def run_train(settings: Settings, *, progress_file: Path | None = None) -> None:
    """Train a model per batch, compare all candidates, and promote the best unless it loses."""
    from readmission.use_cases.train_all import train_all

    bootstrap.check_tracking_server(settings)
    with progress_reporter(progress_file) as progress:
        context = bootstrap.training_context(settings, progress)
        selection = train_all(context)
    report.print_selection(selection)
    report.print_sample_prediction(settings)


def _load_dataset(settings: Settings, *, force: bool, progress: Progress) -> Load:
    from readmission.use_cases.load import load

    raw_data = bootstrap.data_stores(settings).raw_data
    source = bootstrap.dataset_source(settings, allow_synthetic=True, progress=progress)
    return load(
        source,
        raw_data,
        max_rejected_fraction=settings.max_rejected_fraction,
        force=force,
        progress=progress,
    )


def _merge_file(settings: Settings, file: Path, *, progress: Progress) -> Load:
    from readmission.use_cases.load import merge

    raw_data = bootstrap.data_stores(settings).raw_data
    dataset = _fetch_file(settings, file, progress)
    return merge(
        dataset,
        raw_data,
        max_rejected_fraction=settings.max_rejected_fraction,
        progress=progress,
    )


def _fetch_file(settings: Settings, file: Path, progress: Progress) -> Dataset:
    """Copy and verify a file, in a folder of its own so that the dataset's copy stays."""
    if not file.is_file():
        raise InputError(f"--merge: there is no file {file}")
    changes = {
        "dataset_url": file.resolve().as_uri(),
        "data_dir": settings.data_dir / "merged",
    }
    settings_of_file = settings.model_copy(update=changes)
    try:
        source = bootstrap.dataset_source(
            settings_of_file, allow_synthetic=False, progress=progress
        )
        return source.fetch()
    except SettingError as error:  # it speaks of DATASET_URL, which the user has not set
        reason = str(error).removeprefix("DATASET_URL: ")
        raise SettingError(f"--merge: {reason}") from error
