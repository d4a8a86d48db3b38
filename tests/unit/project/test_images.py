"""The images of the dockerfile install what the project depends on, all of it and nothing else."""

import re
import tomllib
from pathlib import Path

PYPROJECT = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())
IMAGES = ("mlflow", "api", "airflow", "front")


def name_of(requirement: str) -> str:
    return re.split(r"[=<>~!; ]", requirement)[0]


def test_every_dependency_is_in_an_image_and_the_other_way_round() -> None:
    in_images = {
        name_of(each) for image in IMAGES for each in PYPROJECT["dependency-groups"][image]
    }
    assert in_images == {name_of(each) for each in PYPROJECT["project"]["dependencies"]}


def test_images_leave_versions_to_the_lock() -> None:
    assert [
        each
        for image in IMAGES
        for each in PYPROJECT["dependency-groups"][image]
        if name_of(each) != each
    ] == []
