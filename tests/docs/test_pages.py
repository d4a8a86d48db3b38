"""README and docs agree with the code, in both languages: commands, settings, ports, links."""

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
from tests.docs.documented import PAGES

README = (ROOT / "README.md").read_text()
README_ES = (ROOT / "README.es.md").read_text()
DOCS = ROOT / "docs"
IMAGES = DOCS / "images"
EACH_README = pytest.mark.parametrize("readme", [README, README_ES], ids=["English", "Spanish"])
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))

_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FILE = re.compile(
    r"`((?:readmission|connections|app_\w+|dags|tests|benchmarks|monitoring|minio)/[\w/]+\.\w+)`"
)
_CLAIM = re.compile(r"((?:`[\w.]+`(?:, and |, | and ))*`[\w.]+`) in `([\w/]+\.py)`")
"""Names and the file that a page says defines them: "`a`, `b` and `c` in `path/file.py`"."""
_PICTURE = re.compile(r"!\[[^\]]*\]\(([^)\s]+)\)")


@EACH_README
def test_table_of_commands_lists_every_command(readme: str) -> None:
    commands = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    cells = [row[0] for row in _rows(readme) if row[0].startswith("`./run")]
    listed = set(re.findall(r"`(?:\./run )?([a-z][a-z-]*)\b", " ".join(cells)))
    assert listed == commands


@EACH_README
def test_table_of_settings_has_the_defaults_of_the_code(readme: str) -> None:
    rows = [row for row in _rows(readme) if re.fullmatch(r"`[A-Z_]+`", row[0])]
    assert len(rows) > 10
    for name, shown, _ in rows:
        default = Settings.model_fields[name.strip("`").lower()].default
        if shown.startswith("`"):
            value = default.get_secret_value() if name == "`DATABASE_URL`" else default
            assert shown == f"`{value}`", name
        else:
            assert default is None, name


@EACH_README
def test_ports_are_those_that_compose_publishes(readme: str) -> None:
    compose = (ROOT / "docker-compose.yml").read_text()
    published = re.findall(r":-127\.0\.0\.1\}:(\d+):", compose)
    paragraph = next(part for part in readme.split("\n\n") if "Grafana" in part)
    assert set(re.findall(r"\b(\d{4})\b", paragraph)) == set(published)


@EACH_PAGE
def test_links_lead_to_files(page: Path) -> None:
    for target in _LINK.findall(page.read_text()):
        if not target.startswith(("http://", "https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), target


@EACH_PAGE
def test_files_that_a_page_names_exist(page: Path) -> None:
    missing = [name for name in _FILE.findall(page.read_text()) if not (ROOT / name).exists()]
    assert missing == []


@EACH_PAGE
def test_names_are_defined_in_the_files_that_a_page_says(page: Path) -> None:
    undefined = [
        f"{name} in {file}"
        for name, file in _claims(page)
        if name not in _defined_names(ROOT / file)
    ]
    assert undefined == []


def test_page_about_extending_says_where_its_names_are() -> None:
    assert len(list(_claims(DOCS / "extending.md"))) > 20


def test_example_of_a_new_feature_changes_the_code_as_it_is() -> None:
    page = (DOCS / "extending.md").read_text()
    signals = (ROOT / "readmission" / "features" / "signals.py").read_text()
    (replaced_line,) = re.findall(r"^-(NOMINALS.+)$", page, re.MULTILINE)
    assert replaced_line in signals
    assert "weight" in COLUMN_BY_NAME
    assert "weight" not in FIELD_BY_NAME


def test_every_picture_is_shown_on_a_page() -> None:
    shown = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in _PICTURE.findall(page.read_text())
    }
    pictures = {path for path in IMAGES.iterdir() if path.suffix in (".png", ".svg")}
    assert pictures <= shown


def test_both_languages_have_the_same_commands_tables_pictures_and_links() -> None:
    assert _shell_lines(README) == _shell_lines(README_ES)
    assert _table_shape(README) == _table_shape(README_ES)
    assert _link_targets(README) == _link_targets(README_ES)
    assert _heading_count(README) == _heading_count(README_ES)


def test_both_languages_give_the_same_figures() -> None:
    spanish = re.sub(r"(\d) (\d{3})", r"\1,\2", README_ES)
    assert _figures(README) == _figures(spanish)


def _claims(page: Path) -> Iterator[tuple[str, str]]:
    """Yield each name and the file that the page says defines it."""
    text = " ".join(page.read_text().split())
    for names, file in _CLAIM.findall(text):
        for name in re.findall(r"`([\w.]+)`", names):
            yield name, file


def _defined_names(file: Path) -> set[str]:
    """Return the classes, functions and constants of a module, and members as ``Class.member``."""
    names = set()
    for statement in ast.parse(file.read_text()).body:
        names |= _names_of(statement)
        if isinstance(statement, ast.ClassDef):
            for member in statement.body:
                names |= {f"{statement.name}.{name}" for name in _names_of(member)}
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


def _shell_lines(readme: str) -> list[str]:
    """Return the lines of the shell blocks, without comments and placeholders."""
    blocks = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    return [re.sub(r"\s*#.*|<[^>]*>", "", line) for line in "".join(blocks).splitlines()]


def _rows(readme: str) -> list[list[str]]:
    lines = [line.strip() for line in readme.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def _table_shape(readme: str) -> list[tuple[int, str]]:
    """Return each row's width, and its first cell if that is code or an address."""
    return [(len(row), row[0] if row[0].startswith(("`", "<")) else "") for row in _rows(readme)]


def _link_targets(readme: str) -> list[str]:
    """Return link targets, ignoring a picture's language and the link to the other README."""
    targets = [target.replace("-en.png", ".png") for target in _LINK.findall(readme)]
    return [target for target in targets if not target.startswith("README")]


def _heading_count(readme: str) -> int:
    return len(re.findall(r"^#", readme, re.MULTILINE))


def _figures(readme: str) -> list[str]:
    """Return the numbers in the tables of the results, with decimal points."""
    after_heading = re.split(r"^## (?:Results|Resultados)\n", readme, flags=re.MULTILINE)[1]
    section = after_heading.partition("\n## ")[0]
    cells = " ".join(cell for row in _rows(section) for cell in row)
    numbers = re.findall(r"\d+(?:[.,]\d+)?", cells)
    return [number.replace(",", ".") for number in numbers]
