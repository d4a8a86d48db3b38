"""``POST /explain``: what moved one patient's probability."""

from typing import Annotated

import anyio.to_thread
from fastapi import APIRouter, Query

from app_back.security.require_scope import require_scope
from app_back.services import Served, Services
from app_back.web.error_responses import document_errors
from app_back.web.patient_payload import PatientPayload
from app_back.web.responses import Contribution, ExplainResponse

router = APIRouter(tags=["predictions"], dependencies=[require_scope("predict")])


@router.post("/explain", responses=document_errors(401, 403, 413, 422, 429, 500, 503))
async def explain(
    patient: PatientPayload,
    services: Served,
    top: Annotated[int, Query(ge=1, le=49, description="How many fields.")] = 10,
) -> ExplainResponse:
    """Tell which fields move this patient's probability most, against patients of the validation data."""
    return await anyio.to_thread.run_sync(
        _answer, services, patient.__dict__, top, limiter=services.one_explanation
    )


def _answer(services: Services, patient: dict[str, int | str | None], top: int) -> ExplainResponse:
    served = services.follower.served()
    told = services.adapters.explain(served.file, patient, services.reference_patients(served))
    largest = sorted(told.contributions.items(), key=lambda one: -abs(one[1]))[:top]
    return ExplainResponse(
        probability=float(served.model.probabilities([patient])[0]),
        base_probability=told.base_probability,
        model_version=served.version.version,
        contributions=[
            Contribution(field=name, value=patient[name], contribution=added)
            for name, added in largest
            if added
        ],
    )
