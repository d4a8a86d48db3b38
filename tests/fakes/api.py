"""A small API with the answers of the real one, kept in memory: for the form's tests."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse

from readmission.evaluation.report import build_report
from readmission.monitoring.drift import FieldDrift
from readmission.records import Experiment

THRESHOLD, BASE_RATE, FEW = 0.14, 0.11, 300
NAME = "mejor_modelo_diabetes"
NOW = "2026-01-02T03:04:05.000000Z"
_WEIGHTS = {"number_inpatient": 0.05, "discharge_disposition_id": -0.02, "age": 0.01}


@dataclass
class FakeApi:
    """What the fake knows; a test changes it and looks at it."""

    has_model: bool = True
    synthetic: bool = False
    explains: bool = True
    refused: tuple[str, str] | None = None
    failing: int | None = None
    live: dict[str, Any] = field(
        default_factory=lambda: {"outcomes": 0, "enough_outcomes": 100, "intervals": {}}
    )
    weights: dict[str, float] = field(default_factory=lambda: dict(_WEIGHTS))
    keys: set[str | None] = field(default_factory=set)
    predictions: list[dict[str, Any]] = field(default_factory=list)
    reports: list[tuple[str, int | None]] = field(default_factory=list)

    def model(self) -> dict[str, Any]:
        return {
            "status": 200,
            "name": NAME,
            "version": 3,
            "run_id": "0f3a",
            "data_version": "d-1",
            "threshold": THRESHOLD,
            "synthetic": self.synthetic,
            "metrics": {"val_f1": 0.28, "val_auc": 0.67},
            "loaded_at": NOW,
            "source": "registry",
            "problem": None,
            "live": self.live,
        }

    def predict(self, patient: dict[str, Any]) -> dict[str, Any]:
        probability = min(0.99, 0.08 + 0.06 * patient.get("number_inpatient", 0))
        made = {
            "prediction": int(probability >= THRESHOLD),
            "probability": probability,
            "model_name": NAME,
            "prediction_id": f"id-{len(self.predictions) + 1}",
            "model_version": 3,
            "threshold": THRESHOLD,
            "synthetic": self.synthetic,
        }
        fields = dict(patient)
        label = fields.pop("patient_label", None)
        stored = {"fields": fields, "patient_label": label, "made_at": NOW}
        self.predictions.append({**made, **stored, "outcome": None, "outcome_at": None})
        return {"status": 200, **made}

    def predict_rows(self, rows: list[dict[str, Any]]) -> dict[str, Any]:
        """Refuse an age that is no number, answer the others."""
        good = [
            (number, row) for number, row in enumerate(rows, 1) if str(row.get("age", 65)).isdigit()
        ]
        bad = sorted(set(range(1, len(rows) + 1)) - {number for number, _ in good})
        answers = [
            {"row": number, **self.predict({"age": int(row.get("age", 65))})}
            for number, row in good
        ]
        kept = ("row", "prediction", "probability", "prediction_id")
        detail = [
            {
                "field": "age",
                "message": "Input should be a valid integer",
                "allowed": "a whole number",
            }
        ]
        return {
            "status": 200,
            "rows": len(rows),
            "answered": len(good),
            "rejected": len(bad),
            "model_name": NAME,
            "model_version": 3,
            "threshold": THRESHOLD,
            "synthetic": self.synthetic,
            "predictions": [{name: answer[name] for name in kept} for answer in answers],
            "errors": [{"row": row, "detail": detail} for row in bad],
        }

    def page(
        self,
        limit: int,
        before_id: str | None,
        predicted_readmitted: int | None,
        patient_label: str | None = None,
    ) -> dict[str, Any]:
        """Return stored predictions, newest first."""
        ids = [made["prediction_id"] for made in self.predictions]
        older = self.predictions[: ids.index(before_id)] if before_id else self.predictions
        wanted = [
            made
            for made in reversed(older)
            if predicted_readmitted in (None, made["prediction"])
            and patient_label in (None, made["patient_label"])
        ]
        shown = [{**made, "predicted_readmitted": made["prediction"]} for made in wanted[:limit]]
        return {
            "status": 200,
            "predictions": shown,
            "next_before_id": shown[-1]["prediction_id"] if len(wanted) > limit else None,
        }

    def report(self) -> dict[str, Any]:
        """Return the evidence about a model whose risks are true."""
        random = np.random.default_rng(7)
        risk = random.beta(2, 14, 4000)
        target = (random.random(4000) < risk).astype(int)
        report = build_report(target, risk, THRESHOLD)
        part = {
            "rows": 900,
            "auc": 0.6,
            "sensitivity": 0.5,
            "ppv": 0.2,
            "predicted": 0.1,
            "observed": 0.11,
        }
        slices = [
            {"field": "gender", "value": "Female", **part},
            {"field": "age", "value": "80-120", **part},
        ]
        evidence = {
            "slices": slices,
            "importance": [{"field": "number_inpatient", "auc_drop": 0.04}],
        }
        return {
            "status": 200,
            "model_version": 3,
            "report": {**report, "base_rate": BASE_RATE, **evidence},
        }

    def monitoring(self) -> dict[str, Any]:
        """Return what was seen since: as much as was predicted."""
        count = len(self.predictions)
        drifts = [FieldDrift(name, count, psi, p_value=0.0) for name, psi in _PSI.items()]
        fields = [asdict(drift) | {"state": drift.state} for drift in drifts]
        state = "drifted" if count > FEW else "too few rows"
        return {
            "status": 200,
            "model_version": 3,
            "predictions": count,
            "days": [["2026-01-02", count]],
            "scores": {
                "edges": [0.0, 0.1, 0.2, 0.3],
                "validation": [0.6, 0.3, 0.1],
                "live": [0.7, 0.2, 0.1],
            },
            "drift": {
                "source": "predictions",
                "rows": count,
                "state": state,
                "reason": "",
                "fields": fields,
            },
        }

    def experiments(self) -> list[dict[str, Any]]:
        """Return one training's candidates."""
        if not self.has_model:
            return []
        return [asdict(_experiment(batch_id)) for batch_id in range(4)]

    def promotions(self) -> list[dict[str, Any]]:
        """Return the one decision so far."""
        decision = {
            "training_id": "t-1",
            "candidate_version": 3,
            "champion_version": None,
            "action": "promoted",
        }
        return (
            [{**decision, "decided_at": NOW, "reason": "the first champion"}]
            if self.has_model
            else []
        )

    def find(self, prediction_id: str) -> dict[str, Any] | None:
        """Return one stored prediction."""
        for made in self.predictions:
            if made["prediction_id"] == prediction_id:
                return made
        return None

    def stored_prediction(self, prediction_id: str) -> Any:
        """Return one stored prediction as the API does."""
        made = self.find(prediction_id)
        if made is None:
            return refuse(404, None, f"no prediction {prediction_id}")
        prediction = {**made, "predicted_readmitted": made["prediction"]}
        return {"status": 200, "prediction": prediction, "outcomes": []}

    def save_outcome(self, prediction_id: str, outcome: int | None) -> Any:
        """Keep what became of a patient."""
        made = self.find(prediction_id)
        if made is None:
            return refuse(404, None, f"no prediction {prediction_id}")
        self.reports.append((prediction_id, outcome))
        made |= {"outcome": outcome, "outcome_at": NOW}
        return {"status": 200, "prediction_id": prediction_id, "outcome": outcome}


_PSI = {"number_inpatient": 0.31, "race": 0.12, "age": 0.01}


def _experiment(batch_id: int) -> Experiment:
    run = "0f3a" if batch_id == 0 else f"run-{batch_id}"
    f1 = 0.28 - 0.005 * batch_id
    return Experiment(
        "t-1", batch_id, run, "d-1", 15000, 12.5, THRESHOLD, 0.8, 0.2, 0.45, f1, 0.67, 0.22
    )


def application(fake: FakeApi) -> FastAPI:
    """Return the app that answers from ``fake``."""
    app, router = FastAPI(), APIRouter()
    router.add_api_route("/model", _needs_model(fake, fake.model))

    router.add_api_route("/model/report", _needs_model(fake, fake.report))
    router.add_api_route("/monitoring", fake.monitoring)
    router.add_api_route("/experiments", lambda: {"status": 200, "experiments": fake.experiments()})
    router.add_api_route("/promotions", lambda: {"status": 200, "promotions": fake.promotions()})

    @router.post("/predict")
    def predict(request: Request, patient: dict[str, Any]) -> Any:
        fake.keys.add(request.headers.get("x-api-key"))
        if fake.failing:
            return refuse(fake.failing, None, "reason-1")
        if fake.refused:
            return refuse(422, *fake.refused)
        return _needs_model(fake, lambda: fake.predict(patient))()

    @router.post("/explain")
    def explain(patient: dict[str, Any]) -> Any:
        if not fake.explains:
            return refuse(503, None, "too much is waiting")
        told = [
            {"field": name, "value": patient.get(name), "contribution": weight}
            for name, weight in fake.weights.items()
        ]
        answer = {
            "status": 200,
            "probability": 0.08,
            "base_probability": BASE_RATE,
            "model_version": 3,
        }
        return {**answer, "contributions": told}

    @router.post("/predict/batch")
    async def batch(request: Request) -> Any:
        patients = (await request.json())["patients"]
        return _needs_model(fake, lambda: fake.predict_rows(patients))()

    @router.get("/predictions")
    def predictions(
        limit: int,
        before_id: str | None = None,
        predicted_readmitted: int | None = None,
        patient_label: str | None = None,
    ) -> Any:
        return fake.page(limit, before_id, predicted_readmitted, patient_label)

    router.add_api_route("/predictions/{prediction_id}", fake.stored_prediction)

    @router.delete("/predictions/{prediction_id}/outcome")
    def withdraw(prediction_id: str) -> Any:
        return fake.save_outcome(prediction_id, None)

    @router.post("/predictions/{prediction_id}/outcome")
    def outcome(prediction_id: str, known: dict[str, int]) -> Any:
        return fake.save_outcome(prediction_id, known["outcome"])

    app.include_router(router)
    return app


def _needs_model(fake: FakeApi, answer: Callable[[], Any]) -> Callable[[], Any]:
    def reply() -> Any:
        return answer() if fake.has_model else refuse(503, None, "No model has been promoted yet.")

    return reply


def refuse(status: int, name: str | None, message: str) -> JSONResponse:
    """Return an error answer as the real API makes it."""
    detail = [{"field": name, "message": message, "allowed": None}]
    return JSONResponse({"status": status, "detail": detail, "request_id": "r-1"}, status)
