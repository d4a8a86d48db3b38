"""The commands that README and docs mention, and what runs each of them in the tests."""

import re
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT

PAGES = sorted([*ROOT.glob("README*.md"), ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")])
_BLOCK = re.compile(r"^ *```(?:sh|bash|shell|console)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(
    r"`((?:\w+=\S+ )*(?:\./run|\./test|docker compose|(?:\.venv/bin/)?python3? -m)\b[^`]*)`"
)
_COMMENT = re.compile(r"(?:^|\s+)# .*$", re.MULTILINE)

WALKED = "tests/docs/test_newcomer.py"
COMPOSE = "checked against the options of Docker Compose"
SETTINGS = "checked against the names of the settings"
CONTINUOUS_INTEGRATION = "continuous integration, which runs them"
PIPELINE = "tests/e2e/test_pipeline.py"
STACK = "tests/e2e/test_stack.py"
EVIDENCE = "tests/integration/test_evidence.py"
BENCHMARKS = "tests/docs/test_commands.py::test_benchmarks_that_pages_name_exist"
SYNTHETIC_MARGINALS = "tests/unit/readmission/test_synthetic_measure.py"
BACKUP = "tests/compose/test_survival.py::test_backup_brings_everything_back_after_a_wipe"

RUN_BY = {
    r"git clone <\w+ \w+> readmission && cd readmission": WALKED,
    r"(DATASET_URL=file:///\w+/Diabetes\.csv\.xz )?\./run": WALKED,
    r"API_WORKERS=2 \./run serve": WALKED,
    r"curl (-X POST )?http://127\.0\.0\.1:8000/.*": WALKED,
    r"\./run (--help|load|clean|status|models|drift|promote (1|VERSION)|rollback|secrets)": WALKED,
    r"\./run clean --force && \./run train": WALKED,
    r"tar -czf readmission-backup\.tar\.gz var models": WALKED,
    r"rm -rf var models && tar -xzf readmission-backup\.tar\.gz": WALKED,
    r"\./run api-key ward-7 --scopes predict": WALKED,
    r"\./run (pipeline|train)": f"{PIPELINE}::run_pipeline",
    r"\./run serve": f"{PIPELINE}::serving",
    r"\./run airflow": "tests/e2e/installation.py::running_airflow",
    r"\./run stack": f"{STACK}::stack",
    r"\./run backup( .*)?|\./run restore( .*)?": BACKUP,
    r"\./run evaluate( .*)?": f"{EVIDENCE}::test_evaluate_prints_each_split_and_the_means",
    r"\./run tune( .*)?": f"{EVIDENCE}::test_tune_prints_what_it_tried",
    r"(\./run bench|python -m benchmarks\.)\b.*": BENCHMARKS,
    r"python -m connections\.dataset\.synthetic_marginals": SYNTHETIC_MARGINALS,
    r"python3 -m app_cli\.secrets": "tests/unit/app_cli/test_secrets.py",
    r"(UPDATE_SCREENSHOTS=1 )?\./test( .*)?|sudo \.ci/run": CONTINUOUS_INTEGRATION,
    r"\. \./\.env; curl -X POST localhost:8000/predict .*": "tests/compose/stack.py::predict",
    r"(AIRFLOW_EXECUTOR=CeleryExecutor )?docker compose .*": COMPOSE,
    r"(\w+=\S+ *)+": SETTINGS,
    r"airflow celery worker --concurrency \d+": "tests/e2e/test_workers.py",
}
"""Pattern of a whole command -> what runs it: a constant above, or a test file and function."""


@dataclass(frozen=True, order=True)
class Command:
    """A command on a page."""

    page: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}: {self.text}"

    @property
    def run_by(self) -> list[str]:
        """Return what runs it; there should be exactly one entry."""
        return [runner for pattern, runner in RUN_BY.items() if re.fullmatch(pattern, self.text)]


def commands() -> list[Command]:
    """Return every line of every shell block, and every command within a sentence."""
    found = set()
    for page in PAGES:
        name = str(page.relative_to(ROOT))
        found |= {Command(name, text) for text in _commands_of(page)}
    return sorted(found)


def _commands_of(page: Path) -> set[str]:
    text = page.read_text()
    blocks = "\n".join(_BLOCK.findall(text))
    without_comments = _COMMENT.sub("", blocks.replace("\\\n", " "))
    lines = {line.strip() for line in without_comments.splitlines()}
    inline = {" ".join(found.split()) for found in _INLINE.findall(_BLOCK.sub("", text))}
    return (lines | inline) - {""}
