"""``POST /explain``: which fields moved one patient's probability."""

from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Query

from app_back.dependencies import InsightsDep, PredictorDep
from app_back.security.require_scope import require_scope
from app_back.serving.explainer import Explanation
from app_back.web.error_responses import document_errors
from app_back.web.patient_payload import PatientPayload
from app_back.web.responses import Contribution, ExplainResponse
from readmission.ports.serving import PatientFields
from readmission.schema import FIELDS

router = APIRouter(tags=["predictions"], dependencies=[require_scope("predict")])


@router.post("/explain", responses=document_errors(401, 403, 413, 422, 429, 500, 503))
async def explain(
    payload: PatientPayload,
    predictor: PredictorDep,
    insights: InsightsDep,
    top: Annotated[int, Query(ge=1, le=len(FIELDS), description="How many fields.")] = 10,
) -> ExplainResponse:
    """Explain a patient's probability by the fields that move it most.

    The base is the mean probability of reference patients from the validation data.
    """
    patient: PatientFields = payload.__dict__

    def explain_patient() -> ExplainResponse:
        served = predictor.served()
        explanation = insights.explain(served, patient)
        return ExplainResponse(
            probability=float(served.model.probabilities([patient])[0]),
            base_probability=explanation.base_probability,
            model_version=served.version.version,
            contributions=_largest_contributions(explanation, patient, top),
        )

    return await anyio.to_thread.run_sync(
        explain_patient, limiter=insights.one_explanation_at_a_time
    )


def _largest_contributions(
    explanation: Explanation, patient: PatientFields, top: int
) -> list[Contribution]:
    by_size = sorted(explanation.contributions.items(), key=lambda item: -abs(item[1]))
    return [
        Contribution(field=name, value=patient[name], contribution=contribution)
        for name, contribution in by_size[:top]
        if contribution
    ]
