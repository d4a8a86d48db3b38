"""The stages of the pipeline.

``GET`` runs a stage and responds when it has finished, as in the legacy project; ``POST`` starts
a job and responds at once.
"""

from collections.abc import Callable
from typing import Annotated, get_args

from fastapi import APIRouter, Path, Response
from starlette.concurrency import run_in_threadpool

from app_back.dependencies import CleanDataDep, JobsDep
from app_back.security.require_scope import require_scope
from app_back.web.error_responses import document_errors
from app_back.web.responses import (
    CleanResponse,
    Identifier,
    JobResponse,
    StageResponse,
    job_response,
)
from readmission.errors import NotReadyError
from readmission.records import JobKind

_ERRORS = document_errors(401, 403, 409, 429, 500, 503)
_DOWNLOADED = "Datos descargados y almacenados correctamente"
_TRAINED = (
    "Todos los batches fueron entrenados y el mejor modelo fue copiado como "
    "'modelo_entrenado_final.pkl'."
)

router = APIRouter(tags=["pipeline"], dependencies=[require_scope("admin")])


@router.get("/download", responses=_ERRORS)
async def download(jobs: JobsDep) -> StageResponse:
    """Load the dataset into ``raw_data``; responds when it is loaded."""
    job = await jobs.run("download")
    return StageResponse(message=_DOWNLOADED, job_id=job.job_id)


@router.get("/clean", responses=_ERRORS)
async def clean(jobs: JobsDep, clean_data: CleanDataDep) -> CleanResponse:
    """Clean and split the rows into ``clean_data``; responds when they are stored."""
    job = await jobs.run("clean")
    preparation = await run_in_threadpool(clean_data.latest_preparation)
    if preparation is None:
        raise NotReadyError("There are no clean rows: run /download first.")
    return CleanResponse(
        message=f"{preparation.batches} batches cargados correctamente.",
        train_total_rows=preparation.train_rows,
        val_total_rows=preparation.val_rows,
        test_total_rows=preparation.test_rows,
        batch_size=preparation.batch_size,
        job_id=job.job_id,
    )


@router.get("/train", responses=_ERRORS)
async def train(jobs: JobsDep) -> StageResponse:
    """Train all batches and promote the best model; responds when the decision is made."""
    job = await jobs.run("train")
    return StageResponse(message=_TRAINED, job_id=job.job_id)


def _start_endpoint(kind: JobKind) -> Callable[..., JobResponse]:
    """Return the handler of a stage's ``POST``."""

    def start(jobs: JobsDep, response: Response) -> JobResponse:
        """Start the stage outside the serving process; follow it at ``GET /jobs/{job_id}``."""
        job = jobs.start(kind)
        response.headers["Location"] = f"/jobs/{job.job_id}"
        return job_response(job, 202)

    return start


for _kind in get_args(JobKind):
    router.add_api_route(
        f"/{_kind}",
        _start_endpoint(_kind),
        methods=["POST"],
        status_code=202,
        name=f"start_{_kind}",
        responses=_ERRORS,
    )


@router.get("/jobs/{job_id}", responses=document_errors(401, 403, 404, 422, 429, 503))
def job(job_id: Annotated[Identifier, Path()], jobs: JobsDep) -> JobResponse:
    """Return a job's progress, or how it ended."""
    return job_response(jobs.find(job_id), 200)
