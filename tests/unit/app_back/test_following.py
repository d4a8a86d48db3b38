"""The API follows the registry's champion."""

import gc
from dataclasses import replace

from app_back.serving.champion_follower import ChampionFollower
from connections.models.champion_store import ChampionStore
from tests.fakes.serving import FakeRegistry, load_fake_model, make_version
from tests.unit.app_back.conftest import World


def test_a_promotion_is_taken_up_and_old_rows_keep_their_version(world: World) -> None:
    before = world.predict().json()
    world.registry.wanted = make_version(2)
    world.refresh()
    after = world.predict().json()
    assert (before["model_version"], after["model_version"]) == (1, 2)
    assert [row.model_version for row in world.log.rows.values()] == [1, 2]
    assert world.client.get("/model").json()["version"] == 2


def test_a_broken_version_is_refused_and_the_old_one_goes_on(world: World) -> None:
    world.registry.broken, world.registry.wanted = {2}, make_version(2)
    world.refresh()
    assert world.predict().json()["model_version"] == 1
    model = world.client.get("/model").json()
    assert (model["version"], "not a model" in model["problem"]) == (1, True)
    world.registry.wanted = make_version(3)
    world.refresh()
    assert world.client.get("/model").json()["problem"] is None


def test_a_broken_version_is_fetched_once(world: World) -> None:
    world.registry.broken, world.registry.wanted = {2}, make_version(2)
    for _ in range(3):
        world.refresh()
    assert world.registry.downloads == [1, 2]


def test_garbage_collections_spare_a_new_champion_and_only_that(world: World) -> None:
    gc.unfreeze()
    world.refresh()
    assert gc.get_freeze_count() == 0
    world.registry.wanted = make_version(2)
    world.refresh()
    assert gc.get_freeze_count() > 0


def test_a_registry_that_goes_away_changes_nothing(world: World) -> None:
    world.registry.away = True
    world.refresh()
    assert world.predict().status_code == 200
    assert world.client.get("/model").json()["problem"] is not None


def test_a_restart_without_the_registry_serves_the_cached_champion_and_says_so(
    world: World,
) -> None:
    world.registry.away = True
    follower = ChampionFollower(_store(world, world.registry), 3600, lambda: None)
    follower.refresh()
    assert (follower.served().version, follower.served().source) == (make_version(), "cache")
    world.registry.away = False
    follower.refresh()
    assert follower.served().source == "registry"


def test_a_restart_with_a_broken_champion_serves_the_cached_one(world: World) -> None:
    world.registry.broken, world.registry.wanted = {2}, make_version(2)
    follower = ChampionFollower(_store(world, world.registry), 3600, lambda: None)
    follower.refresh()
    assert (follower.served().version.version, follower.served().source) == (1, "cache")


def test_the_same_number_in_another_registry_is_another_model(world: World) -> None:
    world.registry.wanted = replace(make_version(), run_id="another", synthetic=True)
    world.refresh()
    assert world.predict().json()["synthetic"] is True


def _store(world: World, registry: FakeRegistry) -> ChampionStore:
    folder = world.client.app.state.services.settings.state_dir / "champion"
    return ChampionStore(registry, load_fake_model, folder)
