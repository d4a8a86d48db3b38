"""The API follows the registry's champion."""

import gc
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from app_back.serving.champion_follower import ChampionFollower
from connections.models.champion_store import ChampionStore
from readmission.errors import BrokenModelError
from tests.fakes.serving import FakeRegistry, load_fake_model, make_version
from tests.unit.app_back.conftest import ApiHarness


def test_a_promoted_version_is_served_and_old_rows_keep_theirs(api: ApiHarness) -> None:
    before = api.predict().json()
    api.registry.champion_version = make_version(2)
    api.refresh()
    after = api.predict().json()
    assert (before["model_version"], after["model_version"]) == (1, 2)
    assert [row.model_version for row in api.log.rows.values()] == [1, 2]
    assert api.client.get("/model").json()["version"] == 2


def test_a_broken_version_is_rejected_and_the_old_one_stays(api: ApiHarness) -> None:
    api.registry.broken, api.registry.champion_version = {2}, make_version(2)
    api.refresh()
    assert api.predict().json()["model_version"] == 1
    model = api.client.get("/model").json()
    assert (model["version"], "not a model" in model["problem"]) == (1, True)
    api.registry.champion_version = make_version(3)
    api.refresh()
    assert api.client.get("/model").json()["problem"] is None


def test_a_broken_version_is_fetched_once(api: ApiHarness) -> None:
    api.registry.broken, api.registry.champion_version = {2}, make_version(2)
    for _ in range(3):
        api.refresh()
    assert api.registry.downloads == [1, 2]


def test_only_a_new_champion_is_frozen_out_of_garbage_collection(api: ApiHarness) -> None:
    gc.unfreeze()
    api.refresh()
    assert gc.get_freeze_count() == 0
    api.registry.champion_version = make_version(2)
    api.refresh()
    assert gc.get_freeze_count() > 0


def test_an_unavailable_registry_changes_nothing(api: ApiHarness) -> None:
    api.registry.away = True
    api.refresh()
    assert api.predict().status_code == 200
    assert api.client.get("/model").json()["problem"] is not None


def test_a_restart_without_the_registry_serves_the_cached_champion_and_says_so(
    api: ApiHarness,
) -> None:
    api.registry.away = True
    follower = ChampionFollower(_store(api, api.registry), 3600, lambda: None)
    follower.refresh()
    assert (follower.served().version, follower.served().source) == (make_version(), "cache")
    api.registry.away = False
    follower.refresh()
    assert follower.served().source == "registry"


def test_a_restart_with_a_broken_champion_serves_the_cached_one(api: ApiHarness) -> None:
    api.registry.broken, api.registry.champion_version = {2}, make_version(2)
    follower = ChampionFollower(_store(api, api.registry), 3600, lambda: None)
    follower.refresh()
    assert (follower.served().version.version, follower.served().source) == (1, "cache")


def test_the_same_number_in_another_registry_is_another_model(api: ApiHarness) -> None:
    api.registry.champion_version = replace(make_version(), run_id="another", synthetic=True)
    api.refresh()
    assert api.predict().json()["synthetic"] is True


def _store(api: ApiHarness, registry: FakeRegistry) -> ChampionStore:
    folder = api.settings.state_dir / "champion"
    return ChampionStore(registry, load_fake_model, folder)


@pytest.mark.parametrize("answer", [[np.nan], [1.5], [0.1, 0.2]])
def test_a_version_that_answers_no_probability_is_refused(
    tmp_path: Path, answer: list[float]
) -> None:
    class BrokenModel:
        threshold = 0.2

        def probabilities(self, _patients: object) -> "np.ndarray[Any, Any]":
            return np.array(answer)

    store = ChampionStore(FakeRegistry(make_version()), lambda _path: BrokenModel(), tmp_path)
    with pytest.raises(BrokenModelError, match="not one probability"):
        store.fetch(make_version())


def test_what_a_killed_download_left_is_removed(tmp_path: Path) -> None:
    old, recent = tmp_path / "tmp_old", tmp_path / "tmp_recent"
    for folder in (old, recent):
        folder.mkdir()
        (folder / "model.onnx").write_text("half")
    os.utime(old, (0, 0))
    store = ChampionStore(FakeRegistry(make_version()), load_fake_model, tmp_path)
    store.fetch(make_version())
    assert not old.exists()
    assert recent.exists()
