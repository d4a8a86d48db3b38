"""The papers say what the code does: commands, settings, ports, links, pictures, and the same in both languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from app_cli.commands import app
from connections.settings import ROOT, Settings
from readmission.schema import FIELD_BY_NAME
from readmission.schema.columns import COLUMN_BY_NAME
from tests.docs.documented import PAPERS

README, LEEME = (ROOT / "README.md").read_text(), (ROOT / "README.es.md").read_text()
TWINS = pytest.mark.parametrize("readme", [README, LEEME], ids=["English", "Spanish"])
IMAGES = ROOT / "docs" / "images"
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FILE = re.compile(
    r"`((?:readmission|connections|app_\w+|dags|tests|benchmarks|monitoring|minio)/[\w/]+\.\w+)`"
)
_CLAIM = re.compile(r"((?:`[\w.]+`(?:, and |, | and ))*`[\w.]+`) in `([\w/]+\.py)`")
"""Names and the file that a page says defines them: "`a`, `b` and `c` in `path/file.py`"."""
_PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")


@TWINS
def test_commands_of_the_table_are_commands(readme: str) -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    cells = [row[0] for row in _rows(readme) if row[0].startswith("`./run")]
    shown = {name for cell in cells for name in re.findall(r"`(?:\./run )?([a-z][a-z-]*)\b", cell)}
    assert shown == known


@TWINS
def test_settings_of_the_table_have_the_defaults_that_it_says(readme: str) -> None:
    fields = Settings.model_fields
    rows = [row for row in _rows(readme) if re.fullmatch(r"`[A-Z_]+`", row[0])]
    assert len(rows) > 10
    for name, default, _ in rows:
        declared = fields[name.strip("`").lower()].default
        shown = getattr(declared, "get_secret_value", lambda value=declared: value)()
        assert default == f"`{shown}`" if default.startswith("`") else declared is None, name


@TWINS
def test_ports_are_those_that_compose_publishes(readme: str) -> None:
    published = set(
        re.findall(r":-127\.0\.0\.1\}:(\d+):", (ROOT / "docker-compose.yml").read_text())
    )
    paragraph = next(part for part in readme.split("\n\n") if "Grafana" in part)
    assert set(re.findall(r"\b(\d{4})\b", paragraph)) == published


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(paper: Path) -> None:
    for target in _LINK.findall(paper.read_text()):
        if not target.startswith(("http://", "https://", "#")):
            assert (paper.parent / target.partition("#")[0]).exists(), target


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_files_of_the_code_that_are_named_are_there(paper: Path) -> None:
    named = _FILE.findall(paper.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_names_are_defined_in_the_files_that_pages_say(paper: Path) -> None:
    undefined = [
        f"{name} in {file}"
        for name, file in _claims(paper)
        if name not in _defined_names(ROOT / file)
    ]
    assert undefined == []


def test_page_about_extending_says_where_its_names_are() -> None:
    assert len(list(_claims(ROOT / "docs" / "extending.md"))) > 20


def test_example_of_a_new_feature_starts_from_the_code_as_it_is() -> None:
    page = (ROOT / "docs" / "extending.md").read_text()
    changed = re.findall(r"^-(.+)$", page, re.MULTILINE)
    signals = (ROOT / "readmission" / "features" / "signals.py").read_text()
    assert [line for line in changed if line.startswith("NOMINALS")]
    assert [line for line in changed if line.startswith("NOMINALS") and line not in signals] == []
    assert "weight" in COLUMN_BY_NAME
    assert "weight" not in FIELD_BY_NAME


def test_every_picture_is_shown_somewhere() -> None:
    shown = {
        (paper.parent / target).resolve()
        for paper in PAPERS
        for target in _PICTURE.findall(paper.read_text())
    }
    assert {path for path in IMAGES.iterdir() if path.suffix in (".png", ".svg")} <= shown


def test_twins_have_the_same_commands_tables_pictures_and_links() -> None:
    assert _commands(README) == _commands(LEEME)
    assert _shape(README) == _shape(LEEME)
    assert _targets(README) == _targets(LEEME)
    assert len(re.findall(r"^#", README, re.MULTILINE)) == len(
        re.findall(r"^#", LEEME, re.MULTILINE)
    )


def test_twins_tell_the_same_figures() -> None:
    assert _figures(README) == _figures(re.sub(r"(\d) (\d{3})", r"\1,\2", LEEME))


def _claims(paper: Path) -> Iterator[tuple[str, str]]:
    """Yield each name and the file that the page says defines it."""
    text = " ".join(paper.read_text().split())
    for names, file in _CLAIM.findall(text):
        for name in re.findall(r"`([\w.]+)`", names):
            yield name, file


def _defined_names(file: Path) -> set[str]:
    """Return the classes, functions and constants of a module, and members as ``Class.member``."""
    names = set()
    for statement in ast.parse(file.read_text()).body:
        defined = _names_of(statement)
        names |= defined
        if isinstance(statement, ast.ClassDef):
            members = {member for inner in statement.body for member in _names_of(inner)}
            names |= {f"{statement.name}.{member}" for member in members}
    return names


def _names_of(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
        return {statement.name}
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        targets = []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _commands(readme: str) -> list[str]:
    blocks = "".join(re.findall(r"```sh\n(.*?)```", readme, re.DOTALL))
    return [re.sub(r"\s*#.*|<[^>]*>", "", line) for line in blocks.splitlines()]


def _rows(readme: str) -> list[list[str]]:
    lines = [line.strip() for line in readme.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _shape(readme: str) -> list[tuple[int, str]]:
    """Return each row's width, and its first cell where that is a name."""
    return [(len(row), row[0] if row[0].startswith(("`", "<")) else "") for row in _rows(readme)]


def _targets(readme: str) -> list[str]:
    """Return what is linked, pictures of a language and the twin aside."""
    neutral = (target.replace("-en.png", ".png") for target in _LINK.findall(readme))
    return [target for target in neutral if not target.startswith("README")]


def _figures(readme: str) -> list[str]:
    """Return the numbers of the results' tables, written alike."""
    part = re.split(r"^## (?:Results|Resultados)\n", readme, flags=re.MULTILINE)[1].partition(
        "\n## "
    )[0]
    cells = [cell for row in _rows(part) for cell in row]
    return [
        number.replace(",", ".")
        for cell in cells
        for number in re.findall(r"\d+(?:[.,]\d+)?", cell)
    ]
