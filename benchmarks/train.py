"""``./run bench train``: training with everything around it, compared with the bare fits."""

import tempfile
from pathlib import Path

from benchmarks.markdown import describe_machine, table
from benchmarks.stage_process import run_stage
from benchmarks.train_stage import settings_in
from connections import bootstrap
from connections.settings import ROOT, load_settings
from readmission.records import Preparation
from readmission.use_cases.clean import preprocess
from readmission.use_cases.load import load

DESCRIPTION_OF_STAGE = {
    "trees": "bare `fit` of the six forests",
    "pipelines": "`fit` of the six pipelines: also encoding and out-of-bag scores",
    "training": "training: also calibration, evaluation, plots, MLflow, ONNX, card, promotion",
}
PAGE_FILE = ROOT / "docs" / "benchmarks" / "train.md"
RUNS = 3
ALLOWED_RATIO = 1.5
LEGACY_SECONDS = 49
_HEADER = ("what", "seconds", "times the bare fits")
_ALIGNMENT = "|---|--:|--:|"
_PAGE = """\
# Training, compared with the bare fits

Output of `./run bench train` on {machine},
{dataset}: {rows:,} training rows in {batches} batches. The minimum of {runs} runs, each in its own
process, taking turns: other work on the machine can only add time.

{table}

Allowed: {allowed} times the bare fits, and less than the {legacy} s of the legacy project. The bare
fits are scikit-learn's alone, on encoded rows in memory, in the faster of two arrangements: batch
by batch on all cores, or one batch per core. Training reads its rows from SQLite and logs to MLflow
on SQLite, whose tables exist when the clock starts.
"""


def main() -> None:
    """Measure, and write ``docs/benchmarks/train.md``."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        preparation = _prepare_rows(folder)
        seconds_of_stage = _measure(folder)
    page = _format_page(preparation, seconds_of_stage)
    PAGE_FILE.parent.mkdir(parents=True, exist_ok=True)
    PAGE_FILE.write_text(page)
    ratio = seconds_of_stage["training"] / seconds_of_stage["trees"]
    relative_path = PAGE_FILE.relative_to(ROOT)
    print(f"{relative_path}: {ratio:.2f} times the bare fits, allowed {ALLOWED_RATIO}")


def _prepare_rows(folder: Path) -> Preparation:
    """Load and clean the dataset into a database in the folder."""
    settings = load_settings()
    source = bootstrap.dataset_source(settings, allow_synthetic=True)
    stores = bootstrap.data_stores(settings_in(folder))
    load(
        source,
        stores.raw_data,
        max_rejected_fraction=settings.max_rejected_fraction,
    )
    return preprocess(stores.raw_data, stores.clean_data)


def _measure(folder: Path) -> dict[str, float]:
    """Return the seconds of each stage's fastest run; the stages take turns."""
    fastest: dict[str, float] = {}
    stages = list(DESCRIPTION_OF_STAGE)
    for stage in stages * RUNS:
        arguments = [stage, str(folder)]
        seconds = run_stage("benchmarks.train_stage", arguments)
        print(f"{stage}: {seconds:.2f} s", flush=True)
        previous = fastest.get(stage, seconds)
        fastest[stage] = min(previous, seconds)
    return fastest


def _format_page(preparation: Preparation, seconds_of_stage: dict[str, float]) -> str:
    bare_seconds = seconds_of_stage["trees"]
    rows: list[list[str]] = []
    for stage, seconds in seconds_of_stage.items():
        ratio = seconds / bare_seconds
        cells = [
            DESCRIPTION_OF_STAGE[stage],
            f"{seconds:.2f}",
            f"{ratio:.2f}",
        ]
        rows.append(cells)
    return _PAGE.format(
        machine=describe_machine(),
        dataset="the synthetic sample" if preparation.synthetic else "the real dataset",
        rows=preparation.train_rows,
        batches=preparation.batches,
        runs=RUNS,
        table=table(_HEADER, _ALIGNMENT, rows),
        allowed=ALLOWED_RATIO,
        legacy=LEGACY_SECONDS,
    )


if __name__ == "__main__":
    main()
