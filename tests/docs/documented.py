"""The commands that the papers name, and what runs each of them in the tests."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

PAPERS = sorted([*ROOT.glob("README*.md"), ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])
_BLOCK = re.compile(r"^ *```(?:sh|bash|shell|console)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(
    r"`((?:\w+=\S+ )*(?:\./run|\./test|docker compose|(?:\.venv/bin/)?python3? -m)\b[^`]*)`"
)
_COMMENT = re.compile(r"(?:^|\s+)# .*$", re.MULTILINE)

WALKED = "the newcomer's walk"
COMPOSE = "Docker Compose itself, asked whether it knows all of it"
SETTINGS = "the names of the settings, looked up where they are defined"
PIPELINE, STACK = "tests/e2e/test_pipeline.py", "tests/e2e/test_stack.py"
BACKUP = "tests/compose/test_survival.py::test_backup_brings_everything_back_after_a_wipe"

RUN_BY = {
    r"git clone <\w+ \w+> readmission && cd readmission": WALKED,
    r"(DATASET_URL=file:///\w+/Diabetes\.csv\.xz )?\./run": WALKED,
    r"API_WORKERS=2 \./run serve": WALKED,
    r"curl (-X POST )?http://127\.0\.0\.1:8000/.*": WALKED,
    r"\./run (--help|load|clean|status|drift|promote (1|VERSION)|rollback|secrets)": WALKED,
    r"\./run clean --force && \./run train": WALKED,
    r"tar -czf readmission-backup\.tar\.gz var models": WALKED,
    r"rm -rf var models && tar -xzf readmission-backup\.tar\.gz": WALKED,
    r"\./run api-key ward-7 --scopes predict": WALKED,
    r"\./run (pipeline|train)": f"{PIPELINE}::run_pipeline",
    r"\./run serve": f"{PIPELINE}::serving",
    r"\./run airflow": "tests/e2e/installation.py::running_airflow",
    r"\./run stack": f"{STACK}::stack",
    r"\./run backup( .*)?|\./run restore( .*)?": BACKUP,
    r"\./run evaluate( .*)?": "tests/integration/test_evidence.py::test_evaluate_prints_each_split_and_the_means",
    r"\./run tune( .*)?": "tests/integration/test_evidence.py::test_tune_prints_what_it_tried",
    r"(\./run bench|python -m benchmarks\.)\b.*": "tests/docs/test_commands.py::test_every_benchmark_named_is_there",
    r"python -m connections\.dataset\.synthetic_marginals": "tests/unit/readmission/test_synthetic_measure.py",
    r"python3 -m app_cli\.secrets": "tests/unit/app_cli/test_secrets.py",
    r"(UPDATE_SCREENSHOTS=1 )?\./test( .*)?|sudo \.ci/run": "continuous integration, which consists of them",
    r"\. \./\.env; curl -X POST localhost:8000/predict .*": "tests/compose/stack.py::predict",
    r"(AIRFLOW_EXECUTOR=CeleryExecutor )?docker compose .*": COMPOSE,
    r"(\w+=\S+ *)+": SETTINGS,
    r"airflow celery worker --concurrency \d+": "tests/e2e/test_workers.py",
}
"""The whole of a command -> what runs it: one of the above, or a file of tests with the name of the part that does."""


@dataclass(frozen=True, order=True)
class Command:
    """One command of one page."""

    page: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text}"

    @property
    def run_by(self) -> list[str]:
        """Return what runs it; exactly one thing should."""
        return [how for pattern, how in RUN_BY.items() if re.fullmatch(pattern, self.text)]


def commands() -> list[Command]:
    """Return every line of every shell block, and every command that stands in a sentence."""
    return sorted(
        {
            Command(str(page.relative_to(ROOT)), text)
            for page in PAPERS
            for text in _commands_of(page)
        }
    )


def _commands_of(page: Path) -> set[str]:
    text = page.read_text()
    blocks = (_COMMENT.sub("", block.replace("\\\n", " ")) for block in _BLOCK.findall(text))
    lines = {line.strip() for block in blocks for line in block.splitlines()}
    inline = {" ".join(found.split()) for found in _INLINE.findall(_BLOCK.sub("", text))}
    return (lines | inline) - {""}
