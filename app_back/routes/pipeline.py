"""The stages: ``GET`` runs one and answers at its end, as the original did; ``POST`` starts a job."""

import asyncio
from collections.abc import Callable
from typing import Annotated, get_args

from fastapi import APIRouter, Path, Response
from starlette.concurrency import run_in_threadpool

from app_back.security.require_scope import require_scope
from app_back.services import Served, Services
from app_back.web.error_responses import document_errors
from app_back.web.responses import (
    CleanResponse,
    Identifier,
    JobResponse,
    StageResponse,
    job_response,
)
from readmission.errors import (
    NotReadyError,
    ReadmissionError,
    StageFailedError,
    StageRefusedError,
    TemporaryError,
)
from readmission.records import Job, JobKind

_LOOK_EVERY_S = 0.5
_REFUSALS = (401, 403, 409, 429, 500, 503)
_DOWNLOADED = "Datos descargados y almacenados correctamente"
_TRAINED = "Todos los batches fueron entrenados y el mejor modelo fue copiado como 'modelo_entrenado_final.pkl'."

router = APIRouter(tags=["pipeline"], dependencies=[require_scope("admin")])


@router.get("/download", responses=document_errors(*_REFUSALS))
async def download(services: Served) -> StageResponse:
    """Load the dataset into ``raw_data``; answers when it is done."""
    return StageResponse(message=_DOWNLOADED, job_id=(await _run(services, "download")).job_id)


@router.get("/clean", responses=document_errors(*_REFUSALS))
async def clean(services: Served) -> CleanResponse:
    """Clean and split the rows into ``clean_data``; answers when it is done."""
    job = await _run(services, "clean")
    made = await run_in_threadpool(services.adapters.clean_data.latest_preparation)
    if made is None:
        raise NotReadyError("There are no clean rows: run /download first.")
    return CleanResponse(
        message=f"{made.batches} batches cargados correctamente.",
        train_total_rows=made.train_rows,
        val_total_rows=made.val_rows,
        test_total_rows=made.test_rows,
        batch_size=made.batch_size,
        job_id=job.job_id,
    )


@router.get("/train", responses=document_errors(*_REFUSALS))
async def train(services: Served) -> StageResponse:
    """Train all batches and promote the best model; answers when it is done."""
    return StageResponse(message=_TRAINED, job_id=(await _run(services, "train")).job_id)


def _starter(kind: JobKind) -> Callable[..., JobResponse]:
    def start(services: Served, response: Response) -> JobResponse:
        """Start the stage outside the serving process; ``GET /jobs/{job_id}`` follows it."""
        job = _start(services, kind)
        response.headers["Location"] = f"/jobs/{job.job_id}"
        return job_response(job, 202)

    return start


for _kind in get_args(JobKind):
    router.post(
        f"/{_kind}", status_code=202, name=f"start_{_kind}", responses=document_errors(*_REFUSALS)
    )(_starter(_kind))


@router.get("/jobs/{job_id}", responses=document_errors(401, 403, 404, 422, 429, 503))
def job(job_id: Annotated[Identifier, Path()], services: Served) -> JobResponse:
    """Tell how far a job is, or how it ended."""
    return job_response(services.adapters.jobs.find(job_id), 200)


def _start(services: Services, kind: JobKind) -> Job:
    job = services.adapters.jobs.start(kind)
    services.adapters.spawn_job(kind, job.job_id)
    return job


async def _run(services: Services, kind: JobKind) -> Job:
    """Run a stage to its end; raises what its command ended with: something to mend, to wait for, to give up."""
    job = await run_in_threadpool(_start, services, kind)
    while job.state == "running":
        await asyncio.sleep(_LOOK_EVERY_S)
        job = await run_in_threadpool(services.adapters.jobs.find, job.job_id)
    if job.state != "succeeded":
        raise _error_of(job)(f"The {kind} job {job.job_id} was not done: {job.reason}")
    return job


def _error_of(job: Job) -> type[ReadmissionError]:
    if job.state == "interrupted":
        return TemporaryError
    return next(
        (kind for kind in (StageRefusedError, TemporaryError) if kind.exit_code == job.exit_code),
        StageFailedError,
    )
