"""Training with a real MLflow on SQLite and a real model folder."""

from pathlib import Path

import mlflow.sklearn
import pytest

from connections.models.pickled_models import PickledModelFiles
from connections.tracking.registry import MlflowRegistry
from connections.tracking.tracker import MlflowTracking
from readmission.errors import UnreachableError
from readmission.ports.data import silent
from readmission.use_cases.select_champion import Selection
from readmission.use_cases.train_all import train_all
from readmission.use_cases.training_context import TrainingContext
from tests.fakes.data import InMemoryCleanData
from tests.fakes.patients import SMALL, make_clean_data


class Trained:
    """One training with its ports."""

    def __init__(self, folder: Path) -> None:
        self.uri = f"sqlite:///{folder}/mlflow.db"
        self.models = folder / "models"
        self.clean_data: InMemoryCleanData = make_clean_data()
        self.tracking, self.registry = MlflowTracking(self.uri), MlflowRegistry(self.uri)
        self.context = TrainingContext(
            clean_data=self.clean_data,
            tracking=self.tracking,
            registry=self.registry,
            files=PickledModelFiles(self.models),
            settings=SMALL,
            workers=2,
            progress=silent,
        )
        self.selection: Selection = train_all(self.context, "t1")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    return Trained(tmp_path_factory.mktemp("training"))


def test_batches_trained_side_by_side_leave_a_run_each(trained: Trained) -> None:
    runs = trained.tracking.client.search_runs([trained.tracking.experiment])
    assert sorted(run.data.tags["batch_id"] for run in runs) == ["0", "1", "2", "3"]
    assert {run.info.status for run in runs} == {"FINISHED"}
    assert {run.data.tags["dataset"] for run in runs} == {"real"}


def test_every_run_holds_parameters_metrics_data_and_pictures(trained: Trained) -> None:
    for run in trained.tracking.client.search_runs([trained.tracking.experiment]):
        names = (
            "accuracy",
            "precision",
            "recall",
            "f1",
            "auc",
            "average_precision",
            "brier",
            "ece",
        )
        assert {f"{part}_{name}" for part in ("val", "test") for name in names} <= set(
            run.data.metrics
        )
        assert {"trees", "min_samples_leaf", "rows", "data_version", "features"} <= set(
            run.data.params
        )
        assert run.inputs.dataset_inputs[0].dataset.digest == "v1"
        pictures = {
            file.path for file in trained.tracking.client.list_artifacts(run.info.run_id, "plots")
        }
        expected = ("roc", "precision_recall", "reliability", "confusion", "importance")
        assert pictures == {f"plots/{name}.svg" for name in expected}


def test_the_version_holds_scikit_learn_and_onnx_and_a_card(trained: Trained) -> None:
    version = trained.selection.version
    files = {file.path for file in trained.tracking.client.list_artifacts(version.run_id, "model")}
    assert {
        "model/model.pkl",
        "model/model.onnx",
        "model/MLmodel",
        "model/input_example.json",
    } <= files
    cards = {file.path for file in trained.tracking.client.list_artifacts(version.run_id)}
    assert {"model_card.md", "model_card.html", "report.json"} <= cards


def test_mlflow_itself_loads_the_champion(
    trained: Trained, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "true")
    monkeypatch.setattr("mlflow.tracking._tracking_service.utils._tracking_uri", trained.uri)
    loaded = mlflow.sklearn.load_model(f"runs:/{trained.selection.version.run_id}/model")
    val = trained.clean_data.read_val("v1")
    assert (
        loaded.predict(val).tolist()
        == trained.tracking.load_model(trained.selection.version.run_id).predict(val).tolist()
    )


def test_the_model_folder_has_the_legacy_file_names(trained: Trained) -> None:
    names = {path.name for path in trained.models.glob("*.pkl")}
    assert names == {
        *(f"modelo_entrenado_batch{n}.pkl" for n in (1, 2, 3)),
        "modelo_entrenado_final.pkl",
    }


def test_a_second_training_is_the_next_version_with_the_same_metrics(trained: Trained) -> None:
    again = train_all(trained.context, "t2")
    assert again.version.version == trained.selection.version.version + 1
    assert again.version.metrics == trained.selection.version.metrics
    assert again.promotion.action == "promoted"


@pytest.mark.parametrize("call", ["champion", "previous"])
def test_an_unreachable_server_is_named_in_the_error(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(UnreachableError, match="MLflow"):
        getattr(MlflowRegistry("http://127.0.0.1:9"), call)()
