"""Promotion, refusal and rollback, with ports in memory."""

from copy import copy
from dataclasses import replace

import pandas as pd
import pytest

from readmission.arrays import Scores
from readmission.errors import BrokenModelError, NotReadyError, UnknownVersionError
from readmission.model.forest import ForestModel
from readmission.use_cases import change_champion, promote
from tests.fakes.data import InMemoryCleanData
from tests.fakes.model import InMemoryModelStore, InMemoryTracking
from tests.fakes.patients import make_patients
from tests.fakes.training import EXPERIMENT, TrainingBench, die


def challenge(bench: TrainingBench, model: ForestModel, *, synthetic: bool = False) -> str:
    experiment = replace(EXPERIMENT, training_id="t2", threshold=model.threshold)
    exported = bench.registry.export(experiment, model, make_patients(10), synthetic=synthetic)
    version = bench.registry.register(experiment, exported, synthetic=synthetic)
    return promote.challenge(bench.context, "t2", version, bench.clean_data.read_val("v1")).action


def worse(model: ForestModel) -> ForestModel:
    """Return a model that ranks patients in the opposite order."""
    reversed_model = copy(model)
    slope = -model.calibration.slope
    reversed_model.calibration = replace(model.calibration, slope=slope)
    return reversed_model


def test_a_worse_candidate_is_refused_and_recorded(champion: TrainingBench) -> None:
    assert challenge(champion, worse(champion.registry.models[1])) == "refused"
    decision = champion.clean_data.read_promotions()[0]
    assert (decision.training_id, decision.candidate_version, decision.champion_version) == (
        "t2",
        2,
        1,
    )
    assert "F1 minus the champion's" in decision.reason
    assert champion.registry.aliases == {"champion": 1}


def test_stored_probabilities_decide_on_their_own_rows(
    champion: TrainingBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidates = champion.tracking.candidates
    registered = candidates[champion.registry.registered[0].run_id]
    worse_candidate = replace(registered, probabilities=1 - registered.probabilities)
    tracking = InMemoryTracking({**candidates, "r1": worse_candidate})
    monkeypatch.setattr(champion, "tracking", tracking)
    monkeypatch.setattr(InMemoryModelStore, "probabilities", die)
    assert challenge(champion, champion.registry.models[1]) == "refused"


def test_stored_probabilities_of_other_rows_are_not_used(
    champion: TrainingBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    champion.registry.registered[0] = replace(champion.registry.registered[0], data_version="v0")
    monkeypatch.setattr(InMemoryModelStore, "probabilities", die)
    with pytest.raises(KeyboardInterrupt):
        challenge(champion, champion.registry.models[1])


def test_an_equal_candidate_is_promoted(champion: TrainingBench) -> None:
    assert challenge(champion, champion.registry.models[1]) == "promoted"
    assert champion.registry.aliases == {"champion": 2, "previous": 1}


def test_a_synthetic_model_never_replaces_a_real_one(champion: TrainingBench) -> None:
    assert challenge(champion, champion.registry.models[1], synthetic=True) == "refused"


def test_a_real_model_always_replaces_a_synthetic_one(champion: TrainingBench) -> None:
    champion.registry.registered[0] = replace(champion.registry.registered[0], synthetic=True)
    assert challenge(champion, worse(champion.registry.models[1])) == "promoted"


def test_a_champion_whose_files_are_lost_does_not_block_the_next_one(
    champion: TrainingBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_the_first(store: InMemoryModelStore, version: int, rows: pd.DataFrame) -> Scores:
        if version == 1:
            raise BrokenModelError("model.onnx is missing")
        return store.models[version].probabilities(rows)

    champion.registry.registered[0] = replace(champion.registry.registered[0], data_version="v0")
    monkeypatch.setattr(InMemoryModelStore, "probabilities", lose_the_first)
    assert challenge(champion, champion.registry.models[1]) == "promoted"
    reason = champion.clean_data.read_promotions()[0].reason
    assert reason == "The champion (version 1) cannot predict: model.onnx is missing"


def test_rollback_restores_the_previous_version(champion: TrainingBench) -> None:
    with pytest.raises(NotReadyError, match="no previous"):
        champion.rollback()
    challenge(champion, champion.registry.models[1])
    assert champion.rollback().action == "rolled back"
    assert champion.registry.aliases == {"champion": 1, "previous": 2}
    assert champion.clean_data.read_promotions()[0].candidate_version == 1


def test_a_second_rollback_is_refused_until_the_champion_changes(champion: TrainingBench) -> None:
    challenge(champion, champion.registry.models[1])
    champion.rollback()
    with pytest.raises(NotReadyError, match=r"rollback, to version 1.*\./run promote 2"):
        champion.rollback()
    assert champion.registry.aliases == {"champion": 1, "previous": 2}
    change_champion.promote(champion.clean_data, champion.registry, 2)
    assert champion.rollback().candidate_version == 1


def test_a_person_can_promote_any_known_version_but_the_champion(champion: TrainingBench) -> None:
    clean_data, registry = champion.clean_data, champion.registry
    challenge(champion, registry.models[1])
    assert change_champion.promote(clean_data, registry, 1).reason == "Chosen by hand."
    decisions = clean_data.read_promotions()
    with pytest.raises(NotReadyError, match="Version 1 is the champion already"):
        change_champion.promote(clean_data, registry, 1)
    with pytest.raises(UnknownVersionError):
        change_champion.promote(clean_data, registry, 7)
    assert clean_data.read_promotions() == decisions
    assert registry.aliases == {"champion": 1, "previous": 2}


def test_a_promotion_that_was_killed_before_its_record_is_recorded_later(
    champion: TrainingBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr(InMemoryCleanData, "append_promotion", die)
        with pytest.raises(KeyboardInterrupt):
            challenge(champion, champion.registry.models[1])
    version = champion.registry.version(2)
    val = champion.clean_data.read_val("v1")
    promotion = promote.challenge(champion.context, "t2", version, val)
    assert promotion.action == "promoted"
    assert champion.registry.aliases == {"champion": 2, "previous": 1}
