"""The API follows the registry's champion."""

import gc
from dataclasses import replace

from app_back.serving.champion_follower import ChampionFollower
from connections.models.champion_store import ChampionStore
from tests.fakes.serving import FakeRegistry, load_fake_model, make_version
from tests.unit.app_back.conftest import ApiHarness


def test_a_promotion_is_taken_up_and_old_rows_keep_their_version(api: ApiHarness) -> None:
    before = api.predict().json()
    api.registry.wanted = make_version(2)
    api.refresh()
    after = api.predict().json()
    assert (before["model_version"], after["model_version"]) == (1, 2)
    assert [row.model_version for row in api.log.rows.values()] == [1, 2]
    assert api.client.get("/model").json()["version"] == 2


def test_a_broken_version_is_refused_and_the_old_one_goes_on(api: ApiHarness) -> None:
    api.registry.broken, api.registry.wanted = {2}, make_version(2)
    api.refresh()
    assert api.predict().json()["model_version"] == 1
    model = api.client.get("/model").json()
    assert (model["version"], "not a model" in model["problem"]) == (1, True)
    api.registry.wanted = make_version(3)
    api.refresh()
    assert api.client.get("/model").json()["problem"] is None


def test_a_broken_version_is_fetched_once(api: ApiHarness) -> None:
    api.registry.broken, api.registry.wanted = {2}, make_version(2)
    for _ in range(3):
        api.refresh()
    assert api.registry.downloads == [1, 2]


def test_garbage_collections_spare_a_new_champion_and_only_that(api: ApiHarness) -> None:
    gc.unfreeze()
    api.refresh()
    assert gc.get_freeze_count() == 0
    api.registry.wanted = make_version(2)
    api.refresh()
    assert gc.get_freeze_count() > 0


def test_a_registry_that_goes_away_changes_nothing(api: ApiHarness) -> None:
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
    api.registry.broken, api.registry.wanted = {2}, make_version(2)
    follower = ChampionFollower(_store(api, api.registry), 3600, lambda: None)
    follower.refresh()
    assert (follower.served().version.version, follower.served().source) == (1, "cache")


def test_the_same_number_in_another_registry_is_another_model(api: ApiHarness) -> None:
    api.registry.wanted = replace(make_version(), run_id="another", synthetic=True)
    api.refresh()
    assert api.predict().json()["synthetic"] is True


def _store(api: ApiHarness, registry: FakeRegistry) -> ChampionStore:
    folder = api.settings.state_dir / "champion"
    return ChampionStore(registry, load_fake_model, folder)
