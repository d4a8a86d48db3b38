"""Training with everything around it, compared with the bare fits: ``python -m benchmarks.train`` (``./run bench train``)."""

import json
import os
import platform
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.train_stage import settings_in
from connections import bootstrap
from connections.settings import ROOT, load_settings
from readmission.ports.data import silent
from readmission.use_cases.clean import preprocess
from readmission.use_cases.load import load

STAGES = ("trees", "pipelines", "training")
RUNS = 3
ALLOWED, ORIGINAL_S = 1.5, 49
_PAGE = """# Training, compared with the bare fits

Output of `./run bench train` on {cores} cores ({machine}), Python {python}, {dataset}: {rows:,} training rows in
{batches} batches. The minimum of {runs} runs, each in its own process, taking turns: other work on the machine can only
add time.

| what | seconds | times the bare fits |
|---|--:|--:|
| bare `fit` of the six forests | {trees:.2f} | 1.00 |
| `fit` of the six pipelines: also encoding and out-of-bag scores | {pipelines:.2f} | {pipelines_ratio:.2f} |
| training: also calibration, evaluation, plots, MLflow, ONNX, card, promotion | {training:.2f} | {training_ratio:.2f} |

Allowed: {allowed} times the bare fits, and less than the {original} s of the legacy project. The bare fits are scikit-learn's
alone, on encoded rows in memory, in the faster of two arrangements: batch by batch on all cores, or one batch per core.
Training reads its rows from SQLite and logs to MLflow on SQLite, whose tables exist when the clock starts.
"""


def main() -> None:
    """Measure, and write ``docs/benchmarks/train.md``."""
    with tempfile.TemporaryDirectory() as folder:
        told = _prepare(Path(folder))
        took: dict[str, list[float]] = {stage: [] for stage in STAGES}
        for stage in STAGES * RUNS:
            took[stage].append(_run(stage, Path(folder)))
            print(f"{stage}: {took[stage][-1]:.2f} s", flush=True)
    seconds = {stage: min(took[stage]) for stage in STAGES}
    ratios = {f"{stage}_ratio": seconds[stage] / seconds["trees"] for stage in STAGES}
    target = ROOT / "docs" / "benchmarks" / "train.md"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(
        _PAGE.format(**told, **seconds, **ratios, allowed=ALLOWED, original=ORIGINAL_S, runs=RUNS)
    )
    print(
        f"{target.relative_to(ROOT)}: {ratios['training_ratio']:.2f} times the bare fits, allowed {ALLOWED}"
    )


def _prepare(folder: Path) -> dict[str, object]:
    """Load and clean the dataset into a folder; return what the page says of it."""
    settings = load_settings()
    dataset = bootstrap.dataset_source(settings, allow_synthetic=True)
    stores = bootstrap.data_stores(settings_in(folder))
    load(dataset, stores.raw_data, max_rejected_fraction=settings.max_rejected_fraction)
    prepared = preprocess(stores.raw_data, stores.clean_data, progress=silent)
    return {
        "cores": len(os.sched_getaffinity(0)),
        "machine": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "rows": prepared.train_rows,
        "batches": prepared.batches,
        "dataset": "the synthetic sample" if prepared.synthetic else "the real dataset",
    }


def _run(stage: str, folder: Path) -> float:
    command = [sys.executable, "-m", "benchmarks.train_stage", stage, str(folder)]
    compiled_once = {
        name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"
    }
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT, env=compiled_once)
    return float(json.loads(done.stdout.splitlines()[-1]))


if __name__ == "__main__":
    main()
