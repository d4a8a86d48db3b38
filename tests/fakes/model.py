"""The ports of training in memory, held to the same contract as MLflow and the model folder."""

import pickle
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from connections.tracking.registry import metrics_of
from readmission.arrays import Scores
from readmission.errors import UnknownVersionError
from readmission.evaluation.report import Report
from readmission.model.candidate import Candidate
from readmission.model.exported_model import Exported
from readmission.model.forest import ForestModel
from readmission.monitoring.drift import DriftReport
from readmission.records import Experiment, ModelVersion


@dataclass
class InMemoryTracking:
    """Runs as dictionaries."""

    candidates: dict[str, Candidate] = field(default_factory=dict)
    reports: dict[str, Report] = field(default_factory=dict)
    metrics: dict[str, dict[str, float]] = field(default_factory=dict)
    documents: dict[str, dict[str, str]] = field(default_factory=dict)
    drift: dict[str, Sequence[DriftReport]] = field(default_factory=dict)

    def log_candidate(
        self,
        candidate: Candidate,
        report: Report,
        *,
        parameters: Mapping[str, str | int | float | None],
        example: pd.DataFrame,
        synthetic: bool,
    ) -> str:
        self._delete_previous(candidate.experiment)
        run_id = f"run-{len(self.metrics) + 1}"
        self.candidates[run_id] = candidate
        self.reports[run_id] = report
        self.metrics[run_id] = {f"val_{name}": value for name, value in report["metrics"].items()}
        return run_id

    def load_model(self, run_id: str) -> ForestModel:
        return self.candidates[run_id].model

    def load_report(self, run_id: str) -> Report:
        return self.reports[run_id]

    def load_validation_scores(self, run_id: str) -> Scores | None:
        return self.candidates[run_id].scores if run_id in self.candidates else None

    def load_validation_probabilities(self, run_id: str) -> Scores | None:
        return self.candidates[run_id].probabilities if run_id in self.candidates else None

    def log_metrics(self, run_id: str, values: Mapping[str, float]) -> None:
        self.metrics[run_id] |= values

    def log_documents(self, run_id: str, documents: Mapping[str, str]) -> None:
        self.documents[run_id] = dict(documents)

    def log_drift(self, report_id: str, version: int, reports: Sequence[DriftReport]) -> None:
        self.drift[report_id] = reports

    def _delete_previous(self, experiment: Experiment) -> None:
        for run_id, previous in list(self.candidates.items()):
            if _key_of(previous.experiment) == _key_of(experiment):
                del self.candidates[run_id]


def _key_of(experiment: Experiment) -> tuple[str, int]:
    return experiment.training_id, experiment.batch_id


@dataclass
class InMemoryModelStore:
    """Versions in a list; each keeps its model as it was registered."""

    registered: list[ModelVersion] = field(default_factory=list)
    models: dict[int, ForestModel] = field(default_factory=dict)
    trainings: dict[tuple[str, str], int] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)

    def champion(self) -> ModelVersion | None:
        return self._behind("champion")

    def previous(self) -> ModelVersion | None:
        return self._behind("previous")

    def version(self, version: int) -> ModelVersion:
        if not 1 <= version <= len(self.registered):
            raise UnknownVersionError(f"no version {version}")
        return self.registered[version - 1]

    def versions(self) -> list[ModelVersion]:
        return self.registered[::-1]

    def promote(self, version: int) -> None:
        replaced = self.aliases.get("champion")
        if replaced not in (None, version):
            self.aliases["previous"] = replaced
        self.aliases["champion"] = version

    def find(self, training_id: str, data_version: str) -> ModelVersion | None:
        number = self.trainings.get((training_id, data_version))
        return None if number is None else self.version(number)

    def export(
        self, winner: Experiment, model: ForestModel, rows: pd.DataFrame, *, synthetic: bool
    ) -> Exported:
        return Exported(pickle.dumps(model), model.threshold, model.probabilities(rows))

    def register(self, winner: Experiment, exported: Exported, *, synthetic: bool) -> ModelVersion:
        number = len(self.registered) + 1
        version = ModelVersion(
            name="mejor_modelo_diabetes",
            version=number,
            run_id=winner.run_id,
            data_version=winner.data_version,
            threshold=winner.threshold,
            synthetic=synthetic,
            metrics=metrics_of(winner),
        )
        self.registered.append(version)
        self.models[number] = pickle.loads(exported.content)  # noqa: S301
        self.trainings[winner.training_id, winner.data_version] = number
        return self.registered[-1]

    def probabilities(self, version: int, rows: pd.DataFrame) -> Scores:
        return self.models[version].probabilities(rows)

    def _behind(self, alias: str) -> ModelVersion | None:
        return self.version(self.aliases[alias]) if alias in self.aliases else None


@dataclass
class InMemoryModelFiles:
    """Files as a dictionary."""

    files: dict[str, ForestModel] = field(default_factory=dict)

    def replace_all(self, batches: Sequence[ForestModel], final: ForestModel) -> None:
        self.files = {"final": final}
        for batch_id, model in enumerate(batches, start=1):
            self.files[f"batch{batch_id}"] = model
