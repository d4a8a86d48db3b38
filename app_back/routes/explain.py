"""``POST /explain``: which fields moved one patient's probability."""

from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Query

from app_back.dependencies import InsightsDep, PredictorDep
from app_back.security.require_scope import require_scope
from app_back.serving.explainer import Explanation
from app_back.web.error_responses import document_errors
from app_back.web.patient_payload import PatientPayload
from app_back.web.responses import Contribution, ExplainResponse, explain_converted
from readmission.ports.serving import PatientFields
from readmission.schema import FIELDS
from readmission.use_cases.predict import given_diagnoses_of

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
        contributions = _largest_contributions(explanation, patient, top)
        (probability,) = served.model.probabilities([patient])
        return ExplainResponse(
            probability=float(probability),
            base_probability=explanation.base_probability,
            model_version=served.version.version,
            contributions=contributions,
            converted=explain_converted(given_diagnoses_of(patient), patient),
        )

    return await anyio.to_thread.run_sync(
        explain_patient, limiter=insights.one_explanation_at_a_time
    )


def _largest_contributions(
    explanation: Explanation, patient: PatientFields, top: int
) -> list[Contribution]:
    """Return the ``top`` largest contributions in either direction, without those that are 0."""
    contribution_of = explanation.contributions
    fields = sorted(contribution_of, key=lambda name: -abs(contribution_of[name]))
    contributions: list[Contribution] = []
    for name in fields[:top]:
        if contribution_of[name] == 0:
            continue
        contribution = Contribution(
            field=name,
            value=patient[name],
            contribution=contribution_of[name],
        )
        contributions.append(contribution)
    return contributions
