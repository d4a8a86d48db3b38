"""Registries, trackings and model folders behave alike in memory and in MLflow on SQLite."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from connections.tracking.registry import MlflowRegistry
from connections.tracking.tracker import MlflowTracking
from connections.tracking.versions import SqliteRegistry
from readmission.arrays import target_of
from readmission.errors import UnknownVersionError
from readmission.evaluation.report import Report, build_report
from readmission.model.candidate import Candidate
from readmission.model.forest import ForestModel
from readmission.monitoring.drift import measure_drift
from readmission.monitoring.field_profile import build_profile
from readmission.ports.data import ModelRegistry
from readmission.ports.models import ModelStore, Tracking
from readmission.records import Experiment
from readmission.schema import FIELDS
from tests.fakes.model import InMemoryModelStore, InMemoryTracking
from tests.fakes.patients import make_model, make_patients

EXPERIMENT = Experiment(
    "t1", 1, "", "v1", 600, 2.5, 0.42, 0.6, 0.2, 0.5, 0.28, 0.66, 0.21, test_f1=0.3
)


@dataclass(frozen=True)
class Ports:
    tracking: Tracking
    registry: ModelStore

    def registered(self, training_id: str, model: ForestModel, *, synthetic: bool = False) -> int:
        experiment = replace(EXPERIMENT, training_id=training_id, threshold=model.threshold)
        experiment = replace(experiment, run_id=log(self.tracking, model, experiment))
        exported = self.registry.export(experiment, model, PATIENTS, synthetic=synthetic)
        exported.require_agreement(model.probabilities(PATIENTS), model.threshold)
        return self.registry.register(experiment, exported, synthetic=synthetic).version


PATIENTS = make_patients(300, seed=9)


def log(tracking: Tracking, model: ForestModel, experiment: Experiment = EXPERIMENT) -> str:
    """Log a candidate as training does, and return its run."""
    scores, probabilities = model.scores(PATIENTS), model.probabilities(PATIENTS)
    return tracking.log_candidate(
        Candidate(model, experiment, scores, probabilities),
        report_of(model),
        parameters={"trees": 40, "max_samples": None},
        example=PATIENTS.head(3)[[field.name for field in FIELDS]],
        synthetic=False,
    )


def report_of(model: ForestModel) -> Report:
    return build_report(target_of(PATIENTS), model.probabilities(PATIENTS), model.threshold)


@pytest.fixture(scope="module")
def model() -> ForestModel:
    return make_model()


@pytest.fixture(scope="module")
def mlflow_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mlflow")


@pytest.fixture(params=["memory", "mlflow"])
def ports(request: pytest.FixtureRequest, tmp_path: Path, mlflow_folder: Path) -> Ports:
    if request.param == "memory":
        return Ports(InMemoryTracking(), InMemoryModelStore())
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    copy_database(mlflow_folder / "mlflow.db", target=tmp_path / "mlflow.db")
    return Ports(MlflowTracking(uri), MlflowRegistry(uri))


@pytest.fixture(params=["itself", "its file"])
def versions(request: pytest.FixtureRequest, ports: Ports, tmp_path: Path) -> ModelRegistry:
    """Return the registry, or what reads its file without MLflow."""
    if request.param == "its file" and isinstance(ports.registry, MlflowRegistry):
        return SqliteRegistry(tmp_path / "mlflow.db")
    return ports.registry


def copy_database(template: Path, target: Path) -> None:
    """Copy a database with MLflow's tables, which MLflow takes seconds to create."""
    if not template.exists():
        MlflowRegistry(f"sqlite:///{template}").champion()
    target.write_bytes(template.read_bytes())


def test_a_run_gives_its_model_back(ports: Ports, model: ForestModel) -> None:
    loaded = ports.tracking.load_model(log(ports.tracking, model))
    assert loaded.probabilities(PATIENTS).tolist() == model.probabilities(PATIENTS).tolist()
    assert loaded.threshold == model.threshold


def test_a_run_gives_its_report_back(ports: Ports, model: ForestModel) -> None:
    assert ports.tracking.load_report(log(ports.tracking, model)) == report_of(model)


def test_a_run_gives_its_validation_scores_back(ports: Ports, model: ForestModel) -> None:
    run_id = log(ports.tracking, model)
    scores = ports.tracking.load_validation_scores(run_id)
    probabilities = ports.tracking.load_validation_probabilities(run_id)
    assert scores is not None
    assert probabilities is not None
    assert scores.tolist() == model.scores(PATIENTS).tolist()
    assert probabilities.tolist() == model.probabilities(PATIENTS).tolist()


def test_a_run_without_validation_scores_says_so(ports: Ports) -> None:
    run_id = "r0"
    if isinstance(ports.tracking, MlflowTracking):
        run_id = ports.tracking.client.create_run(ports.tracking.experiment).info.run_id
    assert ports.tracking.load_validation_scores(run_id) is None
    assert ports.tracking.load_validation_probabilities(run_id) is None


def test_a_repeated_batch_replaces_its_run(ports: Ports, model: ForestModel) -> None:
    first = log(ports.tracking, model)
    other = log(ports.tracking, model, replace(EXPERIMENT, batch_id=2))
    second = log(ports.tracking, model)
    assert len({first, other, second}) == 3
    assert runs_of(ports.tracking) == {other, second}


def runs_of(tracking: Tracking) -> set[str]:
    if isinstance(tracking, InMemoryTracking):
        return set(tracking.candidates)
    assert isinstance(tracking, MlflowTracking)
    return {run.info.run_id for run in tracking.client.search_runs([tracking.experiment])}


def test_there_is_no_champion_at_first(ports: Ports, versions: ModelRegistry) -> None:
    assert versions.champion() is None
    assert versions.previous() is None
    assert versions.versions() == []
    assert ports.registry.find("t1", "v1") is None


def test_an_unknown_version_is_refused(
    ports: Ports, versions: ModelRegistry, model: ForestModel
) -> None:
    with pytest.raises(UnknownVersionError):
        versions.version(1)
    ports.registered("t1", model)
    with pytest.raises(UnknownVersionError):
        versions.version(2)


def test_a_version_has_its_tags_and_metrics(
    ports: Ports, versions: ModelRegistry, model: ForestModel
) -> None:
    version = versions.version(ports.registered("t1", model, synthetic=True))
    assert (version.name, version.version, version.synthetic) == ("mejor_modelo_diabetes", 1, True)
    assert (version.data_version, version.threshold) == ("v1", model.threshold)
    assert version.metrics["val_f1"] == 0.28
    assert version.metrics["test_f1"] == 0.3
    assert ports.registry.find("t1", "v1") == version
    assert ports.registry.find("t1", "v2") is None
    assert ports.registry.find("t2", "v1") is None


def test_versions_are_listed_newest_first(
    ports: Ports, versions: ModelRegistry, model: ForestModel
) -> None:
    for training_id in ("t1", "t2", "t3"):
        ports.registered(training_id, model)
    assert [version.version for version in versions.versions()] == [3, 2, 1]


def test_promotion_moves_both_aliases(
    ports: Ports, versions: ModelRegistry, model: ForestModel
) -> None:
    first = ports.registered("t1", model)
    second = ports.registered("t2", model)
    versions.promote(first)
    assert versions.previous() is None
    versions.promote(second)
    versions.promote(second)
    for registry in (versions, ports.registry):
        assert registry.champion() == registry.version(second)
        assert registry.previous() == registry.version(first)


def test_a_version_predicts_as_its_model(ports: Ports, model: ForestModel) -> None:
    version = ports.registered("t1", model)
    predicted = ports.registry.probabilities(version, PATIENTS)
    expected = model.probabilities(PATIENTS)
    assert np.abs(predicted - expected).max() < 1e-9
    assert ((predicted >= model.threshold) == (expected >= model.threshold)).all()


def test_a_repeated_drift_report_replaces_the_previous_report(ports: Ports) -> None:
    reports = [measure_drift("predictions", build_profile(PATIENTS), PATIENTS)]
    ports.tracking.log_drift("day", 1, reports)
    ports.tracking.log_drift("day", 1, reports)
    if isinstance(ports.tracking, MlflowTracking):
        client = ports.tracking.client
        experiment = client.get_experiment_by_name("deriva_diabetes")
        assert experiment is not None
        runs = client.search_runs([experiment.experiment_id])
        assert [run.data.tags["retrain"] for run in runs] == ["false"]
